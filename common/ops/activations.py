"""Ops on every value by itself, and softmax: activations, dropout, identity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from common.errors import SpecificationError
from common.expressions import Real
from common.ops.base import Op
from common.ops.local import Array, Given, Local, Terms
from common.ops.windows import Shape

__all__ = ["Dropout", "Identity", "ReLU", "ReLU6", "SiLU", "Sigmoid", "Softmax"]


class _Pointwise(Op):
    """What acts on every value by itself: f(x), and f'(x) times the cotangent."""

    def local(self, given: Given) -> Local:
        result, slope = self._point(*given.inputs)
        if given.cotangent is None:
            return Local(result)
        return Local(result, [slope * given.cotangent])

    def _point(self, x: Array) -> tuple[Array, Array]:
        """Return the function's values and its slopes."""
        raise NotImplementedError


class _Curved(_Pointwise):
    """A pointwise op whose slope is relative to its input: errors grow with |x|."""

    def magnitudes(self, given: Given) -> Local:
        (x,) = given.inputs
        result = np.abs(self._point(x)[0]) * (1 + np.abs(x))
        if given.cotangent is None:
            return Local(result)
        return Local(result, [np.abs(given.cotangent) * (1 + np.abs(x))])


@dataclass(frozen=True)
class ReLU(_Pointwise):
    """max(x, 0)."""

    symbol = "relu"
    breaks = (0.0, 6.0)

    def _point(self, x: Array) -> tuple[Array, Array]:
        return np.maximum(x, 0), (x > 0).astype(float)


@dataclass(frozen=True)
class ReLU6(_Pointwise):
    """min(max(x, 0), 6)."""

    symbol = "relu6"
    breaks = (0.0, 6.0)

    def _point(self, x: Array) -> tuple[Array, Array]:
        return np.clip(x, 0, 6), ((x > 0) & (x < 6)).astype(float)


@dataclass(frozen=True)
class SiLU(_Curved):
    """x * sigmoid(x)."""

    symbol = "silu"
    breaks = (0.0, 6.0)

    def _point(self, x: Array) -> tuple[Array, Array]:
        gate = _sigmoid(x)
        return x * gate, gate * (1 + x * (1 - gate))


@dataclass(frozen=True)
class Sigmoid(_Curved):
    """1 / (1 + exp(-x))."""

    symbol = "sigmoid"

    def _point(self, x: Array) -> tuple[Array, Array]:
        gate = _sigmoid(x)
        return gate, gate * (1 - gate)


@dataclass(frozen=True)
class Softmax(Op):
    """Softmax over the channels."""

    symbol = "softmax"

    def local(self, given: Given) -> Local:
        (x,), cotangent = given.inputs, given.cotangent
        powers = np.exp(x - x.max(1, keepdims=True))
        result = powers / powers.sum(1, keepdims=True)
        if cotangent is None:
            return Local(result)
        return Local(result, [result * (cotangent - (result * cotangent).sum(1, keepdims=True))])

    def magnitudes(self, given: Given) -> Local:
        (x,), result = given.inputs, self.local(Given(given.inputs)).result
        grown = result * (1 + np.abs(x).max(1, keepdims=True))
        if given.cotangent is None:
            return Local(grown)
        size = np.abs(given.cotangent)
        return Local(grown, [grown * (size + (result * size).sum(1, keepdims=True))])

    def terms(self, shapes: Sequence[Shape], batch: int, training: bool) -> Terms:
        return Terms(shapes[0][0], shapes[0][0])


@dataclass(frozen=True)
class Dropout(_Pointwise):
    """Zeroes a share `rate` in training and scales the rest by 1 / (1 - rate); identity in eval."""

    symbol = "dropout"
    keeps_size = True
    has_modes = True
    linear = True
    rate: Real = 0.5

    def _point(self, x: Array) -> tuple[Array, Array]:
        """At rate 0, as every network is compared."""
        return x.copy(), np.ones_like(x)

    def _check(self) -> None:
        if not 0 <= cast(float, self.rate) < 1:
            raise SpecificationError(f"dropout: rate {self.rate}, expected 0 <= rate < 1")


@dataclass(frozen=True)
class Identity(_Pointwise):
    """The input, unchanged."""

    symbol = "identity"
    keeps_size = True
    is_named = False
    linear = True

    def _point(self, x: Array) -> tuple[Array, Array]:
        return x.copy(), np.ones_like(x)


def _sigmoid(x: Array) -> Array:
    with np.errstate(over="ignore"):  # exp(-x) = inf gives the right 0
        return 1 / (1 + np.exp(-x))
