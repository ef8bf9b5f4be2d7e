"""How frameworks lay out parameters, and the way to the canonical layout and back. Python 3.7.

Canonical are OIHW for kernels of convolutions (a depthwise one has I = 1) and (out, in) for dense
ones. What a framework's layers hold is said by the table in frontends/<framework>/layout.py.
"""
# ruff: noqa: UP006, UP035 - what Python 3.7 can evaluate

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, Mapping, Sequence, Tuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

Shape = Tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """An order of axes, by its letters; `axes` bring an array of it to the canonical order."""

    name: str
    axes: Tuple[int, ...]

    @property
    def rank(self) -> int:
        """How many axes an array of this layout has."""
        return len(self.axes)

    def canonical_shape(self, shape: Shape) -> Shape:
        """Return the canonical shape of a parameter of an own shape."""
        return tuple(shape[axis] for axis in self.axes)

    def to_canonical(self, array: Array) -> Array:
        """Return a framework's array in the canonical layout."""
        moved = array.transpose(self.axes)
        return moved.reshape(self.canonical_shape(array.shape))

    def from_canonical(self, array: Array, shape: Shape) -> Array:
        """Return a canonical array in this layout; `shape` is the own one that is expected.

        An array that does not fit comes back in a shape of its own, for the caller to refuse.
        """
        if array.ndim != self.rank:
            return array
        return array.transpose(np.argsort(self.axes))


def own_kinds(table: Table) -> Dict[str, str]:
    """Return what a framework's layers call a parameter of a kind."""
    return {slot.kind: own for slots in table.values() for own, slot in slots.items()}


@dataclass(frozen=True)
class DepthwiseLayout(Layout):
    """HWCM: the filters of channel c are c · M, c · M + 1 … of the canonical kernel."""

    def canonical_shape(self, shape: Shape) -> Shape:
        """Return (C · M, 1, H, W) for (H, W, C, M)."""
        height, width, channels, multiplier = shape
        return (channels * multiplier, 1, height, width)

    def from_canonical(self, array: Array, shape: Shape) -> Array:
        """Return a canonical array as (H, W, C, M), which `shape` says."""
        if array.shape != self.canonical_shape(shape):
            return array
        height, width, channels, multiplier = shape
        parted = array.reshape(channels, multiplier, height, width)
        return parted.transpose(np.argsort(self.axes))


@dataclass(frozen=True)
class SpreadLayout(Layout):
    """11C: a number a channel, spread over maps that have their channels last."""

    def canonical_shape(self, shape: Shape) -> Shape:
        """Return (C,) for (1, 1, C); any other shape as it is."""
        return shape[-1:] if shape[:-1] == (1, 1) else shape

    def from_canonical(self, array: Array, shape: Shape) -> Array:
        """Return a canonical array as (1, 1, C), which `shape` says."""
        return array.reshape(shape) if array.shape == self.canonical_shape(shape) else array


OIHW = Layout("OIHW", (0, 1, 2, 3))
HWIO = Layout("HWIO", (3, 2, 0, 1))
HWCM = DepthwiseLayout("HWCM", (2, 3, 0, 1))
OIK, KIO = Layout("OIK", (0, 1, 2)), Layout("KIO", (2, 1, 0))  # of one dimension
IOHW, HWOI = Layout("IOHW", (0, 1, 2, 3)), Layout("HWOI", (3, 2, 0, 1))  # of transposed ones
OI = Layout("OI", (0, 1))
IO = Layout("IO", (1, 0))
VECTOR, SPREAD = Layout("C", (0,)), SpreadLayout("11C", (0, 1, 2))


def plain(rank: int) -> Layout:
    """Return the layout of what has no canonical one: as it is."""
    return Layout("any", tuple(range(rank)))


@dataclass(frozen=True)
class Slot:
    """Where a layer holds a parameter: of which canonical kind it is, and how it is laid out."""

    kind: str
    layout: Layout = VECTOR

    @property
    def trainable(self) -> bool:
        """Whether a step updates it by its gradient."""
        return self.kind not in ("mean", "variance")


def kernel(layout: Layout) -> Slot:
    """Return the slot of a kernel."""
    return Slot("kernel", layout)


BIAS, GAMMA, BETA = Slot("bias"), Slot("gamma"), Slot("beta")
SLOPE, TABLE = Slot("slope"), Slot("table", Layout("VD", (0, 1)))
MEAN, VARIANCE = Slot("mean"), Slot("variance")

# Class or function of a layer -> own name of a parameter -> its slot.
Table = Mapping[str, Mapping[str, Slot]]


def by_name(table: Table, own: str, rank: int) -> Slot:
    """Return the slot of a variable of which only the own name and the rank are known.

    One that no layer of the table names keeps its name as its kind, and is laid out as the first
    layer of the table lays out what has this rank.
    """
    slots = [(name, slot) for layer in table.values() for name, slot in layer.items()]
    fitting = [(name, slot) for name, slot in slots if slot.layout.rank == rank]
    for name, slot in fitting:
        if name == own:
            return slot
    return Slot(own, fitting[0][1].layout if fitting else plain(rank))


def channels_last(array: Array) -> Array:
    """Return a map (N, C, H, W) as (N, H, W, C), anything else as it is."""
    return array.transpose((0, 2, 3, 1)) if array.ndim == 4 else array


def channels_first(array: Array) -> Array:
    """Return a map (N, H, W, C) as (N, C, H, W), anything else as it is."""
    return array.transpose((0, 3, 1, 2)) if array.ndim == 4 else array


def channels_first_shape(shape: Sequence[int]) -> Shape:
    """Return a shape without its batch, (H, W, C) as (C, H, W), anything else as it is."""
    if len(shape) != 3:
        return tuple(shape)
    height, width, channels = shape
    return (channels, height, width)
