"""Weights from a file, for files that are compared: found by the first one's names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from common.errors import TriptychError
from frontends.workers.layouts import SPREAD, Layout, Table
from frontends.workers.protocol import Looked, Tensor

# How programs end the names of variables, after the layer's.
FLUID = {
    "kernel": ("w_0", "weights"),
    "bias": ("b_0", "bias", "offset"),
    "gamma": ("w_0", "scale"),
    "beta": ("b_0", "offset"),
    "mean": ("w_1", "mean"),
    "variance": ("w_2", "variance"),
}


def carried(arrays: Mapping[str, Any], look: Looked, framework: str, where: str) -> dict[str, Any]:
    """Return the weights of a file, by the names and in the layouts that a comparison has.

    arrays: by the names and in the layouts of the framework's own weights files. Raises
    TriptychError, one line, for a tensor that is missing or has another shape.
    """
    table: Table = import_module(f"frontends.{framework}.layout").LAYERS
    more: Table = getattr(import_module(f"frontends.{framework}.layout"), "MORE", {})
    slots = [(own, slot) for each in ({**table, **more}).values() for own, slot in each.items()]
    known = {_plain(name): name for name in arrays}
    found = {}
    counts: Counter[str] = Counter()
    for name, tensor in look.tensors.items():
        layer = name.rpartition(".")[0]
        ends = [own for own, slot in slots if slot.kind == tensor.kind]
        ends += [str(counts[layer]), *FLUID.get(tensor.kind, ())]  # Keras numbers those of a layer
        counts[layer] += 1
        names = [name, *(f"{layer}.{end}" for end in ends)]
        names += [f"{layer}_{end}" for end in FLUID.get(tensor.kind, ())]
        stored = next((known[_plain(n)] for n in names if _plain(n) in known), None)
        if stored is None and not (tensor.trains or tensor.kind):
            continue  # a buffer that a weights file need not hold: as it starts
        if stored is None:
            raise TriptychError(f"{where}: no {name} {tensor.shape}; it has {_few(arrays)}")
        layouts = [slot.layout for _, slot in slots if slot.kind == tensor.kind]
        found[name] = _canonical(arrays[stored], tensor, layouts, f"{where}: {stored}")
    return found


def _plain(name: str) -> str:
    """Return a name as it is compared: what parts it does not matter."""
    return re.sub(r"[/.:]+", ".", name.removesuffix(":0")).strip(".")


def _few(arrays: Mapping[str, Any]) -> str:
    names = list(arrays)
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if names[4:] else "")


def _canonical(array: Any, tensor: Tensor, layouts: list[Layout], where: str) -> Any:
    if not layouts and tuple(array.shape) == tuple(tensor.shape):
        return array
    for layout in (*layouts, SPREAD):
        if layout.rank == array.ndim and layout.canonical_shape(array.shape) == tensor.shape:
            return layout.to_canonical(array)
    raise TriptychError(f"{where} has shape {array.shape}, which is not {tensor.shape} laid out")
