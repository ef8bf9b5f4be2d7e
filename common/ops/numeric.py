"""Convolutions and windows in numpy, kernel cell by kernel cell: float64 and nobody's framework.

Maps are (N, C, H, W), kernels (O, C / groups, kh, kw). A window's cell (i, j) of every output
position is one strided slice of the padded map, so that each sum runs over the kernel's cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from common.ops.local import Array
from common.ops.windows import Sides

Two = tuple[int, int]


def pad(x: Array, around: Sides, value: float = 0.0) -> Array:
    """Return maps with ((top, bottom), (left, right)) cells of a value around them."""
    if around == ((0, 0), (0, 0)):
        return x
    return np.pad(x, ((0, 0), (0, 0), *around), constant_values=value)


def unpad(x: Array, around: Sides) -> Array:
    """Return padded maps without what `pad` put around them."""
    (top, bottom), (left, right) = around
    return x[:, :, top : x.shape[2] - bottom, left : x.shape[3] - right]


def cells(shape: Two, kernel: Two, stride: Two, dilation: Two) -> Iterator[tuple[Two, Any]]:
    """Yield ((i, j), index) for every kernel cell: x[index] are its values, (N, C, H', W')."""
    counts = [
        (size - d * (k - 1) - 1) // s + 1 for size, k, s, d in zip(shape, kernel, stride, dilation)
    ]
    for i, j in product(range(kernel[0]), range(kernel[1])):
        rows, columns = (
            slice(first * d, first * d + (count - 1) * s + 1, s)
            for first, count, s, d in zip((i, j), counts, stride, dilation)
        )
        yield (i, j), np.s_[:, :, rows, columns]


def convolve(x: Array, kernel: Array, stride: Two, dilation: Two, groups: int) -> Array:
    """Return the cross-correlation of padded maps with a kernel, (N, O, H', W')."""
    total: Any = 0.0
    by_cell = np.ascontiguousarray(kernel.transpose(2, 3, 0, 1))
    for at, index in cells(_size(x), _size(kernel), stride, dilation):
        total = total + _mixed(x[index], by_cell[at], groups)
    return np.asarray(total)


def input_gradient(
    shape: tuple[int, ...], kernel: Array, given: Array, stride: Two, dilation: Two, groups: int
) -> Array:
    """Return the gradient of padded maps of a shape for the cotangent `given` of the result."""
    found = np.zeros(shape)
    by_cell = np.ascontiguousarray(kernel.transpose(2, 3, 0, 1))
    for at, index in cells((shape[2], shape[3]), _size(kernel), stride, dilation):
        cell = by_cell[at]
        if cell.shape[1] == 1:  # one channel a group: a product for each
            parts = cell.reshape(groups, -1, 1, 1) * _grouped(given, groups)
            found[index] += parts.sum(2)
            continue
        turned = cell.reshape(groups, -1, cell.shape[1]).swapaxes(1, 2)
        found[index] += _matrix(turned, given, groups)
    return found


def kernel_gradient(
    x: Array, shape: tuple[int, ...], given: Array, stride: Two, dilation: Two, groups: int
) -> Array:
    """Return the gradient of a kernel of a shape for the cotangent `given` of the result."""
    found = np.zeros(shape)
    left = _grouped(given, groups).reshape(len(given), groups, -1, given[0, 0].size)
    for (i, j), index in cells(_size(x), (shape[2], shape[3]), stride, dilation):
        right = _grouped(x[index], groups).reshape(len(x), groups, -1, given[0, 0].size)
        each = np.matmul(left, right.swapaxes(2, 3)).sum(0)  # (groups, O / groups, C / groups)
        found[:, :, i, j] = each.reshape(shape[0], shape[1])
    return found


def _mixed(x: Array, cell: Array, groups: int) -> Array:
    """Return one kernel cell's share of a convolution: channels mixed within their groups."""
    if cell.shape[1] == 1:
        parts = cell.reshape(groups, -1, 1, 1) * _grouped(x, groups)
        return parts.reshape(len(x), -1, *x.shape[2:])
    return _matrix(cell.reshape(groups, -1, cell.shape[1]), x, groups)


def _matrix(matrix: Array, x: Array, groups: int) -> Array:
    """Return (groups, O, C) matrices times the channels of (N, groups · C, H, W)."""
    flat = x.reshape(len(x), groups, -1, x[0, 0].size)
    mixed: Array = np.matmul(matrix, flat)
    return mixed.reshape(len(x), -1, *x.shape[2:])


def _grouped(x: Array, groups: int) -> Array:
    return x.reshape(len(x), groups, -1, *x.shape[2:])


def _size(x: Array) -> Two:
    return x.shape[2], x.shape[3]
