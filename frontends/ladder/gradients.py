"""The rung of gradients in float64: of the input and of every parameter.

They are equal within 1e-10 of the largest gradient of any parameter of the same step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from common.compare import Difference, difference
from common.ops import Op
from frontends.ladder.climb import Climb, Pair, Readers, by_layer, given
from frontends.ladder.locate import FLOAT64_BOUND
from frontends.ladder.predictions import gradient_scales
from frontends.ladder.report import Row
from frontends.workers.arrays import ArrayReader
from frontends.workers.outcomes import AGREES, MISMATCHED

GRADIENTS = "gradients"
# A step whose every gradient is mathematically zero (a BN in front of a BN) shows only its noise:
# no step is judged against less than this share of the network's largest gradient.
GRADIENT_FLOOR = 1e-4
# A sum whose terms cancel is rounded in proportion to its terms: no gradient is judged against less
# than this share of them, which makes the bound 1e-14 of the terms.
CANCELLED = 1e-4
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
    worst: dict[Pair, Difference] = {}
    where: dict[Pair, str] = {}
    for pair in climb.pairs():
        expected = climb.expected("gradient", *pair)

        def both(name: str, pair: Pair = pair) -> list[Any]:
            return [_unshifted(readers[panel], name, shifts[panel]) for panel in pair]

        largest = {name: _largest(both(name)) for name in ["input", *expected]}
        least = GRADIENT_FLOOR * max(largest.values())
        for layer, names in {"input": ["input"], **by_layer(expected)}.items():
            scale = max(least, *(largest[name] for name in names))
            for name in names:
                apart = _apart(climb, name, both(name), scale)
                if pair not in worst or apart.relative > worst[pair].relative:
                    worst[pair] = apart
                if apart.relative > FLOAT64_BOUND:
                    lines = climb.lines(name, *pair)
                    where[pair] = f"gradient of {name} (layer {layer}{lines}): {apart}"
    return worst, where


def _unshifted(reader: ArrayReader, name: str, shift: Shift) -> Any:
    """Return a gradient, rid of its panel's rounded pools."""
    array = given(reader, f"train/gradient/{name}")
    off = shift.get(name)
    return array if off is None or off.shape != array.shape else array - off


def _largest(arrays: Iterable[Any]) -> float:
    return max(float(np.abs(array).max(initial=0)) for array in arrays)


def _apart(climb: Climb, name: str, both: list[Any], scale: float) -> Difference:
    """Return how far two gradients are apart, relative to a scale that allows for cancellation."""
    apart = difference(both[0], both[1], scale)
    if np.isfinite(apart.relative) and apart.relative > FLOAT64_BOUND:
        apart = difference(
            both[0], both[1], max(scale, CANCELLED * climb.runs.gradient_terms[name])
        )
    return apart


def _shifts(climb: Climb) -> dict[str, Shift]:
    """Return, per panel, by how much its gradients are off by its own rounding of average pools.

    The network's own arithmetic in numpy gives the gradients with and without the same factors.
    """
    pools = {panel: climb.runs.rounded_pools(panel) for panel in climb.panels}
    none: dict[str, Shift] = {panel: {} for panel in climb.panels}
    if len(set(pools.values())) == 1:
        return none
    scales = {kinds: gradient_scales(climb.runs.network, kinds) for kinds in set(pools.values())}
    if not any(scales.values()):
        return none
    cotangent = climb.runs.batch_of("cotangent")
    exact = climb.runs.reference
    plain = exact.gradients(cotangent)
    shifts: dict[tuple[type[Op], ...], Shift] = {}
    for kinds, factors in scales.items():
        scaled = exact.gradients(cotangent, factors) if factors else plain
        shifts[kinds] = {name: scaled[name] - plain[name] for name in plain} if factors else {}
    return {panel: shifts[kinds] for panel, kinds in pools.items()}
