"""Ops that arrange values: flatten, concatenate, add, scale, pad."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import cast

from common.errors import SpecificationError
from common.expressions import Size
from common.ops.base import (
    PAIR,
    SAME,
    Op,
    Padding,
    Shape,
    Spread,
    Width,
    not_negative,
    sides,
    want_map,
)
from common.sizes import product, total

__all__ = ["Add", "ChannelPad", "Concat", "Flatten", "Scale", "ZeroPad2d"]


@dataclass(frozen=True)
class Flatten(Op):
    """(C, H, W) -> (C·H·W,), channels outermost ("CHW") or innermost ("HWC")."""

    symbol = "flatten"
    is_named = False
    order: str = field(default="CHW", metadata={"choices": ("CHW", "HWC")})

    def _output(self, *shapes: Shape) -> Shape:
        return (math.prod(want_map(self, shapes[0])),)

    def width(self, *inputs: Width, area: int | None) -> Width:
        known = inputs[0] is not None and area is not None
        return cast(Width, product(inputs[0], area)) if known else None


@dataclass(frozen=True)
class Concat(Op):
    """Inputs one after another along the channels."""

    symbol = "concat"
    arity = 0

    def _output(self, *shapes: Shape) -> Shape:
        if len(shapes) < 2 or len({shape[1:] for shape in shapes}) != 1:
            raise SpecificationError(f"concat takes inputs alike but for channels, got {shapes}")
        return sum(shape[0] for shape in shapes), *shapes[0][1:]

    def width(self, *inputs: Width, area: int | None) -> Width:
        return None if None in inputs else cast(Width, total(*inputs))


@dataclass(frozen=True)
class Add(Op):
    """The sum of inputs of one shape; nothing is broadcast."""

    symbol = "add"
    arity = 0

    def _output(self, *shapes: Shape) -> Shape:
        if len(shapes) < 2 or len(set(shapes)) != 1:
            raise SpecificationError(f"add takes two or more inputs of one shape, got {shapes}")
        return shapes[0]

    def width(self, *inputs: Width, area: int | None) -> Width:
        known = [each for each in inputs if each is not None]
        return min(known, key=lambda each: len(str(each)), default=None)

    def spread(self, *inputs: Spread) -> Spread:
        return Spread(sum(each.signed for each in inputs), sum(each.rectified for each in inputs))


@dataclass(frozen=True)
class Scale(Op):
    """A map (C, H, W) times a gate (C,), channel by channel."""

    symbol = "scale"
    arity = 2

    def _output(self, *shapes: Shape) -> Shape:
        if len(shapes[0]) != 3 or shapes[1] != shapes[0][:1]:
            raise SpecificationError(f"scale takes (C, H, W) and (C,), got {shapes}")
        return shapes[0]

    def width(self, *inputs: Width, area: int | None) -> Width:
        return None if None in inputs else inputs[0]

    def spread(self, *inputs: Spread) -> Spread:
        (signed, rectified), gate = inputs
        return Spread(signed * sum(gate), rectified * sum(gate))


@dataclass(frozen=True)
class ChannelPad(Op):
    """Zero channels before and after."""

    symbol = "channel_pad"
    is_named = False
    before: Size
    after: Size

    def _check(self) -> None:
        not_negative(self, padding=((self.before, self.after), (0, 0)))

    def _output(self, *shapes: Shape) -> Shape:
        channels, height, width = want_map(self, shapes[0])
        return channels + cast(int, self.before) + cast(int, self.after), height, width

    def width(self, *inputs: Width, area: int | None) -> Width:
        (given,) = inputs
        return None if given is None else cast(Width, total(given, self.before, self.after))


@dataclass(frozen=True)
class ZeroPad2d(Op):
    """Zeros around each map."""

    symbol = "zero_pad2d"
    padding: Padding = field(metadata=PAIR)

    def _check(self) -> None:
        if self.padding == SAME:
            raise SpecificationError("zero_pad2d: padding is to be stated in numbers")
        not_negative(self, padding=self.padding)

    def _output(self, *shapes: Shape) -> Shape:
        channels, height, width = want_map(self, shapes[0])
        (top, bottom), (left, right) = sides(self.padding)
        return channels, height + top + bottom, width + left + right
