"""Padding in the forms that frameworks take, and "same" in numbers where these hold at any size.

A padding is one size, a pair (height, width) or ((top, bottom), (left, right)); sizes may be
expressions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from common.expressions import fold, names, spliced
from common.network import Network
from common.ops import SAME, Op, Shape, pair, sides
from common.sizes import plus, product
from common.spec import Block, plain
from common.transform import map_layers

Bound = list[tuple[Any, Shape]]  # an op as bound in every instance, with the shape of its input
Four = tuple[Any, Any, Any, Any]


def in_numbers(network: Network, says_same: Callable[[Op], bool]) -> Network:
    """Return the network with "same" in numbers where there are no strides, so that these hold for
    maps of any size; but not where the dialect `says_same`."""

    def written(_block: Block, _name: str, op: Op) -> Op:
        if getattr(op, "padding", None) != SAME or says_same(op):
            return op
        if getattr(op, "stride", None) != 1:
            return op
        changed: Any = {"padding": _without_strides(op)}
        return replace(op, **changed)

    ops = (plain(each) for block in network.blocks().values() for each in block.layers.values())
    if all(getattr(op, "padding", None) != SAME for op in ops):
        return network
    return map_layers(network, written)


def _without_strides(op: Any) -> Any:
    """Return what "same" pads around any map where the stride is 1."""
    found = []
    for size, spread in zip(pair(op.kernel_size), pair(getattr(op, "dilation", 1))):
        extent = product(spread, plus(size, -1))
        half = spliced("extent // 2", extent=extent)
        rest = spliced("extent - extent // 2", extent=extent)
        before, after = fold(half), fold(rest)
        found.append(before if before == after else (before, after))
    return tuple(found)


def four_sides(padding: Any) -> Four:
    """Return padding as (top, bottom, left, right)."""
    (top, bottom), (left, right) = sides(padding)
    return top, bottom, left, right


def starts_inside(op: Any) -> bool:
    """Does each window of a pool start on the map, or before it, whatever the map's size? Then
    rounding up is the same in every framework."""
    sizes = pair(op.kernel_size), pair(op.stride), sides(op.padding)
    known = not names((op.kernel_size, op.stride, op.padding))
    return known and all(k >= s + after for k, s, (_, after) in zip(*sizes))


def by_sides(padding: Any) -> Four | None:
    """Return (top, bottom, left, right) if padding differs before and after, else None."""
    if not isinstance(padding, tuple) or not any(isinstance(side, tuple) for side in padding):
        return None
    return four_sides(padding)


def left_first(padding: Any) -> Any:
    """Return padding as (left, right, top, bottom), one size if all are equal."""
    top, bottom, left, right = four_sides(padding)
    return top if top == bottom == left == right else (left, right, top, bottom)


def is_padded(padding: Any) -> bool:
    """Is there padding on any side?"""
    return any(side != 0 for side in four_sides(padding))


def is_same(op: Any) -> bool:
    """Does SAME pad as this op, of numbers, does, whatever the size of the map?"""
    dilation = pair(getattr(op, "dilation", 1))
    for size, step, spread, around in zip(
        pair(op.kernel_size), pair(op.stride), dilation, sides(op.padding)
    ):
        extent = spread * (size - 1)
        if (step > 1 and extent) or around != (extent // 2, extent - extent // 2):
            return False
    return True
