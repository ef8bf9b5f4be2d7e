"""The rung of running statistics between files: how much of the old is kept, what the batch has.

Of one batch given twice the second step says which share of the old value is kept, whatever the
convention of the momentum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from common.compare import difference
from frontends.ladder.climb import Climb, given
from frontends.ladder.float64 import STATISTICS, STATISTICS_FLOOR
from frontends.ladder.locate import FLOAT64_BOUND
from frontends.ladder.report import Row
from frontends.ladder.runs import Job
from frontends.workers.outcomes import AGREES, MISMATCHED

SHARE_ALIKE = 1e-11

SHARE_BOUND = 1e-6  # a share that float32 keeps is as it was said to 6e-8

TWICE = ("train", "again/train")
UNCOUNTED = "how many values it normalizes, or whether it is fused, cannot be seen"

# name -> the share that is kept, what the batch has, the size that is judged against
Moves = Mapping[str, tuple[float, Any, float]]


def statistics(climb: Climb) -> Iterator[Row]:
    """Compare what a step contributes to running statistics, and how much of the old is kept.

    Of one batch given twice the second step says which share of the old value is kept, whatever the
    convention of the momentum.
    """
    runs: Any = climb.runs
    for pair in climb.pairs():
        layers = runs.statistics_layers(*pair)
        if not layers:
            continue
        moved = {panel: moves(runs, panel, layers) for panel in pair}
        worst, note = 0.0, ""
        for layer in layers:
            found, said = _layer_apart(climb, pair, moved, layer)
            worst = max(worst, found)
            note = note or (said if found > FLOAT64_BOUND else "")
        outcome = MISMATCHED if note else AGREES
        yield Row(STATISTICS, pair, outcome, worst, FLOAT64_BOUND, note)


def moves(runs: Any, panel: str, layers: list[str]) -> Moves:
    found = {}
    with runs.run(Job(panel)).read() as reader:
        for layer in layers:
            kept = 0.0
            for kind in ("mean", "variance"):
                name = f"{layer}.{kind}"
                if name not in runs.expected("statistics", panel):
                    continue
                before = runs.parameters[name]
                one, two = (given(reader, f"{call}/statistics/{name}") for call in TWICE)
                if one.shape != before.shape or two.shape != before.shape:
                    found[name] = (np.nan, one, 0.0)
                    continue
                step = one - before
                if kind == "mean" or f"{layer}.mean" not in found:
                    kept = _share(step, two - one)
                floor = STATISTICS_FLOOR * float(np.abs(before).max())
                moving = 1 - kept if kept < 1 else 1.0  # of the batch's own, whatever the momentum
                size = max(float(np.abs(one).max()), floor) / moving
                found[name] = (kept, (one - kept * before) / moving, size)
    return found


def _share(step: Any, following: Any) -> float:
    """Return the share of the old value that is kept, 1 where nothing moves."""
    size = float(np.square(step).sum())
    return float((step * following).sum()) / size if size else 1.0


def _layer_apart(
    climb: Climb, pair: tuple[str, str], moved: Mapping[str, Moves], layer: str
) -> tuple[float, str]:
    """Return how far the statistics of a layer are apart, and that in words."""
    runs: Any = climb.runs
    worst, said = 0.0, ""
    for kind in ("mean", "variance"):
        name = f"{layer}.{kind}"
        if name not in moved[pair[0]] or name not in moved[pair[1]]:
            continue
        (kept, one, size), (other_kept, other, other_size) = (moved[p][name] for p in pair)
        lines = climb.lines(name, *pair)
        if not abs(kept - other_kept) <= SHARE_BOUND:
            shares = f"{pair[0]} keeps {kept:.6g} of the old value, {pair[1]} {other_kept:.6g}"
            return float("inf"), f"first: {name}: {shares}{lines}"
        if kind == "variance":
            factors = _to_biased(runs, pair, layer)
            if factors is None:
                return float("inf"), f"{name}: not compared: {UNCOUNTED}"
            one, other = one * factors[0], other * factors[1]
        found = difference(one, other, max(size, other_size))
        if found.relative > worst:
            worst, said = found.relative, f"first: {name}: {found}{lines}"
    return worst, said


def _to_biased(runs: Any, pair: tuple[str, str], layer: str) -> tuple[float, float] | None:
    """Return what brings two files' variances to one convention, (n - 1) / n where one takes the
    estimate; None where that is not known."""
    unbiased = [runs.is_unbiased(panel, layer) for panel in pair]
    if None in unbiased:
        return None
    if unbiased[0] == unbiased[1]:
        return 1.0, 1.0
    count = next(filter(None, (_values_per_channel(runs, panel, layer) for panel in pair)), 0)
    if not count:
        return None
    one, other = ((count - 1) / count if each else 1.0 for each in unbiased)
    return one, other


def _values_per_channel(runs: Any, panel: str, layer: str) -> int:
    """Return how many values a channel of a layer has in the batch, 0 if its call is not seen."""
    with runs.run(Job(panel, taps=True)).read() as reader:
        for number, _ in runs.calls_of(panel, layer):
            value = reader.get(f"train/call/{number}")  # of the first samples, it may be
            count = int(value.size) // len(value) * len(runs.given["input"])
            return count // int(runs.parameters[f"{layer}.mean"].size)
    return 0
