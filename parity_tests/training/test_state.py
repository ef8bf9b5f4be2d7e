"""What an optimizer keeps: saved by any panel, gone on with by any other, in float64 to 1e-9."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from common.ops import BatchNorm, Conv2d, Dense, GlobalAvgPool2d, ReLU
from common.recipes.recipe import STATE, Recipe
from common.spec import Layer
from frontends.checkpoints import hub
from frontends.frameworks import FRAMEWORKS
from frontends.training.experiment import Experiment
from frontends.training.panel import LAST
from frontends.training.start import checkpoint_of, continued, drawn
from frontends.workers.pool import Workers
from frontends.workers.training import WRITTEN
from frontends.writing.updates import update
from parity_tests.cases import small
from parity_tests.ladder.test_training import EACH
from parity_tests.rows import rows, sampled
from parity_tests.training import shared

BOUND, TAKEN, MORE = 1e-9, 2, 3  # steps before a checkpoint, and from it on
ADAM, FOLDED = "Adam, corrected, L2", "momentum"  # Keras' own keeps -rate · v
Pair = tuple[str, str]


class Trained:
    """A panel's uninterrupted training, and the checkpoint that it left on the way."""

    def __init__(self, name: str, made: Experiment, folder: Path, workers: Workers) -> None:
        self.folder = folder / name
        panel = shared.panel(name, made, self.folder, workers)
        panel.begin(drawn(made, self.folder))
        panel.advance(shared.chunk(made, 0, TAKEN, self.folder))
        panel.keep()
        self.path, self.digest = panel.path(LAST), panel.digest
        found = panel.advance(shared.chunk(made, TAKEN, TAKEN + MORE, self.folder))
        self.losses = np.array(found.losses)
        kept = self.path.read_bytes()
        self.weights = panel.keep()
        self.path.write_bytes(kept)


def _goes_on(made: Experiment, source: Trained, name: str, folder: Path, workers: Workers) -> Any:
    """Return the losses and the weights of a panel that goes on from a checkpoint."""
    folder.mkdir()
    panel = shared.panel(name, made, folder, workers)
    start = continued(made, source.path, folder, name)
    panel.begin(replace(start, digest=source.digest))
    assert panel.step == TAKEN
    found = panel.advance(shared.chunk(made, TAKEN, TAKEN + MORE, folder))
    return np.array(found.losses), panel.keep()


def _check(
    recipe: Recipe, pairs: Iterable[tuple[str, str]], folder: Path, workers: Workers
) -> None:
    pairs = list(pairs)
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    made = shared.experiment(folder / "data", names, recipe, precision="float64")
    whole = {name: Trained(name, made, folder, workers) for name in names}
    trains = [n for n, p in made.network.elaboration.parameters.items() if p.trainable]
    for one, other in pairs:
        losses, weights = _goes_on(made, whole[one], other, folder / f"{one}_{other}", workers)
        expected = whole[other]
        assert np.abs(losses - expected.losses).max() < BOUND * np.abs(expected.losses).max()
        scale = max(np.abs(expected.weights[name]).max() for name in trains)
        apart = {n: np.abs(weights[n] - expected.weights[n]).max() / scale for n in trains}
        assert max(apart.values()) < BOUND, (one, other, max(apart, key=lambda n: apart[n]))


SOME = {
    "the rate is folded in": (FOLDED, [("tensorflow", "torch")]),
    "Adam": (ADAM, [("torch", "paddle")]),
}


@rows("case", SOME)
def test_goes_on_in_another_panel(
    case: tuple[str, list[Pair]], tmp_path: Path, workers: Workers
) -> None:
    name, pairs = case
    _check(EACH[name], pairs, tmp_path, workers)


RING = tuple(zip(FRAMEWORKS, (*FRAMEWORKS[1:], FRAMEWORKS[0])))
MATRIX = {name: EACH[name] for name in (FOLDED, ADAM)}


# Of each optimizer one; the others are by hand.
GIVEN = ("momentum, L2, the rate drops", "Adam, uncorrected", "AdamW, corrected",
         "RMSProp, inside, L2, from 1", "Adagrad, outside, L2")  # fmt: skip


@rows("recipe", sampled({n: each for n, each in EACH.items() if n not in MATRIX}, GIVEN))
def test_each_panel_gives_and_takes(recipe: Recipe, tmp_path: Path, workers: Workers) -> None:
    _check(recipe, RING, tmp_path, workers)


@rows("recipe", sampled(MATRIX, (FOLDED,)))
def test_any_panel_goes_on_from_any(recipe: Recipe, tmp_path: Path, workers: Workers) -> None:
    _check(recipe, product(FRAMEWORKS, FRAMEWORKS), tmp_path, workers)


@pytest.mark.exhaustive
@rows("recipe", {name: each for name, each in EACH.items() if name not in MATRIX})
def test_all_panels_go_on_from_all(recipe: Recipe, tmp_path: Path, workers: Workers) -> None:
    _check(recipe, product(FRAMEWORKS, FRAMEWORKS), tmp_path, workers)


@pytest.mark.complete
def test_means_rid_of_their_start_go_on(tmp_path: Path, workers: Workers) -> None:
    """TensorFlow 1's, whose own variables follow from the mean and the step."""
    bn = BatchNorm(epsilon=1e-3, zero_debias=True)
    layers: dict[str, Layer] = {"conv": Conv2d(8, 3), "bn": bn, "relu": ReLU()}
    layers |= {"pool": GlobalAvgPool2d(), "fc": Dense(10)}
    network = small.sequence("debiased", (3, 16, 16), **layers)
    name, recipe = "tensorflow1", EACH["sgd"]
    made = shared.experiment(tmp_path / "data", [name], recipe, network, precision="float64")
    source = Trained(name, made, tmp_path, workers)
    _, weights = _goes_on(made, source, name, tmp_path / "on", workers)
    for each in ("bn.mean", "bn.variance", "conv.kernel"):
        assert np.abs(weights[each] - source.weights[each]).max() < BOUND


@rows("name", {name: name for name in STATE})
def test_formulas_keep_what_the_recipe_keeps(name: str) -> None:
    recipe = next(each for each in EACH.values() if each.optimizer.name == name)
    assert tuple(WRITTEN[name]) == STATE[name]
    assert list(WRITTEN[name].values()) == list(update(recipe.optimizer, "sqrt").states)


def test_a_state_that_is_not_the_trainings_shows(tmp_path: Path, workers: Workers) -> None:
    """The fault: the state of a checkpoint is doubled."""
    made = shared.experiment(tmp_path / "data", ["torch"], EACH[FOLDED], precision="float64")
    source = Trained("torch", made, tmp_path, workers)
    checkpoint = checkpoint_of(source.path)
    doubled = {k: {n: 2 * a for n, a in kept.items()} for k, kept in checkpoint.state.items()}
    hub.write(source.path, replace(checkpoint, state=doubled))
    losses, _ = _goes_on(made, source, "torch", tmp_path / "on", workers)
    assert np.abs(losses - source.losses).max() > 1e-6
