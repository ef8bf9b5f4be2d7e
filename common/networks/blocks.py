"""Blocks that several families are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common.ops import (
    AvgPool2d,
    BatchNorm,
    ChannelPad,
    Conv2d,
    Dense,
    GlobalAvgPool2d,
    Padding,
    ReLU,
    Scale,
    Sigmoid,
)
from common.spec import Block, Layer, When, chain


def conv_bn(
    bias: bool = False, bn: BatchNorm | None = None, padding: Padding = "kernel_size // 2"
) -> Block:
    """Return the block every family starts from, with a family's own constants."""
    return Block(
        "conv_bn",
        "out_channels, kernel_size, stride=1, groups=1, relu=True",
        about="Convolution, batch normalization and, by default, ReLU.",
        layers={
            "conv": Conv2d(
                "out_channels",
                "kernel_size",
                stride="stride",
                padding=padding,
                groups="groups",
                bias=bias,
            ),
            "bn": bn or BatchNorm(),
            "relu": When(ReLU(), when="relu"),
        },
    )


def squeeze_excite(bias: bool = True) -> Block:
    """Return the squeeze-and-excitation block of arXiv:1709.01507."""
    return Block(
        "squeeze_excite",
        "channels, hidden",
        about="Squeeze-and-excitation: a gate in (0, 1) for every channel.",
        inputs={"x": "channels"},
        layers={
            "squeeze": GlobalAvgPool2d(),
            "reduce": Dense("hidden", bias=bias),
            "relu": ReLU(),
            "expand": Dense("channels", bias=bias),
            "gate": Sigmoid(),
            "scale": Scale(),
        },
        wiring="""
            gate = squeeze(x)
            gate = reduce(gate)
            gate = relu(gate)
            gate = expand(gate)
            gate = gate(gate)
            x = scale(x, gate)
        """,
    )


CONV_BN = conv_bn()
SQUEEZE_EXCITE = squeeze_excite()


def pooled_shortcut(padding: Padding = 0) -> Block:
    """Return the shortcut of the CIFAR scripts."""
    return Block(
        "pooled_shortcut",
        "extra_channels",
        about="Halve the map, and pad the channels with zeros on both sides.",
        layers={
            "pool": AvgPool2d(2, stride=2, padding=padding),
            "pad": ChannelPad("extra_channels // 2", "extra_channels - extra_channels // 2"),
        },
    )


POOLED_SHORTCUT = pooled_shortcut()


def stages(block: Block, count: int, *openings: Mapping[str, Any]) -> dict[str, Layer]:
    """Return layer1, layer2, …: num_blocks[i] blocks of width, 2 * width, …; maps halve in between.

    `openings` are further arguments of the blocks that open the stages.
    """
    found: dict[str, Layer] = {}
    for index in range(count):
        width = f"{2**index} * width" if index else "width"
        halving = {"stride": 2, "downsample": True} if index else {}
        first = block(width, **halving, **(openings[index] if index < len(openings) else {}))
        found[f"layer{index + 1}"] = (
            chain((first, f"num_blocks[{index}]"))
            if first == block(width)
            else chain(first, (block(width), f"num_blocks[{index}] - 1"))
        )
    return found
