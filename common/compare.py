"""Compare arrays: keys, shapes, then values; NaN and infinity never pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Difference:
    """The worst of |left - right| / scale, where it is, and both values there."""

    relative: float
    index: tuple[int, ...]
    left: float
    right: float
    note: str = ""

    def __str__(self) -> str:
        if self.note:
            return self.note
        where = ", ".join(map(str, self.index))
        return f"{self.relative:.1e} at [{where}]: {self.left:.17g} and {self.right:.17g}"


def difference(left: Array, right: Array, scale: float | None = None) -> Difference:
    """Return the worst difference of two arrays of one shape.

    It is relative to `scale`, by default the largest absolute value of either array. Two zero
    arrays are equal; a NaN or an infinity on any side, or unlike shapes, is infinitely far.
    """
    if left.shape != right.shape:
        return Difference(np.inf, (), np.nan, np.nan, f"shapes {left.shape} and {right.shape}")
    if left.size == 0:
        return Difference(0.0, (), 0.0, 0.0)
    finite = np.isfinite(left) & np.isfinite(right)
    if not finite.all():
        return _at(left, right, np.argmin(finite), np.inf)
    if scale is None:
        scale = float(max(np.abs(left).max(), np.abs(right).max()))
    distance = np.abs(left.astype(np.float64) - right.astype(np.float64))
    worst = distance.argmax()
    apart = float(distance.flat[worst])
    return _at(left, right, worst, apart / scale if scale else np.inf if apart else 0.0)


def _at(left: Array, right: Array, flat: Any, relative: float) -> Difference:
    index = tuple(int(i) for i in np.unravel_index(int(flat), left.shape))
    return Difference(float(relative), index, float(left[index]), float(right[index]))
