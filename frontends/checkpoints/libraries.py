"""Weights of the ResNets that other libraries hold: their names and layouts, a table for each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.elaborate import Parameter
from common.errors import TriptychError
from common.network import Network
from common.networks.keras_names import LAYERS

Array = NDArray[Any]
Arrays = dict[str, Array]


@dataclass(frozen=True)
class Library:
    """How a library names and lays out what a specification has.

    layers: (pattern of a canonical layer, its own name); {0}, {1} … are the pattern's groups, each
    number raised by `first`. kinds: of parameter -> own suffix. axes: dimensions of a tensor -> the
    permutation that makes it canonical. networks: own name -> ours, where they differ. ignored: own
    keys that are no weights.
    """

    layers: tuple[tuple[str, str], ...]
    kinds: Mapping[str, str]
    axes: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    first: int = 0
    networks: Mapping[str, str] = field(default_factory=dict)
    ignored: str = r"(?!)"

    def own_name(self, parameter: Parameter) -> str | None:
        """Return the library's name of a parameter, None if it has none."""
        for pattern, own in self.layers:
            match = re.fullmatch(pattern, parameter.layer)
            if match:
                numbers = [int(number) + self.first for number in match.groups()]
                return own.format(*numbers) + self.kinds[parameter.kind]
        return None

    def canonical(self, array: Array) -> Array:
        """Return a tensor of the library's in the canonical layout: OIHW, (out, in)."""
        axes = self.axes.get(array.ndim)
        return array if axes is None else np.ascontiguousarray(array.transpose(axes))

    def own(self, array: Array) -> Array:
        """Return a canonical tensor in the library's layout."""
        axes = self.axes.get(array.ndim)
        return array if axes is None else np.ascontiguousarray(array.transpose(np.argsort(axes)))


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
    _TORCH_LAYERS,
    {**_TORCH_KINDS, "mean": ".running_mean", "variance": ".running_var"},
    ignored=r".*\.num_batches_tracked",
)
PADDLE_VISION = Library(
    _TORCH_LAYERS,
    {**_TORCH_KINDS, "mean": "._mean", "variance": "._variance"},
    axes={2: (1, 0)},
    ignored="StructuredToParameterName@@",
)
# A layer's variables are numbered: kernel, bias; gamma, beta, moving mean and variance.
KERAS = Library(
    tuple((pattern, f"{own}/") for pattern, own in LAYERS),
    {"kernel": "0", "bias": "1", "gamma": "0", "beta": "1", "mean": "2", "variance": "3"},
    axes={4: (3, 2, 0, 1), 2: (1, 0)},
    first=1,
    networks={"resnet50": "resnet50_keras"},
)
LIBRARIES = {"keras": KERAS, "paddle.vision": PADDLE_VISION, "torchvision": TORCHVISION}


def names(network: Network, library: str) -> dict[str, str]:
    """Return canonical name -> the library's. Raises TriptychError for one that it has not."""
    found = {}
    for parameter in network.elaboration.parameters.values():
        own = LIBRARIES[library].own_name(parameter)
        if own is None:
            raise TriptychError(
                f"{network.name}: {library} has no name for {parameter.name}; its ResNets and "
                "ResNeXts without gates can be converted"
            )
        found[parameter.name] = own
    return found


def to_canonical(network: Network, library: str, arrays: Mapping[str, Array], where: str) -> Arrays:
    """Return a library's weights under canonical names and in canonical layouts.

    Raises TriptychError for a missing or an extra key and for a wrong shape; `where` opens it.
    """
    table, expected = LIBRARIES[library], names(network, library)
    given = {name for name in arrays if not re.fullmatch(table.ignored, name)}
    missing, extra = set(expected.values()) - given, given - set(expected.values())
    if missing or extra:
        raise TriptychError(
            f"{where}: not the weights of {network.name}: it lacks {_few(missing)} and has "
            f"{_few(extra)} too many"
        )
    found = {}
    for name, own in expected.items():
        array = found[name] = table.canonical(arrays[own])
        shape = network.elaboration.parameters[name].shape
        if array.shape != shape:
            raise TriptychError(f"{where}: {own} has shape {array.shape}, expected {shape}")
    return found


def from_canonical(network: Network, library: str, arrays: Mapping[str, Array]) -> Arrays:
    """Return canonical weights under a library's names and in its layouts."""
    own = names(network, library)
    return {own[name]: LIBRARIES[library].own(array) for name, array in arrays.items()}


def _few(keys: Iterable[str]) -> str:
    ordered = sorted(keys)
    if not ordered:
        return "none"
    return f"{len(ordered)} ({', '.join(ordered[:3])}{', …' if len(ordered) > 3 else ''})"
