"""Weights files with bytes of theirs changed: `python -m parity_tests.checkpoints.mutations`.

Each is read as `triptych convert` reads it, in a forked process, and is refused in one line, or
read: not every byte of numbers has a checksum. What crashes, hangs, or is cut short and yet taken
for the whole is printed. Counts go to standard output.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from common import weights
from common.arguments import Parser, whole
from common.errors import run_command
from common.network import Network
from common.ops import BatchNorm, Conv2d, Dense, GlobalAvgPool2d
from common.spec import Block
from frontends.checkpoints import read
from frontends.checkpoints.convert import budget, write
from frontends.checkpoints.formats import FORMATS
from frontends.checkpoints.hub import Checkpoint
from frontends.workers.arrays import ArrayReader

# Format -> the file that is written; and the file of it that is mutated, "*" for any.
FILES = {
    "safetensors": ("a.safetensors", "a.safetensors"),
    "torch": ("a.pt", "a.pt"),
    "paddle": ("a.pdparams", "a.pdparams"),
    "keras": ("a.weights.h5", "a.weights.h5"),
    "keras archive": ("a.keras", "a.keras"),
    "tensorflow1": ("a.ckpt", "*"),
    "tensorflow2": ("b.index", "*"),
    "fluid": ("folder", "*"),
    "fluid-combined": ("all", "all"),
}
LIMIT = 10  # seconds
LINE = 400  # characters


def network() -> Network:
    """Return a small network with a tensor of every kind."""
    layers = {
        "conv": Conv2d(4, 3, bias=True),
        "bn": BatchNorm(),
        "pool": GlobalAvgPool2d(),
        "fc": Dense(3),
    }
    return Network("little", Block("little", layers=layers), input_shape=(2, 8, 8))


def made(form: str, folder: Path) -> Path:
    """Write a whole file of a format; return the path that is read."""
    name, given = FILES[form][0], network()
    numbers = {n: a.astype("float32") for n, a in weights.probe(given).items()}
    write(folder / name, FORMATS[form.split()[0]], Checkpoint(given, numbers))
    return folder / name


def _flipped(data: bytearray, draw: random.Random) -> None:
    for _ in range(draw.choice((1, 1, 1, 2, 8))):
        data[_place(data, draw)] ^= 1 << draw.randrange(8)


def _set(data: bytearray, draw: random.Random) -> None:
    at, size = _place(data, draw), draw.choice((1, 2, 4, 8))
    value = draw.choice((0, 1, 0x7F, 0x80, 0xFF, 2**31 - 1, 2**31, 2**63 - 1, 2**64 - 1))
    data[at : at + size] = value.to_bytes(8, "little")[:size]


def _cut(data: bytearray, draw: random.Random) -> None:
    del data[_place(data, draw) :]


def _removed(data: bytearray, draw: random.Random) -> None:
    at = _place(data, draw)
    del data[at : at + draw.choice((1, 2, 8, 100))]


def _doubled(data: bytearray, draw: random.Random) -> None:
    at = _place(data, draw)
    data[at:at] = data[at : at + draw.choice((1, 4, 16, 200))] or b"\0"


def _swapped(data: bytearray, draw: random.Random) -> None:
    a, b, size = _place(data, draw), _place(data, draw), draw.choice((1, 4, 16))
    data[a : a + size], data[b : b + size] = data[b : b + size], data[a : a + size]


WAYS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flipped, _set, _set, _cut, _removed, _doubled, _swapped,
)  # fmt: skip


def _place(data: bytearray, draw: random.Random) -> int:
    """Return a place, most often in a header: at either end."""
    if not data:
        return 0
    near = draw.randrange(min(len(data), 2000))
    return draw.choice((near, min(near, 99), len(data) - 1 - near, draw.randrange(len(data))))


def _mutate(file: Path, draw: random.Random) -> str:
    data = bytearray(file.read_bytes())
    way = draw.choice(WAYS)
    if data:
        way(data, draw)
    file.write_bytes(data)
    return way.__name__


def outcome(form: str, path: Path, out: Path) -> str:
    """Read a file in a forked process; return "read", "refused: …" or what went wrong."""
    said = out.with_suffix(".txt")
    child = os.fork()
    if not child:
        signal.alarm(LIMIT)
        os._exit(_child(form, path, out, said))
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return f"signal {os.WTERMSIG(status)}"
    lines = said.read_text(encoding="utf-8").splitlines() if said.exists() else []
    text = lines[-1] if lines else ""  # the interpreter may have said something before
    if os.WEXITSTATUS(status) == 1 and text and len(text) < LINE:
        return f"refused: {text}"
    return "read" if os.WEXITSTATUS(status) == 0 else f"exit code {status >> 8}: {text[:LINE]}"


def _child(form: str, path: Path, out: Path, said: Path) -> int:
    stream, request = io.StringIO(), out.with_suffix(".json")
    kind = FORMATS[form.split()[0]]
    request.write_text(
        json.dumps({"budget": budget(network()), "wanted": [], "ignored": kind.ignored})
    )
    name = "tensorflow1" if kind.name == "tensorflow2" else kind.name
    sys.argv = ["read", name, str(path), str(out), str(request)]
    with contextlib.redirect_stderr(stream), contextlib.redirect_stdout(io.StringIO()):
        code = read.main()
    said.write_text(stream.getvalue(), encoding="utf-8")
    return code


def _shapes(out: Path) -> dict[str, tuple[int, ...]]:
    with ArrayReader(out) as arrays:
        return {name: array.shape for name, array in arrays.items()}


def tried(form: str, count: int, first: int, folder: Path) -> tuple[Counter[str], list[str]]:
    """Mutate a file of a format `count` times; return counts and what went wrong."""
    whole_file, counts, wrong = made(form, folder / "whole"), Counter[str](), list[str]()
    out = folder / "out.npz"
    assert outcome(form, whole_file, out) == "read", form
    shapes = _shapes(out)
    for seed in range(first, first + count):
        draw = random.Random(f"{form} {seed}")
        shutil.rmtree(folder / "broken", ignore_errors=True)
        shutil.copytree(folder / "whole", folder / "broken")
        path, pattern = folder / "broken" / whole_file.name, FILES[form][1]
        inside = path if path.is_dir() else path.parent
        start = time.monotonic()
        way = _mutate(draw.choice(sorted(inside.glob(pattern))), draw)
        found = outcome(form, path, out)
        kind = found.split(":")[0]
        if kind == "read" and way == "_cut" and _shapes(out) == shapes:
            kind = "a part of it taken for the whole"
        counts[kind] += 1
        if kind not in ("read", "refused") or time.monotonic() - start > LIMIT / 2:
            wrong.append(f"{form}, seed {seed}, {way}: {found}")
    return counts, wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Try mutations of every format; the exit code is 1 if any was handled badly."""
    made_parser = Parser(description=__doc__)
    made_parser.add_argument("--count", type=whole(1, 10**7), default=100, help="a format")
    made_parser.add_argument("--first", type=whole(0, 10**9), default=0, help="the first seed")
    made_parser.add_argument("--formats", default=",".join(FILES))
    options = made_parser.parse_args(arguments)
    failed = False
    for form in options.formats.split(","):
        with tempfile.TemporaryDirectory() as name:
            (Path(name) / "whole").mkdir()
            counts, wrong = tried(form, options.count, options.first, Path(name))
        print(json.dumps({"format": form, "first": options.first, **counts, "wrong": len(wrong)}))
        print(*wrong[:20], sep="\n", end="\n" if wrong else "", flush=True)
        failed = failed or bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    run_command(main)
