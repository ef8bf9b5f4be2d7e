"""A network from a function of a reader's file, which may do anything: exit, print, never end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from common.errors import SpecificationError
from common.network import Network
from common.parsing import from_json

ROOT = Path(__file__).resolve().parents[2]
STANDARD_ERROR = 2


def call(path: str, function: str) -> Network:
    """Return the network that a function of a file gives, run in a process of its own.

    What the file prints goes to standard error. Raises SpecificationError.
    """
    where = f"{path}:{function}"
    with tempfile.TemporaryFile() as out:
        code = _run([path, function, str(out.fileno())], out.fileno())
        out.seek(0)
        kind, _, text = out.read().decode("utf-8", "replace").partition("\n")
    if kind == "network":
        return from_json(text, where)
    how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
    raise SpecificationError(f"{where}: {text if kind == 'error' else f'ended the program: {how}'}")


def _run(arguments: list[str], out: int) -> int:
    """Run the function; return the exit code. Whatever the file started ends with it."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(
        [sys.executable, "-m", "common.networks.called", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=STANDARD_ERROR,
        pass_fds=(out,),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )
    try:
        return process.wait()
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
