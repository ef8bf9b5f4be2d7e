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
from common.recipes import reference
from common.recipes.recipe import Recipe
from frontends.ladder.predictions import gradient_scales
from frontends.ladder.report import Row, stopped_row
from frontends.ladder.runs import Runs
from frontends.ladder.trajectory import (
    EPOCHS,
    STEPS,
    Arrays,
    Conventions,
    Trajectory,
    batches,
    largest,
    rehearsal,
    start,
)
from frontends.workers.arrays import ArrayReader, write_arrays
from frontends.workers.outcomes import AGREES, MISMATCHED, WorkerError
from frontends.workers.protocol import ArrayFiles, Trained

BOUND = 1e-9
RATES, FIRST_LOSS = "training, rates", "training, first loss"
LOSSES = f"training, {STEPS} losses"
AFTER = {0: "training, one update", STEPS - 1: f"training, {STEPS} updates"}
FROZEN = "training, what is frozen"
# No tensor is judged against less than this share of the largest parameter: a bias in front of a
# batch normalization has no gradient but noise.
FLOOR = 0.1


@dataclass(frozen=True)
class Expected:
    """What the reference says of a training: losses, and after some steps all values."""

    losses: list[float]
    values: Mapping[int, Arrays]


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
        self._expected: dict[tuple[Any, ...], Expected] = {}

    def run(self, panel: str, recorded: tuple[int, ...]) -> tuple[Trained, ArrayReader]:
        """Return what a panel's training told and gave. Raises WorkerError."""
        results = self.folder / f"{panel}_{len(recorded)}.npz"
        files = ArrayFiles(str(self._weights), str(self._inputs), str(results))
        told = self.runs.train(panel, self.recipe, files, STEPS, EPOCHS, recorded)
        return told, ArrayReader(results)

    def expected(self, panel: str) -> Expected:
        """Return what the reference says, with the conventions of a panel."""
        network, row = self.runs.network, self.runs.subject(panel).row
        pools = self.runs.rounded_pools(panel)
        key = (pools, row.unbiased_from, row.zero_debias)
        if key not in self._expected:
            conventions = Conventions(
                gradient_scales(network, pools) if pools else {},
                lambda op: self.runs.is_unbiased(panel, op),
                row.zero_debias,
            )
            self._expected[key] = self._followed(conventions)
        return self._expected[key]

    def _followed(self, conventions: Conventions) -> Expected:
        trajectory = Trajectory(self.runs.network, self.recipe, self.start, conventions)
        found, values = [], {}
        for step in range(STEPS):
            images, labels = (self.batches[f"{step}/{what}"] for what in ("input", "labels"))
            found.append(trajectory.step(images, labels))
            values[step] = dict(trajectory.values)
        return Expected(found, values)


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
        yield self._row(RATES, np.array(self._told.rates), np.array(self._all.rates))
        losses, expected = np.array(self._told.losses), np.array(self._expected.losses)
        yield self._row(FIRST_LOSS, losses[:1], expected[:1])
        yield self._values(AFTER[0], 0)
        yield self._row(LOSSES, losses, expected)
        yield self._values(AFTER[STEPS - 1], STEPS - 1)
        if self._all.recipe.frozen:
            yield self._frozen()

    def off(self) -> dict[str, Arrays]:
        """Return by how much it is off the reference, per rung."""
        losses = np.array(self._told.losses) - np.array(self._expected.losses)
        found: dict[str, Arrays] = {LOSSES: {"loss": losses}}
        for step, rung in AFTER.items():
            found[rung] = {
                name: self._given(step, name) - value
                for name, value in self._expected.values[step].items()
                if name not in self._absent
            }
        return found

    def _row(self, rung: str, found: Any, expected: Any) -> Row:
        apart = difference(found, expected)
        agrees = apart.relative <= BOUND
        note = "" if agrees else _first_of(found, expected)
        outcome = AGREES if agrees else MISMATCHED
        return Row(rung, (self._panel,), outcome, apart.relative, BOUND, note)

    def _values(self, rung: str, step: int) -> Row:
        worst, beyond = _apart(self._reader, step, self._expected.values[step], self._absent)
        if not beyond:
            return Row(rung, (self._panel,), AGREES, worst, BOUND)
        return Row(rung, (self._panel,), MISMATCHED, worst, BOUND, self._place(beyond))

    def _place(self, beyond: list[str]) -> str:
        """Return the first step and tensor that are off, from a run that records every step."""
        _, reader = self._all.run(self._panel, tuple(range(STEPS)))
        with reader:
            for step in range(STEPS):
                expected = self._expected.values[step]
                _, found = _apart(reader, step, expected, self._absent)
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
        return self._reader.get(key) if key in self._reader.names() else np.nan


def _apart(
    reader: ArrayReader, step: int, expected: Arrays, absent: set[str]
) -> tuple[float, list[str]]:
    """Return the worst difference behind a step, and what is beyond the bound, in words."""
    least = FLOOR * largest(expected.values())
    worst, beyond, given = 0.0, [], set(reader.names())
    for name, value in expected.items():
        if name in absent:
            continue
        found = reader.get(f"{step}/{name}") if f"{step}/{name}" in given else np.empty(0)
        apart = difference(found, value, max(least, largest([value])))
        worst = max(worst, apart.relative)
        if not apart.relative <= BOUND:
            beyond.append(f"{name}: {apart}")
    return worst, beyond


def _pair(
    under_way: TrainingRuns, rung: str, left: str, right: str, one: Arrays, other: Arrays
) -> Row:
    """Compare by how much two panels are off what is predicted of each."""
    expected = under_way.expected(left)
    if rung == LOSSES:
        scale = largest([np.array(expected.losses)])
        relative = largest([one["loss"] - other["loss"]]) / scale
    else:
        step = next(number for number, name in AFTER.items() if name == rung)
        values = expected.values[step]
        least = FLOOR * largest(values.values())
        relative = max(
            difference(one[name], other[name], max(least, largest([values[name]]))).relative
            for name in one.keys() & other.keys()
        )
    outcome = AGREES if relative <= BOUND else MISMATCHED
    return Row(rung, (left, right), outcome, relative, BOUND)


def _first_of(found: Any, expected: Any) -> str:
    """Return the first step at which two series part."""
    apart = np.abs(found - expected) > BOUND * np.abs(expected).max()
    step = int(np.argmax(apart | ~np.isfinite(found)))
    return f"first at step {step + 1}: {found[step]:.10g}, expected {expected[step]:.10g}"
