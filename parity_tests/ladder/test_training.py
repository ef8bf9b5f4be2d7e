"""Training: every recipe in every panel is the recipe in numpy; what is planted is located."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from common.network import Network
from common.networks import load
from common.ops import Softmax
from common.recipes.named import RECIPES
from common.recipes.recipe import Loss, Optimizer, Penalty, Recipe, Schedule
from common.spec import Block, Layer, Use
from frontends.frameworks import FRAMEWORKS, MODERN
from frontends.ladder.report import Report, Row
from frontends.ladder.runs import Runs, batch_for, comparable
from frontends.ladder.subjects import written
from frontends.ladder.training import FROZEN, training
from frontends.ladder.trajectory import rehearsal
from frontends.workers.outcomes import NOT_COMPARABLE
from frontends.workers.pool import Workers
from frontends.writing.emit import emit
from parity_tests.cases import small
from parity_tests.controls.planting import plant
from parity_tests.controls.training import TRAINING_PITFALLS, TrainingPitfall
from parity_tests.rows import rows, sampled

TIGHT = 1e-12  # measured: at most 1.3e-14
SGD = Recipe(Optimizer("sgd"), 0.1)
L2 = Penalty(1e-3)
EACH = {
    "sgd": SGD,
    "sgd, L2": replace(SGD, l2=L2),
    "momentum": Recipe(Optimizer("momentum", momentum=0.9), 0.05),
    "momentum, L2, the rate drops": Recipe(
        Optimizer("momentum", momentum=0.9),
        0.05,
        l2=L2,
        schedule=Schedule("step", "epoch", boundaries=(30, 60, 90)),
    ),
    "Nesterov, L2 on kernels, cosine, warm-up": Recipe(
        Optimizer("momentum", momentum=0.9, nesterov=True),
        0.05,
        l2=Penalty(1e-3, on="kernels"),
        schedule=Schedule("cosine", "step", length=100, warmup=5),
    ),
    "Adam, corrected": Recipe(Optimizer("adam"), 1e-3),
    "Adam, corrected, L2": Recipe(Optimizer("adam"), 1e-3, l2=L2),
    "Adam, uncorrected": Recipe(Optimizer("adam", epsilon_at="uncorrected"), 1e-3),
    "Adam, uncorrected, L2, clipped": Recipe(
        Optimizer("adam", epsilon_at="uncorrected"), 1e-3, l2=L2, clip_norm=0.3
    ),
    "AdamW, corrected": Recipe(Optimizer("adamw", decay=0.01), 1e-3),
    "AdamW, uncorrected, L2": Recipe(
        Optimizer("adamw", decay=0.01, epsilon_at="uncorrected"), 1e-3, l2=L2
    ),
    "RMSProp, inside": Recipe(Optimizer("rmsprop", epsilon=1e-7), 1e-3),
    "RMSProp, inside, L2, from 1": Recipe(
        Optimizer("rmsprop", epsilon=1e-7, start=1.0), 1e-3, l2=L2
    ),
    "RMSProp, outside": Recipe(Optimizer("rmsprop", epsilon=1e-7, epsilon_at="outside"), 1e-3),
    "Adagrad, outside, L2": Recipe(Optimizer("adagrad", epsilon=1e-7, start=0.1), 1e-2, l2=L2),
    "Adagrad, inside": Recipe(
        Optimizer("adagrad", epsilon=1e-7, epsilon_at="inside", start=0.1), 1e-2
    ),
    "Adagrad, no epsilon": Recipe(Optimizer("adagrad", epsilon=0.0, start=0.1), 1e-2),
    "summed, smoothed": replace(SGD, learning_rate=0.01, loss=Loss("logits", "sum", 0.1)),
    "L2 in the loss, clipped": replace(SGD, l2=Penalty(5e-3, at="loss"), clip_norm=0.5),
    "L2 on kernels in the loss": replace(SGD, l2=Penalty(5e-3, "kernels", "loss")),
    "L2 on kernels, clipped": replace(SGD, l2=Penalty(5e-3, "kernels"), clip_norm=0.5),
    "frozen": Recipe(Optimizer("momentum", momentum=0.9), 0.05, l2=L2, frozen=("stem.*",)),
}
SAMPLED = ("momentum, L2, the rate drops", "Adam, uncorrected, L2, clipped", "frozen")
ON_PROBABILITIES = ("transfer_classifier", "transfer_all")


def _trained(
    network: Network, panels: tuple[str, ...], recipe: Recipe, workers: Workers, folder: Path
) -> list[Row]:
    same = comparable(network)
    runs = Runs(same, written(panels), workers, folder, batch_for(same, 2))
    return list(training(runs, panels, recipe, folder))


def _check(found: list[Row], panels: tuple[str, ...], recipe: Recipe, tight: float = TIGHT) -> None:
    assert all(row.passed for row in found), [row for row in found if not row.passed]
    assert max(row.worst or 0 for row in found) < tight
    for panel in panels:  # rates, losses, two updates, and what is frozen
        alone = [row for row in found if row.panels == (panel,)]
        assert len(alone) == 5 + bool(recipe.frozen)
    pairs = len(panels) * (len(panels) - 1) // 2
    assert len([row for row in found if len(row.panels) == 2]) == 3 * pairs


@rows("name", dict(zip(SAMPLED, SAMPLED)))
def test_modern_panels(name: str, workers: Workers, tmp_path: Path) -> None:
    found = _trained(small.se_resnext(), MODERN, EACH[name], workers, tmp_path)
    _check(found, MODERN, EACH[name])


# Every formula, with what else a recipe may have; alone some are by hand.
ALONE = (
    "sgd", "sgd, L2", "Adam, corrected", "Adam, uncorrected", "AdamW, corrected",
    "RMSProp, inside", "L2 on kernels, clipped", "AdamW, uncorrected, L2", "Adagrad, inside",
    "L2 on kernels in the loss", "momentum, L2, the rate drops",
)  # fmt: skip


@rows("recipe", sampled(EACH, [name for name in EACH if name not in ALONE]))
def test_five_panels(recipe: Recipe, workers: Workers, tmp_path: Path) -> None:
    found = _trained(small.se_resnext(), FRAMEWORKS, recipe, workers, tmp_path)
    _check(found, FRAMEWORKS, recipe)


def _reduced(name: str, size: int, **arguments: Any) -> Network:
    network = load(name)
    channels = network.input_shape[0]
    return replace(network.with_arguments(**arguments), input_shape=(channels, size, size))


def _with_softmax(network: Network) -> Network:
    layers: dict[str, Layer] = {"network": Use(network.root), "softmax": Softmax()}
    return Network("ends_in_a_softmax", Block("outer", layers=layers), network.input_shape)


NAMED = {
    "se_resnext_article": small.se_resnext(),
    "se_resnext_article_fluid": _with_softmax(small.published_fluid()),
    "batchflow": _reduced("batchflow_se_resnet", 28, width=8),
    "rir": _reduced("resnet18_rir", 32, num_blocks=(1, 1, 1), width=8),
    "transfer_classifier": _reduced("resnet50_fluid", 32, num_blocks=(1, 1, 1, 1), width=8),
    "transfer_all": _reduced("resnet50_fluid", 32, num_blocks=(1, 1, 1, 1), width=8),
}


@rows("name", sampled(dict(zip(NAMED, NAMED)), ("se_resnext_article_fluid", "batchflow", "rir")))
def test_the_recipes_of_the_sources(name: str, workers: Workers, tmp_path: Path) -> None:
    recipe = RECIPES[name]
    if name == "se_resnext_article_fluid":  # at 0.1 it magnifies rounding a billionfold
        recipe = replace(recipe, learning_rate=1e-3)
    found = _trained(NAMED[name], FRAMEWORKS, recipe, workers, tmp_path)
    _check(found, FRAMEWORKS, recipe, 1e-7)
    frozen = [row for row in found if row.rung == FROZEN]
    assert len(frozen) == len(FRAMEWORKS) * bool(recipe.frozen)


@pytest.mark.complete
def test_what_magnifies_rounding_is_not_called_the_same(workers: Workers, tmp_path: Path) -> None:
    name = "se_resnext_article_fluid"
    found = _trained(NAMED[name], ("torch",), RECIPES[name], workers, tmp_path)
    (stopped,) = [row for row in found if row.rung == "training, 20 losses"]
    assert stopped.outcome == NOT_COMPARABLE and "cannot be compared" in stopped.note


def test_a_rehearsal_has_the_whole_schedule() -> None:
    found = rehearsal(RECIPES["se_resnext_article"]).schedule
    assert found.boundaries == (1, 2, 3) and found.per == "epoch"
    assert rehearsal(RECIPES["rir"]).schedule.length == 20


def _caught(pitfall: TrainingPitfall, panel: str, workers: Workers, folder: Path) -> None:
    """The panel alone is accused, at the place; the others agree."""
    network, edits = comparable(small.se_resnext()), pitfall.cells[panel]
    text = emit(network, panel, recipe=rehearsal(pitfall.recipe)).text
    for pattern, _ in edits.pairs:
        assert re.search(pattern, text), f"the place of {pattern!r} is gone"
    panels = tuple(dict.fromkeys(("torch", "paddle", panel)))
    subjects = written(panels, {panel: plant(panel, edits)})
    runs = Runs(network, subjects, workers, folder, batch_for(network, 4))
    found = list(training(runs, panels, pitfall.recipe, folder))
    failed = [row for row in found if not row.passed]
    assert failed and failed[0].panels == (panel,), found
    assert failed[0].rung == pitfall.rung and pitfall.where in failed[0].note, failed
    report = Report("planted", 4, list(panels), found)
    assert [name for name in panels if report.reason(name)] == [panel]


def _planted(panels: tuple[str, ...]) -> dict[str, tuple[TrainingPitfall, str]]:
    return {f"{each.name}-{panel}": (each, panel) for each in TRAINING_PITFALLS for panel in panels}


@rows("pitfall", {each.name: each for each in TRAINING_PITFALLS})
def test_every_panel_can_have_it(pitfall: TrainingPitfall) -> None:
    assert set(pitfall.cells) == set(FRAMEWORKS)


@rows("planted", {n: each for n, each in _planted(("torch",)).items() if "double" in n})
def test_a_mistake_is_located(
    planted: tuple[TrainingPitfall, str], workers: Workers, tmp_path: Path
) -> None:
    _caught(*planted, workers, tmp_path)


def _in_turn() -> dict[str, tuple[TrainingPitfall, str]]:
    """Each pitfall in one panel, by turns."""
    count = len(FRAMEWORKS)
    return {
        f"{each.name}-{FRAMEWORKS[i % count]}": (each, FRAMEWORKS[i % count])
        for i, each in enumerate(TRAINING_PITFALLS)
    }


@pytest.mark.complete
@rows("planted", dict(list(_in_turn().items())[::2]))
def test_a_mistake_is_located_in_a_panel(
    planted: tuple[TrainingPitfall, str], workers: Workers, tmp_path: Path
) -> None:
    _caught(*planted, workers, tmp_path)


@pytest.mark.exhaustive
@rows("planted", {n: p for n, p in _planted(FRAMEWORKS).items() if n not in list(_in_turn())[::2]})
def test_every_mistake_is_located(
    planted: tuple[TrainingPitfall, str], workers: Workers, tmp_path: Path
) -> None:
    _caught(*planted, workers, tmp_path)
