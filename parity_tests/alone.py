"""Programs beside a written file, in its framework's interpreter and nothing of this repository."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from frontends.workers.environments import interpreter

PROGRAMS = Path(__file__).parent / "cases" / "programs"


def alone(panel: str, folder: Path, *command: str) -> str:
    """Run a command of a panel's Python in a folder; return what it printed.

    A program that is not in the folder is copied there from cases/programs.
    """
    if not (folder / command[0]).exists():
        shutil.copy(PROGRAMS / command[0], folder)
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [interpreter(panel), *command],
        cwd=folder, env=clean, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
