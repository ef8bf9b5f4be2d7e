"""How TensorFlow 1 writes each op: a row of `OPS` or a function of an op and its site."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from common import ops
from common.ops import Op, pair
from frontends.frameworks import TABLE
from frontends.tensorflow1.helpers import Depthwise, Grouped
from frontends.tensorflow1.initial import started
from frontends.writing import fixed_padding
from frontends.writing.channels_last import (
    SAME,
    by_hand,
    conv_padding,
    counted,
    extended,
    is_point,
    is_sliced,
    pad_same,
    says_same,
    sliced,
)
from frontends.writing.dialect import Writes
from frontends.writing.expressions import (
    Each,
    Joined,
    List,
    Part,
    bare,
    carrying,
    given,
    invoke,
    text,
)
from frontends.writing.fixed_padding import is_served
from frontends.writing.padding import Four, four_sides, is_same
from frontends.writing.sites import Body, FunctionSite
from frontends.writing.statements import Assign, Comment

LEAST_EPSILON = TABLE["tensorflow1"].unbiased_from or 0.0
NORM = {"momentum": 0.99, "epsilon": 1e-3}  # a batch normalization's, unless it is told
LOWEST = invoke("float", '"-inf"')


def row(function: str, *arguments: Any) -> Writes:
    """Return what writes an op as a function that is always called with the same arguments."""
    return lambda op, site: [
        site.gives(invoke(function, *site.inputs, *arguments, name=site.path()))
    ]


def summed(paths: tuple[Any, ...], site: FunctionSite) -> Any:
    return invoke("tf.add_n", List(paths), name=site.path())


def concatenated(paths: tuple[Any, ...], site: FunctionSite) -> Any:
    return invoke("tf.concat", List(paths), -1, name=site.path())


def conv2d(op: ops.Conv2d, site: FunctionSite) -> Body:
    if is_served(site.draft, site.block, site.layer):
        return [site.gives(fixed_padding.call(op, site))]
    without_strides = any(is_sliced(o) for o, _ in site.bound())  # no kernel dilates with them
    padded = _pad(site.inputs[0], four_sides(op.padding), None, by_hand(op))
    pads, x, padding = conv_padding(op, site, padded, explicit=without_strides)
    strides = None if without_strides else given(op, "stride", 1)
    before, laws = started(op, site)
    conv = site.gives(_convolution(op, site, x, strides, padding, laws))
    return [*pads, *before, conv, *([sliced(op, site)] if without_strides else [])]


def _convolution(
    op: ops.Conv2d, site: FunctionSite, x: str, strides: Any, padding: Any, laws: dict[str, Any]
) -> Any:
    named = {"strides": strides, "padding": padding, "dilation_rate": given(op, "dilation", 1)}
    where, name = (site.draft, site.block, site.layer), site.path()
    if Depthwise.serves(*where):
        named["depth_multiplier"] = given(op, "out_channels", 1)
        function, named["use_bias"] = Depthwise(site.draft).called("depthwise_conv2d", op)
        return invoke(function, x, given(op, "kernel_size"), **named, **laws, name=name)
    arguments = (x, given(op, "out_channels"), given(op, "kernel_size"))
    if Grouped.serves(*where):
        function, named["use_bias"] = Grouped(site.draft).called("grouped_conv2d", op)
        groups = given(op, "groups")
        return invoke(function, *arguments, groups, **named, **laws, name=name)
    named["use_bias"] = given(op, "bias", True)
    return invoke("tf.layers.conv2d", *arguments, **named, **laws, name=name)


def batch_norm(op: ops.BatchNorm, site: FunctionSite) -> Body:
    before, laws = started(op, site)
    if op.zero_debias:
        return [*before, site.gives(_zero_debiased(op, site, laws))]
    norm = invoke(
        "tf.layers.batch_normalization",
        *site.inputs,
        momentum=given(op, "momentum", NORM["momentum"]),
        epsilon=given(op, "epsilon", NORM["epsilon"]),
        **laws,
        training="training",
        fused=None if is_fused(op) else False,
        name=site.path(),
    )
    return [*before, site.gives(norm)]


def _zero_debiased(op: ops.BatchNorm, site: FunctionSite, laws: dict[str, Any]) -> Any:
    """Return the one batch normalization of TensorFlow 1 that rids its mean of its start; the
    older, with words of its own."""
    said = [f'"{n.removesuffix("_initializer")}": {text(each)}' for n, each in laws.items()]
    return invoke(
        "tf.contrib.layers.batch_norm",
        *site.inputs,
        decay=given(op, "momentum"),
        scale=True,
        epsilon=given(op, "epsilon", NORM["epsilon"]),
        param_initializers=carrying(f"{{{', '.join(said)}}}", *laws) if said else None,
        is_training="training",
        fused=None if is_fused(op) else False,
        zero_debias_moving_mean=carrying(True, "zero_debias"),
        scope=site.path(),
    )


def is_fused(op: ops.BatchNorm) -> bool:
    """Does a file fuse? The fused kernel takes no epsilon below this one, but another instead."""
    return isinstance(op.epsilon, float) and op.epsilon >= LEAST_EPSILON


def dense(op: ops.Dense, site: FunctionSite) -> Body:
    before, laws = started(op, site)
    named = {"use_bias": given(op, "bias", True), **laws, "name": site.path()}
    dense = invoke("tf.layers.dense", *site.inputs, given(op, "out_features"), **named)
    return [*before, site.gives(dense)]


def max_pool2d(op: ops.MaxPool2d, site: FunctionSite) -> Body:
    (x,) = site.inputs
    if op.padding == ops.SAME:
        return [site.gives(_window("max_pooling2d", op, site, x, SAME))]
    padded = extended(op, _size(site))
    if padded is None:
        return [site.gives(_window("max_pooling2d", op, site, x))]
    return [
        Comment("max pooling pads with -inf"),
        site.gives(_pad(x, padded, LOWEST, by_hand(op))),
        site.gives(_window("max_pooling2d", op, site, site.output)),
    ]


def avg_pool2d(op: ops.AvgPool2d, site: FunctionSite) -> Body:
    (x,), layer = site.inputs, "average_pooling2d"
    if op.padding == ops.SAME and not says_same(op):
        return [pad_same(op, site), site.gives(_window(layer, op, site, site.output))]
    if op.padding == ops.SAME:
        return [site.gives(_window(layer, op, site, x, SAME))]
    padded = extended(op, _size(site))
    if padded is None:
        return [site.gives(_window(layer, op, site, x))]
    zeros = site.gives(_pad(x, padded, None, by_hand(op)))
    window = site.gives(_window(layer, op, site, site.output))
    if op.rounding == "floor":
        if op.count_include_pad is True:
            marked = by_hand(op, "count_include_pad")
            return [site.gives(_pad(x, padded, None, marked)), window]
        if not op.arguments() and is_same(op):
            return [site.gives(_window(layer, op, site, x, SAME))]
    share = invoke(f"tf.layers.{layer}", "counted", op.kernel_size, strides=op.stride)
    ones, counts = _counted(op, site, padded), carrying(share, "count_include_pad", rule="before")
    return [
        Assign(("counted",), ones, remark="the mean is over what counts"),
        zeros,
        window,
        Assign((site.output,), counts, operator="/="),
    ]


def _counted(op: ops.AvgPool2d, site: FunctionSite, padded: Four) -> Any:
    """Return a map of one channel: 1 in every cell that counts, 0 around, as an expression."""
    ones = invoke("tf.ones_like", Part(site.inputs[0], ":1, :, :, :1"))
    if op.count_include_pad is not True:
        return _pad(ones, padded)
    declared, beyond = counted(op, _size(site))
    return _pad(_pad(ones, declared, 1), beyond)


def _size(site: FunctionSite) -> str:
    return f"{site.inputs[0]}.shape[{{}}].value"


def _window(layer: str, op: ops.MaxPool2d, site: FunctionSite, x: str, padding: Any = None) -> Any:
    padding = carrying(padding, "padding")
    named = {"strides": given(op, "stride"), "padding": padding, "name": site.path()}
    return invoke(f"tf.layers.{layer}", x, given(op, "kernel_size"), **named)


def adaptive_avg_pool2d(op: ops.AdaptiveAvgPool2d, site: FunctionSite) -> Body:
    if op.output_size == 1:
        named = {"keepdims": carrying(True, "output_size"), "name": site.path()}
        return [site.gives(invoke("tf.reduce_mean", *site.inputs, List((1, 2)), **named))]
    size = carrying(pair(op.output_size), "output_size")
    return [site.gives(invoke("adaptive_average_pooling2d", *site.inputs, size))]


def flatten(op: ops.Flatten, site: FunctionSite) -> Body:
    (x,) = site.inputs
    moved = op.order == "CHW" and not is_point(site)
    transposed = invoke("tf.transpose", x, List((0, 3, 1, 2)))
    taken = carrying(transposed, "order", rule="before") if moved else x
    return [site.gives(invoke("tf.layers.flatten", taken))]


def scale(op: ops.Scale, site: FunctionSite) -> Body:
    x, gate = site.inputs
    spread = Part(gate, ":, None, None, :")
    return [site.gives(invoke("tf.multiply", x, spread, name=site.path()))]


def concat(op: ops.Concat, site: FunctionSite) -> Body:
    return [site.gives(concatenated(site.inputs, site))]


def add(op: ops.Add, site: FunctionSite) -> Body:
    if len(site.inputs) > 2:
        return [site.gives(summed(site.inputs, site))]
    return [site.gives(invoke("tf.add", *site.inputs, name=site.path()))]


def channel_pad(op: ops.ChannelPad, site: FunctionSite) -> Body:
    still = Joined("*", (List((List((0, 0)),)), 3))
    both = carrying(List((_both(op.before, op.after),)), "before", "after")
    return [site.gives(invoke("tf.pad", *site.inputs, Joined("+", (still, both))))]


def zero_pad2d(op: ops.ZeroPad2d, site: FunctionSite) -> Body:
    padded = _pad(
        site.inputs[0], four_sides(op.padding), None, lambda each: carrying(each, "padding")
    )
    return [site.gives(padded.extended(name=site.path()))]


def dropout(op: ops.Dropout, site: FunctionSite) -> Body:
    named = {"training": "training", "name": site.path()}
    return [site.gives(invoke("tf.layers.dropout", *site.inputs, given(op, "rate"), **named))]


def silu(op: ops.SiLU, site: FunctionSite) -> Body:
    return [site.gives(invoke("tf.nn.swish", *site.inputs))]  # it takes no name


def identity(op: ops.Identity, site: FunctionSite) -> Body:
    return [site.gives(invoke("tf.identity", *site.inputs))]


def _both(before: Any, after: Any) -> Any:
    """Return [before, after] as an expression."""
    if before == after and isinstance(before, str):
        return Joined("*", (List((before,)), 2))
    return List((before, after))


def _pad(x: Any, padding: Four, value: Any = None, marked: Callable[[Any], Any] = bare) -> Any:
    top, bottom, left, right = padding
    still = List((0, 0))
    ends = List((still,))
    if isinstance(top, str) and top.isidentifier() and len(set(padding)) == 1:  # or a pair
        sizes = Each(List(("n", "n")), "n", invoke("np.broadcast_to", top, 2))
        return invoke("tf.pad", x, marked(Joined("+", (ends, List((sizes,)), ends))))
    if isinstance(top, str) and len(set(padding)) == 1 and value is None:
        both = Joined("*", (List((_both(top, top),)), 2))
        return invoke("tf.pad", x, marked(Joined("+", (ends, both, ends))))
    around = marked(List((still, _both(top, bottom), _both(left, right), still)))
    return invoke("tf.pad", x, around, constant_values=value)


OPS: Mapping[type[Op], Writes] = {
    ops.Conv2d: conv2d,
    ops.DepthwiseConv2d: conv2d,
    ops.BatchNorm: batch_norm,
    ops.Dense: dense,
    ops.MaxPool2d: max_pool2d,
    ops.AvgPool2d: avg_pool2d,
    ops.AdaptiveAvgPool2d: adaptive_avg_pool2d,
    ops.GlobalAvgPool2d: row("tf.reduce_mean", List((1, 2))),
    ops.ReLU: row("tf.nn.relu"),
    ops.ReLU6: row("tf.nn.relu6"),
    ops.SiLU: silu,
    ops.Sigmoid: row("tf.nn.sigmoid"),
    ops.Softmax: row("tf.nn.softmax"),
    ops.Dropout: dropout,
    ops.Identity: identity,
    ops.Add: add,
    ops.Concat: concat,
    ops.Scale: scale,
    ops.Flatten: flatten,
    ops.ZeroPad2d: zero_pad2d,
    ops.ChannelPad: channel_pad,
}
