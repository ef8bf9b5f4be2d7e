"""Written programs that train run alone: on a small archive, validated, saved and resumed."""

from __future__ import annotations

import ast
import io
import os
import pickle
import subprocess
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from common.networks import load
from common.ops import Dense, GlobalAvgPool2d
from common.recipes.named import RECIPES
from common.recipes.recipe import Loss, Optimizer, Recipe
from frontends.frameworks import FRAMEWORKS, MODERN, TABLE
from frontends.workers.environments import interpreter
from frontends.writing.emit import emit
from frontends.writing.text import EmitError
from parity_tests.cases import small
from parity_tests.ladder.test_training import EACH, NAMED
from parity_tests.rows import rows

SLOW = Recipe(Optimizer("adam"), 1e-4, epochs=1, batch=8)
PANELS = {panel: panel for panel in FRAMEWORKS}


def _archive(folder: Path, extra: object = None) -> Path:
    """Write an archive in CIFAR-10's format: 5 batches of 4 images, and a test batch of 10."""
    numbers, path = np.random.default_rng(0), folder / "cifar-10-python.tar.gz"
    names = [(f"data_batch_{i}", 4) for i in range(1, 6)] + [("test_batch", 10)]
    with tarfile.open(path, "w:gz") as archive:
        for name, count in names:
            batch = {
                b"data": numbers.integers(0, 256, (count, 3072), dtype=np.uint8),
                b"labels": numbers.integers(0, 10, count).tolist(),
                b"batch_label": extra or b"a batch",
            }
            text = pickle.dumps(batch, protocol=2)
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    return path


def _run(panel: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [interpreter(panel), "program.py", "--data", "cifar-10-python.tar.gz", *options],
        cwd=folder, env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "KERAS_HOME": str(folder)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def _trains_and_resumes(panel: str, folder: Path) -> None:
    """Two epochs in one go, and one after the other: the second epoch is the same."""
    network = load("se_resnext_cifar").with_arguments(num_blocks=1, width=8)
    (folder / "program.py").write_text(emit(network, panel, recipe=SLOW).text, encoding="utf-8")
    _archive(folder)
    said = {}
    for out, options in {
        "whole": ("--epochs", "2"),
        "first": ("--epochs", "1"),
        "more": ("--epochs", "2", "--resume"),
    }.items():
        into = "whole" if out == "whole" else "parts"
        done = _run(panel, folder, "--out", into, *options)
        assert done.returncode == 0, done.stderr
        said[out] = [line for line in done.stdout.splitlines() if line.startswith("epoch ")]
    assert said["first"] + said["more"] == said["whole"] and len(said["whole"]) == 2
    assert any(each.name.startswith("last") for each in (folder / "parts").iterdir())


@pytest.mark.complete
@rows("panel", PANELS)
def test_a_program_trains_and_resumes(panel: str, tmp_path: Path) -> None:
    _trains_and_resumes(panel, tmp_path)


class Hostile:
    """What runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch was_run",)


def test_nothing_of_an_archive_is_run(tmp_path: Path) -> None:
    network = load("se_resnext_cifar").with_arguments(num_blocks=1, width=8)
    text = emit(network, "torch", recipe=SLOW).text
    (tmp_path / "program.py").write_text(text, encoding="utf-8")
    _archive(tmp_path, Hostile())
    done = _run("torch", tmp_path)
    assert done.returncode and "posix.system is not expected" in done.stderr
    assert not (tmp_path / "was_run").exists()


@rows("panel", PANELS)
def test_every_recipe_is_written(panel: str) -> None:
    for recipe in EACH.values():
        compile(emit(small.se_resnext(), panel, recipe=recipe).text, panel, "exec")
    for name, network in NAMED.items():
        compile(emit(network, panel, recipe=RECIPES[name]).text, panel, "exec")


@rows("panel", PANELS)
def test_functions_are_the_same_in_the_same_order(panel: str) -> None:
    """What builds a step differs where a graph is made first; the rest has the same names."""
    tree = ast.parse(emit(small.se_resnext(), panel, recipe=SLOW).text)
    names = [each.name for each in tree.body if isinstance(each, ast.FunctionDef)]
    eager = panel in MODERN
    expected = ["learning_rate", "loss_of", "trained"]
    expected += ["create_optimizer"] if eager else ["apply_gradients"]
    expected += ["train_step", "evaluate" if eager else "metrics_of", "read", "batches", "parse"]
    assert names[names.index("learning_rate") :][: len(expected)] == expected
    assert "main" in names


@rows("panel", PANELS)
def test_no_kind_is_called_as_a_function_of_the_program(panel: str) -> None:
    network = small.sequence("train_step", (3, 8, 8), pool=GlobalAvgPool2d(), fc=Dense(10))
    text = emit(network, panel, recipe=SLOW).text
    names = [
        each.name
        for each in ast.parse(text).body
        if isinstance(each, (ast.FunctionDef, ast.ClassDef))
    ]
    assert len(names) == len(set(names))


UNFIT = {
    "a pattern that freezes nothing": ({"frozen": ("nosuch*",)}, "has no parameter 'nosuch\\*'"),
    "everything frozen": ({"frozen": ("*",)}, "the recipe freezes every parameter"),
    "probabilities of logits": ({"loss": Loss(on="probabilities")}, "gives logits"),
}


@rows("changed, said", UNFIT)
def test_a_recipe_that_fits_not_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(EmitError, match=said):
        emit(small.se_resnext(), "torch", recipe=replace(SLOW, **changed))


@rows("panel", PANELS)
def test_what_is_never_called_is_not_trained(panel: str) -> None:
    """PyTorch's and Paddle's files hold such layers, which have no gradient."""
    text = emit(load("rir18"), panel, recipe=SLOW).text
    assert ("if not name.startswith(" in text) == TABLE[panel].classes
