"""Pooling ops, with padding and rounding explicit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from common.errors import SpecificationError
from common.expressions import Flag
from common.ops.base import PAIR, Op, Padding, Pair, not_negative, positive, want_map
from common.ops.local import Array, Given, Local, Terms
from common.ops.numeric import cells, pad, unpad
from common.ops.windows import SAME, Shape, Sides, padding_on, pair, sides, window

__all__ = ["AdaptiveAvgPool2d", "AvgPool2d", "GlobalAvgPool2d", "MaxPool2d"]


@dataclass(frozen=True)
class MaxPool2d(Op):
    """Maximum over windows; padding never wins.

    With rounding "ceil" a last, partial window is kept if it starts inside the input or the
    padding before it (the rule of PyTorch and Caffe).
    """

    symbol = "max_pool2d"
    keeps_size = True
    kernel_size: Pair = field(metadata=PAIR)
    stride: Pair = field(default=1, metadata=PAIR)
    padding: Padding = field(default=0, metadata=PAIR)
    rounding: str = field(default="floor", metadata={"choices": ("floor", "ceil")})

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.padding == SAME:  # no window is partial then, so that all rounding is one
            object.__setattr__(self, "rounding", "floor")

    def _check(self) -> None:
        positive(self, kernel_size=self.kernel_size, stride=self.stride)
        not_negative(self, padding=self.padding)
        stated = 0 if self.padding == SAME else self.padding
        for size, (before, after) in zip(pair(self.kernel_size), sides(stated), strict=True):
            if 2 * max(before, after) > size:
                raise SpecificationError(
                    f"{self.symbol}: padding {self.padding} is over half the kernel {size}"
                )

    def _output(self, *shapes: Shape) -> Shape:
        shape = want_map(self, shapes[0])
        spans = window(self, shape)
        sizes = []
        for axis, ((padded, extent), step) in enumerate(zip(spans, pair(self.stride), strict=True)):
            if self.rounding == "floor":
                sizes.append((padded - extent) // step + 1)
                continue
            count = -((extent - padded) // step) + 1
            inside = shape[1 + axis] + padding_on(self, shape)[axis][0]
            sizes.append(count - ((count - 1) * step >= inside))
        return shape[0], sizes[0], sizes[1]

    def overhang(self, shape: Shape) -> tuple[int, int]:
        """Return by how much the last windows reach beyond the padded input, (height, width)."""
        spans = window(self, shape)
        counts, steps = self.output(shape)[1:], pair(self.stride)
        over = [
            max(0, (count - 1) * step + extent - padded)
            for (padded, extent), count, step in zip(spans, counts, steps, strict=True)
        ]
        return over[0], over[1]

    def local(self, given: Given) -> Local:
        (x,), cotangent = given.inputs, given.cotangent
        shape = x.shape[1:]
        around, windows = self._windows(shape)
        padded = pad(x, around, -np.inf)
        result, ties = np.full((len(x), *self.output(shape)), -np.inf), np.zeros(())
        edge = np.zeros(result.shape, bool)
        for _, index in windows:
            ties = np.where(padded[index] > result, 1, ties + (padded[index] == result))
            result = np.maximum(result, padded[index])
            edge |= padded[index] == -np.inf
        if cotangent is None:
            return Local(result)
        # where nothing is negative a padding may be of zeros
        open_ = np.zeros(()) if given.first else (ties > 1) | edge & (result == 0)
        share, left = np.where(open_, np.nan, cotangent), np.ones(result.shape, bool)
        gradient = np.zeros_like(padded)
        for _, index in windows:
            takes = left & (padded[index] == result)
            gradient[index] += np.where(takes, share, 0.0)
            left &= ~takes if given.first else True
        return Local(result, [unpad(gradient, around)])

    def _windows(self, shape: Shape) -> tuple[Sides, list[tuple[tuple[int, int], Any]]]:
        """Return what is around the map, what the last windows lack included, and the windows."""
        (top, bottom), (left, right) = padding_on(self, shape)
        over = self.overhang(shape)
        around = ((top, bottom + over[0]), (left, right + over[1]))
        size = (shape[1] + sum(around[0]), shape[2] + sum(around[1]))
        found = cells(size, pair(self.kernel_size), pair(self.stride), (1, 1))
        rows, columns = self.output(shape)[1:]
        cut = [(at, (*index[:2], *_first(index[2:], (rows, columns)))) for at, index in found]
        return around, cut

    def terms(self, shapes: Sequence[Shape], batch: int, training: bool) -> Terms:
        return Terms(input=math.prod(pair(self.kernel_size)))


@dataclass(frozen=True)
class AvgPool2d(MaxPool2d):
    """Mean over windows; `count_include_pad` says whether padding counts in the divisor.

    What a partial window (rounding "ceil") lacks beyond the padding never counts.
    """

    symbol = "avg_pool2d"
    linear = True
    count_include_pad: Flag = False

    def paddle_flops(self, shape: Shape) -> int:
        return math.prod(self.output(shape))

    def divisors(self, shape: Shape) -> tuple[list[int], list[int]]:
        """Return how many rows and how many columns the mean of each window is over."""
        rows, columns = (self._divisors(shape, axis) for axis in (0, 1))
        return rows, columns

    def _divisors(self, shape: Shape, axis: int) -> list[int]:
        size, count = shape[1 + axis], self.output(shape)[1 + axis]
        before, after = padding_on(self, shape)[axis]
        kernel, stride = pair(self.kernel_size)[axis], pair(self.stride)[axis]
        least, most = (-before, size + after) if self.count_include_pad else (0, size)
        starts = [i * stride - before for i in range(count)]
        return [min(start + kernel, most) - max(start, least) for start in starts]

    def local(self, given: Given) -> Local:
        (x,), cotangent = given.inputs, given.cotangent
        shape = x.shape[1:]
        around, windows = self._windows(shape)
        padded, divisors = pad(x, around), np.outer(*self.divisors(shape))
        result = np.zeros((len(x), *self.output(shape)))
        for _, index in windows:
            result += padded[index]
        if cotangent is None:
            return Local(result / divisors)
        gradient = np.zeros_like(padded)
        for _, index in windows:
            gradient[index] += cotangent / divisors
        return Local(result / divisors, [unpad(gradient, around)])

    def terms(self, shapes: Sequence[Shape], batch: int, training: bool) -> Terms:
        cells = math.prod(pair(self.kernel_size))
        return Terms(cells, cells)


@dataclass(frozen=True)
class GlobalAvgPool2d(Op):
    """Mean over height and width: (C, H, W) -> (C,)."""

    symbol = "global_avg_pool2d"
    keeps_size = True
    linear = True

    def _output(self, *shapes: Shape) -> Shape:
        return want_map(self, shapes[0])[:1]

    def divisors(self, shape: Shape) -> tuple[list[int], list[int]]:
        """Return the height and the width: the mean is over one window, of so many cells."""
        return [shape[1]], [shape[2]]

    def local(self, given: Given) -> Local:
        (x,), cotangent = given.inputs, given.cotangent
        result = x.mean((2, 3))
        if cotangent is None:
            return Local(result)
        spread = np.broadcast_to(cotangent[:, :, None, None], x.shape)
        return Local(result, [spread / x[0, 0].size])

    def terms(self, shapes: Sequence[Shape], batch: int, training: bool) -> Terms:
        return Terms(math.prod(shapes[0][1:]))


@dataclass(frozen=True)
class AdaptiveAvgPool2d(Op):
    """Mean over ⌊i·H/n⌋ … ⌈(i+1)·H/n⌉ for each of n outputs per axis."""

    symbol = "adaptive_avg_pool2d"
    keeps_size = True
    linear = True
    output_size: Pair = field(default=1, metadata=PAIR)

    def _check(self) -> None:
        positive(self, output_size=self.output_size)

    def _output(self, *shapes: Shape) -> Shape:
        return want_map(self, shapes[0])[0], *pair(self.output_size)

    def paddle_flops(self, shape: Shape) -> int:
        output = self.output(shape)
        window = (shape[1] // output[1]) * (shape[2] // output[2])
        return (window + 1) * math.prod(output)

    def divisors(self, shape: Shape) -> tuple[list[int], list[int]]:
        """Return how many rows and how many columns the mean of each window is over."""
        rows, columns = (
            [-(-(i + 1) * size // count) - i * size // count for i in range(count)]
            for size, count in zip(shape[1:], pair(self.output_size), strict=True)
        )
        return rows, columns

    def local(self, given: Given) -> Local:
        (x,), cotangent = given.inputs, given.cotangent
        shape = x.shape[1:]
        rows, columns = (_means(s, n) for s, n in zip(shape[1:], pair(self.output_size)))
        result = rows @ x @ columns.T
        if cotangent is None:
            return Local(result)
        return Local(result, [rows.T @ cotangent @ columns])

    def terms(self, shapes: Sequence[Shape], batch: int, training: bool) -> Terms:
        rows, columns = self.divisors(shapes[0])
        return Terms(max(rows) * max(columns), 4)


def _first(index: Any, counts: tuple[int, int]) -> tuple[slice, slice]:
    """Return slices of rows and columns cut to so many windows."""
    rows, columns = (
        slice(each.start, each.start + (count - 1) * each.step + 1, each.step)
        for each, count in zip(index, counts)
    )
    return rows, columns


def _means(size: int, count: int) -> Array:
    """Return the matrix (count, size) that takes means over ⌊i·size/count⌋ … ⌈(i+1)·size/count⌉."""
    found = np.zeros((count, size))
    for i in range(count):
        first, stop = i * size // count, -(-(i + 1) * size // count)
        found[i, first:stop] = 1 / (stop - first)
    return found
