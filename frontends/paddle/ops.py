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
from frontends.writing.expressions import Joined, List, invoke, unless
from frontends.writing.padding import beyond, by_sides, is_padded, left_first
from frontends.writing.paddle_family import padding_of, rounds_alike, same_padded, says_same
from frontends.writing.sites import ClassSite, Written, overhang


def concatenated(*values: Any) -> Any:
    return invoke("paddle.concat", List(values), axis=1)


def conv2d(op: ops.Conv2d, site: ClassSite) -> Written:
    taken, out, groups = channels(op, site)
    padding = op.padding if op.padding != ops.SAME or says_same(op) else 0
    init = invoke(
        "nn.Conv2D", taken, out, op.kernel_size,
        stride=unless(op.stride, 1),
        padding=unless(padding_of(padding), 0),
        dilation=unless(op.dilation, 1),
        groups=unless(groups, 1),
    )  # fmt: skip
    made = started(op, site, init)
    if padding == op.padding:
        return made
    return replace(made, value=invoke(site.attribute, same_padded(op, *site.inputs)))


def _same_padded(op: Any, site: ClassSite, init: Any) -> Written:
    """Return a layer on what the file's own function pads "same"."""
    return Written(invoke(site.attribute, same_padded(op, *site.inputs)), init)


def batch_norm(op: ops.BatchNorm, site: ClassSite) -> Written:
    named = {"momentum": unless(op.momentum, 0.9), "epsilon": unless(op.epsilon, 1e-5)}
    return started(op, site, invoke("nn.BatchNorm2D", site.widths[0], **named))


def dense(op: ops.Dense, site: ClassSite) -> Written:
    return started(op, site, invoke("nn.Linear", site.widths[0], op.out_features))


def pool(op: ops.MaxPool2d, site: ClassSite) -> Written:
    if op.padding == ops.SAME:
        native = says_same(op)
        init = _window(op, op.padding if native else 0, False)
        return applied(site, init) if native else _same_padded(op, site, init)
    bound = site.bound()
    counted = isinstance(op, ops.AvgPool2d) and op.count_include_pad is True
    counted = counted and is_padded(op.padding)
    native = all(rounds_alike(each, shape) for each, shape in bound)
    declared = counted and (op.rounding == "ceil" or by_sides(op.padding) is not None)
    if not declared and (op.rounding == "floor" or native):
        return applied(site, _window(op, op.padding, counted))
    over = overhang(site)
    if not counted:
        return applied(site, _window(op, beyond(op.padding, over), False))
    # Paddle would count what a partial window lacks, and uneven padding as if it were even.
    return applied(site, _window(op, ((0, over[0]), (0, over[1])), False), _zeros(op.padding))


def _window(op: ops.MaxPool2d, padding: Any, counted: bool) -> Any:
    layer = "nn.AvgPool2D" if isinstance(op, ops.AvgPool2d) else "nn.MaxPool2D"
    ceil = op.rounding == "ceil" and padding is op.padding
    return invoke(
        layer, op.kernel_size,
        stride=op.stride,
        padding=unless(padding_of(padding), 0),
        ceil_mode=unless(ceil, False),
        exclusive=False if counted else None,
    )  # fmt: skip


def adaptive_avg_pool2d(op: ops.AdaptiveAvgPool2d, site: ClassSite) -> Written:
    return applied(site, invoke("nn.AdaptiveAvgPool2D", op.output_size))


def flatten(op: ops.Flatten, site: ClassSite) -> Written:
    (x,) = site.inputs
    moved = "" if op.order == "CHW" else ".transpose([0, 2, 3, 1])"
    return Written(f"{x}{moved}.flatten(1)")


def zero_pad2d(op: ops.ZeroPad2d, site: ClassSite) -> Written:
    return applied(site, _zeros(op.padding))


def _zeros(padding: Any) -> Any:
    around = left_first(padding)
    return invoke("nn.ZeroPad2D", List(around) if isinstance(around, tuple) else around)


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
