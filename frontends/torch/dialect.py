"""PyTorch's dialect: modules, channels first."""

from __future__ import annotations

from typing import Any

from common import ops
from common.expressions import literal
from common.network import Network
from common.ops import Op, Shape
from common.sizes import product
from common.spec import Block
from frontends.writing.class_ops import SharedOps, by_sides, complement, four_sides, left_first
from frontends.writing.classes import write
from frontends.writing.dialect import Code
from frontends.writing.draft import Draft, Source
from frontends.writing.padding import Bound
from frontends.writing.text import invoke, unless

ZERO_GAMMA = "nn.init.zeros_({self}.weight)  # the residual branch starts at zero"
CONV_SAME = '''
class Conv2dSame(nn.Conv2d):
    """A convolution that pads as TensorFlow's "same" does: an odd cell after, not before."""

    def forward(self, x):
        pads = []
        for size, kernel, stride in zip(x.shape[2:], self.kernel_size, self.stride):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads = [total // 2, total - total // 2, *pads]  # F.pad takes the last axis first
        return super().forward(F.pad(x, pads) if any(pads) else x)
'''


class TorchDialect(SharedOps):
    name = "torch"
    framework = "PyTorch"
    channels_padded = "F.pad({{0}}, (0, 0, 0, 0, {}))"
    base = "nn.Module"
    sequential = "nn.Sequential"
    module_list = "nn.ModuleList"
    reserved = frozenset(
        "add_module apply bfloat16 buffers call_super_init children compile cpu cuda double "
        "dump_patches eval extra_repr float forward half ipu load_state_dict modules mtia "
        "named_parameters parameters share_memory state_dict to train training type xpu "
        "zero_grad self torch nn".split()
    )

    def says_same(self, op: Op, bound: Bound) -> bool:
        """Is "same" worth a class of its own? Only where it pads in more than one way."""
        undilated = isinstance(op, ops.Conv2d) and all(o.dilation == 1 for o, _ in bound)
        return undilated and len({ops.padding_on(o, shape) for o, shape in bound}) > 1

    def helpers(self, draft: Draft) -> list[str]:
        return [CONV_SAME] if _pads_same(draft) else []

    def imports(self, draft: Draft) -> list[str]:
        pads = any(type(step.op) is ops.ChannelPad for step in draft.elaboration.steps)
        functional = ["from torch.nn import functional as F"] if pads or _pads_same(draft) else []
        return ["import torch", "from torch import nn", *functional]

    def op(self, op: Op, draft: Draft, block: Block, name: str, inputs: list[Any]) -> Code:
        """Return an op as source; `inputs` are the channels of its inputs."""
        simple = _SIMPLE.get(type(op))
        if simple:
            return simple
        return getattr(self, op.symbol)(op, inputs)  # type: ignore[no-any-return]

    def concatenated(self, values: str) -> str:
        return f"torch.cat([{values}], dim=1)"

    def total(self, values: str) -> str:
        return f"sum({values})"

    def demo(self, entry: str, input_shape: Shape) -> list[str]:
        return [
            'if __name__ == "__main__":',
            f"    print({entry}().eval()(torch.zeros{literal((1, *input_shape))}).shape)",
        ]

    def conv2d(self, op: ops.Conv2d, inputs: list[Any]) -> Code:
        out, groups = op.out_channels, op.groups
        if isinstance(op, ops.DepthwiseConv2d):
            out, groups = product(inputs[0], op.out_channels), inputs[0]
        uneven, same = by_sides(op.padding), op.padding == ops.SAME
        init = invoke(
            "Conv2dSame" if same else "nn.Conv2d", inputs[0], out, op.kernel_size,
            stride=unless(op.stride, 1),
            padding=unless(0 if uneven or same else op.padding, 0),
            dilation=unless(op.dilation, 1),
            groups=unless(groups, 1),
            bias=unless(op.bias, True),
        )  # fmt: skip
        if uneven:
            return Code("{self}({pad}({0}))", init, f"nn.ZeroPad2d({left_first(op.padding)})")
        return Code("{self}({0})", init)

    depthwise_conv2d = conv2d

    def batch_norm(self, op: ops.BatchNorm, inputs: list[Any]) -> Code:
        momentum = complement(op.momentum)
        init = invoke("nn.BatchNorm2d", inputs[0], eps=op.epsilon, momentum=momentum)
        return Code("{self}({0})", init, after=ZERO_GAMMA if op.zero_gamma else "")

    def dense(self, op: ops.Dense, inputs: list[Any]) -> Code:
        init = invoke("nn.Linear", inputs[0], op.out_features, bias=unless(op.bias, True))
        return Code("{self}({0})", init)

    def max_pool2d(self, op: ops.MaxPool2d, inputs: list[Any]) -> Code:
        uneven = by_sides(op.padding)
        init = self._pool("nn.MaxPool2d", op, uneven is not None)
        if uneven:
            pad = f'nn.ConstantPad2d({left_first(op.padding)}, float("-inf"))'
            return Code("{self}({pad}({0}))", init, pad)
        return Code("{self}({0})", init)

    def avg_pool2d(self, op: ops.AvgPool2d, inputs: list[Any]) -> Code:
        if not by_sides(op.padding):
            padded = any(side != 0 for side in four_sides(op.padding))
            counted = unless(op.count_include_pad, True) if padded else None
            return Code("{self}({0})", self._pool("nn.AvgPool2d", op, False, counted))
        init = self._pool("nn.AvgPool2d", op, True)
        pad = f"nn.ZeroPad2d({left_first(op.padding)})"
        if op.count_include_pad is True:
            return Code("{self}({pad}({0}))", init, pad)
        return Code("{self}({pad}({0})) / {self}({pad}(torch.ones_like({0})))", init, pad)

    def _pool(self, layer: str, op: ops.MaxPool2d, padded: bool, counted: Any = None) -> str:
        return invoke(
            layer, op.kernel_size,
            stride=op.stride,
            padding=unless(0 if padded else op.padding, 0),
            ceil_mode=unless(op.rounding == "ceil", False),
            count_include_pad=counted,
        )  # fmt: skip

    def adaptive_avg_pool2d(self, op: ops.AdaptiveAvgPool2d, inputs: list[Any]) -> Code:
        return Code("{self}({0})", invoke("nn.AdaptiveAvgPool2d", op.output_size))

    def flatten(self, op: ops.Flatten, inputs: list[Any]) -> Code:
        return Code("{0}.flatten(1)" if op.order == "CHW" else "{0}.permute(0, 2, 3, 1).flatten(1)")

    def zero_pad2d(self, op: ops.ZeroPad2d, inputs: list[Any]) -> Code:
        return Code("{self}({0})", f"nn.ZeroPad2d({left_first(op.padding)})")


def _pads_same(draft: Draft) -> bool:
    return any(getattr(step.op, "padding", 0) == ops.SAME for step in draft.elaboration.steps)


_SIMPLE = {
    ops.ReLU: Code("{self}({0})", "nn.ReLU()"),
    ops.ReLU6: Code("{self}({0})", "nn.ReLU6()"),
    ops.SiLU: Code("{self}({0})", "nn.SiLU()"),
    ops.Sigmoid: Code("{self}({0})", "nn.Sigmoid()"),
    ops.Softmax: Code("{self}({0})", "nn.Softmax(dim=1)"),
    ops.Identity: Code("{0}"),
    ops.GlobalAvgPool2d: Code("{0}.mean((2, 3))"),
    ops.Scale: Code("{0} * {1}[:, :, None, None]"),
}


def emit(network: Network, taps: bool = False) -> Source:
    """Return the network as a PyTorch file."""
    return write(network, TorchDialect(), taps)
