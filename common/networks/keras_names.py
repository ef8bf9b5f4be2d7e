"""The layers of keras.applications' ResNets by the names that they bear there."""

from __future__ import annotations

import re

from common.errors import SpecificationError
from common.network import Network

KERAS_APPLICATIONS = "keras.applications"  # the naming of its ResNet50, ResNet101 and ResNet152

# Stages are conv2 to conv5, blocks count from 1, convolution 0 is the shortcut's: {0}, {1} are the
# pattern's groups, each raised by 1.
_BLOCKS = (
    ("stem", "conv1"),
    (r"layer(\d+)\.(\d+)", "conv{0}_block{1}"),
    (r"layer(\d+)\.(\d+)\.downsample", "conv{0}_block{1}_0"),
    *((rf"layer(\d+)\.(\d+)\.conv{n}", f"conv{{0}}_block{{1}}_{n}") for n in (1, 2, 3)),
)
LAYERS = (
    *((rf"{path}\.{own}", f"{name}_{own}") for path, name in _BLOCKS for own in ("conv", "bn")),
    ("fc", "predictions"),
)


def official_names(network: Network) -> dict[str, str]:
    """Return path of a block, or of a layer with parameters -> its name in keras.applications.

    Raises SpecificationError for a network that has more than its ResNets.
    """
    found = network.elaboration
    blocks = [each.path for each in found.blocks if each.path]
    layers = dict.fromkeys(each.layer for each in found.parameters.values())
    return {path: _official(path) for path in [*blocks, *layers]}


def _official(path: str) -> str:
    for pattern, own in (*_BLOCKS, *LAYERS):
        match = re.fullmatch(pattern, path)
        if match:
            return own.format(*(int(number) + 1 for number in match.groups()))
    raise SpecificationError(f"{path}: has no name in keras.applications' ResNets")
