"""What the ladder runs of each network: fewer repeats, narrower maps, the same kinds and sizes.

Every kind of block stays, with its first and its repeated form where the family has both; the
input keeps its resolution, so that every map that halves still does, or is 96 for 224: even and odd
in the same places. Widths stay at 16 or more:
with 8 channels TensorFlow's float32 gradient of a strided 1×1 convolution writes out of bounds
(reports/findings.md).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from common.network import Network
from common.networks import load

CIFAR: dict[str, Any] = {"num_blocks": 1, "width": 16}
NARROW: dict[str, Any] = {"width": 16}
SHALLOW: dict[str, Any] = {"num_blocks": (2, 1, 1, 1), "width": 16, "num_classes": 10}
GROUPED: dict[str, Any] = {**SHALLOW, "width": 32}  # 32 groups need 32 channels

# name -> arguments of the root
REDUCTIONS: dict[str, dict[str, Any]] = {
    "se_resnext_cifar": {"num_blocks": 2, "width": 16},
    "se_resnext_cifar_concatenated": CIFAR,
    "se_resnext_mnist": {},
    "se_resnext_published_fluid": CIFAR,
    "se_resnext_published_tensorflow": CIFAR,
    "resnext_cifar_tensorflow": CIFAR,
    "resnext_block_summed": {"cardinality": 8},
    "resnext_block_concatenated": {"cardinality": 8},
    "resnext_block_grouped": {},
    "resnext29_8x64d": {"num_blocks": (2, 1, 1), "width": 16},
    "resnext29_16x64d": {"num_blocks": (1, 1, 1), "width": 16},
    "resnext29_32x4d": {"num_blocks": (2, 1, 1), "width": 32},
    "resnet18": NARROW,
    "resnet34": {"num_blocks": (1, 2, 3, 1), "width": 16},
    "resnet50": {**SHALLOW, "num_blocks": (1, 2, 2, 1)},
    "resnet101": {**SHALLOW, "num_blocks": (1, 1, 3, 1)},
    "resnet152": {**SHALLOW, "num_blocks": (1, 2, 1, 2)},
    "resnext50_32x4d": GROUPED,
    "resnext101_32x8d": {**GROUPED, "num_blocks": (1, 1, 2, 1), "width": 16},
    "se_resnet50": SHALLOW,
    "se_resnext50_32x4d": {**GROUPED, "num_blocks": (1, 2, 1, 1)},
    "resnet50_keras": SHALLOW,
    "resnet50_fluid": SHALLOW,
    "resnet50_fluid_flowers": {**SHALLOW, "num_blocks": (1, 1, 1, 2), "num_classes": 102},
    "se_resnet50_tensorpack": SHALLOW,
    "rir18": {"num_blocks": (2, 1, 1), "width": 16},
    "resnet18_rir": NARROW,
    "batchflow_resnet": NARROW,
    "batchflow_se_resnet": NARROW,
    "batchflow_resnet50": {"num_blocks": (1, 2, 2, 1), "width": 16},
    "batchflow_se_resnet50": {"num_blocks": (2, 1, 1, 2), "width": 16},
}


def reduced(name: str) -> Network:
    """Return the network as the ladder runs it."""
    network = load(name).with_arguments(**REDUCTIONS[name])
    channels, height, _ = network.input_shape
    return replace(network, input_shape=(channels, 96, 96)) if height == 224 else network
