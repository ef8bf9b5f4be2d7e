"""MobileNetV2 at full width: inverted residuals, depthwise convolutions, ReLU6."""

from __future__ import annotations

from common.network import Network
from common.ops import Add, BatchNorm, Conv2d, Dense, DepthwiseConv2d, GlobalAvgPool2d, ReLU6
from common.spec import Block, Layer
from parity_tests.cases.small import sequence

CONV_BN = Block(
    "conv_bn",
    "out_channels, kernel_size, stride=1",
    layers={
        "conv": Conv2d(
            "out_channels", "kernel_size", stride="stride", padding="kernel_size // 2", bias=False
        ),
        "bn": BatchNorm(),
        "relu": ReLU6(),
    },
)
FILTERED: dict[str, Layer] = {
    "depth": DepthwiseConv2d(3, stride="stride", padding=1, bias=False),
    "bn": BatchNorm(),
    "relu": ReLU6(),
    "project": Conv2d("out_channels", 1, bias=False),
    "bn_last": BatchNorm(),
}
SEPARABLE = Block(
    "separable",
    "channels, out_channels, stride=1",
    about="Filter each channel by itself, mix them.",
    inputs={"x": "channels"},
    layers=FILTERED,
)
INVERTED = Block(
    "inverted",
    "channels, out_channels, expansion, stride=1",
    about="Widen, filter each channel by itself, narrow.",
    inputs={"x": "channels"},
    layers={"expand": CONV_BN("channels * expansion", 1), **FILTERED},
)
RESIDUAL = Block(
    "residual",
    "channels, expansion",
    about="An inverted residual beside a shortcut.",
    inputs={"x": "channels"},
    layers={"branch": INVERTED("channels", "channels", "expansion"), "add": Add()},
    wiring="y = branch(x)\nx = add(x, y)",
)
# channels, repeats, stride, all of expansion 6: table 2 of arXiv:1801.04381 behind its first row
STAGES = ((24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1))
EXPANSION = 6


def mobilenet_v2(size: int = 224) -> Network:
    """Sandler et al., MobileNetV2 (arXiv:1801.04381), without dropout."""
    layers: dict[str, Layer] = {"stem": CONV_BN(32, 3, 2), "block1": SEPARABLE(32, 16)}
    channels = 16
    for width, repeats, stride in STAGES:
        for repeat in range(repeats):
            widened = INVERTED(channels, width, EXPANSION, stride)
            name = f"block{len(layers)}"
            layers[name] = RESIDUAL(width, EXPANSION) if repeat else widened
        channels = width
    layers |= {"last": CONV_BN(1280, 1), "mean": GlobalAvgPool2d(), "fc": Dense(1000)}
    return sequence(f"mobilenet_v2_{size}", (3, size, size), **layers)
