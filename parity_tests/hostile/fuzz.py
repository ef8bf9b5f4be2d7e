"""The search for an input that is handled badly: `… -m parity_tests.hostile.fuzz --count 20000`.

Specifications, recipes, weights files, records and command lines are mutated; each is refused in
one line or handled, within seconds, and no text of it becomes code. Counts go to a file of JSON
lines.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import pickle
import random
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from common.arguments import Parser, whole
from common.errors import TriptychError, run_command
from common.networks.__main__ import main as show
from common.recipes import serialize as recipes
from common.recipes.named import RECIPES
from common.serialize import from_json
from frontends.convert import main as convert
from frontends.emit import main as emit_main
from frontends.frameworks import FRAMEWORKS
from frontends.workers.environments import ROOT
from frontends.writing.emit import emit
from parity_tests.commands.parsing import parse_only
from parity_tests.hostile.mutation import mutate, mutated
from parity_tests.hostile.specifications import specification
from reports.page import page
from reports.plot import figure
from reports.records import read_run
from reports.tables import text_tables

RECORDS = sorted((ROOT / "reports" / "data").glob("2026*.jsonl"))[0]
LIMIT = 5.0  # seconds of the processor
LONGEST = 2000  # characters of what is said of a mistake
EXECUTABLE = ("import_os", "system", "eval", "exec", "open", "__import__")


def _calls(tree: ast.AST) -> set[str]:
    """Return what a file calls and imports by name."""
    called = {
        n.func.id
        for n in ast.walk(tree)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    imported = [n for n in ast.walk(tree) if isinstance(n, (ast.Import, ast.ImportFrom))]
    own = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    return (called - own) | {f"import_{each.name}" for n in imported for each in n.names}


def specification_input(draw: random.Random, folder: Path) -> str:
    """Load and write one mutated specification; return "accepted" or "refused"."""
    dialect = draw.choice(list(FRAMEWORKS))
    try:
        network = from_json(mutated(draw))
        text = emit(network, dialect).text
    except TriptychError as error:
        return _refused(error)
    tree = ast.parse(text)
    compile(text, "written", "exec")
    found = _calls(tree) & set(EXECUTABLE) - ({"import_os"} if dialect == "tensorflow" else set())
    assert not found, f"the file calls {found}"
    return "accepted"


def recipe_input(draw: random.Random, folder: Path) -> str:
    """Load one mutated recipe, and write the program that trains by it."""
    data = json.loads(recipes.to_json(draw.choice(list(RECIPES.values()))))
    data |= {"frozen": ["stem.*"], "clip_norm": 1.0, "loss": {"smoothing": 0.1}}
    for _ in range(draw.choice((1, 1, 2, 3))):
        mutate(data, draw)
    network = from_json(json.dumps(specification()))
    try:
        recipe = recipes.from_json(json.dumps(data))
        text = emit(network, draw.choice(list(FRAMEWORKS)), recipe=recipe).text
    except TriptychError as error:
        return _refused(error)
    compile(text, "written", "exec")
    found = _calls(ast.parse(text)) & set(EXECUTABLE) - {"import_os", "open"}
    assert not found, f"the file calls {found}"
    return "accepted"


def command_input(draw: random.Random, folder: Path) -> str:
    """Run one command line of `networks show` or `emit`; return how it ended."""
    file = folder / draw.choice(("net.json", "n t.json", "ü.json"))
    file.write_text(mutated(draw), encoding="utf-8", errors="surrogatepass")
    words = [str(file), "resnet18", "", "--json", "--mermaid", "--out", str(folder), "nowhere.json",
             "x.py:f", "\0", "--dialect", "all", "torch", "--nothing", "/dev/null", str(folder),
    ]  # fmt: skip
    rest = [draw.choice(words) for _ in range(draw.randrange(3))]
    if draw.random() < 0.5:
        run, line = show, ["show", str(file), *rest]
    else:
        run, line = emit_main, [str(file), "--dialect", draw.choice(list(FRAMEWORKS)), *rest]
    return _run(run, line)


def checkpoint_input(draw: random.Random, folder: Path) -> str:
    """Convert one broken weights file; return how it ended."""
    import h5py

    library = draw.choice(("keras", "paddle.vision"))
    file = folder / "weights.h5"
    if library == "keras":
        with h5py.File(file, "w") as made:
            made.attrs["layer_names"] = [draw.choice((b"conv1_conv", b"a\xff", b"../x", b""))]
            group = made.create_group("conv1_conv")
            group.attrs["weight_names"] = ["kernel"]
            kind = draw.choice(("f2", "c8", "?", "S5", "f4", "f8", "i8"))
            shape = draw.choice(((1,), (7, 7, 3, 64), (10**6, 10**3), ()))
            group.create_dataset("kernel", shape, kind)
            if draw.random() < 0.3:
                del group["kernel"]
                group["kernel"] = h5py.ExternalLink("/etc/hostname", "/x")
    else:
        values: tuple[Any, ...] = (np.zeros(3, "f2"), np.array(["a"]), np.zeros(2, "c8"), 3, None)
        data = pickle.dumps({draw.choice(("a", "a\0", 3)): draw.choice(values)})
        file.write_bytes(data[: draw.choice((len(data), draw.randrange(len(data))))])
    out = str(folder / "o.safetensors")
    return _run(convert, [str(file), out, "--network", "resnet18"])


OPTIONS = {
    "verify": "--framework --legacy --against --mine --dialect --names --batch-size --seed "
    "--timeout --every-row --json",
    "bench": "--framework --legacy --network --batch-size --mode --style --device --rounds "
    "--threads --budget --out",
    "convert": "--network --set --format --names --to-names --list",
    "doctor": "--timeout",
    "environments create": "",
    "report runs": "--out",
}
VALUES = (
    "all torch torch,paddle -1 0 nan inf 1e12 1e30 99999999999999999999999 rir18 net.json x.py:f "
    "training eager gpu keras torchvision fluid \0 ü -- - ="
).split(" ")


def option_input(draw: random.Random, folder: Path) -> str:
    """Parse one command line of a command that would run long; return how it ended."""
    name = draw.choice(list(OPTIONS))
    words = [*OPTIONS[name].split(), *VALUES, ""]
    line = [*name.split(), *(draw.choice(words) for _ in range(draw.randrange(6)))]
    if draw.random() < 0.3:
        line.append(f"{draw.choice(words)}={draw.choice(VALUES)}")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        why = parse_only(line)
    assert why is None or (why.count("\n") == 0 and not why.startswith("exit code")), why
    return "accepted" if why is None else "refused"


def record_input(draw: random.Random, folder: Path) -> str:
    """Read a run's records of which some are changed, and draw its page; return how it ended."""
    path = folder / "20260102-030405-mutated.jsonl"
    path.unlink(missing_ok=True)
    data = [json.loads(line) for line in RECORDS.read_text(encoding="utf-8").splitlines()]
    for _ in range(draw.choice((1, 1, 2, 3))):
        mutate(data, draw)
    text = "\n".join(json.dumps(each) for each in data) + "\n"
    path.write_text(text, encoding="utf-8")
    try:
        run = read_run(path)
    except TriptychError as error:
        assert "\n" not in str(error)
        return "refused"
    assert page(run).encode() and text_tables(run).encode() and figure(run).axes
    return "accepted"


def _run(run: Callable[[Sequence[str]], int], line: list[str]) -> str:
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            return "accepted" if run(line) == 0 else "refused"
    except (TriptychError, OSError) as error:
        return _refused(error)
    except SystemExit as error:
        assert error.code in (0, 2), f"exit code {error.code}"
        return "accepted" if error.code == 0 else "refused"


def _refused(error: Exception) -> str:
    assert "\n" not in str(error) and len(str(error)) < LONGEST, f"said: {str(error)[:LONGEST]}"
    return "refused"


KINDS: dict[str, tuple[int, Callable[[random.Random, Path], str]]] = {
    "specifications": (60, specification_input),
    "recipes": (10, recipe_input),
    "command lines": (9, command_input),
    "options": (10, option_input),
    "records": (10, record_input),
    "checkpoints": (1, checkpoint_input),
}


def fuzz(
    count: int, first: int, kinds: Sequence[str] = tuple(KINDS)
) -> tuple[Counter[str], list[str]]:
    """Try inputs of the seeds `first` to `first + count`; return counts and what went wrong."""
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        for seed in range(first, first + count):
            draw = random.Random(seed)
            kind = draw.choices(kinds, [KINDS[each][0] for each in kinds])[0]
            start = time.process_time()
            try:
                outcome = KINDS[kind][1](draw, Path(name))
            except Exception:
                outcome = "failed"
                wrong.append(f"seed {seed}, {kind}: {traceback.format_exc(limit=-3)}")
            took = time.process_time() - start
            if took > LIMIT and kind != "checkpoints":  # those start a process
                wrong.append(f"seed {seed}, {kind}: {took:.1f} s")
            counts["tried"] += 1
            counts[outcome] += 1
            counts[kind] += 1
    return counts, wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Try inputs and say what came of them; the exit code is 1 if any was handled badly."""
    made = Parser(description=__doc__)
    made.add_argument("--count", type=whole(1, 10**7), default=300)
    made.add_argument("--first", type=whole(0, 10**9), default=0, help="the first seed")
    made.add_argument("--out", help="a file to add the counts to, a line of JSON")
    options = made.parse_args(arguments)
    counts, wrong = fuzz(options.count, options.first)
    print(json.dumps({"first": options.first, **counts}))
    print(*wrong[:20], sep="\n")
    if options.out:
        with Path(options.out).open("a", encoding="utf-8") as stream:
            line = {"first": options.first, **counts, "wrong": len(wrong)}
            stream.write(json.dumps(line) + os.linesep)
    return 1 if wrong else 0


if __name__ == "__main__":
    run_command(main)
