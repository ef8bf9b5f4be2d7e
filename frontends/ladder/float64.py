"""The ladder: structure, forward, batch statistics, running statistics, gradients, rounding.

The bounds: float64 outputs within 1e-10 of the tensor's largest value, gradients within 1e-10 of
the largest gradient of any parameter of the same step; float32 within 64 times the error of an
ideal float32 run (float64 arithmetic, each step's result and gradient rounded).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import combinations
from typing import Any

import numpy as np

from common.compare import Difference, difference
from common.elaborate import Elaboration
from common.ops import BatchNorm
from frontends.frameworks import REFEREE, TABLE
from frontends.ladder.float32 import Rounding, jobs
from frontends.ladder.locate import FLOAT64_BOUND, Locator
from frontends.ladder.report import Row, stopped_row
from frontends.ladder.runs import MINE, Job, Realizer, by_layer, named
from frontends.workers.arrays import ArrayReader
from frontends.workers.outcomes import CRASHED, MISMATCHED, Outcome, WorkerError

# A step whose every gradient is mathematically zero (a BN in front of a BN) shows only its noise:
# no step is judged against less than this share of the network's largest gradient.
GRADIENT_FLOOR = 1e-4
# What a batch contributes to a running statistic is judged against at least this share of the value
# that was stored before: its sum with that value is rounded to 1e-16 of it, 1e-11 of this share.
STATISTICS_FLOOR = 1e-5


class Ladder:
    """Climbs the ladder for some panels; what cannot be run becomes a row with its outcome."""

    def __init__(self, realizer: Realizer, frameworks: list[str], rounding: bool = True) -> None:
        self._realizer, self._frameworks, self._rounding = realizer, frameworks, rounding
        self._network = realizer.twins["exact"]
        self._elaboration: Elaboration = self._network.elaboration
        self._locator = Locator(realizer)
        self._stopped: dict[str, Row] = {}

    def rows(self) -> Iterator[Row]:
        """Yield the rows, rung by rung."""
        plan = [self._jobs(framework) for framework in self._frameworks]
        for framework, stop in zip(self._frameworks, self._realizer.run_all(plan)):
            if stop is not None:
                self._stopped[framework] = _stopped_row(framework, stop)
        yield from self._stopped.values()
        running = [name for name in self._frameworks if name not in self._stopped]
        for framework in running:
            yield self._structure(framework)
        if not running:
            return
        yield from self._float64(running)
        if self._rounding:
            yield from Rounding(self._realizer, self._locator).rows(running)

    def _jobs(self, framework: str) -> list[Job]:
        return [Job(framework), *(jobs(framework) if self._rounding else [])]

    def _structure(self, framework: str) -> Row:
        job = Job(framework)
        result, classes = self._realizer.run(job), self._realizer.source(job).classes
        absent = set(self._realizer.absent(classes))
        if framework == MINE:
            return Row(
                "structure",
                (framework,),
                "agrees",
                note=f"{len(result.parameters)} parameters matched",
            )
        expected = {
            name: p.shape for name, p in self._elaboration.parameters.items() if name not in absent
        }
        blocks = self._blocks()
        seen = blocks if classes else {k: v for k, v in blocks.items() if k in result.blocks}
        wrong = _unlike("parameter", expected, result.parameters)
        wrong += _unlike("block", seen, result.blocks)
        if wrong:
            return Row("structure", (framework,), MISMATCHED, note="; ".join(wrong[:4]))
        total = sum(p.size for n, p in self._elaboration.parameters.items() if n in expected)
        note = f"{len(expected)} parameters, {total:,} numbers, {len(seen)} blocks"
        if absent:
            note += f"; {len(absent)} parameters of uncalled layers have no place in a graph"
        return Row("structure", (framework,), "agrees", note=note)

    def _blocks(self) -> dict[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {}
        for each in self._elaboration.blocks:
            for index, shape in enumerate(each.outputs if each.used and each.path else ()):
                key = each.path if len(each.outputs) == 1 else f"{each.path}[{index}]"
                found[key] = (self._realizer.batch, *shape)
        return found

    def _float64(self, running: list[str]) -> Iterator[Row]:
        with ExitStack() as stack:
            readers = {
                name: stack.enter_context(self._realizer.run(Job(name)).read()) for name in running
            }
            pairs = list(combinations(running, 2))
            for left, right in pairs:
                yield self._outputs("forward, eval", "evaluate", left, right, readers)
            for left, right in pairs:
                yield self._outputs("forward, batch statistics", "train", left, right, readers)
            yield from self._statistics(pairs, readers)
            yield from self._gradients(pairs, readers)

    def _outputs(
        self, rung: str, mode: str, left: str, right: str, readers: dict[str, ArrayReader]
    ) -> Row:
        name = f"{mode}/output"
        found = difference(readers[left].get(name), readers[right].get(name))
        if found.relative <= FLOAT64_BOUND:
            return Row(rung, (left, right), "agrees", found.relative, FLOAT64_BOUND)
        note = self._locator.forward(mode, left, right)
        return Row(rung, (left, right), MISMATCHED, found.relative, FLOAT64_BOUND, note)

    def _statistics(
        self, pairs: list[tuple[str, str]], readers: dict[str, ArrayReader]
    ) -> Iterator[Row]:
        """Compare running statistics after one step, each brought to the biased convention."""
        values = self._values_per_channel()
        worst: dict[tuple[str, str], float] = dict.fromkeys(pairs, 0.0)
        first: dict[tuple[str, str], str] = {}
        for name in named(self._elaboration, "statistics", readers):
            moved = {
                panel: self._biased(panel, name, reader.get(f"train/statistics/{name}"), values)
                for panel, reader in readers.items()
            }
            least = STATISTICS_FLOOR * float(np.abs(self._realizer.parameters[name]).max())
            for pair in pairs:
                largest = max(float(np.abs(moved[panel]).max()) for panel in pair)
                found = difference(moved[pair[0]], moved[pair[1]], max(largest, least))
                worst[pair] = max(worst[pair], found.relative)
                if found.relative > FLOAT64_BOUND:
                    first.setdefault(pair, f"first: {name}: {found}")
        for pair, relative in worst.items() if values else ():
            outcome = MISMATCHED if pair in first else "agrees"
            note = first.get(pair, "")
            yield Row("running statistics", pair, outcome, relative, FLOAT64_BOUND, note)

    def _values_per_channel(self) -> dict[str, tuple[int, int]]:
        """Return, per BN layer, how many values a channel has and how often it is called."""
        found: dict[str, tuple[int, int]] = {}
        for step in self._elaboration.steps:
            if isinstance(step.op, BatchNorm):
                count = self._realizer.batch * int(np.prod(step.inputs[0][1:]))
                found[step.layer] = (count, found.get(step.layer, (0, 0))[1] + 1)
        return found

    def _biased(self, panel: str, name: str, after: Any, values: dict[str, tuple[int, int]]) -> Any:
        """Return what the convention says the batch contributed: after - momentum^k · before."""
        path, _, kind = name.rpartition(".")
        if path not in values:  # an unused layer keeps its statistics
            return after
        count, calls = values[path]
        op = self._elaboration.parameters[name].op
        assert isinstance(op, BatchNorm)
        moved = after - float(op.momentum) ** calls * self._realizer.parameters[name]
        unbiased = TABLE[self._realizer.dialect(panel)].unbiased_variance and kind == "variance"
        return moved * (count - 1) / count if unbiased else moved

    def _gradients(
        self, pairs: list[tuple[str, str]], readers: dict[str, ArrayReader]
    ) -> list[Row]:
        rows = list(self._judged(pairs, readers, self._rounded_pools(list(readers))))
        if MINE in readers and self._realizer.scales and not all(row.passed for row in rows):
            # A reader's global average may be a pool over the whole map where ours is a mean.
            again = list(self._judged(pairs, readers, {MINE}))
            rows = again if all(row.passed for row in again) else rows
        return rows

    def _judged(
        self, pairs: list[tuple[str, str]], readers: dict[str, ArrayReader], affected: set[str]
    ) -> Iterator[Row]:
        """Compare gradients, with those of the affected panels rid of their rounded pools."""
        shift = self._shift(list(readers), affected)
        least = GRADIENT_FLOOR * self._largest_gradient(next(iter(readers.values())))
        worst: dict[tuple[str, str], Difference] = {}
        where: dict[tuple[str, str], str] = {}
        for layer, names in [("input", ["input"]), *by_layer(self._elaboration, readers)]:
            found = {
                panel: [reader.get(f"train/gradient/{n}") - shift(panel, n) for n in names]
                for panel, reader in readers.items()
            }
            for pair in pairs:
                name, apart = _worst_gradient(names, found[pair[0]], found[pair[1]], least)
                if pair not in worst or apart.relative > worst[pair].relative:
                    worst[pair] = apart
                if apart.relative > FLOAT64_BOUND:  # the last layer is the first on the way back
                    where[pair] = f"gradient of {name} (layer {layer}): {apart}"
        for pair, apart in worst.items():
            note = f"first on the way back: {where[pair]}" if pair in where else ""
            outcome = MISMATCHED if pair in where else "agrees"
            if shift is _unknown and len(affected & set(pair)) == 1:
                outcome, note = "reported", f"not judged: {REFEREE}, which predicts it, stopped"
            elif not note and affected & set(pair):
                note = "rounded 1/n of average pools as predicted"
            yield Row("gradients", pair, outcome, apart.relative, FLOAT64_BOUND, note)

    def _largest_gradient(self, reader: ArrayReader) -> float:
        names = ["input", *named(self._elaboration, "gradient", {"": reader})]
        return max(float(np.abs(reader.get(f"train/gradient/{name}")).max()) for name in names)

    def _rounded_pools(self, panels: list[str]) -> set[str]:
        """Return the panels whose gradients of this network's average pools are rounded."""
        if not self._realizer.scales or MINE in panels:
            return set()
        return {
            name for name in panels if TABLE[self._realizer.dialect(name)].rounds_pool_gradients
        }

    def _shift(self, panels: list[str], affected: set[str]) -> Callable[[str, str], Any]:
        """Return by how much a panel's gradient is off by its own rounding of average pools."""
        if not affected or set(panels) == affected:
            return lambda panel, name: 0.0
        jobs = Job(REFEREE), Job(REFEREE, want=("train",), taps=True, rounded_pools=True)
        try:
            plain, scaled = (self._realizer.run(job).read() for job in jobs)
        except WorkerError:
            return _unknown

        def shift(panel: str, name: str) -> Any:
            if panel not in affected:
                return 0.0
            key = f"train/gradient/{name}"
            return scaled.get(key) - plain.get(key)

        return shift


def _unknown(panel: str, name: str) -> float:
    """The shift where the referee stopped: pairs that need it are not judged."""
    return 0.0


def _worst_gradient(
    names: list[str], left: list[Any], right: list[Any], least: float
) -> tuple[str, Difference]:
    """Return the worst of a layer's gradients, relative to the largest of them all."""
    scale = max(least, *(float(np.abs(array).max(initial=0)) for array in (*left, *right)))
    apart = [difference(own, other, scale) for own, other in zip(left, right)]
    worst = max(range(len(names)), key=lambda i: apart[i].relative)
    return names[worst], apart[worst]


def _stopped_row(framework: str, stop: Exception) -> Row:
    if isinstance(stop, WorkerError):
        return stopped_row(framework, stop.outcome)
    message = f"{type(stop).__name__}: {stop}"
    return stopped_row(framework, Outcome(framework, CRASHED, "write", message))


def _unlike(
    what: str, expected: dict[str, tuple[int, ...]], got: dict[str, tuple[int, ...]]
) -> list[str]:
    wrong = [f"{what} {name} is missing" for name in expected if name not in got]
    wrong += [f"{what} {name} is not in the specification" for name in got if name not in expected]
    wrong += [
        f"{what} {name} has shape {got[name]}, expected {shape}"
        for name, shape in expected.items()
        if name in got and got[name] != shape
    ]
    return wrong
