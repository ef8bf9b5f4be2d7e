"""What Keras and TensorFlow 1 share: the word "same", and what a pool lacks of its windows."""

from __future__ import annotations

from typing import Any

from common import ops
from common.expressions import literal, spliced
from common.ops import Op, Shape, pair, sides
from frontends.writing.draft import Draft
from frontends.writing.expressions import Choice, Part
from frontends.writing.padding import Bound, Four, beyond, four_sides, is_same
from frontends.writing.sites import Body, FunctionSite, Site, overhang
from frontends.writing.statements import Comment, If, Statement

SAME = '"same"'  # as the framework's layers take it


def batched(shape: Shape) -> str:
    """Return a shape with its batch, channels last: (N, 32, 32, 3)."""
    return f"({', '.join(map(str, ('N', *shape[1:], shape[0])))})"


def says_same(op: Op, bound: Bound) -> bool:
    """Can TensorFlow pad "same" here? Not what is sliced, nor a mean that counts the padding."""
    if isinstance(op, ops.Conv2d):
        return not any(is_sliced(each) for each, _ in bound)
    return not isinstance(op, ops.AvgPool2d) or op.count_include_pad is False


def is_sliced(op: Any) -> bool:
    """Is this bound convolution one without strides, sliced? No kernel dilates with strides."""
    strided = max(pair(op.stride)) > 1 and max(pair(op.dilation)) > 1
    return strided or (isinstance(op, ops.DepthwiseConv2d) and len(set(pair(op.stride))) > 1)


def sliced(op: ops.Conv2d, site: FunctionSite) -> Statement:
    """Return the statement that takes every stride-th cell of a map."""
    height, width = map(literal, pair(op.stride))
    return site.gives(Part(site.output, f":, ::{height}, ::{width}"))


def is_point(site: Site) -> bool:
    """Is a map always 1×1? Then its order, when it is flattened, is no question."""
    return all(shape[1:] == (1, 1) for _, shape in site.bound())


def grouped(draft: Draft) -> list[tuple[ops.Conv2d, Shape]]:
    """Return every convolution in groups, with the shape of its input."""
    return [
        (step.op, step.inputs[0])
        for step in draft.elaboration.steps
        if isinstance(step.op, ops.Conv2d)
        and isinstance(step.op.groups, int)
        and step.op.groups > 1
    ]


def extended(op: ops.MaxPool2d, site: Site) -> Four | None:
    """Return (top, bottom, left, right) with what the last windows lack, None where all is 0."""
    over = overhang(site) if op.rounding == "ceil" else (0, 0)
    found = four_sides(beyond(op.padding, over))
    return None if found == (0, 0, 0, 0) else found


def conv_padding(
    op: ops.Conv2d, site: FunctionSite, padded: Any, explicit: bool
) -> tuple[Body, str, Any]:
    """Return the statements that pad, the value to convolve, and the convolution's own padding.

    `padded` is the input with zeros around, an expression. `explicit`: SAME may not be used.
    """
    bound, (x,) = site.bound(), site.inputs
    if op.padding == ops.SAME:
        return [], x, SAME
    if all(sides(o.padding) == ((0, 0), (0, 0)) for o, _ in bound):
        return [], x, None
    same = [is_same(o, s) for o, s in bound]
    if all(same) and not explicit:
        return [], x, SAME
    if explicit or not any(same) or not _separates(op.stride, same, site):
        return [site.gives(padded)], site.output, None
    padding = Choice('"valid"', _strided(op.stride), SAME)
    return _padding_if(op, site, padded), site.output, padding


def _separates(stride: Any, same: list[bool], site: Site) -> bool:
    """Is SAME right wherever a stride, an argument of the block, is 1?"""
    if not isinstance(stride, str):
        return False
    return all(s for s, strided in zip(same, site.holds(_strided(stride))) if not strided)


def _strided(size: Any) -> str:
    """Return the condition that a stride, or a kernel, is more than one cell."""
    return spliced("size > 1", size=size)


def _padding_if(op: ops.Conv2d, site: FunctionSite, padded: Any) -> Body:
    """Return the statements that pad where there is a stride."""
    condition = _strided(op.stride)
    pointwise = any(o.kernel_size == 1 < o.stride for o, _ in site.bound())
    if isinstance(op.kernel_size, str) and pointwise:
        condition += f" and {_strided(op.kernel_size)}"
    why = '"same" would pad unevenly'
    if site.inputs == (site.output,):
        return [If(condition, body=(site.gives(padded),), remark=why)]
    return [Comment(why), site.gives(Choice(padded, condition, site.inputs[0]))]
