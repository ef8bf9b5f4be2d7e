"""The names of layers in a Keras file: paths with underscores, or those of keras.applications."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from common.network import Network
from common.networks.keras_names import KERAS_APPLICATIONS, official_names
from frontends.writing.naming import Naming, is_official, underscored

# What Keras calls the operations that a file gives no names.
_OWN = re.compile(r"(input_layer|pad|get_item|true_divide|average_pool|ones_like)(_\d+)?")
_TEXTS = {
    ("conv_bn", "conv.pad"): 'f"{name}_pad"',
    ("bottleneck", "downsample"): 'f"{name}_0"',
    ("bottleneck", "conv1"): 'f"{name}_1"',
    ("bottleneck", "conv2"): 'f"{name}_2"',
    ("bottleneck", "conv3"): 'f"{name}_3"',
    ("bottleneck", "relu"): 'f"{name}_out"',
    ("resnet", "stem"): '"conv1"',
    **{("resnet", f"layer{number}"): f'"conv{number + 1}"' for number in (1, 2, 3, 4)},
    ("resnet", "maxpool.pad"): '"pool1_pad"',
    ("resnet", "maxpool"): '"pool1_pool"',
    ("resnet", "avgpool"): '"avg_pool"',
    ("resnet", "fc"): '"predictions"',
}


@dataclass(frozen=True)
class _ResNet(Naming):
    """Stages are conv2 to conv5; their blocks count from 1."""

    def stacked(self, index: Any) -> str | None:
        number = index + 1 if isinstance(index, int) else f"{{{index} + 1}}"
        return f'f"{{name}}_block{number}"'


def naming_of(network: Network) -> Naming:
    """Return how a network's file names its parts. Raises TriptychError for an unknown naming."""
    if is_official(network, KERAS_APPLICATIONS):
        names = {own: path for path, own in official_names(network).items()}
        return _ResNet("_", texts=_TEXTS, names=names)
    naming = underscored(network, {})
    taken = any(_OWN.fullmatch(own) for own in naming.names)
    return Naming() if taken else naming
