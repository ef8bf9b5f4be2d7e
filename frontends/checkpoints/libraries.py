"""The names that other libraries give the weights of their ResNets, a table for each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from common.elaborate import Parameter
from common.network import Network
from common.networks import load
from common.networks.keras_names import LAYERS


@dataclass(frozen=True)
class Library:
    """How a library of a framework names what a specification has.

    layers: (pattern of a canonical layer, its own name); {0}, {1} … are the pattern's groups, each
    number raised by `first`. kinds: of parameter -> own suffix. networks: own name -> ours, where
    they differ.
    """

    framework: str
    layers: tuple[tuple[str, str], ...]
    kinds: Mapping[str, str]
    first: int = 0
    networks: Mapping[str, str] = field(default_factory=dict)

    def own_name(self, parameter: Parameter) -> str | None:
        """Return the library's name of a parameter, None if it has none."""
        for pattern, own in self.layers:
            match = re.fullmatch(pattern, parameter.layer)
            if match:
                numbers = [int(number) + self.first for number in match.groups()]
                return own.format(*numbers) + self.kinds[parameter.kind]
        return None


_TORCH_LAYERS = (
    (r"stem\.conv", "conv1"),
    (r"stem\.bn", "bn1"),
    (r"layer(\d+)\.(\d+)\.conv(\d)\.conv", "layer{0}.{1}.conv{2}"),
    (r"layer(\d+)\.(\d+)\.conv(\d)\.bn", "layer{0}.{1}.bn{2}"),
    (r"layer(\d+)\.(\d+)\.downsample\.conv", "layer{0}.{1}.downsample.0"),
    (r"layer(\d+)\.(\d+)\.downsample\.bn", "layer{0}.{1}.downsample.1"),
    ("fc", "fc"),
)
_TORCH_KINDS = {"kernel": ".weight", "bias": ".bias", "gamma": ".weight", "beta": ".bias"}
TORCHVISION = Library(
    "torch",
    _TORCH_LAYERS,
    {**_TORCH_KINDS, "mean": ".running_mean", "variance": ".running_var"},
)
PADDLE_VISION = Library(
    "paddle",
    _TORCH_LAYERS,
    {**_TORCH_KINDS, "mean": "._mean", "variance": "._variance"},
)
# A layer's variables are numbered: kernel, bias; gamma, beta, moving mean and variance.
KERAS = Library(
    "tensorflow",
    tuple((pattern, f"{own}/") for pattern, own in LAYERS),
    {"kernel": "0", "bias": "1", "gamma": "0", "beta": "1", "mean": "2", "variance": "3"},
    first=1,
    networks={"resnet50": "resnet50_keras"},
)
LIBRARIES = {"keras": KERAS, "paddle.vision": PADDLE_VISION, "torchvision": TORCHVISION}


def network_of(library: str, name: str) -> Network:
    """Return the network that a library calls by a name, or that a reader brings."""
    return load(LIBRARIES[library].networks.get(name, name))
