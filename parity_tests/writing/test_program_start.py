"""How a written program starts: its options, its help, and what it refuses before it trains."""

from __future__ import annotations

import ast
import io
import re
import sys
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

import pytest

from common.networks import load
from common.recipes.recipe import Optimizer, Recipe
from frontends.frameworks import FRAMEWORKS
from frontends.writing.emit import emit
from parity_tests.cases import data
from parity_tests.rows import rows

SLOW = Recipe(Optimizer("adam"), 1e-4, epochs=1, batch=8)
PANELS = {panel: panel for panel in FRAMEWORKS}
REFUSED = {
    "no batch": (("--batch-size", "0"), "--batch-size and --eval-batch-size: expected at least 1"),
    "no batch to evaluate": (("--eval-batch-size", "0"), "expected at least 1"),
    "no data": ((), "the following arguments are required: --data"),
    "precision": (("--precision", "half"), "invalid choice: 'half'"),
}


@rows("options, said", REFUSED)
def test_what_is_asked_wrongly_ends_a_program_in_one_line(
    options: tuple[str, ...],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = data.reading(emit(load("resnet18"), "torch", recipe=SLOW).text)
    given = ("--data", "data", *options) if options else ()
    monkeypatch.setattr(sys, "argv", ["program.py", *given])
    with pytest.raises(SystemExit) as caught:
        names["parse"]()
    *_, line = capsys.readouterr().err.splitlines()
    assert caught.value.code == 2 and said in line


FOLDERS = {
    "a file": ("a_file", "--out: [Errno 17] File exists: 'a_file'"),
    "within a file": ("a_file/out", "--out: [Errno 20] Not a directory: 'a_file/out'"),
}


@rows("folder, said", FOLDERS)
def test_where_nothing_can_be_written_a_program_ends(
    folder: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a_file").touch()
    names = data.reading(emit(load("resnet18"), "torch", recipe=SLOW).text)
    with pytest.raises(SystemExit, match=re.escape(said)):
        names["make_folder"](folder)


@rows("panel", PANELS)
def test_data_are_read_before_anything_is_made(panel: str) -> None:
    """What is wrong with them is told at once, and leaves no folder; then a folder is tried."""
    tree = ast.parse(emit(load("se_resnext_mnist"), panel, recipe=SLOW).text)
    functions = {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef)}
    body = functions["run" if "run" in functions else "main"].body
    called = [
        node.func.id
        for statement in body
        for node in ast.walk(statement)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    ours = [name for name in called if name not in ("parse", "SystemExit")]
    assert ours[:3] == ["read", "read", "make_folder"]


HELP = {"se_resnext_mnist": "four files, gzipped, directly in it", "resnet18": "test.npz"}


@rows("panel", PANELS)
@rows("network, said", {name: (name, said) for name, said in HELP.items()})
def test_help_says_what_every_option_is_by_default(
    panel: str, network: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that take a value, but for --data, which has no default."""
    names = data.reading(emit(load(network), panel, recipe=SLOW).text)
    monkeypatch.setattr(sys, "argv", ["program.py", "--help"])
    out = io.StringIO()
    with redirect_stdout(out), pytest.raises(SystemExit):
        names["parse"]()
    _, *options = " ".join(out.getvalue().split("options:")[1].split()).split(" --")
    taken = [each for each in options if not each.startswith(("help", "data"))]
    assert all("(default: " in each for each in taken) and len(taken) >= 7
    (given,) = (each for each in options if each.startswith("data"))
    assert said in given and "default" not in given


@rows("batch, expected", {"few": (8, 256), "many": (300, 300)})
def test_evaluation_takes_many_images_at_once(
    batch: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(SLOW, batch=batch)
    names = data.reading(emit(load("resnet18"), "torch", recipe=recipe).text)
    monkeypatch.setattr(sys, "argv", ["program.py", "--data", "data"])
    options = names["parse"]()
    assert (options.batch_size, options.eval_batch_size) == (batch, expected)
