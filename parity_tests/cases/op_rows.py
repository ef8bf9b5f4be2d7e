"""Small networks, one for each op and setting: what a panel gets wrong has a name."""

from __future__ import annotations

from common import ops
from common.initializers import ZEROS
from common.network import Network
from common.spec import Layer
from parity_tests.cases.small import sequence

MAP, VECTOR = (4, 7, 9), (6,)


def on_map(*layers: ops.Op) -> Network:
    """Return a network of these ops between two convolutions, so that gradients pass."""
    named: dict[str, Layer] = {f"step{index}": op for index, op in enumerate(layers)}
    return sequence("op", MAP, before=ops.Conv2d(6, 3, padding=1), **named)


ROWS = {
    "conv": on_map(ops.Conv2d(4, 3)),
    "conv-padded": on_map(ops.Conv2d(4, 3, padding=1, bias=False)),
    "conv-strided": on_map(ops.Conv2d(4, 3, stride=2, padding=1)),
    "conv-pairs": on_map(ops.Conv2d(4, (1, 3), stride=(2, 1), padding=(0, 1))),
    "conv-uneven-padding": on_map(ops.Conv2d(4, 3, stride=2, padding=((0, 1), (2, 0)))),
    "conv-dilated": on_map(ops.Conv2d(4, 3, padding=2, dilation=2)),
    "conv-dilated-strided": on_map(ops.Conv2d(4, 3, stride=2, padding=2, dilation=(2, 1))),
    "conv-same": on_map(ops.Conv2d(4, 3, stride=2, padding="same")),
    "conv-same-dilated": on_map(ops.Conv2d(4, 3, padding="same", dilation=2)),
    "conv-same-dilated-strided": on_map(ops.Conv2d(4, 2, stride=2, padding="same", dilation=3)),
    "depthwise-same": on_map(ops.DepthwiseConv2d(2, stride=2, padding="same")),
    "grouped-same": on_map(ops.Conv2d(4, 3, stride=2, padding="same", groups=2)),
    "max-pool-same": on_map(ops.MaxPool2d(3, stride=2, padding="same")),
    "mean-pool-of-same": on_map(ops.AvgPool2d(3, stride=2, padding="same")),
    "mean-pool-of-same-counted": on_map(
        ops.AvgPool2d(3, stride=2, padding="same", count_include_pad=True)
    ),
    "softmax-of-conv": on_map(ops.Conv2d(4, 1), ops.Softmax()),
    "grouped": on_map(ops.Conv2d(4, 3, padding=1, groups=2, bias=False)),
    "grouped-bias-strided": on_map(ops.Conv2d(4, (3, 1), stride=2, groups=2)),
    "grouped-dilated": on_map(ops.Conv2d(4, 3, padding=2, dilation=2, groups=2)),
    "grouped-some-with-bias": on_map(
        ops.Conv2d(4, 3, groups=2, bias=False), ops.Conv2d(4, 1, groups=2)
    ),
    "grouped-each-channel": on_map(ops.Conv2d(12, 3, stride=2, padding=1, groups=6, bias=False)),
    "depthwise-plain": on_map(ops.DepthwiseConv2d(3, padding=1, bias=False)),
    "depthwise-multiplied": on_map(ops.DepthwiseConv2d(3, stride=2, padding=1, out_channels=2)),
    "depthwise-dilated": on_map(ops.DepthwiseConv2d(3, padding=2, dilation=2)),
    "depthwise-uneven-stride": on_map(ops.DepthwiseConv2d(3, stride=(1, 2), padding=1)),
    "batch-norm": on_map(ops.BatchNorm()),
    "batch-norm-keras": on_map(ops.BatchNorm(epsilon=1e-3, momentum=0.99)),
    "batch-norm-zero-gamma": on_map(ops.BatchNorm(gamma_initializer=ZEROS)),
    "batch-norm-zero-debias": on_map(ops.BatchNorm(epsilon=1e-3, zero_debias=True)),
    "relu": on_map(ops.ReLU()),
    "relu6": on_map(ops.BatchNorm(), ops.ReLU6()),
    "silu": on_map(ops.SiLU()),
    "sigmoid": on_map(ops.Sigmoid()),
    "softmax": on_map(ops.Softmax()),
    "softmax-vector": sequence("op", VECTOR, fc=ops.Dense(4), softmax=ops.Softmax()),
    "max-pool": on_map(ops.MaxPool2d(2, stride=2)),
    "max-pool-padded": on_map(ops.MaxPool2d(3, stride=2, padding=1)),
    "max-pool-uneven": on_map(ops.MaxPool2d((3, 2), stride=(2, 1), padding=((1, 0), (0, 1)))),
    "max-pool-ceil": on_map(ops.MaxPool2d(2, stride=2, rounding="ceil")),
    "max-pool-ceil-dropped-window": on_map(ops.MaxPool2d(2, stride=3, padding=1, rounding="ceil")),
    "mean-pool": on_map(ops.AvgPool2d(2, stride=2)),
    "mean-pool-same": on_map(ops.AvgPool2d(3, padding=1)),
    "mean-pool-uncounted": on_map(ops.AvgPool2d(3, stride=2, padding=((1, 0), (1, 1)))),
    "mean-pool-counted": on_map(ops.AvgPool2d(3, stride=2, padding=1, count_include_pad=True)),
    "mean-pool-ceil": on_map(ops.AvgPool2d(2, stride=2, rounding="ceil")),
    "mean-pool-ceil-counted": on_map(
        ops.AvgPool2d(3, stride=3, padding=1, rounding="ceil", count_include_pad=True)
    ),
    "global-mean": on_map(ops.GlobalAvgPool2d()),
    "adaptive-to-one": on_map(ops.AdaptiveAvgPool2d(1)),
    "adaptive-uneven": on_map(ops.AdaptiveAvgPool2d((3, 4))),
    "dense": sequence("op", VECTOR, fc=ops.Dense(6), last=ops.Dense(4, bias=False)),
    "flatten-channels-outermost": on_map(ops.Flatten("CHW"), ops.Dense(3)),
    "flatten-channels-innermost": on_map(ops.Flatten("HWC"), ops.Dense(3)),
    "channel-pad": on_map(ops.ChannelPad(1, 2)),
    "channel-pad-before": on_map(ops.ChannelPad(2, 0)),
    "zero-pad": on_map(ops.ZeroPad2d(((1, 0), (2, 3)))),
    "dropout": on_map(ops.Dropout(0.25)),
    "identity": on_map(ops.Identity()),
}
