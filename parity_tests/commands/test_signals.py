"""A signal ends a command, its workers and its temporary folders, whenever it comes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from frontends.workers.environments import ROOT
from parity_tests.rows import rows

SCRIPT = """\
import sys
sys.argv[0] = "triptych"
from frontends.__main__ import entry
entry()
"""
SMALL = f"{ROOT / 'parity_tests' / 'cases' / 'small.py'}:se_resnext"
VERIFY = ["-m", "frontends", "verify", SMALL, "--framework", "torch,paddle"]
BENCH = [
    "-m", "frontends", "bench", "--network", SMALL, "--batch-size", "4", "--threads", "1",
    "--rounds", "1000", "--framework", "torch,paddle", "--style", "eager", "--mode", "inference",
    "--out", "out",
]  # fmt: skip
MARK = "TRIPTYCH_TEST_MARK"
SECONDS = 60.0  # until something happens: other tests want the cores, too
INTERRUPTS = """\
import os, signal
try:
    os.kill(os.getpid(), signal.SIGINT)
except KeyboardInterrupt as error:
    raise ImportError("as numpy has it") from error
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a command in a folder and a temporary folder of its own; end what is left of it."""
    (tmp_path / "tmp").mkdir()
    started: list[subprocess.Popen[str]] = []

    def command(arguments: list[str], **variables: str) -> subprocess.Popen[str]:
        own = {"TMPDIR": str(tmp_path / "tmp"), MARK: str(tmp_path), "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=tmp_path, env={**os.environ, **own, **variables},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield command
    for process in started:
        process.kill()
        process.communicate()
    for pid in _running(tmp_path):
        os.kill(pid, signal.SIGKILL)


def _running(folder: Path) -> list[int]:
    """Return the processes of a test that run, or are suspended."""
    mark, found = f"{MARK}={folder}".encode(), []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            state = (path / "stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z" and mark in (path / "environ").read_bytes():
                found.append(int(path.name))
        except OSError:
            continue
    return found


def _until(holds: Callable[[], object], what: str) -> None:
    ends = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < ends, what
        time.sleep(0.05)


COMMANDS = {
    "triptych": ["-c", SCRIPT, "verify", "--help"],
    "module": ["-m", "frontends", "verify", "--help"],
    "module of its own": ["-m", "frontends.verify", "--help"],
    "benchmark": ["-m", "benchmarks.run", "--help"],
}
IMPORTED = {"early": "argparse", "late": "rich"}


@rows("module", IMPORTED)
@rows("arguments", COMMANDS)
def test_an_interrupt_while_it_is_imported(
    arguments: list[str],
    module: str,
    start: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
) -> None:
    """A module that it imports is one that interrupts."""
    (tmp_path / "shadow").mkdir()
    (tmp_path / "shadow" / f"{module}.py").write_text(INTERRUPTS)
    process = start(arguments, PYTHONPATH=f"{tmp_path / 'shadow'}{os.pathsep}{ROOT}")
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130 and not out
    assert err == "interrupted\n"


ENDS = {
    "SIGINT": (signal.SIGINT, 130, "interrupted\n"),
    "SIGTERM": (signal.SIGTERM, 143, "ended by SIGTERM\n"),
    "SIGHUP": (signal.SIGHUP, 129, "ended by SIGHUP\n"),
    "SIGKILL": (signal.SIGKILL, -signal.SIGKILL, ""),
}


def _check_end(
    process: subprocess.Popen[str], number: int, code: int, said: str, folder: Path
) -> None:
    """Send a signal; check how the command ends, and what is left within seconds."""
    process.send_signal(number)
    _, err = process.communicate(timeout=SECONDS)
    _until(lambda: not _running(folder), "its workers go on")
    assert process.returncode == code and "Traceback" not in err
    left = [each.name for each in (folder / "tmp").iterdir()]
    if number == signal.SIGKILL:
        assert all(name.startswith("triptych-run-") for name in left)  # until the next run
    else:
        assert not left and err.endswith(said)


def _end_verification(
    end: tuple[int, int, str], start: Callable[..., subprocess.Popen[str]], folder: Path
) -> None:
    process = start(VERIFY)
    _until(lambda: len(_running(folder)) == 3, "no workers")
    _check_end(process, *end, folder)


@rows("name", {name: name for name in ("SIGINT", "SIGKILL")})
def test_a_verification_that_is_ended(
    name: str, start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    _end_verification(ENDS[name], start, tmp_path)


@pytest.mark.complete
@rows("name", {name: name for name in ("SIGTERM", "SIGHUP")})
def test_a_verification_that_is_ended_otherwise(
    name: str, start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    _end_verification(ENDS[name], start, tmp_path)


@pytest.mark.complete
@rows("number, code, said", {name: ENDS[name] for name in ("SIGTERM", "SIGKILL")})
def test_a_timing_that_is_ended(
    number: int, code: int, said: str, start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    """Also the worker that is suspended while the other is timed. By SIGINT, see test_runs.py."""
    process = start(BENCH)
    _until(
        lambda: any('"round"' in p.read_text() for p in tmp_path.glob("out/data/*.jsonl")),
        "no round",
    )
    _check_end(process, number, code, said, tmp_path)
    (record,) = tmp_path.glob("out/data/*.jsonl")
    assert record.read_text().endswith("}\n")
