"""Windows over maps: pairs, sides, what "same" pads, and how far a kernel reaches."""

from __future__ import annotations

from typing import Any, cast

from common.errors import SpecificationError

Shape = tuple[int, ...]
Sides = tuple[tuple[int, int], tuple[int, int]]
SAME = "same"  # padding such that the map shrinks by the stride alone, as TensorFlow pads


def pair(value: Any) -> tuple[int, int]:
    """Return a bound size or pair as (height, width)."""
    return cast(tuple[int, int], value if isinstance(value, tuple) else (value, value))


def sides(padding: Any) -> Sides:
    """Return bound padding as ((top, bottom), (left, right))."""
    height, width = pair(padding)
    return pair(height), pair(width)


def padding_on(op: Any, shape: Shape) -> Sides:
    """Return what a bound op pads around a map: ((top, bottom), (left, right)).

    "same" is what the notes on padding of tf.nn say: the output has ⌈size / stride⌉ cells, and an
    odd cell is padded after.
    """
    if op.padding != SAME:
        return sides(op.padding)
    found = []
    for size, extent, stride in zip(shape[1:], _extents(op), pair(op.stride), strict=True):
        total = max((-(-size // stride) - 1) * stride + extent - size, 0)
        found.append((total // 2, total - total // 2))
    return found[0], found[1]


def _extents(op: Any) -> list[int]:
    """Return what the kernel of a bound op spans, dilated, per axis."""
    dilation = pair(getattr(op, "dilation", 1))
    return [d * (k - 1) + 1 for d, k in zip(dilation, pair(op.kernel_size), strict=True)]


def window(op: Any, shape: Shape) -> Sides:
    """Return ((size, extent), (size, extent)): the padded size and the dilated kernel per axis."""
    spans = []
    around = padding_on(op, shape)
    for axis, ((before, after), extent) in enumerate(zip(around, _extents(op), strict=True)):
        padded = shape[1 + axis] + before + after
        if extent > padded:
            raise SpecificationError(
                f"{op.symbol}: kernel of extent {extent} is larger than the padded input, {padded}"
            )
        spans.append((padded, extent))
    return spans[0], spans[1]
