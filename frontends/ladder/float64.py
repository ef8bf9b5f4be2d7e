"""The rungs in float64: outputs in both modes, and running statistics after one step.

Outputs are equal within 1e-10 of the tensor's largest value, for every pair of panels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from common.compare import difference
from common.ops import BatchNorm
from frontends.ladder.climb import Climb, Pair, given
from frontends.ladder.locate import FLOAT64_BOUND
from frontends.ladder.momentum import hint
from frontends.ladder.report import Row
from frontends.workers.outcomes import AGREES, MISMATCHED

FORWARD = {"evaluate": "forward, eval", "train": "forward, batch statistics"}
STATISTICS = "running statistics"
# What a batch contributes to a running statistic is judged against at least this share of the value
# that was stored before: its sum with that value is rounded to 1e-16 of it, 1e-11 of this share.
STATISTICS_FLOOR = 1e-5


def outputs(mode: str) -> Callable[[Climb], Iterator[Row]]:
    """Return the judge of the outputs in a mode, "evaluate" or "train"."""

    def judge(climb: Climb) -> Iterator[Row]:
        rung = FORWARD[mode]
        with climb.results() as readers:
            for pair in climb.pairs():
                found = max(
                    (
                        difference(*(given(readers[panel], f"{mode}/{name}") for panel in pair))
                        for name in climb.runs.outputs(mode)
                    ),
                    key=lambda each: each.relative,
                )
                agrees = found.relative <= FLOAT64_BOUND
                note = "" if agrees else climb.place(mode, *pair)
                outcome = AGREES if agrees else MISMATCHED
                yield Row(rung, pair, outcome, found.relative, FLOAT64_BOUND, note)

    return judge


def statistics(climb: Climb) -> Iterator[Row]:
    """Compare running statistics after one step, each brought to the biased convention."""
    values = _values_per_channel(climb)
    if not values:
        return
    worst: dict[Pair, float] = dict.fromkeys(climb.pairs(), 0.0)
    first: dict[Pair, str] = {}
    with climb.results() as readers:
        for pair in worst:
            for name in climb.expected("statistics", *pair):
                moved = [
                    _biased(
                        climb,
                        panel,
                        name,
                        given(readers[panel], f"train/statistics/{name}"),
                        values,
                    )
                    for panel in pair
                ]
                found = difference(moved[0], moved[1], _scale(climb, name, moved))
                worst[pair] = max(worst[pair], found.relative)
                if found.relative > FLOAT64_BOUND and pair not in first:
                    moved = [given(readers[each], f"train/statistics/{name}") for each in pair]
                    hints = [hint(climb, *each) for each in zip(pair, (name, name), moved)]
                    first[pair] = "; ".join([f"first: {name}: {found}", *filter(None, hints)])
    for pair, relative in worst.items():
        outcome = MISMATCHED if pair in first else AGREES
        yield Row(STATISTICS, pair, outcome, relative, FLOAT64_BOUND, first.get(pair, ""))


def _scale(climb: Climb, name: str, moved: list[Any]) -> float:
    largest = max(float(np.abs(each).max(initial=0)) for each in moved)
    return max(largest, STATISTICS_FLOOR * float(np.abs(climb.runs.parameters[name]).max()))


def _values_per_channel(climb: Climb) -> dict[str, tuple[int, int]]:
    """Return, per BN layer, how many values a channel has and how often it is called."""
    found: dict[str, tuple[int, int]] = {}
    for step in climb.elaboration.steps:
        if isinstance(step.op, BatchNorm):
            count = climb.runs.batch * int(np.prod(step.inputs[0][1:]))
            found[step.layer] = (count, found.get(step.layer, (0, 0))[1] + 1)
    return found


def _biased(
    climb: Climb, panel: str, name: str, after: Any, values: dict[str, tuple[int, int]]
) -> Any:
    """Return what the convention says the batch contributed: after - momentum^k · before."""
    path, _, kind = name.rpartition(".")
    if path not in values or not after.size:  # an unused layer keeps its statistics
        return after
    count, calls = values[path]
    op = climb.elaboration.parameters[name].op
    assert isinstance(op, BatchNorm)
    if op.zero_debias and kind == "mean" and climb.runs.subject(panel).row.zero_debias:
        return after * (1 - float(op.momentum) ** calls)
    moved = after - float(op.momentum) ** calls * climb.runs.parameters[name]
    unbiased = kind == "variance" and climb.runs.is_unbiased(panel, op)
    return moved * (count - 1) / count if unbiased else moved
