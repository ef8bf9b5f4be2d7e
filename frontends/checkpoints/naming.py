"""From canonical names to those of files, and between layouts: a row for each way to name weights.

A written file's weights bear its own names in its framework's files; what other libraries hold
bears theirs (frontends.checkpoints.libraries), Fluid's zoo the official ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from importlib import import_module

import numpy as np

from common.elaborate import Parameter
from common.errors import TriptychError
from common.network import Network
from common.networks.fluid_names import PADDLE_MODELS, official_names
from frontends.checkpoints.libraries import LIBRARIES, Library
from frontends.checkpoints.stored import Array, Arrays
from frontends.frameworks import TABLE
from frontends.tensorflow.layout import LAYERS
from frontends.workers.layouts import Layout, Slot, own_kinds, plain

Names = dict[str, str]  # canonical -> own

# What each framework writes an op with that has parameters: a key of its layout table.
_LAYERS = {
    "torch": {"conv2d": "Conv2d", "dense": "Linear", "batch_norm": "BatchNorm2d"},
    "paddle": {"conv2d": "Conv2D", "dense": "Linear", "batch_norm": "BatchNorm2D"},
    "tensorflow": {
        "conv2d": "Conv2D",
        "depthwise_conv2d": "DepthwiseConv2D",
        "dense": "Dense",
        "batch_norm": "BatchNormalization",
    },
    "fluid": {"conv2d": "conv2d", "dense": "fc", "batch_norm": "batch_norm"},
    "tensorflow1": {
        "conv2d": "conv2d",
        "depthwise_conv2d": "depthwise_conv2d",
        "dense": "dense",
        "batch_norm": "batch_normalization",
    },
}
KINDS = ("kernel", "bias", "gamma", "beta", "mean", "variance")  # in a layer's own order


@dataclass(frozen=True)
class Naming:
    """A way to name and to lay out weights.

    framework: whose layouts, "" for the canonical ones. own: network -> the names. Raises
    TriptychError for a network that it has no names for.
    """

    name: str
    framework: str
    own: Callable[[Network], Names]

    def names(self, network: Network) -> Names:
        """Return canonical name -> own. Raises TriptychError."""
        found = self.own(network)
        if len(set(found.values())) < len(found):
            raise TriptychError(f"{network.name}: two of its parameters bear one name in {self}")
        return found

    def __str__(self) -> str:
        return self.name

    def canonical(self, parameter: Parameter, array: Array) -> Array:
        """Return an array of this layout in the canonical one, as it is if it has another rank."""
        layout = self.layout(parameter)
        return layout.to_canonical(array) if layout.rank == array.ndim else array

    def written(self, parameter: Parameter, array: Array) -> Array:
        """Return a canonical array in this layout."""
        layout = self.layout(parameter)
        found = layout.from_canonical(array, self.shape(parameter))
        return np.ascontiguousarray(found)

    def shape(self, parameter: Parameter) -> tuple[int, ...]:
        """Return the shape of a parameter in this layout."""
        layout, shape = self.layout(parameter), parameter.shape
        if layout.name == "HWCM":
            channels = shape[0] // parameter.op.out_channels  # type: ignore[attr-defined]
            return (shape[2], shape[3], channels, shape[0] // channels)
        return tuple(shape[axis] for axis in np.argsort(layout.axes))

    def layout(self, parameter: Parameter) -> Layout:
        """Return how a parameter is laid out."""
        if not self.framework:
            return plain(len(parameter.shape))
        return _slot(self.framework, parameter)[1].layout


def _slot(framework: str, parameter: Parameter) -> tuple[str, Slot]:
    """Return what a framework's layer calls a parameter, and its slot."""
    layers, symbol = _LAYERS[framework], parameter.op.symbol
    table = import_module(f"frontends.{framework}.layout").LAYERS
    slots = table[layers.get(symbol) or layers[symbol.removeprefix("depthwise_")]]
    return next((own, slot) for own, slot in slots.items() if slot.kind == parameter.kind)


def _parameters(network: Network, framework: str) -> list[Parameter]:
    """Return the parameters that a written file has: functions make no layer that they call not."""
    every = network.elaboration.parameters.values()
    return [each for each in every if each.used or TABLE[framework].classes]


@lru_cache(16)
def _own(network: Network, framework: str) -> Names:
    """Return canonical name -> own, of parameters and layers whose names the written file says."""
    from frontends.writing.emit import emit  # what only reads and lists does without

    source = emit(network, framework)
    layers = {
        canonical.rpartition(".")[0]: own.rpartition(".")[0]
        for own, canonical in source.own.parameters.items()
    }
    return layers | {canonical: own for own, canonical in source.names.items()}


def _written(framework: str, joint: str, network: Network) -> Names:
    """Return the names that a written file's weights bear: <layer><joint><own name>."""
    found, own = {}, _own(network, framework)
    for each in _parameters(network, framework):
        attribute = each.kind if framework == "fluid" else _slot(framework, each)[0]
        layer = own.get(each.layer, each.layer)
        found[each.name] = own.get(each.name) or f"{layer}{joint}{attribute}"
    return found


def _numbered(network: Network) -> Names:
    """Return the names of a written file's weights in Keras' own files: <layer>/<number>."""
    own, layers = _own(network, "tensorflow"), dict[str, list[str]]()
    for each in _parameters(network, "tensorflow"):
        layers.setdefault(each.layer, []).append(each.name)
    return {
        name: f"{own.get(layer, layer)}/{number}"
        for layer, held in layers.items()
        for number, name in enumerate(sorted(held, key=lambda each: KINDS.index(_kind(each))))
    }


def _kind(name: str) -> str:
    return name.rpartition(".")[2]


def _of_library(name: str, library: Library, network: Network) -> Names:
    found = {}
    for parameter in network.elaboration.parameters.values():
        own = library.own_name(parameter)
        if own is None:
            raise TriptychError(
                f"{network.name}: {name} has no name for {parameter.name}; its ResNets and "
                "ResNeXts without gates can be converted"
            )
        found[parameter.name] = own
    return found


def _canonical(network: Network) -> Names:
    return {name: name for name in network.elaboration.parameters}


def written(framework: str, joint: str) -> Naming:
    """Return how a written file of a framework names its weights in files of one name a weight."""
    return Naming(framework, framework, partial(_written, framework, joint))


def library(name: str, kinds: Mapping[str, str] | None = None) -> Naming:
    """Return how a library names its weights; `kinds`: with other suffixes than the table's."""
    table = LIBRARIES[name]
    table = replace(table, kinds=kinds) if kinds else table
    return Naming(name, table.framework, partial(_of_library, name, table))


CANONICAL = Naming("canonical", "", _canonical)
TORCH = (written("torch", "."), library("torchvision"))
PADDLE = (written("paddle", "."), library("paddle.vision"))
KERAS = (Naming("tensorflow", "tensorflow", _numbered), library("keras"))
KERAS_VARIABLES = (written("tensorflow", "/"), library("keras", own_kinds(LAYERS)))
TENSORFLOW1 = (written("tensorflow1", "/"),)
FLUID = (written("fluid", "."), Naming(PADDLE_MODELS, "fluid", official_names))


def to_canonical(
    naming: Naming, network: Network, arrays: Mapping[str, Array], where: str
) -> Arrays:
    """Return weights of a file under canonical names and in canonical layouts.

    Raises TriptychError for a missing or an extra name and for a wrong shape; `where` opens it.
    """
    expected = naming.names(network)
    missing, extra = set(expected.values()) - set(arrays), set(arrays) - set(expected.values())
    if missing or extra:
        raise TriptychError(
            f"{where}: not the weights of {network.name}, named as {naming}'s: it lacks "
            f"{few(missing)} and has {few(extra)} too many"
        )
    found = {}
    for name, own in expected.items():
        parameter = network.elaboration.parameters[name]
        if arrays[own].shape != naming.shape(parameter):
            raise TriptychError(
                f"{where}: {own} has shape {arrays[own].shape}, expected {naming.shape(parameter)}"
            )
        found[name] = naming.canonical(parameter, arrays[own])
    return found


def from_canonical(naming: Naming, network: Network, arrays: Mapping[str, Array]) -> Arrays:
    """Return canonical weights under the names of a file and in its layouts."""
    parameters = network.elaboration.parameters
    names = naming.names(network).items()
    return {own: naming.written(parameters[name], arrays[name]) for name, own in names}


def few(names: Iterable[str]) -> str:
    """Return how many names there are, and the first of them."""
    ordered = sorted(names)
    if not ordered:
        return "none"
    return f"{len(ordered)} ({', '.join(ordered[:3])}{', …' if len(ordered) > 3 else ''})"
