"""What a run leaves behind: nothing, or what the next one sweeps."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from frontends.workers.environments import ROOT
from frontends.workers.scratch import PREFIX, scratch

HOLDS = "from frontends.workers.scratch import scratch\nwith scratch() as folder:\n"
KILLED = f"{HOLDS}    import os\n    print(folder, flush=True)\n    os.kill(os.getpid(), 9)\n"
WAITS = f"{HOLDS}    print(folder, flush=True)\n    input()\n"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def _holder(program: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", program]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdin=pipe, stdout=pipe)


def test_it_is_gone_afterwards(temporary: Path) -> None:
    with pytest.raises(KeyError), scratch() as folder:
        (folder / "file").touch()
        raise KeyError
    assert not list(temporary.iterdir())


def test_what_the_dead_left_is_swept_and_what_is_in_use_stays(temporary: Path) -> None:
    with _holder(KILLED) as dead:
        left, _ = dead.communicate()
    with _holder(WAITS) as living:
        assert living.stdout is not None
        used = living.stdout.readline().strip()
        assert not Path(left.strip()).exists()  # the living one swept it
        with scratch() as own:
            assert Path(used).exists()
            assert len(list(temporary.glob(f"{PREFIX}*"))) == 2 and own.exists()
        living.communicate("\n")
    assert not list(temporary.iterdir())


def test_what_a_killed_run_started_ends_with_its_folder(temporary: Path) -> None:
    with _holder(KILLED) as dead:
        left, _ = dead.communicate()
    own = {**os.environ, "TMPDIR": left.strip()}
    with subprocess.Popen(["sleep", "600"], env=own) as started, scratch():
        assert started.wait(60) == -signal.SIGKILL


def test_what_is_not_ours_stays(temporary: Path) -> None:
    other, aim = temporary / "triptych-notes", temporary / "aim"
    other.mkdir()
    aim.mkdir()
    (aim / "file").touch()
    (temporary / f"{PREFIX}link").symlink_to(aim)
    with scratch():
        pass
    assert other.exists() and (aim / "file").exists()
