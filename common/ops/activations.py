"""Ops on every value by itself, and softmax: activations, dropout, identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from common.errors import SpecificationError
from common.expressions import Real
from common.ops.base import Op, Spread

__all__ = ["Dropout", "Identity", "ReLU", "ReLU6", "SiLU", "Sigmoid", "Softmax"]


class _Rectifier(Op):
    """What passes about half of a value on."""

    def spread(self, *inputs: Spread) -> Spread:
        return Spread(0.0, inputs[0].signed / 2 + inputs[0].rectified)


@dataclass(frozen=True)
class ReLU(_Rectifier):
    """max(x, 0)."""

    symbol = "relu"

    def smooth(self) -> Op:
        return SiLU()


@dataclass(frozen=True)
class ReLU6(_Rectifier):
    """min(max(x, 0), 6)."""

    symbol = "relu6"
    clips = True

    def smooth(self) -> Op:
        return SiLU()


@dataclass(frozen=True)
class SiLU(_Rectifier):
    """x * sigmoid(x): smooth, and so the stand-in for ReLU where rounding is judged."""

    symbol = "silu"


@dataclass(frozen=True)
class Sigmoid(Op):
    """1 / (1 + exp(-x))."""

    symbol = "sigmoid"

    def spread(self, *inputs: Spread) -> Spread:
        return Spread(0.0, 0.25)


@dataclass(frozen=True)
class Softmax(Op):
    """Softmax over the channels."""

    symbol = "softmax"


@dataclass(frozen=True)
class Dropout(Op):
    """Zeroes a share `rate` in training and scales the rest by 1 / (1 - rate); identity in eval."""

    symbol = "dropout"
    has_modes = True
    rate: Real = 0.5

    def _check(self) -> None:
        if not 0 <= cast(float, self.rate) < 1:
            raise SpecificationError(f"dropout: rate {self.rate}, expected 0 <= rate < 1")


@dataclass(frozen=True)
class Identity(Op):
    """The input, unchanged."""

    symbol = "identity"
    is_named = False
