"""Keras' dialect on TensorFlow: the functional API, channels last."""

from __future__ import annotations

import re
from typing import Any

from common import ops
from common.expressions import literal, names
from common.network import Network
from common.ops import Op, Shape, pair
from common.wiring import Call
from frontends.tensorflow.helpers import helpers
from frontends.writing.channels_last import (
    conv_padding,
    extended,
    grouped,
    is_point,
    is_same,
    is_sliced,
    says_same,
)
from frontends.writing.class_ops import four_sides
from frontends.writing.dialect import Site, standalone_call
from frontends.writing.draft import Draft, Source, constant
from frontends.writing.functions import write
from frontends.writing.naming import Naming
from frontends.writing.padding import Bound
from frontends.writing.text import EmitError, invoke, unless


class TensorFlowDialect:
    name = "tensorflow"
    framework = "TensorFlow (Keras)"
    fstrings = True
    threads_training = False

    def says_same(self, op: Op, bound: Bound) -> bool:
        return says_same(op, bound)

    def imports(self, draft: Draft) -> list[str]:
        steps = [step.op for step in draft.elaboration.steps]
        uses_ops = any(map(_uses_keras_ops, steps))
        return [
            "import os",
            "",
            'os.environ["KERAS_BACKEND"] = "tensorflow"  # whatever keras.json says',
            "",
            "import keras",
            *(["import tensorflow as tf"] if grouped(draft) else []),
            "from keras import layers" + (", ops" if uses_ops else ""),
            "",
            'keras.config.set_image_data_format("channels_last")',
        ]

    def naming(self, network: Network) -> Naming:
        return Naming()

    def helpers(self, draft: Draft) -> list[str]:
        return helpers(draft)

    def fused(self, line: str, op: Op, when: Any) -> str | None:
        return None  # each step keeps its name

    def needs_name(self, op: Op) -> bool:
        return type(op) not in (ops.Identity, ops.ChannelPad, ops.Flatten)

    def op(self, op: Op, site: Site, inputs: list[str], output: str) -> list[str]:
        """Return the lines that set `output`."""
        if type(op) in _LAYERS:
            layer, *arguments = _LAYERS[type(op)]
            return [_apply(output, invoke(f"layers.{layer}", *arguments, name=site.path()), inputs)]
        return getattr(self, f"_{op.symbol}")(op, site, inputs, output)  # type: ignore[no-any-return]

    def merged(self, merge: str, paths: str, site: Site) -> str:
        layer = "Add" if merge == "sum" else "Concatenate"
        return f"layers.{layer}(name={site.path()})({paths})"

    def shared(
        self, site: Site, call: Call, first: bool, lines: list[str], standalone: list[str]
    ) -> list[str] | None:
        """Make the layer (or a model of the block) once, and call that."""
        if standalone:
            applied = f"{', '.join(call.outputs)} = {site.layer}_model({_one_or_list(call.inputs)})"
            return _shared_block(site, call, first, standalone, applied)
        mark = f"name={site.path()})"
        if not any(op.parameters(shape) for op, shape in site.bound()):  # nothing to share
            return [line.replace(f", {mark}", ")").replace(mark, ")") for line in lines]
        return _shared_op(mark, f"{site.layer}_layer", first, lines)

    def root_inputs(self, draft: Draft) -> list[str]:
        (size,) = draft.root.inputs.values()
        return sorted(names(size)) if size is not None else []

    def open_root(self, draft: Draft) -> list[str]:
        (value, size), shape = next(iter(draft.root.inputs.items())), draft.network.input_shape
        channels = size if size is not None else shape[0]
        return [f"inputs = {value} = keras.Input({literal((*shape[1:], channels))})"]

    def close_root(self, draft: Draft, value: str) -> str:
        return f'keras.Model(inputs, {value}, name="{draft.root.kind}")'

    def batched(self, shape: Shape) -> str:
        return f"({', '.join(map(str, ('N', *shape[1:], shape[0])))})"

    def demo(self, draft: Draft, entry: str) -> list[str]:
        shape = draft.network.input_shape
        zeros = f"keras.ops.zeros({literal((1, *shape[1:], shape[0]))})"
        return ['if __name__ == "__main__":', f"    print({entry}()({zeros}).shape)"]

    def _conv2d(self, op: ops.Conv2d, site: Site, inputs: list[str], output: str) -> list[str]:
        (x,), bound = inputs, site.bound()
        depthwise = isinstance(op, ops.DepthwiseConv2d)
        both = any(is_sliced(o) for o, _ in bound)
        pad = invoke("layers.ZeroPadding2D", _around(op.padding))
        pads, x, padding = conv_padding(op, site, f"{pad}({x})", x, output, explicit=both)
        layer = "DepthwiseConv2D" if depthwise else "Conv2D"
        in_groups = any(o.groups > 1 for o, _ in bound)
        conv = invoke(
            "layers.GroupedConv2D" if in_groups else f"layers.{layer}",
            None if depthwise else op.out_channels,
            op.kernel_size,
            strides=None if both else unless(op.stride, 1),
            padding=padding,
            depth_multiplier=unless(op.out_channels, 1) if depthwise else None,
            dilation_rate=unless(op.dilation, 1),
            groups=op.groups if in_groups else None,
            use_bias=unless(op.bias, True),
            name=site.path(),
        ).replace("layers.GroupedConv2D", "GroupedConv2D")
        lines = [*pads, _apply(output, conv, [x])]
        if both:  # Keras has no dilated convolution with strides
            height, width = pair(op.stride)
            lines.append(f"{output} = {output}[:, ::{literal(height)}, ::{literal(width)}]")
        return lines

    _depthwise_conv2d = _conv2d

    def _batch_norm(
        self, op: ops.BatchNorm, site: Site, inputs: list[str], output: str
    ) -> list[str]:
        layer = invoke(
            "layers.BatchNormalization",
            momentum=op.momentum, epsilon=op.epsilon,
            gamma_initializer='"zeros"' if op.zero_gamma else None, name=site.path(),
        )  # fmt: skip
        return [_apply(output, layer, inputs)]

    def _dense(self, op: ops.Dense, site: Site, inputs: list[str], output: str) -> list[str]:
        bias = unless(op.bias, True)
        layer = invoke("layers.Dense", op.out_features, use_bias=bias, name=site.path())
        return [_apply(output, layer, inputs)]

    def _max_pool2d(
        self, op: ops.MaxPool2d, site: Site, inputs: list[str], output: str
    ) -> list[str]:
        (x,) = inputs
        if op.padding == ops.SAME:
            return [_apply(output, _window("MaxPooling2D", op, site), inputs)]
        padded = extended(op, site)
        lines = []
        if padded is not None:
            lines += [
                "# max pooling pads with -inf",
                f"{output} = {_pad(x, padded, float_='-inf')}",
            ]
            x = output
        return [*lines, _apply(output, _window("MaxPooling2D", op, site), [x])]

    def _avg_pool2d(
        self, op: ops.AvgPool2d, site: Site, inputs: list[str], output: str
    ) -> list[str]:
        (x,) = inputs
        window = _window("AveragePooling2D", op, site)
        if op.padding == ops.SAME:
            return [_apply(output, window, inputs)]
        padded, bound = extended(op, site), site.bound()
        if padded is None:
            return [_apply(output, window, inputs)]
        whole = all(o.overhang(s) == (0, 0) for o, s in bound)
        if op.count_include_pad is True and whole:
            return [f"{output} = {_pad(x, padded)}", _apply(output, window, [output])]
        if op.count_include_pad is not True and whole and all(is_same(o, s) for o, s in bound):
            same = window.replace(", name=", ', padding="same", name=')
            return [_apply(output, same, inputs)]
        # The mean over what counts: both sums are means over the whole window.
        share = invoke("ops.average_pool", "counted", op.kernel_size, strides=op.stride)
        ones = f"ops.ones_like({x}[:1, :, :, :1])"
        if op.count_include_pad is True:
            declared = four_sides(op.padding)
            over = constant((o.overhang(s) for o, s in bound), "the last window")
            ones = _pad(ones, declared, float_="1")
            counted = _pad(ones, (0, over[0], 0, over[1]))
        else:
            counted = _pad(ones, padded)
        return [
            f"counted = {counted}",
            f"{output} = {_pad(x, padded)}",
            f"{output} = {window}({output}) / {share}",
        ]

    def _adaptive_avg_pool2d(
        self, op: ops.AdaptiveAvgPool2d, site: Site, inputs: list[str], output: str
    ) -> list[str]:
        if op.output_size == 1:
            layer = invoke("layers.GlobalAveragePooling2D", keepdims=True, name=site.path())
        else:
            layer = invoke("layers.AdaptiveAveragePooling2D", op.output_size, name=site.path())
        return [_apply(output, layer, inputs)]

    def _flatten(self, op: ops.Flatten, site: Site, inputs: list[str], output: str) -> list[str]:
        (x,) = inputs
        if op.order == "CHW" and not is_point(site):
            return [_apply(output, "layers.Permute((3, 1, 2))", [x]),
                    _apply(output, "layers.Flatten()", [output])]  # fmt: skip
        return [_apply(output, "layers.Flatten()", [x])]

    def _concat(self, op: ops.Concat, site: Site, inputs: list[str], output: str) -> list[str]:
        paths = f"[{', '.join(inputs)}]"
        return [f"{output} = {self.merged('concat', paths, site)}"]

    def _add(self, op: ops.Add, site: Site, inputs: list[str], output: str) -> list[str]:
        paths = f"[{', '.join(inputs)}]"
        return [f"{output} = {self.merged('sum', paths, site)}"]

    def _scale(self, op: ops.Scale, site: Site, inputs: list[str], output: str) -> list[str]:
        x, gate = inputs
        layer = f"layers.Multiply(name={site.path()})"
        return [f"{output} = {layer}([{x}, {gate}[:, None, None, :]])"]

    def _channel_pad(
        self, op: ops.ChannelPad, site: Site, inputs: list[str], output: str
    ) -> list[str]:
        around = literal((op.before, op.after))
        return [f"{output} = ops.pad({inputs[0]}, ((0, 0), (0, 0), (0, 0), {around}))"]

    def _zero_pad2d(
        self, op: ops.ZeroPad2d, site: Site, inputs: list[str], output: str
    ) -> list[str]:
        layer = invoke("layers.ZeroPadding2D", _around(op.padding), name=site.path())
        return [_apply(output, layer, inputs)]

    def _dropout(self, op: ops.Dropout, site: Site, inputs: list[str], output: str) -> list[str]:
        return [_apply(output, invoke("layers.Dropout", op.rate, name=site.path()), inputs)]

    def _identity(self, op: ops.Identity, site: Site, inputs: list[str], output: str) -> list[str]:
        return [f"{output} = {inputs[0]}"]


_LAYERS: dict[type[Op], tuple[Any, ...]] = {
    ops.ReLU: ("ReLU",),
    ops.ReLU6: ("ReLU", 6),
    ops.SiLU: ("Activation", '"silu"'),
    ops.Sigmoid: ("Activation", '"sigmoid"'),
    ops.Softmax: ("Softmax",),
    ops.GlobalAvgPool2d: ("GlobalAveragePooling2D",),
}


def _apply(output: str, layer: str, inputs: list[str]) -> str:
    return f"{output} = {layer}({', '.join(inputs)})"


def _uses_keras_ops(op: Op) -> bool:
    if isinstance(op, ops.MaxPool2d):
        return op.padding not in (0, ops.SAME) or op.rounding == "ceil"
    return isinstance(op, ops.ChannelPad)


def _around(padding: Any) -> Any:
    """Return padding as ZeroPadding2D takes it."""
    if not isinstance(padding, tuple) or not any(isinstance(side, tuple) for side in padding):
        return padding
    return tuple(side if isinstance(side, tuple) else (side, side) for side in padding)


def _pad(x: str, padding: tuple[Any, Any, Any, Any], float_: str = "") -> str:
    top, bottom, left, right = map(literal, padding)
    value = {"": "", "1": ", constant_values=1"}.get(float_, f', constant_values=float("{float_}")')
    return f"ops.pad({x}, ((0, 0), ({top}, {bottom}), ({left}, {right}), (0, 0)){value})"


def _window(layer: str, op: ops.MaxPool2d, site: Site) -> str:
    padding = '"same"' if op.padding == ops.SAME else None
    return invoke(
        f"layers.{layer}", op.kernel_size, strides=op.stride, padding=padding, name=site.path()
    )


def _shared_block(site: Site, call: Call, first: bool, lines: list[str], applied: str) -> list[str]:
    """Return lines that make a model of a shared block at its first call, and call it."""
    if not first:
        return [applied]
    inner = standalone_call(call)
    made = [f"{i} = keras.Input({x}.shape[1:])" for i, x in zip(inner.inputs, call.inputs)]
    model = f"keras.Model({_one_or_list(inner.inputs)}, {_one_or_list(inner.outputs)}, "
    return [*made, *lines, f"{site.layer}_model = {model}name={site.path()})", applied]


def _shared_op(mark: str, name: str, first: bool, lines: list[str]) -> list[str]:
    """Return the lines with the layer, whose making ends in `mark`, made once and then called."""
    found = next(line for line in lines if mark in line)
    output, made = found.split(" = ", 1)
    end = made.index(mark) + len(mark)
    called = f"{output} = {name}{made[end:]}"
    changed = [called if line is found else line for line in lines]
    return [f"{name} = {made[:end]}", *changed] if first else changed


def _one_or_list(values: tuple[str, ...]) -> str:
    return values[0] if len(values) == 1 else f"[{', '.join(values)}]"


def _check_names(text: str) -> None:
    """Raise an EmitError for a name that Keras gives to an operation without one."""
    for code, name in _UNNAMED.items():
        taken = re.search(rf'name="({name}(_\d+)?)"', text) if code in text else None
        if taken:
            raise EmitError(f"layer {taken[1]}: Keras names its own {name!r} so; rename the layer")


_UNNAMED = {
    "ops.pad(": "pad",
    "ops.average_pool(": "average_pool",
    "layers.Flatten()": "flatten",
    "layers.Permute(": "permute",
    "[:, None, None, :]": "get_item",
}


def emit(network: Network, taps: bool = False) -> Source:
    """Return the network as a Keras file on TensorFlow."""
    source = write(network, TensorFlowDialect(), taps)
    _check_names(source.text)
    return source
