"""What runners share of parameters: every tensor that a model holds, its name and its layout.

Python 3.7.
"""
# ruff: noqa: UP006, UP035, UP045 - what Python 3.7 can evaluate

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterable, Mapping, Optional, Set, Tuple

import numpy as np

from frontends.workers.layouts import SPREAD, VECTOR, Slot, Table, plain
from frontends.workers.outcomes import MismatchError
from frontends.workers.protocol import Shape, Tensor

if TYPE_CHECKING:
    from frontends.workers.arrays import ArrayReader
    from frontends.workers.layouts import Array


class Held:
    """A tensor that a model holds, `own` to its framework; see protocol.Tensor."""

    def __init__(self, own: Any, slot: Slot, trains: bool, layer: str = "") -> None:
        self.own, self.slot, self.trains, self.layer = own, slot, trains, layer
        self.shape: Shape = tuple(int(size) for size in own.shape)
        self._given: Optional[Shape] = None  # the shape of the canonical value

    def told(self) -> Tensor:
        """Return what the parent is told of it."""
        shape = self.slot.layout.canonical_shape(self.shape)
        return Tensor(shape, self.slot.kind, self.trains, self.layer)

    def named(self, canonical: str) -> Held:
        """Return it as the canonical parameter that it was matched with."""
        slot = Slot(canonical.rpartition(".")[2], self.slot.layout)
        return Held(self.own, slot, self.trains)

    def set_from(self, weights: ArrayReader, name: str, dtype: str) -> Array:
        """Return its canonical value in its own layout. Raises MismatchError."""
        value, layout = weights.get(name), self.slot.layout
        self._given = value.shape
        if layout.rank == len(self.shape) and _pointwise(self.told().shape, value.shape):
            value = value.reshape(self.told().shape)
        array = layout.from_canonical(value, self.shape)
        if array.shape != self.shape:
            raise MismatchError(f"{name}: shape {array.shape}, expected {self.shape}")
        return np.array(array, dtype, order="C")  # a single value keeps its shape

    def canonical(self, array: Any) -> Any:
        """Return an array of its shape in the canonical layout, in the shape of its value."""
        found = self.slot.layout.to_canonical(array)
        pointwise = self._given is not None and _pointwise(found.shape, self._given)
        return found.reshape(self._given) if pointwise else found


def holding(
    path: str, own: str, tensor: Any, trains: bool, slots: Mapping[str, Slot], layer: str
) -> Tuple[str, Held]:
    """Return the name and the tensor of a layer.

    own: its attribute. slots: those of the layer. layer: what to call the layer if it has none.
    """
    slot = slots.get(own)
    if slot is not None and slot.layout == VECTOR and tuple(tensor.shape[:-1]) == (1, 1):
        slot = Slot(slot.kind, SPREAD)
    if slot is None or slot.layout.rank != len(tensor.shape):
        return joined(path, own), Held(tensor, Slot("", plain(len(tensor.shape))), trains, layer)
    return joined(path, slot.kind), Held(tensor, slot, trains)


def joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def class_of(layer: Any, *frameworks: str) -> str:
    """Return the name of a layer's class if it is a framework's, "" for a reader's own."""
    kind = type(layer)
    return kind.__name__ if kind.__module__.partition(".")[0] in frameworks else ""


def distinct(held: Iterable[Tuple[str, Held]]) -> Dict[str, Held]:
    """Return {name: tensor}, each tensor once, and a name that comes again with #2, #3 …"""
    found: Dict[str, Held] = {}
    known = set()
    for name, each in held:
        if id(each.own) in known:
            continue
        known.add(id(each.own))
        path, _, kind = name.rpartition(".")
        number, key = 1, name
        while key in found:
            number += 1
            key = joined(f"{path}#{number}", kind)
        found[key] = each
    return found


def resolved(table: Table, namespace: Any) -> Dict[Any, Mapping[str, Slot]]:
    """Return a layout table with the layers' classes, attributes of a namespace, as its keys."""
    return {getattr(namespace, name): slots for name, slots in table.items()}


def slots_of(layer: Any, layers: Mapping[Any, Mapping[str, Slot]]) -> Mapping[str, Slot]:
    """Return {own name: slot} of a layer, {} of a block; a subclass is what it extends."""
    return next((slots for kind, slots in layers.items() if isinstance(layer, kind)), {})


def matched(held: Dict[str, Held], names: Optional[Mapping[str, str]]) -> Dict[str, Held]:
    """Return a reader's tensors under canonical names, those without one left out.

    Without `names` the tensors' own names are canonical.
    """
    if names is None:
        return held
    return {names[n]: each.named(names[n]) for n, each in held.items() if n in names}


def renamed(held: Dict[str, Held], names: Mapping[str, str]) -> Dict[str, Held]:
    """Return tensors with {own name: canonical name} for those that differ."""
    return {names.get(name, name): each for name, each in held.items()}


def layers_of(names: Optional[Mapping[str, str]]) -> Dict[str, str]:
    """Return {own layer: canonical layer} for {own parameter: canonical parameter}."""
    return {own.rpartition(".")[0]: new.rpartition(".")[0] for own, new in (names or {}).items()}


def layers_called(calls: Iterable[str]) -> Set[str]:
    """Return the layers of calls by their paths, which end in #2, #3 … where they come again."""
    return {path.partition("#")[0] for path in calls}


def check_all_made(known: Iterable[Any], now: Iterable[Any]) -> None:
    """Raise a MismatchError if a call made parameters, which come too late to be set."""
    made = {id(each): each for each in now}
    before = {id(each) for each in known}
    late = [tuple(each.shape) for key, each in made.items() if key not in before]
    if late:
        shapes = ", ".join(str(each) for each in late[:4])
        raise MismatchError(
            f"{len(late)} parameters are made in the first call, {shapes}: expected in its "
            f"constructor, or by the framework's lazy layers"
        )


def check_keys(expected: Iterable[str], given: Iterable[str]) -> None:
    """Raise a MismatchError that lists what is missing or too much among parameter names."""
    missing, extra = sorted(set(expected) - set(given)), sorted(set(given) - set(expected))
    if missing or extra:
        raise MismatchError(
            f"{len(missing)} parameters of the file have no weights: {missing[:5]}; "
            f"{len(extra)} weights have no parameter: {extra[:5]}"
        )


def _pointwise(one: Shape, other: Shape) -> bool:
    """Return whether one is a dense kernel's and the other the same of a 1×1 convolution."""
    short, long = sorted((tuple(one), tuple(other)), key=len)
    return len(short) == 2 and long == (*short, 1, 1)
