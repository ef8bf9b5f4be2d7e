"""How PyTorch writes each op: a row of `OPS` or a function of an op and its site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common import ops
from common.ops import Op
from frontends.writing.class_ops import (
    Writes,
    add,
    applied,
    channels,
    channels_padded,
    complement,
    dropout,
    module,
    value,
)
from frontends.writing.expressions import Joined, List, Part, carrying, given, invoke, unless
from frontends.writing.overwriting import may_always
from frontends.writing.padding import by_sides, is_padded, left_first
from frontends.writing.sites import ClassSite, Written


def concatenated(*values: Any) -> Any:
    return invoke("torch.cat", List(values), dim=1)


def conv2d(op: ops.Conv2d, site: ClassSite) -> Written:
    taken, out, groups = channels(op, site)
    uneven, same = by_sides(op.padding), op.padding == ops.SAME
    init = invoke(
        carrying("Conv2dSame", "padding", rule="function") if same else "nn.Conv2d",
        taken,
        out,
        given(op, "kernel_size"),
        stride=given(op, "stride", 1),
        padding=None if uneven or same else given(op, "padding", 0),
        dilation=given(op, "dilation", 1),
        groups=groups,
        bias=given(op, "bias", True),
    )
    return applied(site, init, _zeros(op.padding) if uneven else None)


def batch_norm(op: ops.BatchNorm, site: ClassSite) -> Written:
    momentum = unless(complement(op.momentum), 0.1)
    named = {"eps": given(op, "epsilon", 1e-5), "momentum": carrying(momentum, "momentum")}
    return applied(site, invoke("nn.BatchNorm2d", site.widths[0], **named))


def dense(op: ops.Dense, site: ClassSite) -> Written:
    sizes = site.widths[0], given(op, "out_features")
    return applied(site, invoke("nn.Linear", *sizes, bias=given(op, "bias", True)))


def relu(op: ops.ReLU, site: ClassSite) -> Written:
    inplace = unless(may_always(site.block, site.layer), False)
    return applied(site, invoke("nn.ReLU", inplace=inplace))


def max_pool2d(op: ops.MaxPool2d, site: ClassSite) -> Written:
    if op.padding == ops.SAME:
        return applied(site, _window(_same("MaxPool2dSame"), op))
    if not by_sides(op.padding):
        return applied(site, _window("nn.MaxPool2d", op, given(op, "padding", 0)))
    lowest = invoke("nn.ConstantPad2d", _around(op.padding), invoke("float", '"-inf"'))
    return applied(site, _window("nn.MaxPool2d", op), lowest)


def avg_pool2d(op: ops.AvgPool2d, site: ClassSite) -> Written:
    if op.padding == ops.SAME:
        counted = given(op, "count_include_pad", True)
        return applied(site, _window(_same("AvgPool2dSame"), op, None, counted))
    if not by_sides(op.padding):
        counted = given(op, "count_include_pad", True) if is_padded(op.padding) else None
        return applied(site, _window("nn.AvgPool2d", op, given(op, "padding", 0), counted))
    found = applied(site, _window("nn.AvgPool2d", op), _zeros(op.padding))
    if op.count_include_pad is True:
        return found
    ones = invoke("torch.ones_like", *site.inputs)
    counted = invoke(site.attribute, invoke(site.pad, ones))
    counted = carrying(counted, "count_include_pad", rule="before")
    return Written(Joined("/", (found.value, counted)), found.init, found.pad)


def _same(layer: str) -> Any:
    return carrying(layer, "padding", rule="function")


def _window(layer: Any, op: ops.MaxPool2d, padding: Any = None, counted: Any = None) -> Any:
    return invoke(
        layer,
        given(op, "kernel_size"),
        stride=given(op, "stride"),
        padding=padding,
        ceil_mode=carrying(unless(op.rounding == "ceil", False), "rounding"),
        count_include_pad=counted,
    )


def adaptive_avg_pool2d(op: ops.AdaptiveAvgPool2d, site: ClassSite) -> Written:
    return applied(site, invoke("nn.AdaptiveAvgPool2d", given(op, "output_size")))


def global_avg_pool2d(op: ops.GlobalAvgPool2d, site: ClassSite) -> Written:
    """As torchvision has it behind the last stage; a gate takes the mean."""
    (x,) = site.inputs
    if site.block is not site.draft.root:
        return Written(f"{x}.mean((2, 3))")
    pooled = invoke(site.attribute, x)
    return Written(invoke("torch.flatten", pooled, 1), invoke("nn.AdaptiveAvgPool2d", (1, 1)))


def flatten(op: ops.Flatten, site: ClassSite) -> Written:
    (x,) = site.inputs
    moved = carrying(invoke(f"{x}.permute", 0, 2, 3, 1), "order", rule="before")
    return Written(invoke("torch.flatten", x if op.order == "CHW" else moved, 1))


def zero_pad2d(op: ops.ZeroPad2d, site: ClassSite) -> Written:
    return applied(site, invoke("nn.ZeroPad2d", carrying(left_first(op.padding), "padding")))


def _zeros(padding: Any) -> Any:
    return invoke("nn.ZeroPad2d", _around(padding))


def _around(padding: Any) -> Any:
    return carrying(left_first(padding), "padding", rule="before")


OPS: Mapping[type[Op], Writes] = {
    ops.Conv2d: conv2d,
    ops.DepthwiseConv2d: conv2d,
    ops.BatchNorm: batch_norm,
    ops.Dense: dense,
    ops.MaxPool2d: max_pool2d,
    ops.AvgPool2d: avg_pool2d,
    ops.AdaptiveAvgPool2d: adaptive_avg_pool2d,
    ops.GlobalAvgPool2d: global_avg_pool2d,
    ops.ReLU: relu,
    ops.ReLU6: module("nn.ReLU6"),
    ops.SiLU: module("nn.SiLU"),
    ops.Sigmoid: module("nn.Sigmoid"),
    ops.Softmax: module("nn.Softmax", dim=1),
    ops.Dropout: dropout,
    ops.Identity: value(lambda x: x),
    ops.Add: add,
    ops.Concat: value(concatenated),
    ops.Scale: value(lambda x, gate: Joined("*", (x, Part(gate, ":, :, None, None")))),
    ops.Flatten: flatten,
    ops.ZeroPad2d: zero_pad2d,
    ops.ChannelPad: channels_padded(lambda x, *n: invoke("F.pad", x, (0, 0, 0, 0, *n))),
}
