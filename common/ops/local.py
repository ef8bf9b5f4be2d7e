"""One step in float64, by itself: what it gives, and the gradients of what it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Tensors = Mapping[str, Array]  # a step's parameters, kind -> canonical layout


class Given(NamedTuple):
    """What a step is computed from: inputs (N, *shape), and the cotangent of its result
    (N, *output) where gradients are wanted. training: with batch statistics. first: the first of
    equals takes a maximum's gradient, as in the frameworks; else it is left open."""

    inputs: Sequence[Array]
    parameters: Tensors = {}  # noqa: RUF012 - never changed
    cotangent: Array | None = None
    training: bool = False
    first: bool = False

    def absolute(self) -> Given:
        """Return the same without signs, in float32: a scale needs no more, and is there sooner."""
        cotangent = None if self.cotangent is None else _size(self.cotangent)
        own = {name: _size(array) for name, array in self.parameters.items()}
        return Given([_size(x) for x in self.inputs], own, cotangent, self.training)


class Local(NamedTuple):
    """A step's result (N, *output), and, for a cotangent of it, the gradients of its inputs and of
    its trainable parameters. NaN in a gradient: the step leaves it open (ties in a maximum)."""

    result: Array
    inputs: Sequence[Array] = ()
    parameters: Tensors = {}  # noqa: RUF012 - never changed


class Terms(NamedTuple):
    """The length of the longest sum behind a step's result, an input's and a parameter's gradient;
    0 where a sum is a matrix product's, which is judged by another bound."""

    result: int = 1
    input: int = 1
    parameter: int = 1


def absolute(tensors: Tensors) -> dict[str, Array]:
    """Return the absolute values of named tensors."""
    return {name: np.abs(array) for name, array in tensors.items()}


def _size(array: Array) -> Array:
    return np.abs(array).astype(np.float32)
