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
from frontends.writing.expressions import Joined, List, Part, invoke, unless
from frontends.writing.overwriting import may_always
from frontends.writing.padding import by_sides, is_padded, left_first
from frontends.writing.sites import ClassSite, Written


def concatenated(*values: Any) -> Any:
    return invoke("torch.cat", List(values), dim=1)


def conv2d(op: ops.Conv2d, site: ClassSite) -> Written:
    taken, out, groups = channels(op, site)
    uneven, same = by_sides(op.padding), op.padding == ops.SAME
    init = invoke(
        "Conv2dSame" if same else "nn.Conv2d", taken, out, op.kernel_size,
        stride=unless(op.stride, 1),
        padding=unless(0 if uneven or same else op.padding, 0),
        dilation=unless(op.dilation, 1),
        groups=unless(groups, 1),
        bias=unless(op.bias, True),
    )  # fmt: skip
    return applied(site, init, _zeros(op.padding) if uneven else None)


def batch_norm(op: ops.BatchNorm, site: ClassSite) -> Written:
    momentum = complement(op.momentum)
    named = {"eps": unless(op.epsilon, 1e-5), "momentum": unless(momentum, 0.1)}
    return applied(site, invoke("nn.BatchNorm2d", site.widths[0], **named))


def dense(op: ops.Dense, site: ClassSite) -> Written:
    bias = unless(op.bias, True)
    return applied(site, invoke("nn.Linear", site.widths[0], op.out_features, bias=bias))


def relu(op: ops.ReLU, site: ClassSite) -> Written:
    inplace = unless(may_always(site.block, site.layer), False)
    return applied(site, invoke("nn.ReLU", inplace=inplace))


def max_pool2d(op: ops.MaxPool2d, site: ClassSite) -> Written:
    if op.padding == ops.SAME:
        return applied(site, _window("MaxPool2dSame", op, 0))
    if not by_sides(op.padding):
        return applied(site, _window("nn.MaxPool2d", op, op.padding))
    lowest = invoke("nn.ConstantPad2d", left_first(op.padding), invoke("float", '"-inf"'))
    return applied(site, _window("nn.MaxPool2d", op, 0), lowest)


def avg_pool2d(op: ops.AvgPool2d, site: ClassSite) -> Written:
    if op.padding == ops.SAME:
        counted = unless(op.count_include_pad, True)
        return applied(site, _window("AvgPool2dSame", op, 0, counted))
    if not by_sides(op.padding):
        counted = unless(op.count_include_pad, True) if is_padded(op.padding) else None
        return applied(site, _window("nn.AvgPool2d", op, op.padding, counted))
    found = applied(site, _window("nn.AvgPool2d", op, 0), _zeros(op.padding))
    if op.count_include_pad is True:
        return found
    ones = invoke("torch.ones_like", *site.inputs)
    counted = invoke(site.attribute, invoke(site.pad, ones))
    return Written(Joined("/", (found.value, counted)), found.init, found.pad)


def _window(layer: str, op: ops.MaxPool2d, padding: Any, counted: Any = None) -> Any:
    return invoke(
        layer, op.kernel_size,
        stride=op.stride,
        padding=unless(padding, 0),
        ceil_mode=unless(op.rounding == "ceil", False),
        count_include_pad=counted,
    )  # fmt: skip


def adaptive_avg_pool2d(op: ops.AdaptiveAvgPool2d, site: ClassSite) -> Written:
    return applied(site, invoke("nn.AdaptiveAvgPool2d", op.output_size))


def global_avg_pool2d(op: ops.GlobalAvgPool2d, site: ClassSite) -> Written:
    """As torchvision has it behind the last stage; a gate takes the mean."""
    (x,) = site.inputs
    if site.block is not site.draft.root:
        return Written(f"{x}.mean((2, 3))")
    pooled = invoke(site.attribute, x)
    return Written(invoke("torch.flatten", pooled, 1), invoke("nn.AdaptiveAvgPool2d", (1, 1)))


def flatten(op: ops.Flatten, site: ClassSite) -> Written:
    (x,) = site.inputs
    return Written(
        invoke("torch.flatten", x, 1)
        if op.order == "CHW"
        else f"{x}.permute(0, 2, 3, 1).flatten(1)"
    )


def zero_pad2d(op: ops.ZeroPad2d, site: ClassSite) -> Written:
    return applied(site, _zeros(op.padding))


def _zeros(padding: Any) -> Any:
    return invoke("nn.ZeroPad2d", left_first(padding))


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
