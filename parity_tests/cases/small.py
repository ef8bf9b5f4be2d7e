"""Small networks, one per idea, that many checks run on."""

from __future__ import annotations

from common.initializers import ZEROS
from common.network import Network
from common.networks.blocks import CONV_BN
from common.networks.laws import TORCHVISION
from common.networks.se_resnext import CONV_RELU_BN, network, residual_block
from common.ops import (
    Add,
    AvgPool2d,
    BatchNorm,
    ChannelPad,
    Conv2d,
    Dense,
    Flatten,
    GlobalAvgPool2d,
    MaxPool2d,
    ReLU,
    ReLU6,
)
from common.spec import Block, Layer
from common.transform import initialized


def sequence(name: str, input_shape: tuple[int, ...], **layers: Layer) -> Network:
    """Return a network of layers one after another; a sum adds a value to itself, five times."""
    sums = [name for name, layer in layers.items() if isinstance(layer, Add)]
    wiring = [f"x = {name}({'x, x, x, x, x' if name in sums else 'x'})" for name in layers]
    return Network(name, Block(name, layers=layers, wiring=wiring), input_shape)


def started() -> Network:
    """Laws that every dialect has to write, over enough values to tell one from another."""
    plain = sequence(
        "started",
        (48, 6, 6),
        first=Conv2d(96, 3, padding=1, bias=False),
        bn=BatchNorm(gamma_initializer=ZEROS),
        second=Conv2d(48, 3, padding=1),
        third=Conv2d(96, 3, padding=1, bias=False),
        pool=GlobalAvgPool2d(),
        fc=Dense(200),
    )
    return initialized(plain, TORCHVISION)


def _se_resnext(name: str, form: str, **options: object) -> Network:
    block = residual_block(form, cardinality=2, depth=4, reduction=2, **options)  # type: ignore[arg-type]
    stem = {"conv_bn": options["conv_bn"]} if "conv_bn" in options else {}
    return network(name, "", block, input_shape=(3, 16, 16), num_blocks=1, width=8, **stem)  # type: ignore[arg-type]


def se_resnext() -> Network:
    """Grouped convolutions, gates, and shortcuts that pool and pad: the main network, reduced."""
    return _se_resnext("small_se_resnext", "grouped")


def concatenated() -> Network:
    """The same with its paths written out: equal branches, concatenated."""
    return _se_resnext("small_concatenated", "concatenated")


def published_fluid() -> Network:
    """Every convolution and every batch normalization activated, as published for Fluid."""
    return _se_resnext("small_published_fluid", "concatenated", conv_bn=CONV_RELU_BN)


def few_values() -> Network:
    """Batch normalization of 2×2 and 1×1 maps: too few values in a batch of two."""
    return sequence(
        "few_values",
        (3, 4, 4),
        halve=Conv2d(6, 2, stride=2),
        bn1=BatchNorm(),
        relu=ReLU(),
        shrink=Conv2d(8, 2),
        bn2=BatchNorm(),
        flatten=Flatten(),
        fc=Dense(5),
    )


def vectors() -> Network:
    """Dense layers alone: no maps, no batch normalization."""
    return sequence("vectors", (7,), hidden=Dense(9), relu=ReLU(), fc=Dense(4, bias=False))


def plain() -> Network:
    """Two batch normalizations with the everyday reals 1e-5 and 0.9, which float32 cannot hold."""
    return sequence(
        "plain",
        (3, 6, 6),
        conv1=Conv2d(5, 3, padding=1),
        bn1=BatchNorm(epsilon=1e-5, momentum=0.9),
        relu=ReLU(),
        conv2=Conv2d(4, 3, stride=2),
        bn2=BatchNorm(epsilon=1e-5, momentum=0.9),
        pool=GlobalAvgPool2d(),
        fc=Dense(3),
    )


TAIL = Block(
    "tail", layers={"overlap": MaxPool2d(2, stride=2, rounding="ceil"), "squash": Conv2d(4, 1)}
)


def pitfalls() -> Network:
    """A place for every pitfall: what frameworks disagree on, in a row."""
    return sequence(
        "pitfalls",
        (3, 12, 12),
        stem=Conv2d(8, 3, padding=1, bias=False),
        bn=BatchNorm(),
        relu=ReLU(),
        strided=Conv2d(8, 3, stride=2, padding=1, groups=2),
        louder=Add(),  # so that the cap of ReLU6 is reached
        relu6=ReLU6(),
        dilated=Conv2d(6, 3, padding=2, dilation=2),
        widest=MaxPool2d(3, stride=2, padding=((1, 0), (1, 0))),
        mean=AvgPool2d(2, padding=1, count_include_pad=False),  # of 1, 2 or 4 values
        widen=ChannelPad(1, 1),
        flatten=Flatten(),
        hidden=Dense(8),
        square=Dense(8),
        fc=Dense(5),
    )


def rounded() -> Network:
    """A pool whose last windows are partial; the global pool after it hides how many."""
    return sequence("rounded", (2, 5, 5), tail=TAIL(), pool=GlobalAvgPool2d(), fc=Dense(3))


def optional() -> Network:
    """A block whose activation is left out the first time and there the second."""
    return sequence(
        "optional",
        (4, 7, 9),
        first=CONV_BN(5, 3, relu=False),
        last=CONV_BN(6, 1),
        pool=GlobalAvgPool2d(),
        fc=Dense(3),
    )


def grouped() -> Network:
    """Grouped convolutions: two groups, one group a channel, with stride and with dilation."""
    return sequence(
        "grouped",
        (4, 9, 9),
        pairs=Conv2d(6, 3, padding=1, groups=2),
        strided=Conv2d(12, 3, stride=2, groups=6, bias=False),
        dilated=Conv2d(12, 3, padding=2, dilation=2, groups=12),
        pool=GlobalAvgPool2d(),
        fc=Dense(3),
    )
