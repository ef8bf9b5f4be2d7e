"""The processes that read and write files, and what they are asked."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from common.errors import TriptychError
from common.text import one_line
from frontends.checkpoints.formats import Format
from frontends.checkpoints.stored import Arrays
from frontends.workers.arrays import ArrayReader, write_arrays
from frontends.workers.environments import ROOT, interpreter
from frontends.workers.process import environment
from frontends.workers.scratch import scratch

READER, WRITER = "frontends.checkpoints.read", "frontends.checkpoints.write"
_READ_AS = {"tensorflow2": "tensorflow1"}
TIMEOUT = 600  # seconds
ENDED = {-signal.SIGXCPU: "takes its reader longer than a file of this size should"}


def read_arrays(
    form: Format, path: Path, budget: int, wanted: Collection[str]
) -> tuple[Arrays, tuple[str, ...]]:
    """Return the arrays of a file under its own names, and the names of those left out: what
    optimizers and counters keep, unless it is wanted. Raises TriptychError."""
    request = {"budget": budget, "wanted": sorted(wanted), "ignored": form.ignored}
    with scratch() as folder:
        asked, out = folder / "request.json", folder / "arrays.npz"
        asked.write_text(json.dumps(request), encoding="utf-8")
        said = _read(form, path, [str(out), str(asked)])
        with ArrayReader(out) as arrays:
            return dict(arrays.items()), tuple(json.loads(said))


def listed(form: Format, path: Path) -> list[Mapping[str, Any]]:
    """Return what a file says of its tensors, none of which is read. Raises TriptychError."""
    with scratch() as folder:
        out = folder / "tensors.json"
        _read(form, path, [str(out)])
        found: list[Mapping[str, Any]] = json.loads(out.read_text(encoding="utf-8"))
        return found


def _read(form: Format, path: Path, rest: Sequence[str]) -> str:
    name = _READ_AS.get(form.name, form.name)
    command = [sys.executable, "-m", READER, name, str(path.absolute()), *rest]
    done = _run(command)
    if done.returncode:
        ended = ENDED.get(done.returncode, f"its reader ended, {done.returncode}")
        said = done.stderr.strip().splitlines() or [ended]
        raise TriptychError(f"{path} ({form.name}): {one_line(said[-1])}")
    return done.stdout


def write_file(
    form: Format, framework: str, arrays: Arrays, out: Path, given: Path, source: Sequence[str] = ()
) -> None:
    """Have a framework write a file of arrays, which go to it by the file `given`.

    source: the written file and its entry, where the format holds a model. Raises TriptychError.
    """
    write_arrays(given, arrays)
    done = _run([interpreter(framework), "-m", WRITER, form.name, str(given), str(out), *source])
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"its writer ended, {done.returncode}"]
        raise TriptychError(f"{out.name}: {framework} cannot write it: {one_line(said[-1])[:300]}")


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, cwd=ROOT, env=environment(), capture_output=True, check=False,
            encoding="utf-8", errors="replace", timeout=TIMEOUT,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise TriptychError(f"{command[2]}: no answer within {TIMEOUT} s") from None
