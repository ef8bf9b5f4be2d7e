"""The official variable names of Fluid's ResNet-50 and its deeper kin."""

from __future__ import annotations

import re

from common.errors import SpecificationError
from common.network import Network

PADDLE_MODELS = "PaddlePaddle/models"  # the naming of its image classification, release 1.3

_BRANCHES = {"conv1": "branch2a", "conv2": "branch2b", "conv3": "branch2c", "downsample": "branch1"}
_SUFFIXES = {"kernel": "weights", "gamma": "scale", "beta": "offset"}
_DENSE = {"fc.kernel": "fc_0.w_0", "fc.bias": "fc_0.b_0"}  # the dense layer bears no name there
_UNIT = re.compile(r"(?:stem|layer(\d+)\.(\d+)(?:\.(\w+))?)")


def official_names(network: Network) -> dict[str, str]:
    """Return canonical parameter name -> variable name in PaddlePaddle/models, release 1.3.

    Raises SpecificationError for a network with parameters that Fluid's ResNets do not have.
    """
    deep = is_deep(network)
    return {name: _DENSE.get(name) or _official(name, deep) for name in _parameters(network)}


def official_blocks(network: Network) -> dict[str, str]:
    """Return path of a block -> what the official script calls it: layer1.0.conv1 ->
    res2a_branch2a. Raises SpecificationError."""
    deep = is_deep(network)
    paths = [each.path for each in network.elaboration.blocks if each.path]
    return {path: _unit(path, deep) for path in paths}


def is_deep(network: Network) -> bool:
    """Return whether a network is one of 101 or 152 layers, whose fourth stage is numbered."""
    return any(name.startswith("layer3.6.") for name in _parameters(network))


def _parameters(network: Network) -> list[str]:
    return list(network.elaboration.parameters)


def _official(name: str, deep: bool) -> str:
    path, _, rest = name.rpartition(".")
    unit, _, part = path.rpartition(".")
    if part not in ("conv", "bn"):
        raise SpecificationError(f"parameter {name}: has no official name in Fluid's ResNet")
    official = _unit(unit, deep)
    if part == "bn":
        official = f"bn_{official}" if official == "conv1" else f"bn{official[3:]}"
    return f"{official}_{_SUFFIXES.get(rest, rest)}"


def _unit(path: str, deep: bool) -> str:
    match = _UNIT.fullmatch(path)
    if match is None or match[3] not in (None, *_BRANCHES):
        raise SpecificationError(f"block {path}: has no official name in Fluid's ResNet")
    stage, index, layer = match.groups()
    if stage is None:
        return "conv1"
    letter = f"b{index}" if deep and stage == "3" and index != "0" else chr(ord("a") + int(index))
    return f"res{int(stage) + 1}{letter}" + (f"_{_BRANCHES[layer]}" if layer else "")
