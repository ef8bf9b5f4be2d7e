"""What Paddle and Fluid share: how their layers take padding, and how their pools round."""

from __future__ import annotations

from math import prod, sqrt
from typing import Any

from common import ops
from common.initializers import GLOROT_UNIFORM, ONES, ZEROS, Fans, Law, Normal
from common.ops import Op, Shape, pair
from frontends.writing.expressions import List, Part, carrying, invoke, unless
from frontends.writing.initial import Words
from frontends.writing.padding import by_sides, four_sides


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
    padded = invoke("pad_same", x, pair(op.kernel_size), pair(op.stride), spread)
    return carrying(padded, "padding", rule="before")


def padded_by(op: Any) -> Any:
    """Return the padding of an op as its layer takes it, None for none."""
    return carrying(unless(padding_of(op.padding), 0), "padding")


def rounded_by(op: Any) -> Any:
    """Return the `ceil_mode` of a pool, None for floor."""
    return carrying(unless(op.rounding == "ceil", False), "rounding")


def padding_of(padding: Any) -> Any:
    """Return padding as Paddle's layers take it: a size, a pair, [top, bottom, left, right]."""
    if padding == ops.SAME:
        return '"SAME"'
    uneven = by_sides(padding)
    return List(uneven) if uneven else padding


def started_at(op: Any, pooled: Any, x: str) -> Any:
    """Return a pooled value without the windows that start behind the map `x`, which Paddle's
    ceil_mode keeps."""
    (top, _, left, _), (down, right) = four_sides(op.padding), pair(op.stride)
    counts = _starts(f"{x}.shape[2]", top, down), _starts(f"{x}.shape[3]", left, right)
    return Part(pooled, f":, :, :{counts[0]}, :{counts[1]}")


def _starts(size: str, before: Any, stride: Any) -> str:
    """Return how many windows start on a map, or on the padding before it."""
    covered = size if before == 0 else f"({size} + {before})"
    return f" -(-{covered} // {stride})"
