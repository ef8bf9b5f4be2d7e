"""The rungs of training: a panel's own program against the same recipe in numpy.

Every panel takes STEPS steps from the same weights, each on a batch of its own, by the functions of
its written file. The loss of every step, and every parameter and statistic behind the first and
behind the last one, are those of the reference (frontends.ladder.trajectory) within 1e-9, and so
are those of every pair of panels. What a recipe freezes stays as it was, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from common.compare import difference
from common.ops import Op
from common.recipes import reference
from common.recipes.recipe import Recipe
from frontends.ladder.predictions import gradient_scales
from frontends.ladder.report import Row, stopped_row
from frontends.ladder.runs import Runs
from frontends.ladder.trajectory import (
    EPOCHS,
    STEPS,
    Arrays,
    Moments,
    Trajectory,
    batches,
    largest,
    rehearsal,
    running_statistics,
    start,
)
from frontends.workers.arrays import ArrayReader, write_arrays
from frontends.workers.outcomes import AGREES, MISMATCHED, NOT_COMPARABLE, WorkerError
from frontends.workers.protocol import ArrayFiles, Trained

BOUND = 1e-9
RATES, FIRST_LOSS = "training, rates", "training, first loss"
LOSSES = f"training, {STEPS} losses"
AFTER = {0: "training, one update", STEPS - 1: f"training, {STEPS} updates"}
FROZEN = "training, what is frozen"
# What a panel's rounding leads to is followed in numpy, too: by gradients that are off by so much
# of the step's largest. A tensor may be off by so many times what that makes: Adam takes full
# steps along gradients that are nothing but noise, and some trainings magnify any difference.
NOISE, TIMES = 1e-15, 30
SENSITIVE = 1e-6  # where more than this would have to be allowed, nothing is compared
# No tensor is judged against less than this share of the largest parameter: a bias in front of a
# batch normalization has no gradient but noise.
FLOOR = 0.1


@dataclass(frozen=True)
class Expected:
    """What the reference says of a training: losses, and after every step all values; and what
    each of them may be off by, as rounding has it. trained: the values that are no statistics."""

    losses: Any
    values: list[Arrays]
    losses_off: Any
    values_off: list[dict[str, float]]
    trained: set[str]


@dataclass(frozen=True)
class Followed:
    """A training in numpy: losses, values after every step, and what its normalizations met."""

    losses: Any
    values: list[Arrays]
    moments: list[list[Moments]]


class TrainingRuns:
    """The trainings of some panels by one recipe, and the references that they are held against."""

    def __init__(self, runs: Runs, recipe: Recipe, folder: Path, seed: int = 0) -> None:
        self.runs, self.recipe, self.folder = runs, rehearsal(recipe), folder
        self.start = start(runs.network, seed)
        self.batches = batches(runs.network, runs.batch, seed)
        self.rates = [reference.rate(self.recipe, i, STEPS // EPOCHS) for i in range(STEPS)]
        self._weights, self._inputs = folder / "start.npz", folder / "batches.npz"
        write_arrays(self._weights, self.start)
        write_arrays(self._inputs, self.batches)
        self._paths: dict[tuple[type[Op], ...], tuple[Followed, Followed]] = {}
        self._expected: dict[str, Expected] = {}

    def run(self, panel: str, recorded: tuple[int, ...]) -> tuple[Trained, ArrayReader]:
        """Return what a panel's training told and gave. Raises WorkerError."""
        results = self.folder / f"{panel}_{len(recorded)}.npz"
        files = ArrayFiles(str(self._weights), str(self._inputs), str(results))
        told = self.runs.train(panel, self.recipe, files, STEPS, EPOCHS, recorded)
        return told, ArrayReader(results)

    def expected(self, panel: str) -> Expected:
        """Return what the reference says, with the conventions of a panel."""
        if panel not in self._expected:
            exact, rounded = (self._with_statistics(panel, each) for each in self._followed(panel))
            off = [
                {name: TIMES * largest([each[name] - other[name]]) for name in each}
                for each, other in zip(exact.values, rounded.values)
            ]
            losses_off = TIMES * np.abs(exact.losses - rounded.losses)
            trained = {n for n, p in self.runs.elaboration.parameters.items() if p.trainable}
            self._expected[panel] = Expected(exact.losses, exact.values, losses_off, off, trained)
        return self._expected[panel]

    def _followed(self, panel: str) -> tuple[Followed, Followed]:
        """Return the exact training, and one with rounded gradients; panels that scale the
        gradients of average pools alike share them."""
        pools = self.runs.rounded_pools(panel)
        if pools not in self._paths:
            scales = gradient_scales(self.runs.network, pools) if pools else {}
            self._paths[pools] = self._follow(scales, 0.0), self._follow(scales, NOISE)
        return self._paths[pools]

    def _follow(self, scales: Mapping[str, Any], noise: float) -> Followed:
        trajectory = Trajectory(self.runs.network, self.recipe, self.start, scales, noise)
        losses, values = [], []
        for step in range(STEPS):
            images, labels = (self.batches[f"{step}/{what}"] for what in ("input", "labels"))
            losses.append(trajectory.step(images, labels))
            values.append(dict(trajectory.values))
        return Followed(np.array(losses), values, trajectory.moments)

    def _with_statistics(self, panel: str, found: Followed) -> Followed:
        start = {name: self.start[name] for name in self.start.keys() - found.values[0].keys()}
        moved = running_statistics(
            start,
            found.moments,
            lambda op: self.runs.is_unbiased(panel, op),
            self.runs.subject(panel).row.zero_debias,
        )
        values = [{**own, **more} for own, more in zip(found.values, moved)]
        return Followed(found.losses, values, found.moments)


def training(
    runs: Runs, panels: Sequence[str], recipe: Recipe, folder: Path, seed: int = 0
) -> Iterator[Row]:
    """Yield the rows of a recipe: of each panel against the reference, then of each pair."""
    under_way = TrainingRuns(runs, recipe, folder, seed)
    off: dict[str, dict[str, Arrays]] = {}
    for panel in panels:
        try:
            told, reader = under_way.run(panel, tuple(AFTER))
        except WorkerError as stop:
            yield stopped_row(panel, stop.outcome)
            continue
        with reader:
            judged = _Panel(under_way, panel, told, reader)
            yield from judged.rows()
            off[panel] = judged.off()
    for rung in (LOSSES, *AFTER.values()):
        for left, right in combinations(off, 2):
            yield _pair(under_way, rung, left, right, off[left][rung], off[right][rung])


class _Panel:
    """One panel's training, held against the reference."""

    def __init__(
        self, under_way: TrainingRuns, panel: str, told: Trained, reader: ArrayReader
    ) -> None:
        self._all, self._panel, self._told, self._reader = under_way, panel, told, reader
        self._expected = under_way.expected(panel)
        self._absent = set(under_way.runs.subject(panel).absent(under_way.runs.network))

    def rows(self) -> Iterator[Row]:
        """Yield the rows of this panel alone."""
        rates = np.array(self._all.rates)
        yield self._row(RATES, np.array(self._told.rates), rates, 0 * rates)
        losses, expected = np.array(self._told.losses), self._expected.losses
        off = self._expected.losses_off
        yield self._row(FIRST_LOSS, losses[:1], expected[:1], off[:1])
        yield self._values(AFTER[0], 0)
        yield self._row(LOSSES, losses, expected, off)
        yield self._values(AFTER[STEPS - 1], STEPS - 1)
        if self._all.recipe.frozen:
            yield self._frozen()

    def off(self) -> dict[str, Arrays]:
        """Return by how much it is off the reference, per rung."""
        losses = np.array(self._told.losses) - self._expected.losses
        found: dict[str, Arrays] = {LOSSES: {"loss": losses}}
        for step, rung in AFTER.items():
            found[rung] = {
                name: self._given(step, name) - value
                for name, value in self._expected.values[step].items()
                if name not in self._absent
            }
        return found

    def _row(self, rung: str, found: Any, expected: Any, off: Any) -> Row:
        scale = largest([expected])
        apart, allowed = difference(found, expected), np.maximum(BOUND * scale, off)
        beyond = ~(np.abs(found - expected) <= allowed)
        bound = float(allowed.max()) / scale
        if bound > SENSITIVE:
            return _sensitive(rung, self._panel, bound)
        note = _first_of(beyond, found, expected) if beyond.any() else ""
        outcome = MISMATCHED if note else AGREES
        return Row(rung, (self._panel,), outcome, apart.relative, bound, note)

    def _values(self, rung: str, step: int) -> Row:
        bound = max(_allowed(self._expected, step).values())
        if bound > SENSITIVE:
            return _sensitive(rung, self._panel, bound)
        worst, beyond = _apart(self._reader, step, self._expected, self._absent)
        if not beyond:
            return Row(rung, (self._panel,), AGREES, worst, bound)
        return Row(rung, (self._panel,), MISMATCHED, worst, bound, self._place(beyond))

    def _place(self, beyond: list[str]) -> str:
        """Return the first step and tensor that are off, from a run that records every step."""
        _, reader = self._all.run(self._panel, tuple(range(STEPS)))
        with reader:
            for step in range(STEPS):
                _, found = _apart(reader, step, self._expected, self._absent)
                if found:
                    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
                    return f"first behind step {step + 1}: {found[0]}{more}"
        return beyond[0]

    def _frozen(self) -> Row:
        parameters = self._all.runs.elaboration.parameters.values()
        names = [
            each.name
            for each in parameters
            if each.trainable
            and each.name not in self._absent
            and reference.is_frozen(self._all.recipe, each.name)
        ]
        start, last = self._all.start, STEPS - 1
        moved = [n for n in names if not np.array_equal(self._given(last, n), start[n])]
        outcome = MISMATCHED if moved else AGREES
        note = f"{moved[0]} moved" if moved else f"{len(names)} parameters stay as they were"
        return Row(FROZEN, (self._panel,), outcome, note=note)

    def _given(self, step: int, name: str) -> Any:
        key = f"{step}/{name}"
        return self._reader.get(key) if key in self._reader else np.nan


def _scales(expected: Expected, step: int) -> dict[str, float]:
    values = expected.values[step]
    least = FLOOR * largest(values[name] for name in expected.trained)
    return {name: max(least, largest([value])) for name, value in values.items()}


def _allowed(expected: Expected, step: int) -> dict[str, float]:
    """Return the bound of every tensor behind a step, of its scale."""
    off, scales = expected.values_off[step], _scales(expected, step)
    return {name: max(BOUND, off[name] / scale) for name, scale in scales.items()}


def _sensitive(rung: str, panel: str, bound: float) -> Row:
    said = f"rounding alone makes up to {bound / TIMES:.1e}: this training cannot be compared"
    return Row(rung, (panel,), NOT_COMPARABLE, bound=SENSITIVE, note=said)


def _apart(
    reader: ArrayReader, step: int, expected: Expected, absent: set[str]
) -> tuple[float, list[str]]:
    """Return the worst difference behind a step, and what is beyond its bound, in words."""
    scales, allowed = _scales(expected, step), _allowed(expected, step)
    worst, beyond, given = 0.0, [], set(reader.names())
    for name, value in expected.values[step].items():
        if name in absent:
            continue
        found = reader.get(f"{step}/{name}") if f"{step}/{name}" in given else np.empty(0)
        apart = difference(found, value, scales[name])
        worst = max(worst, apart.relative)
        if not apart.relative <= allowed[name]:
            beyond.append(f"{name}: {apart}")
    return worst, beyond


def _pair(
    under_way: TrainingRuns, rung: str, left: str, right: str, one: Arrays, other: Arrays
) -> Row:
    """Compare by how much two panels are off what is predicted of each."""
    expected = under_way.expected(left)
    if rung == LOSSES:
        scale = largest([expected.losses])
        relative = {"loss": difference(one["loss"], other["loss"], scale).relative}
        allowed = {"loss": max(BOUND, largest([expected.losses_off]) / scale)}
    else:
        step = next(number for number, name in AFTER.items() if name == rung)
        scales, allowed = _scales(expected, step), _allowed(expected, step)
        relative = {
            name: difference(one[name], other[name], scales[name]).relative
            for name in one.keys() & other.keys()
        }
    bound = {name: 2 * allowed[name] if allowed[name] > BOUND else BOUND for name in relative}
    agrees = all(relative[name] <= bound[name] for name in relative)
    outcome = AGREES if agrees else MISMATCHED
    return Row(rung, (left, right), outcome, max(relative.values()), max(bound.values()))


def _first_of(beyond: Any, found: Any, expected: Any) -> str:
    """Return the first step at which two series part."""
    step = int(np.argmax(beyond))
    return f"first at step {step + 1}: {found[step]:.15g}, expected {expected[step]:.15g}"
