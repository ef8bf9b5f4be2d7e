"""One checkpoint, evaluated in all panels: the loss and the accuracy are those of numpy over all
samples, the short last batch weighted by what it has; so where panels that trained differ in
accuracy, their weights do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from common.datasets.batches import Batches
from common.recipes.recipe import Loss
from common.recipes.reference import loss_and_gradient
from frontends.frameworks import FRAMEWORKS, HISTORICAL, MODERN
from frontends.ladder.reference import Reference
from frontends.training.experiment import Experiment
from frontends.training.start import continued, drawn
from frontends.workers.arrays import ArrayWriter
from frontends.workers.pool import Workers
from frontends.writing.draft import Source
from frontends.writing.emit import emit
from parity_tests.cases import small
from parity_tests.rows import rows
from parity_tests.training import shared

SIZE, STEPS = 4, 2  # batches of 4, 4 and 2 samples; steps before the checkpoint
BOUND = 1e-12
SUM = replace(shared.MOMENTUM, loss=Loss(reduction="sum"), learning_rate=0.005)


@dataclass(frozen=True)
class Kept:
    """A checkpoint of a training, and the files of the batches that it is evaluated on."""

    made: Experiment
    path: Path
    tests: tuple[str, ...]
    loss: float
    accuracy: float
    share: float  # the mean of the batches' accuracies, which is another

    def evaluate(self, name: str, folder: Path, workers: Workers) -> tuple[float, float]:
        """Return the loss and the accuracy in a panel that goes on from the checkpoint."""
        panel = shared.panel(name, self.made, folder / name, workers)
        panel.begin(continued(self.made, self.path, folder / name, name))
        found = panel.evaluate(self.tests)
        return found.loss, found.accuracy


def _files(made: Experiment, folder: Path) -> Iterator[tuple[str, Any, Any]]:
    split = Batches(made.dataset.test, made.network.input_shape, SIZE, shuffle=False)
    for number, (images, labels) in enumerate(split):
        path = folder / f"tests_{number}.npz"
        with ArrayWriter(path) as writer:
            writer.put(f"{number}/input", images)
            writer.put(f"{number}/labels", labels)
        yield str(path), images, labels


def _kept(recipe: Any, folder: Path, workers: Workers) -> Kept:
    made = shared.experiment(folder / "data", ["torch"], recipe, precision="float64")
    panel = shared.panel("torch", made, folder, workers)
    panel.begin(drawn(made, folder))
    panel.advance(shared.chunk(made, 0, STEPS, folder))
    weights = panel.keep()
    tests, total, right, shares = [], 0.0, [], []
    for path, images, labels in _files(made, folder):
        outputs = Reference(made.run_network, weights, images.astype(float), False).results[-1]
        loss, _ = loss_and_gradient(made.run_recipe.loss, outputs, labels)
        total += loss * (1 if recipe.loss.reduction == "sum" else len(labels))
        right += list(outputs.argmax(1) == labels)
        shares.append(np.mean(outputs.argmax(1) == labels))
        tests.append(path)
    means = total / len(right), float(np.mean(right)), float(np.mean(shares))
    return Kept(made, panel.path("last"), tuple(tests), *means)


def _check(recipe: Any, names: tuple[str, ...], folder: Path, workers: Workers) -> None:
    kept = _kept(recipe, folder, workers)
    assert kept.accuracy != kept.share
    for name in names:
        loss, accuracy = kept.evaluate(name, folder, workers)
        assert abs(loss / kept.loss - 1) < BOUND and accuracy == kept.accuracy, name


def test_a_checkpoint_is_evaluated_alike(tmp_path: Path, workers: Workers) -> None:
    _check(shared.MOMENTUM, MODERN, tmp_path, workers)


@pytest.mark.complete
@rows("recipe", {"mean": shared.MOMENTUM, "sum": SUM})
def test_a_checkpoint_is_evaluated_alike_in_five(
    recipe: Any, tmp_path: Path, workers: Workers
) -> None:
    _check(recipe, FRAMEWORKS, tmp_path, workers)


# The fault: the mean of the batches' means, as a loop with no weights has it.
WEIGHTS = (
    (r"(total \+= .*) \* len\(labels\)", r"\1"),
    (r"correct \+= (int\(.*\))", r"correct += \1 / len(labels)"),
    (r"count \+= len\(labels\)", "count += 1"),
)


def _unweighted(text: str) -> str:
    start = text.index("def evaluate(")
    for old, new in WEIGHTS:
        text = text[:start] + re.sub(old, new, text[start:], count=1)
    return text


@rows("name", {name: name for name in MODERN})
def test_a_mean_of_the_batches_means_is_caught(
    name: str, tmp_path: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = _kept(shared.MOMENTUM, tmp_path, workers)

    def planted(*given: Any, **how: Any) -> Source:
        source = emit(*given, **how)
        return replace(source, text=_unweighted(source.text))

    monkeypatch.setattr("frontends.training.panel.emit", planted)
    loss, accuracy = kept.evaluate(name, tmp_path, workers)
    assert accuracy == pytest.approx(kept.share) and abs(loss / kept.loss - 1) > 1e-6


@dataclass(frozen=True)
class Answers:
    """A session, or an executor, that says of each batch its loss and what is right in it."""

    share: bool

    def run(self, *given: Any) -> tuple[Any, Any]:
        """Return a loss of the labels' mean, and how many of them, or what share, are 1."""
        (labels,) = (each for each in given if isinstance(each, np.ndarray))
        right = np.mean(labels == 1) if self.share else np.sum(labels == 1)
        return (
            (np.array([labels.mean()]), np.array([right])) if self.share else (labels.mean(), right)
        )


def _validated(name: str) -> Any:
    """Return what the `validate` within a historical program's `main` says of three batches."""
    program = emit(small.se_resnext(), name, recipe=shared.MOMENTUM).text
    nodes = ast.walk(ast.parse(program))
    (found,) = (n for n in nodes if isinstance(n, ast.FunctionDef) and n.name == "validate")
    answers = Answers(share=name == "fluid")
    names: dict[str, Any] = {
        "session": answers,
        "executor": answers,
        "feed": lambda _, labels: labels,
    }
    names |= {"testing": None, "metrics": ()}
    exec(ast.unparse(found), names)
    labels = np.array([1, 1, 1, 0, 1, 0, 0, 0, 0, 3])
    return names["validate"]((None, labels[i : i + SIZE]) for i in range(0, len(labels), SIZE))


@rows("name", {name: name for name in HISTORICAL})
def test_historical_programs_weight_a_short_batch(name: str) -> None:
    """What the worker does of their graphs stands in their own `main`, too."""
    assert _validated(name) == pytest.approx((0.7, 0.4))
