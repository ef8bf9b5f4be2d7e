"""Read a weights file into arrays: `python -m frontends.checkpoints.read FORMAT PATH OUT REQUEST`.

In a process of its own, whatever a file does to its reader; no framework is imported, and nothing
in a file is executed. REQUEST, a file of JSON, says how many bytes the specification's numbers take
at most: a file that holds more is refused, an array that declares more, or more than the file has,
before anything is allocated; in any case the process can take little more memory than that, and
little more time than a file of this size takes. Where REQUEST has no budget the tensors are listed
as JSON, and no numbers written. On standard output stands what was left out, in JSON.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from collections.abc import Callable, Iterator, Mapping
from glob import escape
from pathlib import Path
from typing import Any

from common.signals import end_with_parent
from common.text import one_line
from frontends.checkpoints import bundle, hdf5, lod, pickles, plain
from frontends.checkpoints.sets import Sets
from frontends.checkpoints.stored import FileError, Stored, distinct, numbers, told
from frontends.workers.arrays import ArrayWriter

ROOM = 500_000_000  # bytes beside the numbers
LEAST_S, SPEED = 6, 2_000_000  # of the processor's time, and bytes that take a second of it at most
_STATM = Path("/proc/self/statm")

READERS: dict[str, Callable[[Path, int, Sets], Iterator[Stored]]] = {
    "safetensors": lambda path, budget, sets: plain.tensors(path),
    "torch": pickles.torch,
    "paddle": lambda path, budget, sets: pickles.paddle(path, sets),
    "keras": lambda path, budget, sets: hdf5.tensors(path, budget),
    "tensorflow1": lambda path, budget, sets: bundle.tensors(path),
    "fluid": lambda path, budget, sets: lod.folder(path),
    "fluid-combined": lambda path, budget, sets: lod.combined(path),
}


def write_out(tensors: Iterator[Stored], out: Path, request: Mapping[str, Any]) -> list[str]:
    """Write the arrays of a network, `budget` bytes in all; return the names of those left out.

    request: also the names that are "wanted" in any case, and the pattern of those "ignored".
    Raises FileError.
    """
    left, wanted, gone = int(request["budget"]), set(request["wanted"]), []
    with ArrayWriter(out) as writer:
        for each in distinct(tensors):
            if each.name not in wanted and re.fullmatch(request["ignored"], each.name):
                gone.append(each.name)
                continue
            array = numbers(each, left)
            left -= array.nbytes
            writer.put(each.name, array)
    return gone


def _size(path: Path) -> int:
    files = (
        [path] if path.is_file() else [*path.glob("*"), *path.parent.glob(f"{escape(path.stem)}.*")]
    )
    return sum(each.stat().st_size for each in files if each.is_file())


def _bound(budget: int, size: int) -> None:
    """Let this process take little more memory than it has and the numbers take, and little more
    time than a file of a size takes."""
    pages = int(_STATM.read_text().split()[0]) if _STATM.exists() else 0
    if pages:
        most = pages * resource.getpagesize() + 3 * budget + ROOM
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))
    seconds = LEAST_S + size // SPEED
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def main() -> int:
    """Read a file into a file of arrays; say in one line what is wrong."""
    form, name, out, *asked = sys.argv[1:]
    path = Path(name)
    try:
        request = {"key": ""} | (json.loads(Path(asked[0]).read_text()) if asked else {})
        most = request.get("budget") or 4 * _size(path) + ROOM
        _bound(most, _size(path))
        sets = Sets(request["key"])
        tensors = READERS[form](path, most, sets)
        if "budget" in request:
            left_out = write_out(tensors, Path(out), request)
        else:
            left_out = []
            Path(out).write_text(json.dumps([told(each) for each in distinct(tensors)]))
        sets.check()
        print(json.dumps({"left_out": left_out, "sets": vars(sets)}))
    except Exception as error:  # whatever a file that is none of its format makes of its reader
        kind = "" if isinstance(error, FileError) else f"{type(error).__name__}: "
        said = "more memory than its numbers take" if isinstance(error, MemoryError) else str(error)
        print(f"{kind}{one_line(said)[:300]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    end_with_parent()
    sys.exit(main())
