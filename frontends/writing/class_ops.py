"""Ops as PyTorch and Paddle both write them; each dialect names its own layers and keywords."""

from __future__ import annotations

from abc import ABC, abstractmethod
from decimal import Decimal
from typing import Any

from common import ops
from common.expressions import literal
from common.sizes import product
from frontends.writing.dialect import Code
from frontends.writing.text import invoke


def complement(momentum: Any) -> Any:
    """Return 1 - momentum, exactly in decimal: 0.9 -> 0.1."""
    if isinstance(momentum, str):
        return f"1 - {momentum}"
    return float(Decimal(1) - Decimal(repr(momentum)))


def by_sides(padding: Any) -> tuple[Any, Any, Any, Any] | None:
    """Return (top, bottom, left, right) if padding differs before and after, else None."""
    if not isinstance(padding, tuple) or not any(isinstance(side, tuple) for side in padding):
        return None
    (top, bottom), (left, right) = (s if isinstance(s, tuple) else (s, s) for s in padding)
    return top, bottom, left, right


def four_sides(padding: Any) -> tuple[Any, Any, Any, Any]:
    """Return padding as (top, bottom, left, right)."""
    height, width = padding if isinstance(padding, tuple) else (padding, padding)
    (top, bottom), (left, right) = (s if isinstance(s, tuple) else (s, s) for s in (height, width))
    return top, bottom, left, right


def left_first(padding: Any) -> str:
    """Return padding as the text (left, right, top, bottom), one number if all are equal."""
    top, bottom, left, right = four_sides(padding)
    if top == bottom == left == right:
        return literal(top)
    return literal((left, right, top, bottom))


def depthwise(channels: Any, multiplier: Any) -> Any:
    """Return the output channels of a depthwise convolution."""
    return product(channels, multiplier)


class SharedOps(ABC):
    """Ops that both frameworks write alike, but for the words that a dialect states."""

    channels_padded: str  # holds {} for how many channels before and after

    @abstractmethod
    def concatenated(self, values: str) -> str:
        """Return values, which are source text, concatenated along the channels."""

    def concat(self, op: ops.Concat, inputs: list[Any]) -> Code:
        return Code(self.concatenated(", ".join(f"{{{i}}}" for i in range(len(inputs)))))

    def add(self, op: ops.Add, inputs: list[Any]) -> Code:
        return Code(" + ".join(f"{{{i}}}" for i in range(len(inputs))))

    def channel_pad(self, op: ops.ChannelPad, inputs: list[Any]) -> Code:
        if op.before == op.after and isinstance(op.before, str):
            return Code(self.channels_padded.format("{self}, {self}"), op.before)
        if isinstance(op.before, str) or isinstance(op.after, str):
            return Code(self.channels_padded.format("*{self}"), literal((op.before, op.after)))
        return Code(self.channels_padded.format(f"{op.before}, {op.after}"))

    def dropout(self, op: ops.Dropout, inputs: list[Any]) -> Code:
        return Code("{self}({0})", invoke("nn.Dropout", op.rate))
