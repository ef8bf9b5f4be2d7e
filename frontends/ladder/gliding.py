"""How a window may run over maps that became others: strides, dilations, paddings that fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from common.ops.local import Array
from frontends.ladder.locate import FLOAT64_BOUND

MOST_STRIDE, MOST_DILATION = 8, 6


@dataclass(frozen=True)
class Along:
    """How a window runs along an axis. after: one of those that give as many positions."""

    stride: int
    dilation: int
    before: int
    after: int


def along(size: int, count: int, kernel: int) -> Iterator[Along]:
    """Yield the ways in which a window gives `count` positions along an axis of a size."""
    for dilation in range(1, MOST_DILATION + 1 if kernel > 1 else 2):
        extent = dilation * (kernel - 1) + 1
        for stride, before in product(range(1, MOST_STRIDE + 1), range(extent)):
            least = (count - 1) * stride + extent - size - before
            most = min(least + stride - 1, extent - 1)
            least = max(least, 0)
            if least <= most:
                after = min(max(before, least), most)
                yield Along(stride, dilation, before, after)


def windows(x: Array, y: Array, kernel: tuple[int, int]) -> list[tuple[Along, Along]]:
    """Return the ways along both axes of maps, of one stride and dilation, usual ones first."""
    rows, columns = (along(*each) for each in zip(x.shape[2:], y.shape[2:], kernel))
    by_stride: dict[int, list[Along]] = {}
    for each in columns:
        by_stride.setdefault(each.stride, []).append(each)
    ways = [(w, c) for w in rows for c in by_stride.get(w.stride, ())]
    alike = (w for w in ways if w[0].dilation == w[1].dilation or 1 in kernel)
    return sorted(alike, key=_usual)


def _usual(ways: tuple[Along, Along]) -> tuple[bool, int, int]:
    rows, columns = ways
    return rows != columns, rows.dilation, rows.stride


def same(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Return what "same" pads before and after an axis of a size."""
    total = max((-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
    return total // 2, total - total // 2


class Corners:
    """The corners of a convolution's first channel, to see at little cost which windows may give
    it. bias: None where it is not known."""

    def __init__(self, x: Array, y: Array, kernel: Array, bias: Any) -> None:
        self._kernel, self._y = kernel[0], y[0, 0]
        self._room = [MOST_DILATION * (size - 1) for size in kernel.shape[2:]]
        around = (self._room[0],) * 2, (self._room[1],) * 2
        self._x = np.pad(x[0, : kernel.shape[1]], ((0, 0), *around))
        self._bias = None if bias is None else float(np.ravel(bias)[0])
        self._bound = FLOAT64_BOUND * float(np.abs(y[0]).max())

    def fit(self, rows: Along, columns: Along) -> bool:
        """Return whether windows give what they should at the corners, up to a bias."""
        height, width = self._y.shape
        bias = self._bias
        for at in dict.fromkeys(product((0, height - 1), (0, width - 1))):
            places = zip(at, (rows, columns), self._kernel.shape[1:], self._room)
            index = tuple(_cells(*each) for each in places)
            found = float(self._y[at] - (self._kernel * self._x[(slice(None), *index)]).sum())
            bias = found if bias is None else bias
            if abs(found - bias) > self._bound:
                return False
        return True


def _cells(place: int, way: Along, kernel: int, room: int) -> slice:
    first = place * way.stride - way.before + room
    return slice(first, first + way.dilation * (kernel - 1) + 1, way.dilation)


def in_short(value: tuple[Any, ...]) -> str:
    """Return numbers of both axes, or both sides of both, in as few words as say it."""
    plain = all(isinstance(each, int) for each in value)
    return str(one(value) if plain else tuple(_both(each) for each in value))


def one(value: tuple[Any, ...]) -> Any:
    """Return a number for a pair of the same."""
    return value[0] if value[0] == value[1] else value


def _both(value: Any) -> Any:
    return value if isinstance(value, tuple) else (value, value)
