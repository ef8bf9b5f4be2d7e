"""How Keras writes each op: a row of `OPS` or a function of an op and its site."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from common import ops
from common.expressions import spliced
from common.ops import Op
from common.spec import plain
from frontends.tensorflow.initial import started
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
from frontends.writing.draft import Draft
from frontends.writing.expressions import (
    Choice,
    Joined,
    List,
    Part,
    bare,
    carrying,
    given,
    invoke,
)
from frontends.writing.fixed_padding import is_served
from frontends.writing.padding import Four, by_sides, is_same
from frontends.writing.sites import Body, FunctionSite, Site
from frontends.writing.statements import Assign, Comment

# Keras writes this down where a model is saved, and JSON has no infinity.
LOWEST = "-3.4e38"
NORM = {"momentum": 0.99, "epsilon": 1e-3}  # a BatchNormalization's, unless it is told


def layer(name: str, /, *positional: Any, **named: Any) -> Any:
    """Return what makes one of Keras' layers; its call is on what it gives."""
    return invoke(f"layers.{name}", *positional, **named)


def row(name: str, *arguments: Any) -> Writes:
    """Return what writes an op as a layer that is always made with the same arguments."""
    return lambda op, site: [applied(site, layer(name, *arguments, name=site.path()))]


def applied(site: FunctionSite, made: Any, *taken: Any) -> Assign:
    """Return the statement that calls a layer on values, by default on the op's inputs."""
    return Assign((site.output,), invoke(made, *(taken or site.inputs)))


def merged(name: str, paths: tuple[Any, ...], site: FunctionSite) -> Any:
    """Return a layer that takes a list of values, called on it."""
    return invoke(layer(name, name=site.path()), List(paths))


def conv2d(op: ops.Conv2d, site: FunctionSite) -> Body:
    if is_served(site.draft, site.block, site.layer):
        return [site.gives(fixed_padding.call(op, site))]
    (x,), bound, (before, laws) = site.inputs, site.bound(), started(op, site)
    depthwise = isinstance(op, ops.DepthwiseConv2d)
    both = any(is_sliced(o) for o, _ in bound)  # Keras has no dilated convolution with strides
    padded = _zeros(x, by_hand(op)(_around(op.padding)), site)
    pads, x, padding = conv_padding(op, site, padded, both, site.path(".pad"))
    in_groups = isinstance(op.groups, str) or op.groups > 1
    plain = "layers.DepthwiseConv2D" if depthwise else "layers.Conv2D"
    if in_groups and isinstance(op.groups, str):
        plain = site.locals.name("convolution")
        pads = [Assign((plain,), Choice("GroupedConv2D", _several(op), "layers.Conv2D")), *pads]
    elif in_groups:
        plain = "GroupedConv2D"
    conv = invoke(
        plain,
        None if depthwise else given(op, "out_channels"),
        given(op, "kernel_size"),
        strides=None if both else given(op, "stride", 1),
        padding=padding,
        depth_multiplier=given(op, "out_channels", 1) if depthwise else None,
        dilation_rate=given(op, "dilation", 1),
        groups=given(op, "groups") if in_groups else None,
        use_bias=given(op, "bias", True),
        **laws,
        name=site.path(),
    )
    return [*pads, *before, applied(site, conv, x), *([sliced(op, site)] if both else [])]


def _several(op: ops.Conv2d) -> str:
    return spliced("groups > 1", groups=op.groups)


def batch_norm(op: ops.BatchNorm, site: FunctionSite) -> Body:
    before, laws = started(op, site)
    named = {each: given(op, each, default) for each, default in NORM.items()}
    named |= {**laws, "name": site.path()}
    return [*before, applied(site, layer("BatchNormalization", **named))]


def dense(op: ops.Dense, site: FunctionSite) -> Body:
    before, laws = started(op, site)
    activation = "classifier_activation" if _is_head(site) else None
    named = {"activation": activation, "use_bias": given(op, "bias", True), **laws}
    named["name"] = site.path()
    return [*before, applied(site, layer("Dense", given(op, "out_features"), **named))]


def softmax(op: ops.Softmax, site: FunctionSite) -> Body:
    if _is_head(site):
        made = layer("Activation", "classifier_activation", name=site.path())
    else:
        made = layer("Softmax", name=site.path())
    return [applied(site, made)]


def head_of(draft: Draft) -> tuple[str, str] | None:
    """Return the activation that a network ends in as source, and the layer that it is told to;
    None where it ends in neither logits of a dense layer nor a softmax."""
    root, last = draft.root, draft.root.wiring[-1]
    op = root.layers[last.layer]
    if root.calls_of(last.layer) > 1 or last.outputs != root.outputs:
        return None
    if isinstance(op, ops.Softmax):
        return '"softmax"', last.layer
    return ("None", last.layer) if isinstance(op, ops.Dense) else None


def _is_head(site: FunctionSite) -> bool:
    head = head_of(site.draft) if site.is_root else None
    return head is not None and head[1] == site.layer


def max_pool2d(op: ops.MaxPool2d, site: FunctionSite) -> Body:
    if op.padding == ops.SAME:
        return [applied(site, _window("MaxPooling2D", op, site, SAME))]
    padded, window = extended(op, _size(site)), _window("MaxPooling2D", op, site)
    if padded is None:
        return [applied(site, window)]
    if site.is_never_negative():
        even = op.rounding == "floor" and by_sides(op.padding) is None
        around = op.padding if even else (padded[:2], padded[2:])
        zeros = _zeros(site.inputs[0], by_hand(op)(around), site)
        return [site.gives(zeros), applied(site, window, site.output)]
    return [
        Comment("max pooling pads with the lowest number"),
        site.gives(_pad(site.inputs[0], padded, LOWEST, by_hand(op))),
        applied(site, window, site.output),
    ]


def avg_pool2d(op: ops.AvgPool2d, site: FunctionSite) -> Body:
    (x,) = site.inputs
    if op.padding == ops.SAME and not says_same(op):
        window = _window("AveragePooling2D", op, site)
        return [pad_same(op, site, site.path(".pad")), applied(site, window, site.output)]
    if op.padding == ops.SAME:
        return [applied(site, _window("AveragePooling2D", op, site, SAME))]
    padded, window = extended(op, _size(site)), _window("AveragePooling2D", op, site)
    if padded is None:
        return [applied(site, window)]
    if op.rounding == "floor":
        if op.count_include_pad is True:
            zeros = _pad(x, padded, None, by_hand(op, "count_include_pad"))
            return [site.gives(zeros), applied(site, window, site.output)]
        if not op.arguments() and is_same(op):
            return [applied(site, _window("AveragePooling2D", op, site, SAME))]
    # The mean over what counts: both sums are means over the whole window.
    share = invoke("ops.average_pool", "counted", op.kernel_size, strides=op.stride)
    share = carrying(share, "count_include_pad", rule="before")
    return [
        Assign(("counted",), _counted(op, site, padded)),
        site.gives(_pad(x, padded, None, by_hand(op))),
        applied(site, window, site.output),
        site.gives(Joined("/", (site.output, share))),
    ]


def _counted(op: ops.AvgPool2d, site: FunctionSite, padded: Four) -> Any:
    """Return a map of one channel: 1 in every cell that counts, 0 around, as an expression."""
    ones = invoke("ops.ones_like", Part(site.inputs[0], ":1, :, :, :1"))
    if op.count_include_pad is not True:
        return _pad(ones, padded)
    declared, beyond = counted(op, _size(site))
    return _pad(_pad(ones, declared, 1), beyond)


def _size(site: FunctionSite) -> str:
    return f"{site.inputs[0]}.shape[{{}}]"


def _window(name: str, op: ops.MaxPool2d, site: FunctionSite, word: Any = None) -> Any:
    padding = carrying(word, "padding")
    named = {"strides": given(op, "stride", op.kernel_size), "padding": padding}
    return layer(name, given(op, "kernel_size"), **named, name=site.path())


def adaptive_avg_pool2d(op: ops.AdaptiveAvgPool2d, site: FunctionSite) -> Body:
    name = site.path()
    if op.output_size == 1:
        keeps = carrying(True, "output_size")
        return [applied(site, layer("GlobalAveragePooling2D", keepdims=keeps, name=name))]
    size = given(op, "output_size")
    return [applied(site, layer("AdaptiveAveragePooling2D", size, name=name))]


def flatten(op: ops.Flatten, site: FunctionSite) -> Body:
    flattened = layer("Flatten", name=site.path())
    if op.order == "CHW" and not is_point(site):
        axes = carrying((3, 1, 2), "order", rule="before")
        moved = applied(site, layer("Permute", axes, name=site.path(".permute")))
        return [moved, applied(site, flattened, site.output)]
    return [applied(site, flattened)]


def scale(op: ops.Scale, site: FunctionSite) -> Body:
    x, gate = site.inputs
    spread = invoke(layer("Reshape", (1, 1, -1), name=site.path(".reshape")), gate)
    return [site.gives(merged("Multiply", (x, spread), site))]


def concat(op: ops.Concat, site: FunctionSite) -> Body:
    return [site.gives(merged("Concatenate", site.inputs, site))]


def add(op: ops.Add, site: FunctionSite) -> Body:
    return [site.gives(merged("Add", site.inputs, site))]


def channel_pad(op: ops.ChannelPad, site: FunctionSite) -> Body:
    around = ((0, 0), (0, 0), (0, 0), (given(op, "before"), given(op, "after")))
    return [site.gives(invoke("ops.pad", *site.inputs, around))]


def zero_pad2d(op: ops.ZeroPad2d, site: FunctionSite) -> Body:
    around = carrying(_around(op.padding), "padding")
    return [applied(site, layer("ZeroPadding2D", around, name=site.path()))]


def dropout(op: ops.Dropout, site: FunctionSite) -> Body:
    return [applied(site, layer("Dropout", given(op, "rate"), name=site.path()))]


def identity(op: ops.Identity, site: FunctionSite) -> Body:
    return [site.gives(*site.inputs)]


def _zeros(x: str, around: Any, site: FunctionSite) -> Any:
    """Return a value with zeros around, as an expression."""
    return invoke(layer("ZeroPadding2D", around, name=site.path(".pad")), x)


def _around(padding: Any) -> Any:
    """Return padding as ZeroPadding2D takes it."""
    uneven = by_sides(padding)
    return (uneven[:2], uneven[2:]) if uneven else padding


def _pad(x: Any, padding: Four, value: Any = None, marked: Callable[[Any], Any] = bare) -> Any:
    top, bottom, left, right = padding
    around = marked(((0, 0), (top, bottom), (left, right), (0, 0)))
    return invoke("ops.pad", x, around, constant_values=value)


OPS: Mapping[type[Op], Writes] = {
    ops.Conv2d: conv2d,
    ops.DepthwiseConv2d: conv2d,
    ops.BatchNorm: batch_norm,
    ops.Dense: dense,
    ops.MaxPool2d: max_pool2d,
    ops.AvgPool2d: avg_pool2d,
    ops.AdaptiveAvgPool2d: adaptive_avg_pool2d,
    ops.GlobalAvgPool2d: row("GlobalAveragePooling2D"),
    ops.ReLU: row("ReLU"),
    ops.ReLU6: row("ReLU", 6),
    ops.SiLU: row("Activation", '"silu"'),
    ops.Sigmoid: row("Activation", '"sigmoid"'),
    ops.Softmax: softmax,
    ops.Dropout: dropout,
    ops.Identity: identity,
    ops.Add: add,
    ops.Concat: concat,
    ops.Scale: scale,
    ops.Flatten: flatten,
    ops.ZeroPad2d: zero_pad2d,
    ops.ChannelPad: channel_pad,
}


def uses_keras_ops(draft: Draft) -> bool:
    """Is a layer written with `keras.ops`?"""
    for block in draft.kinds():
        for name, layer in block.layers.items():
            op = plain(layer)
            if isinstance(op, ops.ChannelPad):
                return True
            if isinstance(op, ops.MaxPool2d) and (op.padding != 0 or op.rounding == "ceil"):
                site = Site(draft, block, name, ())
                averages = isinstance(op, ops.AvgPool2d)
                if op.padding != ops.SAME and (averages or not site.is_never_negative()):
                    return True
    return False
