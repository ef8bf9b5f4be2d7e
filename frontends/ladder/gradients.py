"""The rung of gradients in float64: of the input and of every parameter.

They are equal within 1e-10 of the largest gradient of any parameter of the same step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from common.compare import Difference, difference
from common.ops import Op
from frontends.ladder.climb import Climb, Pair, Readers
from frontends.ladder.locate import FLOAT64_BOUND
from frontends.ladder.predictions import gradient_scales
from frontends.ladder.reference import Reference
from frontends.ladder.report import Row
from frontends.workers.arrays import ArrayReader
from frontends.workers.outcomes import AGREES, MISMATCHED

GRADIENTS = "gradients"
# A step whose every gradient is mathematically zero (a BN in front of a BN) shows only its noise:
# no step is judged against less than this share of the network's largest gradient.
GRADIENT_FLOOR = 1e-4
Shift = Mapping[str, Any]  # parameter, or "input" -> by how much its gradient is off


def gradients(climb: Climb) -> Iterator[Row]:
    """Yield a row per pair, those of panels that round average pools as predicted."""
    with climb.results() as readers:
        shifts = _shifts(climb)
        worst, where = _compared(climb, readers, shifts)
    for pair, apart in worst.items():
        note = f"first on the way back: {where[pair]}" if pair in where else ""
        if not note and any(shifts[panel] for panel in pair):
            note = "rounded 1/n of average pools as predicted"
        outcome = MISMATCHED if pair in where else AGREES
        yield Row(GRADIENTS, pair, outcome, apart.relative, FLOAT64_BOUND, note)


def _compared(
    climb: Climb, readers: Readers, shifts: Mapping[str, Shift]
) -> tuple[dict[Pair, Difference], dict[Pair, str]]:
    """Return each pair's worst difference, and the last layer, first on the way back, beyond."""
    least = GRADIENT_FLOOR * _largest(climb, next(iter(readers.values())))
    worst: dict[Pair, Difference] = {}
    where: dict[Pair, str] = {}
    for layer, names in [("input", ["input"]), *climb.by_layer(readers)]:
        found = {
            panel: [reader.get(f"train/gradient/{n}") - shifts[panel].get(n, 0.0) for n in names]
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


def _shifts(climb: Climb) -> dict[str, Shift]:
    """Return, per panel, by how much its gradients are off by its own rounding of average pools.

    The network's own arithmetic in numpy gives the gradients with and without the same factors.
    """
    pools = {panel: climb.runs.subject(panel).rounded_pools() for panel in climb.panels}
    scales = {kinds: gradient_scales(climb.runs.network, kinds) for kinds in set(pools.values())}
    if len(set(pools.values())) == 1 or not any(scales.values()):
        return {panel: {} for panel in climb.panels}
    batch, cotangent = climb.runs.batch_of("input"), climb.runs.batch_of("cotangent")
    exact = Reference(climb.runs.network, climb.runs.parameters, batch, training=True)
    plain = exact.gradients(cotangent)
    shifts: dict[tuple[type[Op], ...], Shift] = {}
    for kinds, factors in scales.items():
        scaled = exact.gradients(cotangent, factors) if factors else plain
        shifts[kinds] = {name: scaled[name] - plain[name] for name in plain} if factors else {}
    return {panel: shifts[kinds] for panel, kinds in pools.items()}
