"""MobileNetV2 at full width: inverted residuals, depthwise convolutions, ReLU6."""

from __future__ import annotations

from common.network import Network
from common.ops import Add, BatchNorm, Conv2d, Dense, DepthwiseConv2d, GlobalAvgPool2d, ReLU6
from common.spec import Block, Layer, Use, When
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
INVERTED = Block(
    "inverted",
    "channels, out_channels, expansion, stride=1",
    about="Widen, filter each channel by itself, narrow.",
    inputs={"x": "channels"},
    layers={
        "expand": When(CONV_BN("channels * expansion", 1), when="expansion > 1"),
        "depth": DepthwiseConv2d(3, stride="stride", padding=1, bias=False),
        "bn": BatchNorm(),
        "relu": ReLU6(),
        "project": Conv2d("out_channels", 1, bias=False),
        "bn_last": BatchNorm(),
    },
)
RESIDUAL = Block(
    "residual",
    "channels, expansion",
    about="An inverted residual beside a shortcut.",
    inputs={"x": "channels"},
    layers={"branch": INVERTED("channels", "channels", "expansion"), "add": Add()},
    wiring="y = branch(x)\nx = add(x, y)",
)
# expansion, channels, repeats, stride: table 2 of arXiv:1801.04381
STAGES = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
    (6, 320, 1, 1),
)  # fmt: skip


def mobilenet_v2(size: int = 224) -> Network:
    """Sandler et al., MobileNetV2 (arXiv:1801.04381), without dropout."""
    layers: dict[str, Layer] = {"stem": CONV_BN(32, 3, 2)}
    channels, number = 32, 0
    for expansion, width, repeats, stride in STAGES:
        for repeat in range(repeats):
            number += 1
            block: Use = (
                RESIDUAL(width, expansion)
                if repeat
                else INVERTED(channels, width, expansion, stride)
            )
            layers[f"block{number}"] = block
        channels = width
    layers |= {"last": CONV_BN(1280, 1), "mean": GlobalAvgPool2d(), "fc": Dense(1000)}
    return sequence(f"mobilenet_v2_{size}", (3, size, size), **layers)
