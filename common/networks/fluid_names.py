"""The official variable names of Fluid's ResNet-50 and its deeper kin."""

from __future__ import annotations

import re

from common.elaborate import elaborate
from common.errors import SpecificationError
from common.spec import Network

_BRANCHES = {"conv1": "branch2a", "conv2": "branch2b", "conv3": "branch2c", "downsample": "branch1"}
_SUFFIXES = {"kernel": "weights", "gamma": "scale", "beta": "offset"}
_DENSE = {"fc.kernel": "fc_0.w_0", "fc.bias": "fc_0.b_0"}  # the dense layer bears no name there
_UNIT = re.compile(r"(?:stem|layer(\d+)\.(\d+)\.(\w+))\.(conv|bn)\.(\w+)")


def official_names(network: Network) -> dict[str, str]:
    """Return canonical parameter name -> variable name in PaddlePaddle/models, release 1.3.

    Raises SpecificationError for a network with parameters that Fluid's ResNets do not have.
    """
    parameters = elaborate(network).parameters
    deep = any(name.startswith("layer3.6.") for name in parameters)  # 101 or 152 layers
    return {name: _DENSE.get(name) or _official(name, deep) for name in parameters}


def _official(name: str, deep: bool) -> str:
    match = _UNIT.fullmatch(name)
    if match is None or match[3] not in (None, *_BRANCHES):
        raise SpecificationError(f"parameter {name}: has no official name in Fluid's ResNet")
    stage, index, layer, part, kind = match.groups()
    unit = "conv1"
    if stage:
        block = chr(ord("a") + int(index))
        if deep and stage == "3" and index != "0":
            block = f"b{index}"
        unit = f"res{int(stage) + 1}{block}_{_BRANCHES[layer]}"
    if part == "bn":
        unit = f"bn{unit[3:]}" if stage else f"bn_{unit}"
    return f"{unit}_{_SUFFIXES.get(kind, kind)}"
