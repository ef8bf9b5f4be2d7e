"""TensorFlow 1.15's dialect: tf.layers and variable scopes, channels last."""

from __future__ import annotations

from typing import Any

from common import ops
from common.expressions import literal
from common.network import Network
from common.ops import Op, Shape, pair
from common.spec import Layer, When, uses
from common.wiring import Call
from frontends.tensorflow1.helpers import Depthwise, Grouped, helpers
from frontends.writing.channels_last import (
    conv_padding,
    extended,
    is_point,
    is_same,
    is_sliced,
    says_same,
)
from frontends.writing.class_ops import four_sides
from frontends.writing.dialect import Site
from frontends.writing.draft import Draft, Source, constant
from frontends.writing.functions import write
from frontends.writing.naming import Naming
from frontends.writing.padding import Bound
from frontends.writing.text import invoke, unless

NOTE = """\
# Batch normalization is not fused, since the fused kernel has no float64. Its averages
# move only if tf.GraphKeys.UPDATE_OPS are run with each training step."""
UNNAMED = (ops.Identity, ops.ChannelPad, ops.Flatten)  # steps that have a name in no dialect
REPEATED = "# with the parameters of the call before"
SAME, MINUS_INFINITY = '"same"', 'float("-inf")'
SHARED = "tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE"


class TensorFlow1Dialect:
    name = "tensorflow1"
    framework = "TensorFlow 1.15"
    fstrings = False
    threads_training = True

    def says_same(self, op: Op, bound: Bound) -> bool:
        return says_same(op, bound)

    def imports(self, draft: Draft) -> list[str]:
        lines = ["import numpy as np", "import tensorflow as tf"]
        if any(isinstance(step.op, ops.BatchNorm) for step in draft.elaboration.steps):
            lines += ["", NOTE]
        return lines

    def naming(self, network: Network) -> Naming:
        return Naming()

    def helpers(self, draft: Draft) -> list[str]:
        return helpers(draft)

    def fused(self, line: str, op: Op, when: Any) -> str | None:
        return None  # each step keeps its name

    def needs_name(self, op: Op) -> bool:
        return type(op) not in UNNAMED

    def op(self, op: Op, site: Site, inputs: list[str], output: str) -> list[str]:
        """Return the lines that set `output`."""
        if type(op) in _FUNCTIONS:
            function, *arguments = _FUNCTIONS[type(op)]
            name = site.path() if type(op) is not ops.SiLU else None  # swish takes no name
            return [f"{output} = {invoke(f'tf.{function}', *inputs, *arguments, name=name)}"]
        return getattr(self, f"_{op.symbol}")(op, site, inputs, output)  # type: ignore[no-any-return]

    def merged(self, merge: str, paths: str, site: Site) -> str:
        if merge == "sum":
            return invoke("tf.add_n", paths, name=site.path())
        return invoke("tf.concat", paths, -1, name=site.path())

    def shared(
        self, site: Site, call: Call, first: bool, lines: list[str], standalone: list[str]
    ) -> list[str] | None:
        """Reuse the variables of what is called again."""
        kinds = _kinds(site.block.layers[call.layer])
        if not kinds & {ops.Conv2d, ops.DepthwiseConv2d, ops.Dense, ops.BatchNorm}:
            return None
        body = [f"    {line}" for line in lines]
        if ops.BatchNorm not in kinds:
            if "= tf.layers." in lines[-1] and not standalone:
                again = lines[-1].replace(", name=", ", reuse=True, name=")
                return lines if first else [REPEATED, *lines[:-1], again]
            return [f"with {SHARED}):", *body]
        opened = f"with {SHARED}, use_resource=True):"
        if first:
            return [opened, *body]
        return [
            "# the moving averages take their steps in turn",
            "with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):",
            f"    {opened}",
            *(f"    {line}" for line in body),
        ]

    def root_inputs(self, draft: Draft) -> list[str]:
        return list(draft.root.inputs)

    def open_root(self, draft: Draft) -> list[str]:
        return []

    def close_root(self, draft: Draft, value: str) -> str:
        return value

    def batched(self, shape: Shape) -> str:
        return f"({', '.join(map(str, ('N', *shape[1:], shape[0])))})"

    def demo(self, draft: Draft, entry: str) -> list[str]:
        shape = draft.network.input_shape
        last = (*shape[1:], shape[0])
        (value,) = draft.root.inputs
        threaded = any(isinstance(s.op, _TRAINED) for s in draft.elaboration.steps)
        training = ", training=False" if threaded else ""
        return [
            'if __name__ == "__main__":',
            f"    {value} = tf.placeholder(tf.float32, {_listed(['None', *last])})",
            f"    output = {entry}({value}{training})",
            "    with tf.Session() as session:",
            "        session.run(tf.global_variables_initializer())",
            f"        feed = {{{value}: np.zeros({literal((1, *last))})}}",
            "        print(session.run(output, feed_dict=feed).shape)",
        ]

    def _conv2d(self, op: ops.Conv2d, site: Site, inputs: list[str], output: str) -> list[str]:
        (x,), bound = inputs, site.bound()
        sliced = any(is_sliced(o) for o, _ in bound)
        pads, x, padding = conv_padding(op, site, _pad(x, op.padding), x, output, explicit=sliced)
        strides = None if sliced else unless(op.stride, 1)
        lines = [*pads, f"{output} = {self._convolution(op, site, x, strides, padding)}"]
        if sliced:  # TensorFlow 1 has no dilated convolution with strides
            height, width = pair(op.stride)
            lines.append(f"{output} = {output}[:, ::{literal(height)}, ::{literal(width)}]")
        return lines

    _depthwise_conv2d = _conv2d

    def _convolution(
        self, op: ops.Conv2d, site: Site, x: str, strides: Any, padding: str | None
    ) -> str:
        common = {
            "strides": strides,
            "padding": padding,
            "dilation_rate": unless(op.dilation, 1),
        }
        where, name = (site.draft, site.block, site.layer), site.path()
        if Depthwise.serves(*where):
            common["depth_multiplier"] = unless(op.out_channels, 1)
            bias = Depthwise(site.draft).use_bias(op.bias)
            return invoke("depthwise_conv2d", x, op.kernel_size, **common, use_bias=bias, name=name)
        arguments = (x, op.out_channels, op.kernel_size)
        if Grouped.serves(*where):
            bias = Grouped(site.draft).use_bias(op.bias)
            return invoke(
                "grouped_conv2d", *arguments, op.groups, **common, use_bias=bias, name=name
            )
        bias = unless(op.bias, True)
        return invoke("tf.layers.conv2d", *arguments, **common, use_bias=bias, name=name)

    def _batch_norm(
        self, op: ops.BatchNorm, site: Site, inputs: list[str], output: str
    ) -> list[str]:
        layer = invoke(
            "tf.layers.batch_normalization",
            *inputs,
            momentum=op.momentum,
            epsilon=op.epsilon,
            gamma_initializer="tf.zeros_initializer()" if op.zero_gamma else None,
            training="training",
            fused=False,
            name=site.path(),
        )
        return [f"{output} = {layer}"]

    def _dense(self, op: ops.Dense, site: Site, inputs: list[str], output: str) -> list[str]:
        bias = unless(op.bias, True)
        layer = invoke("tf.layers.dense", *inputs, op.out_features, use_bias=bias, name=site.path())
        return [f"{output} = {layer}"]

    def _max_pool2d(
        self, op: ops.MaxPool2d, site: Site, inputs: list[str], output: str
    ) -> list[str]:
        (x,) = inputs
        if op.padding == ops.SAME:
            return [f"{output} = {_window('max_pooling2d', op, x, name=site.path())}"]
        padded, lines = extended(op, site), []
        if padded is not None:
            lines += [
                "# max pooling pads with -inf",
                f"{output} = {_pad(x, padded, MINUS_INFINITY)}",
            ]
            x = output
        return [*lines, f"{output} = {_window('max_pooling2d', op, x, name=site.path())}"]

    def _avg_pool2d(
        self, op: ops.AvgPool2d, site: Site, inputs: list[str], output: str
    ) -> list[str]:
        (x,), window, name = inputs, "average_pooling2d", site.path()
        if op.padding == ops.SAME:
            return [f"{output} = {_window(window, op, x, name=name)}"]
        padded, bound = extended(op, site), site.bound()
        if padded is None:
            return [f"{output} = {_window(window, op, x, name=name)}"]
        whole = all(o.overhang(s) == (0, 0) for o, s in bound)
        zeros = f"{output} = {_pad(x, padded)}"
        if op.count_include_pad is True and whole:
            return [zeros, f"{output} = {_window(window, op, output, name=name)}"]
        if op.count_include_pad is not True and whole and all(is_same(o, s) for o, s in bound):
            return [f"{output} = {_window(window, op, x, padding=SAME, name=name)}"]
        ones = f"tf.ones_like({x}[:1, :, :, :1])"
        if op.count_include_pad is True:
            top, bottom = constant((o.overhang(s) for o, s in bound), "the last window")
            ones = _pad(_pad(ones, four_sides(op.padding), 1), ((0, top), (0, bottom)))
        else:
            ones = _pad(ones, padded)
        return [
            f"counted = {ones}  # the mean is over what counts",
            zeros,
            f"{output} = {_window(window, op, output, name=name)}",
            f"{output} /= {_window(window, op, 'counted')}",
        ]

    def _adaptive_avg_pool2d(
        self, op: ops.AdaptiveAvgPool2d, site: Site, inputs: list[str], output: str
    ) -> list[str]:
        if op.output_size == 1:
            mean = invoke("tf.reduce_mean", *inputs, "[1, 2]", keepdims=True, name=site.path())
            return [f"{output} = {mean}"]
        size = literal(pair(op.output_size))
        return [f"{output} = {invoke('adaptive_average_pooling2d', *inputs, size)}"]

    def _flatten(self, op: ops.Flatten, site: Site, inputs: list[str], output: str) -> list[str]:
        (x,) = inputs
        if op.order == "CHW" and not is_point(site):
            x = invoke("tf.transpose", x, "[0, 3, 1, 2]")
        return [f"{output} = tf.layers.flatten({x})"]

    def _concat(self, op: ops.Concat, site: Site, inputs: list[str], output: str) -> list[str]:
        return [f"{output} = {self.merged('concat', _listed(inputs), site)}"]

    def _add(self, op: ops.Add, site: Site, inputs: list[str], output: str) -> list[str]:
        if len(inputs) > 2:
            return [f"{output} = {self.merged('sum', _listed(inputs), site)}"]
        return [f"{output} = {invoke('tf.add', *inputs, name=site.path())}"]

    def _scale(self, op: ops.Scale, site: Site, inputs: list[str], output: str) -> list[str]:
        x, gate = inputs
        spread = f"{gate}[:, None, None, :]"
        return [f"{output} = {invoke('tf.multiply', x, spread, name=site.path())}"]

    def _channel_pad(
        self, op: ops.ChannelPad, site: Site, inputs: list[str], output: str
    ) -> list[str]:
        around = f"[[0, 0], [0, 0], [0, 0], {_both(op.before, op.after)}]"
        return [f"{output} = {invoke('tf.pad', *inputs, around)}"]

    def _zero_pad2d(
        self, op: ops.ZeroPad2d, site: Site, inputs: list[str], output: str
    ) -> list[str]:
        return [f"{output} = {_pad(inputs[0], op.padding, name=site.path())}"]

    def _dropout(self, op: ops.Dropout, site: Site, inputs: list[str], output: str) -> list[str]:
        layer = invoke("tf.layers.dropout", *inputs, op.rate, training="training", name=site.path())
        return [f"{output} = {layer}"]

    def _identity(self, op: ops.Identity, site: Site, inputs: list[str], output: str) -> list[str]:
        return [f"{output} = tf.identity({inputs[0]})"]


_FUNCTIONS: dict[type[Op], tuple[Any, ...]] = {
    ops.ReLU: ("nn.relu",),
    ops.ReLU6: ("nn.relu6",),
    ops.SiLU: ("nn.swish",),
    ops.Sigmoid: ("nn.sigmoid",),
    ops.Softmax: ("nn.softmax",),
    ops.GlobalAvgPool2d: ("reduce_mean", "[1, 2]"),
}
_TRAINED = (ops.BatchNorm, ops.Dropout)


def _kinds(layer: Layer) -> set[type]:
    """Return the kinds of ops that a layer is made of."""
    inner = layer.layer if isinstance(layer, When) else layer
    if isinstance(inner, Op):
        return {type(inner)}
    blocks = [use.block for use in uses(inner)]
    return set().union(*(_kinds(each) for block in blocks for each in block.layers.values()))


def _listed(values: list[Any]) -> str:
    return f"[{', '.join(map(literal, values))}]"


def _both(before: Any, after: Any) -> str:
    """Return [before, after] as source."""
    same = before == after and isinstance(before, str)
    return f"[{before}] * 2" if same else _listed([before, after])


def _pad(x: str, padding: Any, constant_values: Any = None, name: str | None = None) -> str:
    top, bottom, left, right = padding if _is_four(padding) else four_sides(padding)
    around = f"[[0, 0], {_both(top, bottom)}, {_both(left, right)}, [0, 0]]"
    return invoke("tf.pad", x, around, constant_values=constant_values, name=name)


def _is_four(padding: Any) -> bool:
    return isinstance(padding, tuple) and len(padding) == 4


def _window(layer: str, op: ops.MaxPool2d, x: str, **named: Any) -> str:
    named = {"padding": SAME, **named} if op.padding == ops.SAME else named
    return invoke(f"tf.layers.{layer}", x, op.kernel_size, strides=op.stride, **named)


def emit(network: Network, taps: bool = False) -> Source:
    """Return the network as a TensorFlow 1 file: a function that adds it to the default graph."""
    return write(network, TensorFlow1Dialect(), taps)
