"""Paddle's dialect: layers, channels first."""

from __future__ import annotations

from typing import Any

from common import ops
from common.expressions import literal
from common.network import Network
from common.ops import Op, Shape, pair, sides
from common.sizes import product
from common.spec import Block
from frontends.writing.class_ops import SharedOps, by_sides, four_sides, left_first
from frontends.writing.classes import write
from frontends.writing.dialect import Code
from frontends.writing.draft import Draft, Source, constant
from frontends.writing.padding import Bound
from frontends.writing.text import invoke, unless

# The residual branch starts at zero.
ZERO_GAMMA = "paddle.ParamAttr(initializer=nn.initializer.Constant(0.0))"


class PaddleDialect(SharedOps):
    name = "paddle"
    framework = "PaddlePaddle"
    channels_padded = "F.pad({{0}}, [0, 0, {}, 0, 0, 0, 0])"
    base = "nn.Layer"
    sequential = "nn.Sequential"
    module_list = "nn.LayerList"
    reserved = frozenset(
        "add_parameter add_sublayer apply astype backward bfloat16 buffers children "
        "clear_gradients create_parameter create_tensor create_variable eval extra_repr float "
        "float16 forward full_name load_dict named_buffers named_children named_parameters "
        "named_sublayers parameters set_dict set_state_dict state_dict sublayers to train "
        "training self paddle nn".split()
    )

    def says_same(self, op: Op, bound: Bound) -> bool:
        return says_same(op, bound)

    def helpers(self, draft: Draft) -> list[str]:
        return []

    def imports(self, draft: Draft) -> list[str]:
        used = {type(step.op) for step in draft.elaboration.steps}
        functional = ["from paddle.nn import functional as F"] if ops.ChannelPad in used else []
        return ["import paddle", "from paddle import nn", *functional]

    def op(self, op: Op, draft: Draft, block: Block, name: str, inputs: list[Any]) -> Code:
        """Return an op as source; `inputs` are the channels of its inputs."""
        simple = _SIMPLE.get(type(op))
        if simple:
            return simple
        if isinstance(op, ops.MaxPool2d):
            return self._pool(op, draft, block, name)
        return getattr(self, op.symbol)(op, inputs)  # type: ignore[no-any-return]

    def concatenated(self, values: str) -> str:
        return f"paddle.concat([{values}], axis=1)"

    def total(self, values: str) -> str:
        return f"paddle.add_n([{values}])"

    def demo(self, entry: str, input_shape: Shape) -> list[str]:
        return [
            'if __name__ == "__main__":',
            f"    network = {entry}()",
            "    network.eval()",
            f"    print(network(paddle.zeros({[1, *input_shape]})).shape)",
        ]

    def conv2d(self, op: ops.Conv2d, inputs: list[Any]) -> Code:
        out, groups = op.out_channels, op.groups
        if isinstance(op, ops.DepthwiseConv2d):
            out, groups = product(inputs[0], op.out_channels), inputs[0]
        return Code(
            "{self}({0})",
            invoke(
                "nn.Conv2D", inputs[0], out, op.kernel_size,
                stride=unless(op.stride, 1),
                padding=unless(padding_of(op.padding), 0),
                dilation=unless(op.dilation, 1),
                groups=unless(groups, 1),
                bias_attr=unless(_switch(op.bias), True),
            ),
        )  # fmt: skip

    depthwise_conv2d = conv2d

    def batch_norm(self, op: ops.BatchNorm, inputs: list[Any]) -> Code:
        zeros = ZERO_GAMMA if op.zero_gamma else None
        init = invoke(
            "nn.BatchNorm2D", inputs[0],
            momentum=op.momentum, epsilon=op.epsilon, weight_attr=zeros,
        )  # fmt: skip
        return Code("{self}({0})", init)

    def dense(self, op: ops.Dense, inputs: list[Any]) -> Code:
        bias = unless(_switch(op.bias), True)
        return Code("{self}({0})", invoke("nn.Linear", inputs[0], op.out_features, bias_attr=bias))

    def _pool(self, op: ops.MaxPool2d, draft: Draft, block: Block, name: str) -> Code:
        if op.padding == ops.SAME:
            return Code("{self}({0})", self._window(op, op.padding, False))
        bound = [(each, shapes[0]) for each, shapes in draft.bound(block, name)]
        padded = any(side != 0 for side in four_sides(op.padding))
        counted = isinstance(op, ops.AvgPool2d) and op.count_include_pad is True and padded
        native = all(rounds_alike(each, shape) for each, shape in bound)
        declared = counted and (op.rounding == "ceil" or by_sides(op.padding) is not None)
        if not declared and (op.rounding == "floor" or native):
            return Code("{self}({0})", self._window(op, op.padding, counted))
        over = constant((e.overhang(s) for e, s in bound), f"{block.kind}.{name}: the last window")  # type: ignore[attr-defined]
        if not counted:
            return Code("{self}({0})", self._window(op, extended(op.padding, over), False))
        # Paddle would count what a partial window lacks, and uneven padding as if it were even.
        init = self._window(op, ((0, over[0]), (0, over[1])), False)
        return Code("{self}({pad}({0}))", init, f"nn.ZeroPad2D({_listed(op.padding)})")

    def _window(self, op: ops.MaxPool2d, padding: Any, counted: bool) -> str:
        layer = "nn.AvgPool2D" if isinstance(op, ops.AvgPool2d) else "nn.MaxPool2D"
        ceil = op.rounding == "ceil" and padding is op.padding
        return invoke(
            layer, op.kernel_size,
            stride=op.stride,
            padding=unless(padding_of(padding), 0),
            ceil_mode=unless(ceil, False),
            exclusive=False if counted else None,
        )  # fmt: skip

    def adaptive_avg_pool2d(self, op: ops.AdaptiveAvgPool2d, inputs: list[Any]) -> Code:
        return Code("{self}({0})", invoke("nn.AdaptiveAvgPool2D", op.output_size))

    def flatten(self, op: ops.Flatten, inputs: list[Any]) -> Code:
        moved = "" if op.order == "CHW" else ".transpose([0, 2, 3, 1])"
        return Code(f"{{0}}{moved}.flatten(1)")

    def zero_pad2d(self, op: ops.ZeroPad2d, inputs: list[Any]) -> Code:
        return Code("{self}({0})", f"nn.ZeroPad2D({_listed(op.padding)})")


def _switch(flag: Any) -> Any:
    """Return what `bias_attr` takes for a flag: False for none, else None for the default."""
    return f"None if {flag} else False" if isinstance(flag, str) else flag


def says_same(op: Op, bound: Bound) -> bool:
    """Can Paddle pad "SAME" here? A dilation it would forget, and a mean leaves padding out."""
    if isinstance(op, ops.Conv2d):
        return all(each.dilation == 1 for each, _ in bound)
    return not isinstance(op, ops.AvgPool2d) or op.count_include_pad is False


def padding_of(padding: Any) -> Any:
    """Return padding as Paddle's layers take it: a size, a pair, [top, bottom, left, right]."""
    if padding == ops.SAME:
        return '"SAME"'
    uneven = by_sides(padding)
    return f"[{', '.join(map(literal, uneven))}]" if uneven else padding


def _listed(padding: Any) -> str:
    """Return padding as [left, right, top, bottom], or one number."""
    return left_first(padding).replace("(", "[").replace(")", "]")


def extended(padding: Any, over: tuple[int, int]) -> Any:
    """Return padding with what the last windows reach beyond it."""
    (top, bottom), (left, right) = sides(padding)
    return ((top, bottom + over[0]), (left, right + over[1]))


def rounds_alike(op: Any, shape: Shape) -> bool:
    """Does Paddle's ceil_mode give this many windows? It keeps those that see only padding."""
    steps = zip(shape[1:], pair(op.kernel_size), pair(op.stride), sides(op.padding))
    counts = tuple(-((k - n - sum(pads)) // s) + 1 for n, k, s, pads in steps)
    return bool(counts == op.output(shape)[1:])


_SIMPLE = {
    ops.ReLU: Code("{self}({0})", "nn.ReLU()"),
    ops.ReLU6: Code("{self}({0})", "nn.ReLU6()"),
    ops.SiLU: Code("{self}({0})", "nn.Silu()"),
    ops.Sigmoid: Code("{self}({0})", "nn.Sigmoid()"),
    ops.Softmax: Code("{self}({0})", "nn.Softmax(axis=1)"),
    ops.Identity: Code("{0}"),
    ops.GlobalAvgPool2d: Code("{0}.mean([2, 3])"),
    ops.Scale: Code("{0} * {1}.unsqueeze([2, 3])"),
}


def emit(network: Network, taps: bool = False) -> Source:
    """Return the network as a Paddle file."""
    return write(network, PaddleDialect(), taps)
