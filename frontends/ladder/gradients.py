"""The rung of gradients in float64: of the input and of every parameter.

They are equal within 1e-10 of the largest gradient of any parameter of the same step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from common.compare import Difference, difference
from frontends.frameworks import REFEREE
from frontends.ladder.climb import Climb, Pair, Readers
from frontends.ladder.locate import FLOAT64_BOUND
from frontends.ladder.report import Row
from frontends.ladder.runs import Job
from frontends.workers.arrays import ArrayReader
from frontends.workers.outcomes import AGREES, MISMATCHED, REPORTED, WorkerError

GRADIENTS = "gradients"
# A step whose every gradient is mathematically zero (a BN in front of a BN) shows only its noise:
# no step is judged against less than this share of the network's largest gradient.
GRADIENT_FLOOR = 1e-4
Shift = Callable[[str, str], Any]  # (panel, parameter) -> by how much its gradient is off


def gradients(climb: Climb) -> Iterator[Row]:
    """Yield a row per pair, those of panels that round average pools as predicted."""
    readers_of = [climb.runs.subject(name) for name in climb.panels]
    brought = {each.name for each in readers_of if each.names is not None}
    with climb.results() as readers:
        rows = list(_judged(climb, readers, set() if brought else _rounding(climb)))
        if brought and climb.runs.scales and not all(row.passed for row in rows):
            # A reader's global average may be a pool over the whole map where ours is a mean.
            again = list(_judged(climb, readers, brought))
            rows = again if all(row.passed for row in again) else rows
    yield from rows


def _rounding(climb: Climb) -> set[str]:
    """Return the panels whose gradients of this network's average pools are rounded."""
    if not climb.runs.scales:
        return set()
    return {name for name in climb.panels if climb.runs.subject(name).rounded_pools()}


def _judged(climb: Climb, readers: Readers, affected: set[str]) -> Iterator[Row]:
    """Compare gradients, with those of the affected panels rid of their rounded pools."""
    shift = _shift(climb, affected)
    worst, where = _compared(climb, readers, shift or _none)
    for pair, apart in worst.items():
        note = f"first on the way back: {where[pair]}" if pair in where else ""
        outcome = MISMATCHED if pair in where else AGREES
        if shift is None and len(affected & set(pair)) == 1:
            outcome, note = REPORTED, f"not judged: {REFEREE}, which predicts it, stopped"
        elif not note and affected & set(pair):
            note = "rounded 1/n of average pools as predicted"
        yield Row(GRADIENTS, pair, outcome, apart.relative, FLOAT64_BOUND, note)


def _compared(
    climb: Climb, readers: Readers, shift: Shift
) -> tuple[dict[Pair, Difference], dict[Pair, str]]:
    """Return each pair's worst difference, and the last layer, first on the way back, beyond."""
    least = GRADIENT_FLOOR * _largest(climb, next(iter(readers.values())))
    worst: dict[Pair, Difference] = {}
    where: dict[Pair, str] = {}
    for layer, names in [("input", ["input"]), *climb.by_layer(readers)]:
        found = {
            panel: [reader.get(f"train/gradient/{n}") - shift(panel, n) for n in names]
            for panel, reader in readers.items()
        }
        for pair in climb.pairs():
            name, apart = _worst(names, found[pair[0]], found[pair[1]], least)
            if pair not in worst or apart.relative > worst[pair].relative:
                worst[pair] = apart
            if apart.relative > FLOAT64_BOUND:
                where[pair] = f"gradient of {name} (layer {layer}): {apart}"
    return worst, where


def _largest(climb: Climb, reader: ArrayReader) -> float:
    names = ["input", *climb.named("gradient", {"": reader})]
    return max(float(np.abs(reader.get(f"train/gradient/{name}")).max()) for name in names)


def _worst(
    names: list[str], left: list[Any], right: list[Any], least: float
) -> tuple[str, Difference]:
    """Return the worst of a layer's gradients, relative to the largest of them all."""
    scale = max(least, *(float(np.abs(array).max(initial=0)) for array in (*left, *right)))
    apart = [difference(own, other, scale) for own, other in zip(left, right)]
    worst = max(range(len(names)), key=lambda i: apart[i].relative)
    return names[worst], apart[worst]


def _none(panel: str, name: str) -> float:
    return 0.0


def _shift(climb: Climb, affected: set[str]) -> Shift | None:
    """Return by how much a panel's gradient is off by its own rounding of average pools.

    The referee's gradients are computed a second time with the same factors; None if it stopped.
    """
    if not affected or set(climb.panels) == affected:
        return _none
    jobs = Job(REFEREE), Job(REFEREE, want=("train",), taps=True, rounded_pools=True)
    try:
        plain, scaled = (climb.runs.run(job).read() for job in jobs)
    except WorkerError:
        return None

    def shift(panel: str, name: str) -> Any:
        if panel not in affected:
            return 0.0
        key = f"train/gradient/{name}"
        return scaled.get(key) - plain.get(key)

    return shift
