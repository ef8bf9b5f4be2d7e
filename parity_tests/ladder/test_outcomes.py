"""What goes wrong has a name and a stage, and takes nothing else with it."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.ops import ChannelPad, Conv2d
from frontends.frameworks import MODERN
from frontends.ladder.report import Report, Row
from frontends.ladder.verify import verify
from frontends.workers.outcomes import (
    CRASHED,
    MISMATCHED,
    NOT_INSTALLED,
    NOT_WRITABLE,
    TIMED_OUT,
    WorkerError,
)
from frontends.workers.pool import Workers
from frontends.workers.protocol import Hello
from parity_tests.cases import op_networks, small
from parity_tests.rows import rows

OTHERS = ["paddle", "torch"]
KILLS_ITSELF = "\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"
FAILS = "\nraise MemoryError('planted')\n"
WAITS = "\nimport pathlib, time\npathlib.Path({!r}).touch()\ntime.sleep(600)\n"


@pytest.fixture(scope="module")
def mortal() -> Iterator[Workers]:
    """Workers that tests may kill."""
    with Workers() as own:
        yield own


def _failed(report: Report) -> list[tuple[str, ...]]:
    return [(*row.panels, row.outcome, row.rung) for row in report.rows if not row.passed]


def _agree(report: Report, rung: str = "gradients") -> list[tuple[str, ...]]:
    return [row.panels for row in report.rows if row.rung == rung and row.passed]


def _row(report: Report) -> Row:
    (row,) = [row for row in report.rows if not row.passed]
    return row


@pytest.mark.complete
def test_a_crash_takes_no_other_panel_with_it(mortal: Workers) -> None:
    faults = {"torch": lambda text: text + KILLS_ITSELF}
    report = verify(small.vectors(), list(MODERN), workers=mortal, faults=faults)
    assert _failed(report) == [("torch", CRASHED, "stage load")]
    assert "SIGKILL" in _row(report).note
    assert _agree(report) == [("tensorflow", "paddle")]
    assert [name for name in MODERN if report.reason(name)] == ["torch"]
    again = verify(small.vectors(), list(MODERN), workers=mortal)
    assert again.passed, again.text()


def test_without_one_panel_the_others_are_still_compared(workers: Workers) -> None:
    """Also where Paddle's gradients of average pools are to be predicted."""
    faults = {"torch": lambda text: text + FAILS}
    report = verify(op_networks.AVG_POOLS, list(MODERN), workers=workers, faults=faults)
    assert _failed(report) == [("torch", CRASHED, "stage load")]
    assert _agree(report, "forward, batch statistics") == [("tensorflow", "paddle")]
    (gradients,) = [row for row in report.rows if row.rung == "gradients"]
    assert gradients.passed and gradients.note == "rounded 1/n of average pools as predicted"


def test_a_worker_killed_from_outside_is_replaced(mortal: Workers, tmp_path: Path) -> None:
    """In the middle of a job: the other panel finishes, the next job gets a fresh worker."""
    assert verify(small.vectors(), OTHERS, workers=mortal).passed
    before, mark = mortal.pid("torch"), tmp_path / "started"
    assert before is not None

    def kill() -> None:
        while not mark.exists():
            time.sleep(0.01)
        os.kill(before, signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    faults = {"torch": lambda text: text + WAITS.format(str(mark))}
    report = verify(small.vectors(), OTHERS, workers=mortal, faults=faults)
    killer.join()
    assert _failed(report) == [("torch", CRASHED, "stage load")]
    assert [row.panels for row in report.rows if row.rung == "structure"] == [("paddle",)]
    assert verify(small.vectors(), OTHERS, workers=mortal).passed
    assert mortal.pid("torch") not in (before, None)


def test_another_parameter_is_a_mismatch_and_no_crash(workers: Workers) -> None:
    """The file runs, but is not the specification's network; the names say where."""
    faults = {"torch": lambda text: text.replace("(7, 9)", "(7, 9, bias=False)")}
    report = verify(small.vectors(), OTHERS, workers=workers, faults=faults)
    assert _failed(report) == [("torch", MISMATCHED, "stage weights")], report.text()
    assert "1 weights have no parameter: ['hidden.bias'" in _row(report).note


def test_what_one_dialect_cannot_write_is_still_compared_in_the_others(workers: Workers) -> None:
    """Keras gives the name "pad" to an operation of its own."""
    network = small.sequence("padded", (3, 6, 6), pad=Conv2d(4, 1), widen=ChannelPad(1, 1))
    report = verify(network, list(MODERN), workers=workers)
    assert _failed(report) == [("tensorflow", NOT_WRITABLE, "stage write")]
    assert "rename the layer" in _row(report).note
    assert _agree(report) == [("paddle", "torch")]


def test_no_worker_leaves_a_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    leaves = "\nimport tempfile\ntempfile.mkstemp()\n"
    with Workers() as own:
        faults = {"torch": lambda text: text + leaves + FAILS}
        verify(small.vectors(), ["torch"], workers=own, faults=faults)
        assert list(tmp_path.rglob("tmp*"))
    assert not list(tmp_path.iterdir())


def test_an_error_of_its_own_leaves_the_worker_alive(mortal: Workers) -> None:
    assert verify(small.vectors(), ["torch"], workers=mortal).passed
    before = mortal.pid("torch")
    faults = {"torch": lambda text: text + FAILS}
    report = verify(small.vectors(), OTHERS, workers=mortal, faults=faults)
    assert _failed(report) == [("torch", CRASHED, "stage load")]
    assert _row(report).note == "MemoryError: planted"
    assert mortal.pid("torch") == before


def test_a_file_that_hangs_times_out(mortal: Workers, tmp_path: Path) -> None:
    assert verify(small.vectors(), OTHERS, workers=mortal).passed
    hung = mortal.pid("torch")
    faults = {"torch": lambda text: text + WAITS.format(str(tmp_path / "started"))}
    report = verify(small.vectors(), OTHERS, workers=mortal, faults=faults, timeout=5)
    assert _failed(report) == [("torch", TIMED_OUT, "stage load")]
    assert _row(report).note == "no answer within 5 s"
    assert (tmp_path / "started").exists()
    assert [row.panels for row in report.rows if row.rung == "structure"] == [("paddle",)]
    with pytest.raises(ProcessLookupError):
        os.kill(hung or 0, 0)
    assert verify(small.vectors(), OTHERS, workers=mortal).passed


def test_a_difference_is_a_mismatch(workers: Workers) -> None:
    faults = {"torch": lambda text: text.replace("self.hidden(x)", "-self.hidden(x)")}
    report = verify(small.vectors(), list(MODERN), workers=workers, faults=faults)
    assert {row.outcome for row in report.rows if not row.passed} == {MISMATCHED}


def _python_without(module: str, folder: Path) -> Path:
    """Write an interpreter that is this one, but for a module that it cannot import."""
    code = (
        f"import runpy, sys; sys.modules[{module!r}] = None; "
        "sys.argv = sys.argv[2:]; runpy.run_module(sys.argv[0], run_name='__main__')"
    )
    path = folder / "python"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}" "$@"\n')
    path.chmod(0o755)
    return path


@rows("module", {"framework": "torch", "numpy": "numpy"})
def test_a_framework_that_is_not_there(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIPTYCH_TORCH_PYTHON", str(_python_without(module, tmp_path)))
    with Workers() as own:
        report = verify(small.vectors(), ["torch"], workers=own)
    assert _failed(report) == [("torch", NOT_INSTALLED, "stage import")]
    assert module in _row(report).note


def test_an_interpreter_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIPTYCH_TORCH_PYTHON", "/nowhere/python")
    with Workers() as own:
        report = verify(small.vectors(), ["torch"], workers=own)
    assert _failed(report) == [("torch", NOT_INSTALLED, "stage start")]
    assert "/nowhere/python" in _row(report).note


def test_a_module_that_the_file_lacks_is_no_missing_framework(workers: Workers) -> None:
    faults = {"torch": lambda text: f"import absent_from_everywhere\n{text}"}
    report = verify(small.vectors(), ["torch"], workers=workers, faults=faults)
    assert _failed(report) == [("torch", CRASHED, "stage load")]


def test_an_idle_worker_that_died_is_replaced(mortal: Workers) -> None:
    assert mortal.request("torch", Hello()).pid
    pid = mortal.pid("torch")
    os.kill(pid or 0, signal.SIGKILL)
    while True:  # until the system has taken note
        try:
            answer = mortal.request("torch", Hello())
        except WorkerError as error:
            assert error.outcome.kind == CRASHED
            continue
        break
    assert answer.pid != pid


def test_workers_end_with_their_parent() -> None:
    with Workers() as own:
        pid = own.request("torch", Hello()).pid
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
