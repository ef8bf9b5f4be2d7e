"""Everyday networks, for the float32 judge: long sums, many layers, wide dense layers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from common.network import Network
from common.ops import (
    AvgPool2d,
    BatchNorm,
    Concat,
    Conv2d,
    Dense,
    Flatten,
    GlobalAvgPool2d,
    MaxPool2d,
    ReLU,
)
from common.spec import Block, Layer, chain
from parity_tests.cases.everyday.mobilenet import mobilenet_v2
from parity_tests.cases.small import sequence


def normalized(size: int, width: int = 16) -> Network:
    """Convolution, batch normalization, ReLU, pool, dense."""
    return sequence(
        f"normalized_{size}",
        (3, size, size),
        conv=Conv2d(width, 3, padding=1, bias=False),
        bn=BatchNorm(),
        relu=ReLU(),
        pool=MaxPool2d(2, stride=2),
        mean=GlobalAvgPool2d(),
        fc=Dense(10),
    )


def averaged(size: int) -> Network:
    """Convolution, global average, dense: the bias's gradient is a sum of equal terms."""
    return sequence(
        f"averaged_{size}",
        (3, size, size),
        conv=Conv2d(4, 3, padding=1),
        mean=GlobalAvgPool2d(),
        fc=Dense(3),
    )


def vgg11(size: int = 224) -> Network:
    """Simonyan and Zisserman's configuration A (arXiv:1409.1556), without dropout."""
    layers: dict[str, Layer] = {}
    for stage, widths in enumerate(((64,), (128,), (256, 256), (512, 512), (512, 512)), 1):
        for index, width in enumerate(widths, 1):
            layers[f"conv{stage}_{index}"] = Conv2d(width, 3, padding=1)
            layers[f"relu{stage}_{index}"] = ReLU()
        layers[f"pool{stage}"] = MaxPool2d(2, stride=2)
    head: dict[str, Layer] = {
        "flatten": Flatten(),
        "fc1": Dense(4096),
        "relu1": ReLU(),
        "fc2": Dense(4096),
        "relu2": ReLU(),
        "fc3": Dense(1000),
    }
    return sequence(f"vgg11_{size}", (3, size, size), **layers, **head)


DENSE_LAYER = Block(
    "dense_layer",
    "channels, growth",
    inputs={"x": "channels"},
    about="BN, ReLU and convolution twice; the result is appended to the input.",
    layers={
        "bn1": BatchNorm(),
        "relu1": ReLU(),
        "conv1": Conv2d("4 * growth", 1, bias=False),
        "bn2": BatchNorm(),
        "relu2": ReLU(),
        "conv2": Conv2d("growth", 3, padding=1, bias=False),
        "concat": Concat(),
    },
    wiring="y = bn1(x)\ny = relu1(y)\ny = conv1(y)\ny = bn2(y)\ny = relu2(y)\ny = conv2(y)\n"
    "x = concat(x, y)",
)
TRANSITION = Block(
    "transition",
    "width",
    about="Half the channels, half the size.",
    layers={
        "bn": BatchNorm(),
        "relu": ReLU(),
        "conv": Conv2d("width", 1, bias=False),
        "pool": AvgPool2d(2, stride=2),
    },
)


def densenet121(size: int = 224) -> Network:
    """Huang et al., Densely connected convolutional networks (arXiv:1608.06993)."""
    growth, width = 32, 64
    layers: dict[str, Layer] = {
        "conv": Conv2d(width, 7, stride=2, padding=3, bias=False),
        "bn": BatchNorm(),
        "relu": ReLU(),
        "pool": MaxPool2d(3, stride=2, padding=1),
    }
    for index, count in enumerate((6, 12, 24, 16), 1):
        widths = range(width, width + growth * count, growth)
        layers[f"dense{index}"] = chain(*(DENSE_LAYER(each, growth) for each in widths))
        width += growth * count
        if index < 4:
            width //= 2
            layers[f"transition{index}"] = TRANSITION(width)
    head: dict[str, Layer] = {
        "bn_last": BatchNorm(),
        "relu_last": ReLU(),
        "mean": GlobalAvgPool2d(),
        "fc": Dense(1000),
    }
    return sequence(f"densenet121_{size}", (3, size, size), **layers, **head)


Make = Callable[[], Network]
SMALL: dict[str, Make] = {
    **{f"averaged-{size}": partial(averaged, size) for size in (16, 32, 64)},
    **{f"normalized-{size}": partial(normalized, size) for size in (32, 64, 96)},
}
LARGE: dict[str, Make] = {
    **{f"normalized-{size}": partial(normalized, size) for size in (128, 224)},
    **{f"mobilenet_v2-{size}": partial(mobilenet_v2, size) for size in (64, 96, 224)},
    "vgg11-224": vgg11,
    "densenet121-224": densenet121,
}
EVERYDAY = {**SMALL, **LARGE}
