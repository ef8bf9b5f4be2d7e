"""How Fluid writes each op: a row of `OPS` or a function of an op and its site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common import ops
from common.expressions import spliced
from common.ops import Op
from frontends.fluid.initial import started
from frontends.writing.dialect import Writes
from frontends.writing.expressions import Choice, List, carrying, given, invoke
from frontends.writing.padding import four_sides, is_padded, starts_inside
from frontends.writing.paddle_family import (
    padded_by,
    rounded_by,
    same_padded,
    says_same,
    started_at,
)
from frontends.writing.sites import Body, FunctionSite
from frontends.writing.statements import Comment
from frontends.writing.text import EmitError

LARGEST_EPSILON = 0.0010000000474974513  # 0.001 in float32: batch_norm_op.cc refuses a larger one

NORM = {"momentum": 0.9, "epsilon": 1e-5}  # a batch_norm's, unless it is told


def layer(name: str, /, *positional: Any, **named: Any) -> Any:
    """Return a call of one of Fluid's layers."""
    return invoke(f"fluid.layers.{name}", *positional, **named)


def row(name: str, **named: Any) -> Writes:
    """Return what writes an op as a layer that is always called with the same arguments."""
    return lambda op, site: [site.gives(layer(name, *site.inputs, **named, name=site.path()))]


def summed(paths: tuple[Any, ...]) -> Any:
    return layer("sums", List(paths))


def concatenated(paths: tuple[Any, ...], site: FunctionSite) -> Any:
    return layer("concat", List(paths), axis=1, name=site.path())


def conv2d(op: ops.Conv2d, site: FunctionSite) -> Body:
    (x,), pads, padding = site.inputs, [], padded_by(op)
    before, told = started(op, site)
    if op.padding == ops.SAME and not says_same(op):
        pads, x, padding = [site.gives(same_padded(op, x))], site.output, None
    filters, groups = op.out_channels, given(op, "groups", 1)
    if isinstance(op, ops.DepthwiseConv2d):
        groups = f"{x}.shape[1]"
        counted = {"channels": groups, "multiplier": op.out_channels}
        filters = groups if op.out_channels == 1 else spliced("channels * multiplier", **counted)
    conv = layer(
        "conv2d",
        x,
        num_filters=carrying(filters, "out_channels"),
        filter_size=given(op, "kernel_size"),
        stride=given(op, "stride", 1),
        padding=padding,
        dilation=given(op, "dilation", 1),
        groups=groups,
        param_attr=_attribute(site, "kernel", told),
        bias_attr=_bias(op.bias, site, told),
    )
    return [*pads, *before, site.gives(conv)]


def batch_norm(op: ops.BatchNorm, site: FunctionSite) -> Body:
    if any(o.epsilon > LARGEST_EPSILON for o, _ in site.bound()):
        raise EmitError(
            f"block {site.block.kind}, layer {site.layer}: epsilon {op.epsilon}; "
            "Fluid takes at most 0.001"
        )
    before, told = started(op, site)
    norm = layer(
        "batch_norm",
        *site.inputs,
        momentum=given(op, "momentum", NORM["momentum"]),
        epsilon=given(op, "epsilon", NORM["epsilon"]),
        param_attr=_attribute(site, "gamma", told),
        bias_attr=_attribute(site, "beta", told),
        moving_mean_name=site.parameter("mean"),
        moving_variance_name=site.parameter("variance"),
    )
    return [*before, site.gives(norm)]


def dense(op: ops.Dense, site: FunctionSite) -> Body:
    before, told = started(op, site)
    dense = layer(
        "fc",
        *site.inputs,
        size=given(op, "out_features"),
        param_attr=_attribute(site, "kernel", told),
        bias_attr=_bias(op.bias, site, told),
    )
    return [*before, site.gives(dense)]


def _attribute(site: FunctionSite, kind: str, told: Mapping[str, Any]) -> Any:
    return invoke("ParamAttr", site.parameter(kind), initializer=told.get(kind))


def _bias(flag: Any, site: FunctionSite, told: Mapping[str, Any]) -> Any:
    """Return what `bias_attr` takes: a named parameter, False for none, or a choice of them."""
    named = _attribute(site, "bias", told)
    if isinstance(flag, str):
        return carrying(Choice(named, flag, "False"), "bias")
    return named if flag else carrying(False, "bias")


def pool(op: ops.MaxPool2d, site: FunctionSite) -> Body:
    (x,), counts = site.inputs, isinstance(op, ops.AvgPool2d) and op.count_include_pad is True
    if op.padding == ops.SAME and not says_same(op):
        return [site.gives(same_padded(op, x)), site.gives(_window(op, site, site.output))]
    if op.rounding == "floor" or not (counts and is_padded(op.padding)):
        exclusive = carrying(False, "count_include_pad") if counts else None
        exclusive = exclusive if is_padded(op.padding) else None
        return [site.gives(_rounded(op, x, _window(op, site, x, padded_by(op), exclusive)))]
    around = carrying(List(four_sides(op.padding)), "padding", "count_include_pad", rule="before")
    padded = layer("pad2d", x, around)
    return [
        Comment("only the declared padding counts, not what the last window lacks"),
        site.gives(_rounded(op, x, _window(op, site, padded))),
    ]


def _rounded(op: ops.MaxPool2d, x: str, pooled: Any) -> Any:
    native = op.rounding == "floor" or starts_inside(op)
    return pooled if native else started_at(op, pooled, x)


def _window(
    op: ops.MaxPool2d, site: FunctionSite, x: Any, padding: Any = None, exclusive: Any = None
) -> Any:
    return layer(
        "pool2d",
        x,
        pool_size=given(op, "kernel_size"),
        pool_type='"avg"' if isinstance(op, ops.AvgPool2d) else '"max"',
        pool_stride=given(op, "stride", 1),
        pool_padding=padding,
        ceil_mode=rounded_by(op),
        exclusive=exclusive,
        name=site.path(),
    )


def global_avg_pool2d(op: ops.GlobalAvgPool2d, site: FunctionSite) -> Body:
    """As the zoo has it: (N, C, 1, 1), which fc flattens; flattened for all that is no fc."""
    named = {"pool_type": '"avg"', "global_pooling": "True", "name": site.path()}
    pooled = layer("pool2d", *site.inputs, **named)
    return [site.gives(pooled if site.feeds_only(ops.Dense) else layer("flatten", pooled))]


def adaptive_avg_pool2d(op: ops.AdaptiveAvgPool2d, site: FunctionSite) -> Body:
    named = {"pool_type": '"avg"', "name": site.path()}
    return [site.gives(layer("adaptive_pool2d", *site.inputs, given(op, "output_size"), **named))]


def dropout(op: ops.Dropout, site: FunctionSite) -> Body:
    named = {"dropout_implementation": '"upscale_in_train"', "name": site.path()}
    return [site.gives(layer("dropout", *site.inputs, given(op, "rate"), **named))]


def identity(op: ops.Identity, site: FunctionSite) -> Body:
    return [site.gives(layer("assign", *site.inputs))]


def add(op: ops.Add, site: FunctionSite) -> Body:
    if len(site.inputs) > 2:
        return [site.gives(summed(site.inputs))]
    return [site.gives(layer("elementwise_add", *site.inputs, name=site.path()))]


def concat(op: ops.Concat, site: FunctionSite) -> Body:
    return [site.gives(concatenated(site.inputs, site))]


def flatten(op: ops.Flatten, site: FunctionSite) -> Body:
    (x,) = site.inputs
    if op.order == "CHW":
        return [site.gives(layer("flatten", x))]
    moved = carrying(layer("transpose", x, List((0, 2, 3, 1))), "order", rule="before")
    return [site.gives(moved), site.gives(layer("flatten", site.output))]


def zero_pad2d(op: ops.ZeroPad2d, site: FunctionSite) -> Body:
    around = carrying(List(four_sides(op.padding)), "padding")
    return [site.gives(layer("pad2d", *site.inputs, around, name=site.path()))]


def channel_pad(op: ops.ChannelPad, site: FunctionSite) -> Body:
    around = List((0, 0, given(op, "before"), given(op, "after"), 0, 0, 0, 0))
    return [site.gives(layer("pad", *site.inputs, around))]


OPS: Mapping[type[Op], Writes] = {
    ops.Conv2d: conv2d,
    ops.DepthwiseConv2d: conv2d,
    ops.BatchNorm: batch_norm,
    ops.Dense: dense,
    ops.MaxPool2d: pool,
    ops.AvgPool2d: pool,
    ops.AdaptiveAvgPool2d: adaptive_avg_pool2d,
    ops.GlobalAvgPool2d: global_avg_pool2d,
    ops.ReLU: row("relu"),
    ops.ReLU6: row("relu6"),
    ops.SiLU: row("swish"),
    ops.Sigmoid: row("sigmoid"),
    ops.Softmax: row("softmax", axis=1),
    ops.Dropout: dropout,
    ops.Identity: identity,
    ops.Add: add,
    ops.Concat: concat,
    ops.Scale: row("elementwise_mul", axis=0),
    ops.Flatten: flatten,
    ops.ZeroPad2d: zero_pad2d,
    ops.ChannelPad: channel_pad,
}
# The words by which a layer takes the activation of its result, and the layers that take one.
ACTIVATIONS = {
    ops.ReLU: "relu",
    ops.ReLU6: "relu6",
    ops.SiLU: "swish",
    ops.Sigmoid: "sigmoid",
    ops.Softmax: "softmax",
}
ACTIVATING = {
    f"fluid.layers.{name}"
    for name in ("conv2d", "batch_norm", "fc", "elementwise_add", "elementwise_mul")
}
