"""Names in written source: classes, parameters and the arguments that a block is called with."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from typing import Any

from common.errors import TriptychError
from common.expressions import literal
from common.spec import Block, Use
from common.wiring import REQUIRED

ACRONYMS = {
    "se": "SE",
    "bn": "BN",
    "relu": "ReLU",
    "resnet": "ResNet",
    "resnext": "ResNeXt",
    "rir": "RiR",
    "cifar": "CIFAR",
    "mnist": "MNIST",
    "vgg": "VGG",
    "densenet": "DenseNet",
    "mobilenet": "MobileNet",
    "shufflenet": "ShuffleNet",
    "squeezenet": "SqueezeNet",
    "efficientnet": "EfficientNet",
    "googlenet": "GoogLeNet",
    "alexnet": "AlexNet",
    "lenet": "LeNet",
    "unet": "UNet",
}


class EmitError(TriptychError):
    """A network that a dialect cannot write; the message names the block and the layer."""


def class_name(kind: str) -> str:
    """Return a kind as a class name: se_resnext_block -> SEResNeXtBlock."""
    words = re.findall(r"([a-zA-Z]*)(\d*)_?", kind)
    return "".join(ACRONYMS.get(word, word.capitalize()) + digits for word, digits in words)


def parameters(
    block: Block, first: Iterable[str], before_defaults: Iterable[str], wanted: Container[str]
) -> tuple[str, ...]:
    """Return the parameters of a block as source: `first`, those without a default,
    `before_defaults`, those with one. Of the block's own only those `wanted`.
    """
    declared = [(name, default) for name, default in block.arguments if name in wanted]
    required = [name for name, default in declared if default is REQUIRED]
    defaults = [f"{n}={literal(d)}" for n, d in declared if d is not REQUIRED]
    return (*first, *required, *before_defaults, *defaults)


def passed(use: Use, wanted: Container[str]) -> tuple[list[Any], dict[str, Any]]:
    """Return what a call of a block passes by position and by name: what has no default, and what
    differs from its default; of the arguments only those `wanted`.
    """
    defaults = dict(use.block.arguments)
    given = {name: value for name, value in use.arguments if name in wanted}
    named = {n: v for n, v in given.items() if defaults[n] is not REQUIRED}
    return (
        [value for name, value in given.items() if defaults[name] is REQUIRED],
        {n: v for n, v in named.items() if literal(defaults[n]) != literal(v)},
    )
