"""Functions that a TensorFlow 1 file starts with: the layers that tf.layers does not have."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from common import ops
from common.ops import Shape
from common.spec import Block, plain
from frontends.tensorflow1.initial import stated_laws
from frontends.writing.channels_last import LACKING, default_law, is_lacking, pads_same
from frontends.writing.draft import Draft
from frontends.writing.expressions import carrying, given, invoke
from frontends.writing.fixed_padding import NAME, function
from frontends.writing.initial import stated
from frontends.writing.sites import Site

ADAPTIVE = '''
def bins(size, n):
    """Return n spans: floor(i * size / n) ... ceil((i + 1) * size / n)."""
    return [(i * size // n, -(-(i + 1) * size // n)) for i in range(n)]


def adaptive_average_pooling2d(x, output_size):
    """Means over as many cells as the output has, along each axis in turn."""
    (_, height, width, _), (rows, columns) = x.shape.as_list(), output_size
    means = [tf.reduce_mean(x[:, a:b], 1, keepdims=True) for a, b in bins(height, rows)]
    x = tf.concat(means, 1)
    means = [tf.reduce_mean(x[:, :, a:b], 2, keepdims=True) for a, b in bins(width, columns)]
    return tf.concat(means, 2)
'''
PAD_SAME = '''
def pad_same(x, kernel_size, strides, dilation_rate):
    """Pad as "same" does, an odd cell after, for what does not take that word."""
    around = []
    for size, k, s, d in zip(x.shape.as_list()[1:3], kernel_size, strides, dilation_rate):
        total = max((-(-size // s) - 1) * s + d * (k - 1) + 1 - size, 0)
        around.append([total // 2, total - total // 2])
    return tf.pad(x, [[0, 0]] + around + [[0, 0]])
'''
BY_HAND = """\
    if strides > 1 and kernel_size > 1:  # where "same" would pad unevenly
        around = [kernel_size // 2] * 2
        x = tf.pad(x, [[0, 0], around, around, [0, 0]])"""
SIGNATURE = f"def {NAME}(x, filters, kernel_size, name, strides=1):"
Convolution = tuple[ops.Conv2d, Shape]


def helpers(draft: Draft) -> list[str]:
    """Return the functions that a network needs, each without a branch that it does not."""
    used = [step.op for step in draft.elaboration.steps]
    found = [each.text() for each in (Depthwise(draft), Grouped(draft)) if each.found]
    adaptive = [op for op in used if isinstance(op, ops.AdaptiveAvgPool2d)]
    found += [ADAPTIVE] if any(op.output_size != 1 for op in adaptive) else []
    found += function(draft, SIGNATURE, BY_HAND, stated_laws, _convolution) + (
        [PAD_SAME] if pads_same(draft) else []
    )
    return found + ([LACKING] if is_lacking(draft) else [])


def _convolution(**named: Any) -> Any:
    return invoke("tf.layers.conv2d", "x", "filters", "kernel_size", **named)


class Helper(ABC):
    """A function in the place of tf.layers.conv2d, with the arguments that its calls need."""

    def __init__(self, draft: Draft) -> None:
        served = [
            (block, layer)
            for block in draft.kinds()
            for layer in block.layers
            if self.serves(draft, block, layer)
        ]
        self.found = [each for place in served for each in _bound(draft, *place)]
        self._stated = [plain(block.layers[layer]) for block, layer in served]
        self._biases = {op.bias for op, _ in self.found}
        self._told = {
            kind
            for block, layer in served
            for kind in ("kernel", "bias")
            if stated(plain(block.layers[layer]), kind, Site(draft, block, layer, ()), default_law)  # type: ignore[arg-type]
        }

    @classmethod
    @abstractmethod
    def serves(cls, draft: Draft, block: Block, layer: str) -> bool:
        """Is this helper what a layer is written with?"""

    @abstractmethod
    def text(self) -> str:
        """Return the function as source."""

    def called(self, name: str, op: ops.Conv2d) -> tuple[Any, Any]:
        """Return the helper's name as a call has it, and the `use_bias` that it passes: none where
        all convolutions agree, and the helper itself says it."""
        if len(self._biases) > 1:
            return name, given(op, "bias", True)
        return name if op.bias is True else carrying(name, "bias", rule="function"), None

    def _has(self, field: str, idle: Any) -> bool:
        """Does a call pass an argument? One that is stated as idle is left out."""
        return any(getattr(op, field) != idle for op in self._stated)

    def _padded(self) -> bool:
        return any(op.padding != 0 for op, _ in self.found)

    def _two(self, field: str, name: str) -> str:
        """Return source for an argument, an int or a pair, as two numbers."""
        return f"np.broadcast_to({name}, 2)" if self._pairs(field) else f"[{name}] * 2"

    def _pairs(self, field: str) -> bool:
        """Is a field a pair somewhere?"""
        return any(isinstance(getattr(op, field), tuple) for op, _ in self.found)

    def _size(self) -> str:
        """Return source for the kernel's height and width."""
        pairs = self._pairs("kernel_size")
        return "*np.broadcast_to(kernel_size, 2)" if pairs else "kernel_size, kernel_size"

    def _options(self) -> str:
        options = [
            "strides=1" if self._has("stride", 1) else "",
            'padding="valid"' if self._padded() else "",
            "dilation_rate=1" if self._has("dilation", 1) else "",
            "use_bias=True" if len(self._biases) > 1 else "",
            "kernel_initializer=None" if "kernel" in self._told else "",
            "bias_initializer=None" if "bias" in self._told else "",
        ]
        return "".join(f", {option}" for option in options if option)

    def _strides(self) -> str:
        return "strides" if self._has("stride", 1) else "1"

    def _padding(self) -> str:
        return "padding.upper()" if self._padded() else '"VALID"'

    def _variable(self, name: str) -> str:
        """Return the line that makes the kernel."""
        start = ", kernel_initializer" if "kernel" in self._told else ""
        return f'kernel = tf.get_variable("{name}", shape, x.dtype{start})'

    def _returning(self, value: str, filters: str) -> list[str]:
        """Return the lines that return a value, with a bias where there is one."""
        if self._biases == {False}:
            return [f"return {value}"]
        start = "bias_initializer or " if "bias" in self._told else ""
        start += "tf.zeros_initializer()"
        bias = f'bias = tf.get_variable("bias", [{filters}], x.dtype, {start})'
        lines = [f"x = {value}", bias, "return tf.nn.bias_add(x, bias)"]
        if len(self._biases) > 1:
            lines[1:1] = ["if not use_bias:", "    return x"]
        return lines


class Depthwise(Helper):
    """depthwise_conv2d: each channel by itself."""

    @classmethod
    def serves(cls, draft: Draft, block: Block, layer: str) -> bool:
        return any(isinstance(op, ops.DepthwiseConv2d) for op, _ in _bound(draft, block, layer))

    def text(self) -> str:
        multiplied = self._has("out_channels", 1)
        channels, multiplier = "x.shape[-1].value", "depth_multiplier" if multiplied else "1"
        option = ", depth_multiplier=1" if multiplied else ""
        strides = "[1, strides, strides, 1]" if self._has("stride", 1) else "[1, 1, 1, 1]"
        arguments = ["x", "kernel", strides, self._padding()]
        if self._has("dilation", 1):
            arguments.append(f"rate={self._two('dilation', 'dilation_rate')}")
        lines = [
            self._variable("depthwise_kernel"),
            *self._returning(f"tf.nn.depthwise_conv2d({', '.join(arguments)})", channels),
        ]
        return "\n".join(
            [
                f"def depthwise_conv2d(x, kernel_size, name{option}{self._options()}):",
                '    """Convolution of each channel by itself."""',
                f"    shape = [{self._size()}, {channels}, {multiplier}]",
                "    with tf.variable_scope(name):",
                *(f"        {line}" for line in lines),
            ]
        )


class Grouped(Helper):
    """grouped_conv2d: split, one convolution a group, concatenated."""

    @classmethod
    def serves(cls, draft: Draft, block: Block, layer: str) -> bool:
        op = plain(block.layers[layer])
        return isinstance(op, ops.Conv2d) and op.groups != 1

    def text(self) -> str:
        lines = [
            self._variable("kernel"),
            *self._ungrouped(),
            *self._depthwise(),
            "pairs = zip(tf.split(x, groups, -1), tf.split(kernel, groups, -1))",
            *self._returning(
                f"tf.concat([{self._convolution()} for a, b in pairs], -1)", "filters"
            ),
        ]
        return "\n".join(
            [
                f"def grouped_conv2d(x, filters, kernel_size, groups, name{self._options()}):",
                '    """Grouped convolution, which tf.nn.conv2d does not have on CPU."""',
                f"    shape = [{self._size()}, x.shape[-1].value // groups, filters]",
                "    with tf.variable_scope(name):",
                *(f"        {line}" for line in lines),
            ]
        )

    def _ungrouped(self) -> list[str]:
        """Return lines for a single group, where there are such and no biases."""
        if self._biases != {False} or all(op.groups != 1 for op, _ in self.found):
            return []
        return ["if groups == 1:", f"    return {self._convolution('x', 'kernel')}"]

    def _convolution(self, a: str = "a", b: str = "b") -> str:
        if not self._has("dilation", 1):
            return f"tf.nn.conv2d({a}, {b}, {self._strides()}, {self._padding()})"
        strides = self._two("stride", "strides") if self._has("stride", 1) else "[1, 1]"
        rate = self._two("dilation", "dilation_rate")  # tf.nn.conv2d has no gradient of it on CPU
        return f"tf.nn.convolution({a}, {b}, {self._padding()}, {strides}, {rate})"

    def _depthwise(self) -> list[str]:
        """Return lines for one group a channel: one kernel instead of hundreds of splits."""
        single = [op for op, shape in self.found if op.groups == shape[0] > 1]
        plain = all(op.dilation == 1 and isinstance(op.stride, int) for op in single)
        if not single or not plain or self._biases != {False}:
            return []
        strides = f"[1, {self._strides()}, {self._strides()}, 1]"
        return [
            "if groups == x.shape[-1].value:",
            f"    kernel = tf.reshape(kernel, [{self._size()}, groups, -1])",
            f"    return tf.nn.depthwise_conv2d(x, kernel, {strides}, {self._padding()})",
        ]


def _bound(draft: Draft, block: Block, layer: str) -> list[Convolution]:
    return [
        (op, shapes[0]) for op, shapes in draft.bound(block, layer) if isinstance(op, ops.Conv2d)
    ]
