"""The rungs of training between files: steps of a recipe, each along a file's own gradients.

A file is a network alone: it gives outputs and gradients in its framework; loss and update are the
recipe's in numpy (common.recipes.reference). What trains in a file, and what does not, shows here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from common.compare import difference
from common.recipes import reference
from common.recipes.recipe import Recipe
from common.streams import draw, float32_exact
from frontends.ladder.beside import FileRuns
from frontends.ladder.report import Row, stopped_row
from frontends.ladder.training import BOUND, FLOOR, NOISE, SENSITIVE, TIMES
from frontends.ladder.trajectory import largest, rehearsal
from frontends.workers.outcomes import AGREES, MISMATCHED, NOT_COMPARABLE, WorkerError

STEPS = 3
LOSSES = f"training, {STEPS} losses"
AFTER = {0: "training, one update", STEPS - 1: f"training, {STEPS} updates"}
BY = "trained along each file's own gradients; loss and update in numpy: "
Values = dict[str, Any]


@dataclass(frozen=True)
class Taught:
    """losses: of every step. values: after every step, of what trains in the first file."""

    losses: Any
    values: list[Values]


def training(runs: FileRuns, names: list[str], recipe: Recipe, seed: int) -> Iterator[Row]:
    """Yield the rows of every pair of files.

    What rounding makes of a training is followed, too: that of the first file, whose gradients are
    off by as much.
    """
    recipe, found, first = rehearsal(recipe), dict[str, Taught](), names[0]
    shape = runs.first.seen.outputs["train"][next(iter(runs.first.outputs["train"]))]
    if len(shape) != 2:
        said = f"the loss of a recipe takes (N, classes), and {first} gives (N, *{shape[1:]})"
        yield Row(LOSSES, (first,), NOT_COMPARABLE, note=said)
        return
    for name in names:
        try:
            found[name] = _taught(runs, name, recipe, seed)
        except WorkerError as stop:
            yield stopped_row(name, stop.outcome)
            return
    shaken = _taught(runs, first, recipe, seed, NOISE)
    for pair in combinations(names, 2):
        one, other = (found[name] for name in pair)
        off = TIMES * np.abs(found[first].losses - shaken.losses)
        yield _losses_row(pair, one.losses, other.losses, off)
        for step, rung in AFTER.items():
            lacking = set().union(*(runs.absent(name) for name in pair))
            both = [name for name in one.values[step] if name not in lacking]
            sides = [{n: each.values[step][n] for n in both} for each in (one, other)]
            exact, rounded = found[first].values[step], shaken.values[step]
            off = {n: TIMES * largest([exact[n] - rounded[n]]) for n in both}
            yield _values_row(rung, pair, sides, off)


def _taught(runs: FileRuns, name: str, recipe: Recipe, seed: int, noise: float = 0.0) -> Taught:
    """Return what a file becomes. noise: what every gradient is off by, of the largest of a step.

    Raises WorkerError.
    """
    weights, trained = dict(runs.parameters), runs.expected("gradient", name)
    kept = runs.expected("gradient", runs.first.name)
    own = reference.Training(recipe, {each: weights[each] for each in trained})
    losses, values = [], []
    for step in range(STEPS):
        images = _images(runs, step, seed)
        outputs = runs.step(name, weights, {"input": images, "cotangent": np.empty(0)})
        logits = outputs["train/output"]
        labels = draw("labels", seed + step).integers(0, logits.shape[1], len(images))
        loss, cotangent = reference.loss_and_gradient(recipe.loss, logits, labels)
        more = runs.outputs("train")[1:]
        begun = {n.replace("output", "cotangent"): 0 * outputs[f"train/{n}"] for n in more}
        results = runs.step(name, weights, {"input": images, "cotangent": cotangent, **begun})
        gradients = {each: results[f"train/gradient/{each}"] for each in trained}
        losses.append(loss + own.penalty())
        own.update(_shaken(gradients, noise, step))
        weights |= own.weights
        values.append({each: weights[each] for each in kept})
    return Taught(np.array(losses), values)


def _images(runs: FileRuns, step: int, seed: int) -> Any:
    like = runs.given["input"]
    return float32_exact(draw("inputs", seed + 1000 + step).standard_normal(like.shape))


def _shaken(gradients: Values, noise: float, step: int) -> Values:
    if not noise:
        return gradients
    size = noise * largest(gradients.values())
    return {
        name: each + size * draw(f"{name} {step}", 0).standard_normal(each.shape)
        for name, each in gradients.items()
    }


def _losses_row(pair: tuple[str, str], one: Any, other: Any, off: Any) -> Row:
    scale = largest([one])
    allowed = np.maximum(BOUND * scale, off)
    apart, beyond = difference(one, other), ~(np.abs(one - other) <= allowed)
    bound = float(allowed.max()) / scale
    if bound > SENSITIVE:
        return _sensitive(LOSSES, pair)
    step = int(np.argmax(beyond))
    note = f"first at step {step + 1}: {one[step]:.15g} and {other[step]:.15g}"
    outcome = MISMATCHED if beyond.any() else AGREES
    return Row(LOSSES, pair, outcome, apart.relative, bound, note if beyond.any() else "")


def _values_row(
    rung: str, pair: tuple[str, str], sides: list[Values], off: dict[str, float]
) -> Row:
    least = FLOOR * largest(sides[0].values())
    scales = {name: max(least, largest([value])) for name, value in sides[0].items()}
    allowed = {name: max(BOUND, off[name] / scale) for name, scale in scales.items()}
    bound = max(allowed.values(), default=BOUND)
    if bound > SENSITIVE:
        return _sensitive(rung, pair)
    worst, note = 0.0, ""
    for name, scale in scales.items():
        apart = difference(sides[0][name], sides[1][name], scale)
        worst = max(worst, apart.relative)
        if not apart.relative <= allowed[name] and not note:
            note = f"first: {name}: {apart}"
    return Row(rung, pair, MISMATCHED if note else AGREES, worst, bound, note)


def _sensitive(rung: str, pair: tuple[str, str]) -> Row:
    said = "rounding alone makes more than that: this training cannot be compared"
    return Row(rung, pair, NOT_COMPARABLE, bound=SENSITIVE, note=said)
