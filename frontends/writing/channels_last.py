"""What Keras and TensorFlow 1 share: when SAME pads as an op does, and what a pool lacks."""

from __future__ import annotations

from typing import Any

from common import ops
from common.ops import Op, Shape, pair, sides
from frontends.writing.class_ops import four_sides
from frontends.writing.dialect import Site, condition_holds
from frontends.writing.draft import Draft, constant
from frontends.writing.padding import Bound


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


def says_same(op: Op, bound: Bound) -> bool:
    """Can TensorFlow pad "same" here? Not what is sliced, nor a mean that counts the padding."""
    if isinstance(op, ops.Conv2d):
        return not any(is_sliced(each) for each, _ in bound)
    return not isinstance(op, ops.AvgPool2d) or op.count_include_pad is False


def is_sliced(op: Any) -> bool:
    """Is this bound convolution one without strides, sliced? No kernel dilates with strides."""
    strided = max(pair(op.stride)) > 1 and max(pair(op.dilation)) > 1
    return strided or (isinstance(op, ops.DepthwiseConv2d) and len(set(pair(op.stride))) > 1)


def is_point(site: Site) -> bool:
    """Is a map always 1×1? Then its order, when it is flattened, is no question."""
    return all(shape[1:] == (1, 1) for _, shape in site.bound())


def _separates(site: Site, condition: str, same: list[bool]) -> bool:
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


def grouped(draft: Draft) -> list[tuple[ops.Conv2d, Shape]]:
    """Return every convolution in groups, with the shape of its input."""
    return [
        (step.op, step.inputs[0])
        for step in draft.elaboration.steps
        if isinstance(step.op, ops.Conv2d)
        and isinstance(step.op.groups, int)
        and step.op.groups > 1
    ]


def conv_padding(
    op: ops.Conv2d, site: Site, padded: str, x: str, output: str, explicit: bool
) -> tuple[list[str], str, str | None]:
    """Return the lines that pad, the value to convolve, and the convolution's own padding.

    `padded` is source text for `x` with zeros around. `explicit`: SAME may not be used.
    """
    bound = site.bound()
    if op.padding == ops.SAME:
        return [], x, '"same"'
    if all(sides(o.padding) == ((0, 0), (0, 0)) for o, _ in bound):
        return [], x, None
    same = [is_same(o, s) for o, s in bound]
    if all(same) and not explicit:
        return [], x, '"same"'
    unconditional = [f"{output} = {padded}"], output, None
    if explicit or not any(same) or not isinstance(op.stride, str):
        return unconditional
    condition = f"{op.stride} > 1"
    if not _separates(site, condition, same):
        return unconditional
    padding = f'"valid" if {op.stride} > 1 else "same"'
    if isinstance(op.kernel_size, str) and any(o.kernel_size == 1 < o.stride for o, _ in bound):
        condition += f" and {op.kernel_size} > 1"
    why = '# "same" would pad unevenly'
    if x == output:
        return [f"if {condition}:  {why}", f"    {x} = {padded}"], x, padding
    return [why, f"{output} = {padded} if {condition} else {x}"], output, padding
