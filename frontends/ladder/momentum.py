"""Which momentum a panel's running statistics moved by: said where they are not as expected."""

from __future__ import annotations

from typing import Any

import numpy as np

from common.ops import BatchNorm
from frontends.ladder.climb import Climb

EXACT = 1e-8  # relative: what no momentum explains to this is no matter of momentum
REFERENCE = 1e-6  # apart: what the network says, up to how a panel holds a real


def hint(climb: Climb, panel: str, name: str, after: Any) -> str:
    """Return what momentum a statistic moved by if it is another one than declared, else ""."""
    layer, _, kind = name.rpartition(".")
    calls = [i for i, step in enumerate(climb.elaboration.steps) if step.layer == layer]
    op = climb.elaboration.parameters[name].op
    if len(calls) != 1 or not isinstance(op, BatchNorm):
        return ""
    before = climb.runs.parameters[name]
    unbiased = kind == "variance" and climb.runs.is_unbiased(panel, op)
    batch = _statistic(climb, calls[0], kind, unbiased)
    if after.shape != before.shape or not np.isfinite(after).all():
        return ""
    way, moved = before - batch, after - batch
    kept = round(float((moved * way).sum() / (way * way).sum()), 12) + 0.0  # no -0
    if np.abs(moved - kept * way).max() > EXACT * np.abs(way).max():
        return ""
    expected = float(op.momentum)
    if abs(kept - expected) <= REFERENCE:
        return ""
    return (
        f"{panel} keeps {kept:.6g} of the old value where the network keeps {expected:.6g} "
        f"(as PyTorch counts momentum: {abs(1 - kept):.6g} and {1 - expected:.6g})"
    )


def _statistic(climb: Climb, index: int, kind: str, unbiased: bool) -> Any:
    """Return the mean or the variance of what a normalization is given."""
    reference = climb.runs.reference
    (source,) = reference.steps[index].sources
    x = reference.results[source] if source >= 0 else climb.runs.batch_of("input")
    along = (0, *range(2, x.ndim))
    if kind == "mean":
        return x.mean(along)
    count = x.size // x.shape[1]
    return x.var(along) * (count / (count - 1) if unbiased else 1.0)
