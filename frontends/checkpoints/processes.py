"""The processes that read and write files, and what they are asked."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.errors import TriptychError
from common.text import one_line
from frontends.checkpoints.formats import PICKLE, Format
from frontends.checkpoints.sets import Sets
from frontends.checkpoints.stored import Arrays
from frontends.workers.arrays import ArrayReader, write_arrays
from frontends.workers.environments import ROOT, interpreter
from frontends.workers.process import environment
from frontends.workers.scratch import scratch

READER, WRITER = "frontends.checkpoints.read", "frontends.checkpoints.write"
OUT = "read"  # what a reader writes
_READ_AS = {"tensorflow2": "tensorflow1", PICKLE.name: "paddle"}
TIMEOUT = 600  # seconds
ENDED = {-signal.SIGXCPU: "takes its reader longer than a file of this size should"}


@dataclass(frozen=True)
class Contents:
    """What was read of a file: arrays by its own names; left_out: what optimizers and counters
    keep; sets: which weights these are, and what is beside them."""

    arrays: Arrays
    left_out: tuple[str, ...]
    sets: Sets


def read_arrays(
    form: Format, path: Path, budget: int, wanted: Collection[str], key: str = ""
) -> Contents:
    """Return what a file holds, but for what is ignored in its format, unless it is wanted.

    key: of the weights, where it holds several sets. Raises TriptychError.
    """
    request = {"budget": budget, "wanted": sorted(wanted), "ignored": form.ignored, "key": key}
    with scratch() as folder:
        said = _read(form, path, folder, request)
        with ArrayReader(folder / OUT) as arrays:
            left_out = tuple(said["left_out"])
            return Contents(dict(arrays.items()), left_out, Sets(**said["sets"]))


def listed(form: Format, path: Path, key: str = "") -> tuple[list[Mapping[str, Any]], Sets]:
    """Return what a file says of its tensors, none of which is read. Raises TriptychError."""
    with scratch() as folder:
        said = _read(form, path, folder, {"key": key})
        found: list[Mapping[str, Any]] = json.loads((folder / OUT).read_text(encoding="utf-8"))
        return found, Sets(**said["sets"])


def _read(form: Format, path: Path, folder: Path, request: Mapping[str, Any]) -> dict[str, Any]:
    name, asked = _READ_AS.get(form.name, form.name), folder / "request.json"
    asked.write_text(json.dumps(request), encoding="utf-8")
    files = [str(each) for each in (path.absolute(), folder / OUT, asked)]
    done = _run([sys.executable, "-m", READER, name, *files])
    if done.returncode:
        ended = ENDED.get(done.returncode, f"its reader ended, {done.returncode}")
        said = done.stderr.strip().splitlines() or [ended]
        raise TriptychError(f"{path} ({form.name}): {one_line(said[-1])}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


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
