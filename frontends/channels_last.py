"""What Keras and TensorFlow 1 share: when SAME pads as an op does, and what a pool lacks."""

from __future__ import annotations

from typing import Any

from common import ops
from common.ops import Shape, pair, sides
from frontends.class_ops import four_sides
from frontends.function_writer import Site, condition_holds
from frontends.writing import constant


def is_same(op: Any, shape: Shape) -> bool:
    """Does SAME pad as this op does, whatever the size of the map?"""
    dilation = pair(getattr(op, "dilation", 1))
    for size, step, spread, around in zip(
        pair(op.kernel_size), pair(op.stride), dilation, sides(op.padding)
    ):
        extent = spread * (size - 1)
        if (step > 1 and extent) or around != (extent // 2, extent - extent // 2):
            return False
    return True


def separates(site: Site, condition: str, same: list[bool]) -> bool:
    """Is SAME right wherever the condition does not hold?"""
    return all(s for s, strided in zip(same, condition_holds(site, condition)) if not strided)


def extended(op: ops.MaxPool2d, site: Site) -> tuple[Any, Any, Any, Any] | None:
    """Return (top, bottom, left, right) with what the last windows lack, None where all is 0."""
    top, bottom, left, right = four_sides(op.padding)
    if op.rounding == "ceil":
        over = constant((o.overhang(s) for o, s in site.bound()), "the last window")
        (top, bottom), (left, right) = (
            (a, b + o if isinstance(b, int) else f"{b} + {o}")
            for (a, b), o in zip(((top, bottom), (left, right)), over)
        )
    found = (top, bottom, left, right)
    return None if found == (0, 0, 0, 0) else found
