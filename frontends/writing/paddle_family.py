"""What Paddle and Fluid share: how their layers take padding, and how their pools round."""

from __future__ import annotations

from math import prod, sqrt
from typing import Any

from common import ops
from common.initializers import GLOROT_UNIFORM, ONES, ZEROS, Fans, Law, Normal
from common.ops import Op, Shape, pair, sides
from frontends.writing.expressions import List, invoke
from frontends.writing.initial import Words
from frontends.writing.padding import by_sides


def says_same(op: Op) -> bool:
    """Can Paddle pad "SAME" here? A dilation it would forget, and a mean leaves padding out."""
    if isinstance(op, ops.Conv2d):
        return op.dilation == 1
    return not isinstance(op, ops.AvgPool2d) or op.count_include_pad is False


def default_law(op: Op, kind: str, shape: Shape) -> Law:
    """Return how Paddle starts a parameter: convolutions by all input channels, groups or not."""
    if kind != "kernel":
        return ONES if kind == "gamma" else ZEROS
    if isinstance(op, ops.Dense):
        return GLOROT_UNIFORM.at(Fans.of(op.parameters(shape)[kind]))
    assert isinstance(op, ops.Conv2d)
    return Normal(sqrt(2 / (shape[0] * prod(pair(op.kernel_size)))))


class PaddleFamilyWords(Words):
    """Laws as Paddle and Fluid are told them."""

    default = staticmethod(default_law)

    def always(self, op: Op) -> bool:
        return isinstance(getattr(op, "groups", 1), str)


def same_padded(op: Any, x: str) -> Any:
    """Return a value with "same" padded around it by the file's own function."""
    spread = pair(getattr(op, "dilation", 1))
    return invoke("pad_same", x, pair(op.kernel_size), pair(op.stride), spread)


def padding_of(padding: Any) -> Any:
    """Return padding as Paddle's layers take it: a size, a pair, [top, bottom, left, right]."""
    if padding == ops.SAME:
        return '"SAME"'
    uneven = by_sides(padding)
    return List(uneven) if uneven else padding


def rounds_alike(op: Any, shape: Shape) -> bool:
    """Does Paddle's ceil_mode give this many windows? It keeps those that see only padding."""
    steps = zip(shape[1:], pair(op.kernel_size), pair(op.stride), sides(op.padding))
    counts = tuple(-((k - n - sum(pads)) // s) + 1 for n, k, s, pads in steps)
    return bool(counts == op.output(shape)[1:])
