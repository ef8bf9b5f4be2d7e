"""How Paddle writes each op: a row of `OPS` or a function of an op and its site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from common import ops
from common.ops import Op
from frontends.paddle.initial import started
from frontends.writing.class_ops import (
    Writes,
    add,
    applied,
    channels,
    channels_padded,
    dropout,
    module,
    value,
)
from frontends.writing.expressions import Joined, List, carrying, given, invoke
from frontends.writing.padding import by_sides, is_padded, left_first, starts_inside
from frontends.writing.paddle_family import (
    padded_by,
    rounded_by,
    same_padded,
    says_same,
    started_at,
)
from frontends.writing.sites import ClassSite, Written


def concatenated(*values: Any) -> Any:
    return invoke("paddle.concat", List(values), axis=1)


def conv2d(op: ops.Conv2d, site: ClassSite) -> Written:
    taken, out, groups = channels(op, site)
    native = op.padding != ops.SAME or says_same(op)
    init = invoke(
        "nn.Conv2D",
        taken,
        out,
        given(op, "kernel_size"),
        stride=given(op, "stride", 1),
        padding=padded_by(op) if native else None,
        dilation=given(op, "dilation", 1),
        groups=groups,
    )
    made = started(op, site, init)
    if native:
        return made
    return replace(made, value=invoke(site.attribute, same_padded(op, *site.inputs)))


def batch_norm(op: ops.BatchNorm, site: ClassSite) -> Written:
    named = {"momentum": given(op, "momentum", 0.9), "epsilon": given(op, "epsilon", 1e-5)}
    return started(op, site, invoke("nn.BatchNorm2D", site.widths[0], **named))


def dense(op: ops.Dense, site: ClassSite) -> Written:
    return started(op, site, invoke("nn.Linear", site.widths[0], given(op, "out_features")))


def pool(op: ops.MaxPool2d, site: ClassSite) -> Written:
    (x,), counts = site.inputs, isinstance(op, ops.AvgPool2d) and op.count_include_pad is True
    if op.padding == ops.SAME and not says_same(op):
        return Written(invoke(site.attribute, same_padded(op, x)), _window(op))
    counted, uneven = counts and is_padded(op.padding), by_sides(op.padding) is not None
    if counted and (op.rounding == "ceil" or uneven):
        # Paddle would count what a partial window lacks, and uneven padding as if it were even.
        around = carrying(_around(op.padding), "padding", "count_include_pad", rule="before")
        found = applied(site, _window(op), invoke("nn.ZeroPad2D", around))
    else:
        exclusive = carrying(False, "count_include_pad") if counted else None
        found = applied(site, _window(op, padded_by(op), exclusive))
    if op.rounding == "floor" or starts_inside(op):
        return found
    return replace(found, value=started_at(op, found.value, x))


def _window(op: ops.MaxPool2d, padding: Any = None, exclusive: Any = None) -> Any:
    return invoke(
        "nn.AvgPool2D" if isinstance(op, ops.AvgPool2d) else "nn.MaxPool2D",
        given(op, "kernel_size"),
        stride=given(op, "stride"),
        padding=padding,
        ceil_mode=rounded_by(op),
        exclusive=exclusive,
    )


def adaptive_avg_pool2d(op: ops.AdaptiveAvgPool2d, site: ClassSite) -> Written:
    return applied(site, invoke("nn.AdaptiveAvgPool2D", given(op, "output_size")))


def flatten(op: ops.Flatten, site: ClassSite) -> Written:
    (x,) = site.inputs
    if op.order == "CHW":
        return Written(f"{x}.flatten(1)")
    moved = invoke(f"{x}.transpose", List((0, 2, 3, 1)))
    return Written(invoke("paddle.flatten", carrying(moved, "order", rule="before"), 1))


def zero_pad2d(op: ops.ZeroPad2d, site: ClassSite) -> Written:
    return applied(site, invoke("nn.ZeroPad2D", carrying(_around(op.padding), "padding")))


def _around(padding: Any) -> Any:
    around = left_first(padding)
    return List(around) if isinstance(around, tuple) else around


OPS: Mapping[type[Op], Writes] = {
    ops.Conv2d: conv2d,
    ops.DepthwiseConv2d: conv2d,
    ops.BatchNorm: batch_norm,
    ops.Dense: dense,
    ops.MaxPool2d: pool,
    ops.AvgPool2d: pool,
    ops.AdaptiveAvgPool2d: adaptive_avg_pool2d,
    ops.GlobalAvgPool2d: value(lambda x: f"{x}.mean([2, 3])"),
    ops.ReLU: module("nn.ReLU"),
    ops.ReLU6: module("nn.ReLU6"),
    ops.SiLU: module("nn.Silu"),
    ops.Sigmoid: module("nn.Sigmoid"),
    ops.Softmax: module("nn.Softmax", axis=1),
    ops.Dropout: dropout,
    ops.Identity: value(lambda x: x),
    ops.Add: add,
    ops.Concat: value(concatenated),
    ops.Scale: value(lambda x, gate: Joined("*", (x, f"{gate}.unsqueeze([2, 3])"))),
    ops.Flatten: flatten,
    ops.ZeroPad2d: zero_pad2d,
    ops.ChannelPad: channels_padded(
        lambda x, *around: invoke("F.pad", x, List((0, 0, *around, 0, 0, 0, 0)))
    ),
}
