"""The ops of a specification: frozen data that says everything on which frameworks disagree.

Shapes are those of one sample, channels first: (C, H, W) for maps, (F,) for vectors. Sizes may be
expressions over the arguments of the block that an op stands in; `bind` evaluates them. A pair is
(height, width); padding is one size, a pair, ((top, bottom), (left, right)), or "same" as in
TensorFlow.
"""

from __future__ import annotations

from common.ops.activations import Dropout, Identity, ReLU, ReLU6, Sigmoid, SiLU, Softmax
from common.ops.arranging import Add, ChannelPad, Concat, Flatten, Scale, ZeroPad2d
from common.ops.base import (
    NOT_TRAINABLE,
    SAME,
    Op,
    Padding,
    Pair,
    Shape,
    Sides,
    padding_on,
    pair,
    sides,
)
from common.ops.layers import BatchNorm, Conv2d, Dense, DepthwiseConv2d
from common.ops.pooling import AdaptiveAvgPool2d, AvgPool2d, GlobalAvgPool2d, MaxPool2d

__all__ = [
    "NOT_TRAINABLE",
    "OPS",
    "SAME",
    "AdaptiveAvgPool2d",
    "Add",
    "AvgPool2d",
    "BatchNorm",
    "ChannelPad",
    "Concat",
    "Conv2d",
    "Dense",
    "DepthwiseConv2d",
    "Dropout",
    "Flatten",
    "GlobalAvgPool2d",
    "Identity",
    "MaxPool2d",
    "Op",
    "Padding",
    "Pair",
    "ReLU",
    "ReLU6",
    "Scale",
    "Shape",
    "SiLU",
    "Sides",
    "Sigmoid",
    "Softmax",
    "ZeroPad2d",
    "padding_on",
    "pair",
    "sides",
]


def _all_ops(base: type[Op]) -> dict[str, type[Op]]:
    found: dict[str, type[Op]] = {}
    for each in base.__subclasses__():
        found |= {each.symbol: each, **_all_ops(each)}
    return found


OPS = _all_ops(Op)


OPS = _all_ops(Op)
