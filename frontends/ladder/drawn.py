"""Probe weights of a file, without a specification: generic, and scaled by a training step of it.

Its running statistics are near those of the batch; what a BN gives is spread as in common.probe.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from common.streams import draw, float32_exact, he_normal
from frontends.ladder.moving import moves as moves_of

RECTIFIED = 3.0, 1.5  # mean and deviation of what a BN gives (common.probe)

BIAS = 0.1


def probe(tensors: Mapping[str, Any], start: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Return generic weights of a file. start: what it starts from, which what has no kind and does
    not train keeps."""
    found = {}
    for name, each in tensors.items():
        if not each.trains and not each.kind:
            found[name] = start[name]
        else:
            found[name] = float32_exact(_raw(name, each.kind, tuple(each.shape), seed))
    return found


def _raw(name: str, kind: str, shape: tuple[int, ...], seed: int) -> Any:
    stream = draw(name, seed)
    if kind == "kernel" or (not kind and len(shape) > 1):
        return he_normal(name, shape, seed)
    if kind == "gamma":
        return RECTIFIED[1] * stream.uniform(0.5, 1.5, shape)
    if kind == "beta":
        return RECTIFIED[0] + BIAS * stream.standard_normal(shape)
    if kind == "variance":
        return stream.uniform(0.5, 2.0, shape)
    if kind == "slope":
        return stream.uniform(0.1, 0.4, shape)
    if kind in ("bias", "mean"):
        return BIAS * stream.standard_normal(shape)
    return stream.uniform(0.5, 1.5, shape)


def calibrated(runs: Any, seed: int) -> dict[str, Any]:
    """Return the weights with running statistics near those that a batch has in the first file."""
    name, values = runs.first.name, dict(runs.parameters)
    for layer in runs.statistics_layers(name):
        moves = moves_of(runs, name, [layer])
        deviation = 1.0
        for kind in ("variance", "mean"):
            own = f"{layer}.{kind}"
            kept, added, _ = moves.get(own, (np.nan, None, 0.0))
            if not abs(kept) < 1 - 1e-9:
                continue
            found, stream = added, draw(own, seed)
            if kind == "variance":
                deviation = float(np.sqrt(np.abs(found).mean())) or 1.0
                values[own] = float32_exact(
                    np.maximum(found, deviation**2 / 100) * stream.uniform(0.5, 2.0, found.shape)
                )
            else:
                values[own] = float32_exact(
                    found + BIAS * deviation * stream.standard_normal(found.shape)
                )
    return values
