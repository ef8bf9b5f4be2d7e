"""Environments of the historical panels: found, made, checked, redone; with fakes throughout."""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from common.errors import TriptychError, run_command
from frontends import environments
from frontends.frameworks import HISTORICAL, TABLE
from frontends.workers.environments import (
    check,
    create,
    find_python,
    flaw,
    folder,
    interpreter,
    variable,
)
from frontends.workers.outcomes import NOT_INSTALLED, WorkerError
from frontends.workers.process import WorkerProcess

# Stands for a Python 3.7: passes its checks, makes "environments" of itself, and logs its calls.
FAKE = """#!/bin/sh
echo "$*" >> {log}
case "$1 $2" in
"-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
"-m pip") {pip} ;;
"-c import ensurepip"*) exit {wrong} ;;
*) {check} ;;
esac
"""
VERSIONS = '{"paddlepaddle": "1.8.5", "python": "3.7.0"}'


class Fakes:
    """A folder with a fake python3.7 on the path, and a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "log"
        (folder / "bin").mkdir()

    def python(self, pip: str = "true", check: str = f"echo '{VERSIONS}'", wrong: int = 0) -> None:
        path = self.folder / "bin" / "python3.7"
        path.write_text(FAKE.format(log=self.log, pip=pip, check=check, wrong=wrong))
        path.chmod(0o755)

    def calls(self, of: str) -> int:
        return self.log.read_text().count(of) if self.log.exists() else 0


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fakes:
    made = Fakes(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for framework in HISTORICAL:
        monkeypatch.delenv(variable(framework), raising=False)
    return made


def test_modern_panels_run_here(fakes: Fakes) -> None:
    assert interpreter("torch") == sys.executable


def test_created_environment_is_used_and_not_made_twice(fakes: Fakes) -> None:
    fakes.python()
    assert create("fluid") == json.loads(VERSIONS)
    assert interpreter("fluid") == str(folder("fluid") / "bin" / "python")
    create("fluid")
    assert fakes.calls("-m venv") == 1
    assert fakes.calls("-m pip install") == 1


def test_pins_are_what_is_installed(fakes: Fakes) -> None:
    fakes.python()
    create("tensorflow1")
    assert "tensorflow==1.15.5 protobuf<3.21 numpy<1.19" in fakes.log.read_text()
    assert TABLE["fluid"].requirements == ("paddlepaddle==1.8.5", "protobuf<3.21", "numpy<1.22")


def test_interrupted_creation_is_redone_never_used(fakes: Fakes) -> None:
    fakes.python(pip="exit 1")
    with pytest.raises(TriptychError, match="fluid: the installation failed"):
        create("fluid")
    left = folder("fluid") / "half-installed"
    left.write_text("")
    with pytest.raises(
        TriptychError, match="interrupted: run `triptych environments create fluid`"
    ):
        interpreter("fluid")
    fakes.python()
    create("fluid")
    assert not left.exists()
    assert flaw("fluid") is None


def test_other_pins_make_it_again(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    fakes.python()
    create("fluid")
    changed = replace(TABLE["fluid"], requirements=("paddlepaddle==1.8.4",))
    monkeypatch.setitem(TABLE, "fluid", changed)
    with pytest.raises(TriptychError, match="made for other versions"):
        interpreter("fluid")
    create("fluid")
    assert fakes.calls("-m venv") == 2


def test_one_that_no_longer_works_is_made_again(
    fakes: Fakes, capsys: pytest.CaptureFixture[str]
) -> None:
    fakes.python()
    create("fluid")
    broken = folder("fluid") / "bin" / "python"
    broken.write_text("#!/bin/sh\necho 'No module named paddle' >&2\nexit 1\n")
    with pytest.raises(TriptychError, match="fluid is broken: No module named paddle"):
        check("fluid", str(broken))
    create("fluid")
    assert "No module named paddle; making it again" in capsys.readouterr().out
    assert fakes.calls("-m venv") == 2


def test_vanished_interpreter_is_named(fakes: Fakes) -> None:
    fakes.python()
    create("fluid")
    (folder("fluid") / "bin" / "python").unlink()
    with pytest.raises(TriptychError, match="broken, its interpreter is gone"):
        interpreter("fluid")


def test_failing_check_leaves_nothing_to_use(fakes: Fakes) -> None:
    fakes.python(check="echo 'Illegal instruction' >&2; exit 132")
    with pytest.raises(TriptychError, match="Illegal instruction"):
        create("fluid")
    assert flaw("fluid") is not None


def test_shim_that_fails_does_not_count(fakes: Fakes) -> None:
    fakes.python(wrong=127)
    with pytest.raises(TriptychError, match=r"no working Python 3\.7 .*pyenv install 3\.7"):
        find_python()


def test_found_through_pyenv(fakes: Fakes) -> None:
    fakes.python()
    fake, root = fakes.folder / "bin" / "python3.7", fakes.folder / "pyenv"
    target = root / "versions" / "3.7.9" / "bin" / "python"
    target.parent.mkdir(parents=True)
    fake.rename(target)
    pyenv = fakes.folder / "bin" / "pyenv"
    pyenv.write_text(f"#!/bin/sh\necho {root}\n")
    pyenv.chmod(0o755)
    assert find_python() == str(target)


def test_found_through_uv_which_installs_one(fakes: Fakes) -> None:
    fakes.python()
    hidden = fakes.folder / "python"
    (fakes.folder / "bin" / "python3.7").rename(hidden)
    uv, installed = fakes.folder / "bin" / "uv", fakes.folder / "installed"
    uv.write_text(
        f'#!/bin/sh\n[ "$2" = install ] && touch {installed}\n[ -e {installed} ] && echo {hidden}\n'
    )
    uv.chmod(0o755)
    assert find_python() == str(hidden)
    assert installed.exists()


def test_no_python_is_one_line_and_exit_2(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["environments", "create", "all"])
    with pytest.raises(SystemExit) as stop:
        run_command(environments.main)
    said = capsys.readouterr().err
    assert stop.value.code == 2
    assert said.count("\n") == 1
    assert "uv python install 3.7" in said


def test_two_at_once_make_it_once(fakes: Fakes) -> None:
    fakes.python(pip="sleep 0.3")
    threads = [threading.Thread(target=create, args=("fluid",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fakes.calls("-m venv") == 1


def test_override_comes_first_and_must_exist(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIPTYCH_FLUID_PYTHON", sys.executable)
    assert interpreter("fluid") == sys.executable
    monkeypatch.setenv("TRIPTYCH_FLUID_PYTHON", "/nowhere/python")
    with pytest.raises(TriptychError, match="TRIPTYCH_FLUID_PYTHON is /nowhere/python"):
        interpreter("fluid")


def test_worker_without_environment_is_a_named_outcome(fakes: Fakes) -> None:
    with pytest.raises(WorkerError, match="create tensorflow1") as stop:
        WorkerProcess("tensorflow1")
    assert stop.value.outcome.kind == NOT_INSTALLED


def test_list_names_every_panel_and_its_state(fakes: Fakes) -> None:
    fakes.python()
    create("fluid")
    told = environments.table()
    lines = {line.split()[0]: line for line in told.splitlines()}
    assert set(lines) >= {"tensorflow", "paddle", "torch", "fluid", "tensorflow1"}
    assert "ready" in lines["fluid"]
    assert "paddlepaddle 1.8.5" in lines["fluid"]
    assert "there is no environment for tensorflow1" in lines["tensorflow1"]
