"""When steps are steady: repeated ones take the same time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

STEADY_WITHIN = 0.1  # two steps in a row that differ by less: warm
SETTLED_WITHIN = 0.02  # two parts of a second in a row on a GPU: its clocks have settled
SETTLED_PARTS = 4  # at least


def steady_from(seconds: Sequence[float]) -> int | None:
    """Return the index of the first step that the next one repeats within 10 %, None if none."""
    for index, (one, other) in enumerate(pairwise(seconds)):
        if abs(one - other) <= STEADY_WITHIN * max(one, other):
            return index
    return None


def settled(parts: Sequence[float]) -> bool:
    """Return whether the last two parts of a warm-up agree within 2 %, after at least four."""
    if len(parts) < SETTLED_PARTS:
        return False
    one, other = parts[-2:]
    return abs(one - other) <= SETTLED_WITHIN * max(one, other)
