"""`triptych doctor`: what it says of panels that work, are missing, are broken, or hang."""

from __future__ import annotations

import importlib
import re
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from common import machine
from common.errors import TriptychError
from frontends import doctor
from frontends.frameworks import FRAMEWORKS, HISTORICAL, MODERN, TABLE
from frontends.workers.environments import NO_PYTHON, ROOT
from frontends.workers.outcomes import CRASHED, NOT_INSTALLED, TIMED_OUT, Outcome, WorkerError
from frontends.workers.pool import Workers
from frontends.workers.protocol import Memory, MemoryUse, Message, Versions
from parity_tests.rows import rows


class FakeWorkers:
    """Workers that answer as they are told, with versions where they are told nothing."""

    answers: dict[str, Exception] = {}  # noqa: RUF012 - set by each test
    devices: list[str] = []  # noqa: RUF012

    def __init__(self, device: str) -> None:
        self.devices.append(device)

    def __enter__(self) -> FakeWorkers:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def request(self, framework: str, asked: Message, timeout: float) -> Message:
        if framework in self.answers:
            raise self.answers[framework]
        if isinstance(asked, Memory):
            return MemoryUse(0, 0, 0, 0 if framework == "torch" else None)
        return Versions({framework: "1.2.3", "numpy": "4.5.6"}, pid=1)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[FakeWorkers]:
    monkeypatch.setattr(doctor, "Workers", FakeWorkers)
    monkeypatch.setattr(doctor, "interpreter", lambda framework: sys.executable)
    monkeypatch.setattr(doctor, "find_python", lambda install: f"/python3.7 {install}")
    monkeypatch.setattr(FakeWorkers, "answers", {})
    monkeypatch.setattr(FakeWorkers, "devices", [])
    return FakeWorkers


def stop(framework: str, kind: str, message: str) -> WorkerError:
    return WorkerError(Outcome(framework, kind, "import", message))


def install(force: str, requirement: str) -> str:
    return f"{sys.executable} -m pip install {force}'{requirement}"


NO_TORCH = "ModuleNotFoundError: No module named 'torch'"
OVERRIDE = "TRIPTYCH_TORCH_PYTHON is /nowhere: there is no such interpreter"
# framework, what its worker answers -> exit code, its state, the reason told, what to do
ILLS: dict[str, tuple[str, Exception, int, str, str, str]] = {
    "missing": (
        "torch",
        stop("torch", NOT_INSTALLED, NO_TORCH),
        1,
        "not installed",
        NO_TORCH,
        install("", "torch<2.14"),
    ),
    "missing under another name": (
        "paddle",
        stop("paddle", NOT_INSTALLED, "No module named 'paddle'"),
        1,
        "not installed",
        "No module named 'paddle'",
        install("", "paddlepaddle<3.4"),
    ),
    "broken": (
        "torch",
        stop("torch", CRASHED, "OSError: libtorch.so"),
        1,
        "crashed",
        "OSError: libtorch.so",
        install("--force-reinstall ", "torch<2.14"),
    ),
    "slow": (
        "tensorflow",
        stop("tensorflow", TIMED_OUT, "no answer within 60 s"),
        1,
        "timed out",
        "no answer within 60 s",
        "triptych doctor --timeout 300",
    ),
    "sent elsewhere": (
        "torch",
        TriptychError(OVERRIDE),
        1,
        "not installed",
        OVERRIDE,
        "unset TRIPTYCH_TORCH_PYTHON",
    ),
    "historical and missing": (
        "fluid",
        TriptychError("there is no environment for fluid"),
        0,
        "not installed",
        "there is no environment for fluid",
        "triptych environments create fluid",
    ),
    "historical and broken": (
        "tensorflow1",
        stop("tensorflow1", CRASHED, "signal SIGILL"),
        0,
        "crashed",
        "signal SIGILL",
        "triptych environments create tensorflow1",
    ),
    "cache of no access": (
        "fluid",
        PermissionError(13, "Permission denied", "/cache/triptych/fluid"),
        0,
        "cannot be read",
        "Permission denied: '/cache/triptych/fluid'",
        "make the folder readable, or set XDG_CACHE_HOME",
    ),
    "no home": (
        "fluid",
        RuntimeError("Could not determine home directory."),
        0,
        "cannot be read",
        "Could not determine home directory.",
        "set XDG_CACHE_HOME",
    ),
}


@rows("framework, answer, code, state, why, remedy", ILLS)
def test_an_ill_panel_is_told_with_its_remedy(
    framework: str,
    answer: Exception,
    code: int,
    state: str,
    why: str,
    remedy: str,
    fake: type[FakeWorkers],
    capsys: pytest.CaptureFixture[str],
) -> None:
    fake.answers = {framework: answer}
    assert doctor.main([]) == code
    said = capsys.readouterr().out
    (row,) = [x for x in said.splitlines() if x.startswith(f"{TABLE[framework].label}  ")]
    assert f" {state} " in f"{row} "
    told = said[said.index(f"\n{framework}: ") :].splitlines()
    assert why in told[1] and told[2].startswith("  to do: ") and remedy in told[2], told
    assert said.count("to do:") == 1 and said.count("  works  ") == len(FRAMEWORKS) - 1


def test_where_all_is_well_it_is_one_screen(
    fake: type[FakeWorkers], capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 24 and "to do" not in "".join(lines)
    assert [line.split()[-1] for line in lines[1:6]] == ["no", "no", "yes", "no", "no"]
    assert fake.devices == ["gpu"]  # a worker for the CPU is shown no GPU


def test_nothing_at_all_is_told_and_fails(
    fake: type[FakeWorkers], capsys: pytest.CaptureFixture[str]
) -> None:
    fake.answers = {name: stop(name, NOT_INSTALLED, "gone") for name in FRAMEWORKS}
    assert doctor.main([]) == 1
    assert capsys.readouterr().out.count("to do: ") == len(FRAMEWORKS)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_modern_panels_decide(framework: str, fake: type[FakeWorkers]) -> None:
    fake.answers = {framework: stop(framework, CRASHED, "gone")}
    assert doctor.main([]) == (1 if framework in MODERN else 0)
    assert set(MODERN) | set(HISTORICAL) == set(FRAMEWORKS)


def test_the_machine_is_told(
    fake: type[FakeWorkers], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 12)
    monkeypatch.setattr(machine, "memory", lambda: 34 * 2**30)
    monkeypatch.setattr(machine, "temporary", lambda: (Path("/scratch"), 5 * 2**40))
    doctor.main([])
    said = capsys.readouterr().out
    for line in ("12 cores, 34.0 GiB memory", "5.0 TiB free in /scratch", "/python3.7 False"):
        assert line in said
    assert all(f"{tool} " in said for tool in ("numpy", "ruff", "matplotlib"))


def test_every_package_that_is_asked_for_is_looked_at() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    asked = text.split("\ndependencies = [\n")[1].split("\n]\n")[0]
    panels = [TABLE[each].package for each in MODERN]
    assert sorted(re.findall(r'^ *"([\w-]+)', asked, re.M)) == sorted([*panels, *doctor.TOOLS])


def test_missing_tools_are_told(
    fake: type[FakeWorkers], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No Python 3.7, no ruff, a matplotlib that does not load, a system that tells nothing."""
    whole = importlib.import_module

    def import_module(name: str) -> Any:
        if name == "ruff":
            raise ModuleNotFoundError(name)
        if name == "matplotlib":
            raise ImportError("libpng.so")
        return whole(name)

    def no_python(install: bool) -> str:
        raise TriptychError(NO_PYTHON)

    monkeypatch.setattr(importlib, "import_module", import_module)
    monkeypatch.setattr(doctor, "find_python", no_python)
    monkeypatch.setattr(machine, "memory", lambda: None)
    monkeypatch.setattr(machine, "temporary", lambda: None)
    assert doctor.main([]) == 0
    said = capsys.readouterr().out
    told = (
        "ruff missing, matplotlib broken; to do: python -m pip",
        "pyenv install 3.7",
        "unknown memory",
    )
    assert all(each in said for each in told)


def test_a_project_that_is_not_installed_is_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor.requirement("h5py").startswith("'h5py")
    assert doctor.requirement("not-asked-for") == "not-asked-for"

    def requires(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    assert doctor.requirement("torch") == "-e ."


@pytest.fixture(scope="module")
def with_torch(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Return a function: text of a module `torch` -> a Python that has it, and this one's numpy."""
    place = tmp_path_factory.mktemp("broken")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place / "venv"], check=True)
    (packages,) = (place / "venv").glob("lib/python*/site-packages")
    (packages / "numpy.pth").write_text(sysconfig.get_path("purelib") + "\n")

    def write(text: str) -> str:
        (packages / "torch.py").write_text(text)
        return str(place / "venv" / "bin" / "python")

    return write


BROKEN = {
    "raises": ("raise RuntimeError('half installed')", 60.0, CRASHED, "half installed"),
    "misses a library": ("raise ImportError('libc10.so')", 60.0, NOT_INSTALLED, "libc10.so"),
    "ends": ("import os\nos._exit(3)", 60.0, CRASHED, "exit code 3"),
    "hangs": ("import time\ntime.sleep(600)", 1.0, TIMED_OUT, "no answer within 1 s"),
}


@rows("text, timeout, state, why", BROKEN)
def test_a_broken_framework_is_found_by_its_worker(
    text: str,
    timeout: float,
    state: str,
    why: str,
    with_torch: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    python = with_torch(text)
    monkeypatch.setenv("TRIPTYCH_TORCH_PYTHON", python)
    with Workers("gpu") as workers:
        found = doctor.examine(workers, "torch", timeout)
    assert (found.state, found.works) == (state, False)
    assert why in found.why
    if state != TIMED_OUT:
        assert shlex.split(found.remedy)[0] == python


def test_what_is_no_program_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "python").write_bytes(b"\x00 no program")
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setenv("TRIPTYCH_TORCH_PYTHON", str(tmp_path / "python"))
    with Workers("gpu") as workers:
        found = doctor.examine(workers, "torch", 5)
    assert not found.works and "Exec format error" in found.why


@pytest.mark.parametrize("framework", ["torch", "fluid"])
def test_a_panel_that_works(framework: str) -> None:
    with Workers("gpu") as workers:
        found = doctor.examine(workers, framework, 120)
    assert found.works and not found.remedy and found.gpu is not None
    assert {"numpy", "python"} <= set(found.versions)
