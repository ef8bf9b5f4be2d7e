"""Ops on every value by itself, and softmax: activations, dropout, identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from common.errors import SpecificationError
from common.expressions import Real
from common.ops.base import Op


@dataclass(frozen=True)
class ReLU(Op):
    """max(x, 0)."""

    symbol = "relu"


@dataclass(frozen=True)
class ReLU6(Op):
    """min(max(x, 0), 6)."""

    symbol = "relu6"


@dataclass(frozen=True)
class SiLU(Op):
    """x * sigmoid(x): smooth, and so the stand-in for ReLU where rounding is judged."""

    symbol = "silu"


@dataclass(frozen=True)
class Sigmoid(Op):
    """1 / (1 + exp(-x))."""

    symbol = "sigmoid"


@dataclass(frozen=True)
class Softmax(Op):
    """Softmax over the channels."""

    symbol = "softmax"


@dataclass(frozen=True)
class Dropout(Op):
    """Zeroes a share `rate` in training and scales the rest by 1 / (1 - rate); identity in eval."""

    symbol = "dropout"
    rate: Real = 0.5

    def _check(self) -> None:
        if not 0 <= cast(float, self.rate) < 1:
            raise SpecificationError(f"dropout: rate {self.rate}, expected 0 <= rate < 1")


@dataclass(frozen=True)
class Identity(Op):
    """The input, unchanged."""

    symbol = "identity"
