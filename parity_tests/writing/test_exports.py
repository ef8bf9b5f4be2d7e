"""What a written program leaves: checkpoints that convert, and a network for inference."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from common.compare import difference
from common.ops.local import Array
from common.recipes.recipe import Optimizer, Recipe
from frontends.checkpoints import convert
from frontends.frameworks import FRAMEWORKS, HISTORICAL
from frontends.ladder.reference import Reference
from frontends.workers.environments import ROOT, interpreter
from frontends.writing.emit import emit
from parity_tests.cases import small
from parity_tests.rows import rows

# Fluid and TensorFlow 1 have the first as formulas.
FORMULAS = Recipe(Optimizer("adam"), 1e-3, epochs=1, batch=8)
OWN = Recipe(Optimizer("momentum", momentum=0.9), 1e-3, epochs=1, batch=8)
NETWORK = small.se_resnext()
(CLASSES,) = NETWORK.elaboration.output
BOUND = 1e-5
SUFFIXES = {"torch": ".pt", "paddle": ".pdparams", "tensorflow": ".weights.h5"}
EXPORTED = {"torch": "inference.pt2"}
# What was exported and can be read itself.
WITHIN = dict.fromkeys(("fluid", "tensorflow", "tensorflow1"), "inference") | EXPORTED
PREDICT = """
import numpy as np, program
x = np.load("x.npy")
np.save("y.npy", program.predict("checkpoints/{path}", [x[:3], x[3:]]))
"""


def _run(panel: str, folder: Path, *command: str) -> str:
    done = subprocess.run(
        [interpreter(panel), *command],
        cwd=folder, env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "KERAS_HOME": str(folder)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def _train(panel: str, folder: Path, *options: str) -> str:
    return _run(panel, folder, "program.py", "--data", ".", *options)


def _predicted(panel: str, folder: Path) -> Array:
    """Return what a new process predicts by what was exported, of four images."""
    x = np.random.default_rng(0).normal(size=(4, *NETWORK.input_shape)).astype(np.float32)
    np.save(folder / "x.npy", x)
    _run(panel, folder, "-c", PREDICT.format(path=EXPORTED.get(panel, "inference")))
    found: Array = np.load(folder / "y.npy")
    return found


def _computed(folder: Path, file: str) -> Array:
    """Return what numpy computes of the same images with the weights of a file."""
    weights = convert.read(folder / "checkpoints" / file, NETWORK).checkpoint.weights
    x = np.load(folder / "x.npy").astype(float)
    return Reference(NETWORK, weights, x, training=False).results[-1]


def _written(panel: str, folder: Path, recipe: Recipe, old: str = "", new: str = "") -> None:
    text = emit(NETWORK, panel, recipe=recipe).text
    assert old in text
    (folder / "program.py").write_text(text.replace(old, new, 1) if old else text, "utf-8")
    numbers = np.random.default_rng(0)
    for name, count in (("train", 20), ("test", 10)):
        images = numbers.normal(size=(count, *NETWORK.input_shape))
        labels = numbers.integers(0, CLASSES, count)
        np.savez(folder / f"{name}.npz", images=images, labels=labels)


def _check(panel: str, recipe: Recipe, folder: Path) -> None:
    _written(panel, folder, recipe)
    *_, saved, exporting, last = _train(panel, folder).splitlines()
    assert saved == "checkpoints: saved as last and best" and exporting.startswith("exporting ")
    accuracy = f"checkpoints/{EXPORTED.get(panel, 'inference')}: accuracy "
    assert last.startswith(accuracy)
    outputs = _predicted(panel, folder)
    assert outputs.shape == (4, CLASSES) and outputs.std() > 0
    files = [f"best{SUFFIXES.get(panel, '')}", *([WITHIN[panel]] if panel in WITHIN else [])]
    for file in files:
        assert difference(outputs, _computed(folder, file)).relative < BOUND


LOADED = {
    "torch": "torch.export.load({}).module()",
    "paddle": "paddle.jit.load({})",
    "tensorflow": "tf.saved_model.load({})",
    "fluid": "fluid.io.load_inference_model({}, executor)",
    "tensorflow1": 'tf.saved_model.loader.load(session, ["serve"], {})',
}


@rows("panel, call", {panel: (panel, call) for panel, call in LOADED.items()})
def test_an_export_is_loaded_as_the_readme_says(panel: str, call: str) -> None:
    """By the calls of `predict`, which the other tests run."""
    form = re.escape("".join(call.split())).replace(re.escape("{}"), r"[^:]{1,40}?")
    written = emit(NETWORK, panel, recipe=OWN).text
    for text in (written, (ROOT / "README.md").read_text(encoding="utf-8")):
        assert re.search(form, "".join(text.split()))


ROWS = {f"{panel}-own": (panel, OWN) for panel in FRAMEWORKS}
ROWS |= {f"{panel}-formulas": (panel, FORMULAS) for panel in HISTORICAL}


@rows("panel, recipe", {"torch-own": ROWS["torch-own"]})
def test_what_a_program_leaves(panel: str, recipe: Recipe, tmp_path: Path) -> None:
    _check(panel, recipe, tmp_path)


@pytest.mark.complete
@rows("panel, recipe", {key: row for key, row in ROWS.items() if key != "torch-own"})
def test_what_every_program_leaves(panel: str, recipe: Recipe, tmp_path: Path) -> None:
    _check(panel, recipe, tmp_path)


@pytest.mark.complete
def test_the_best_is_exported(tmp_path: Path) -> None:
    """Not the last: another network's checkpoint in the place of the best is what comes out."""
    _written("torch", tmp_path, OWN)
    _train("torch", tmp_path, "--out", "other", "--seed", "1")
    _train("torch", tmp_path)
    shutil.copy(tmp_path / "other" / "best.pt", tmp_path / "checkpoints" / "best.pt")
    _train("torch", tmp_path, "--resume")
    outputs = _predicted("torch", tmp_path)
    assert difference(outputs, _computed(tmp_path, "best.pt")).relative < BOUND
    assert difference(outputs, _computed(tmp_path, "last.pt")).relative > 0.1


@pytest.mark.complete
def test_an_export_in_training_mode_is_seen(tmp_path: Path) -> None:
    _written("torch", tmp_path, OWN, "export(network.cpu().eval()", "export(network.cpu().train()")
    _train("torch", tmp_path)
    outputs = _predicted("torch", tmp_path)
    assert difference(outputs, _computed(tmp_path, "best.pt")).relative > 0.01
