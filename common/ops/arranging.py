"""Ops that arrange values: flatten, concatenate, add, scale, pad."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from common.errors import SpecificationError
from common.expressions import Size
from common.ops.base import PAIR, Op, Padding, Width, not_negative, want_map
from common.ops.local import Given, Local, Terms
from common.ops.numeric import pad, unpad
from common.ops.windows import SAME, Shape, sides
from common.sizes import product, total

__all__ = ["Add", "ChannelPad", "Concat", "Flatten", "Scale", "ZeroPad2d"]


@dataclass(frozen=True)
class Flatten(Op):
    """(C, H, W) -> (C·H·W,), channels outermost ("CHW") or innermost ("HWC")."""

    symbol = "flatten"
    keeps_size = True
    linear = True
    is_named = False
    order: str = field(default="CHW", metadata={"choices": ("CHW", "HWC")})

    def _output(self, *shapes: Shape) -> Shape:
        if len(shapes[0]) == 1:
            raise SpecificationError(
                f"flatten takes a map (C, H, W), got shape {shapes[0]}, which is flat: leave it out"
            )
        return (math.prod(want_map(self, shapes[0])),)

    def width(self, *inputs: Width, area: int | None) -> Width:
        known = inputs[0] is not None and area is not None
        return cast(Width, product(inputs[0], area)) if known else None

    def local(self, given: Given) -> Local:
        (x,), cotangent = given.inputs, given.cotangent
        moved = x if self.order == "CHW" else x.transpose(0, 2, 3, 1)
        result = moved.reshape(len(x), -1)
        if cotangent is None:
            return Local(result)
        back = cotangent.reshape(moved.shape)
        return Local(result, [back if self.order == "CHW" else back.transpose(0, 3, 1, 2)])


@dataclass(frozen=True)
class Concat(Op):
    """Inputs one after another along the channels."""

    symbol = "concat"
    linear = True
    arity = 0

    def _output(self, *shapes: Shape) -> Shape:
        if len(shapes) < 2 or len({shape[1:] for shape in shapes}) != 1:
            raise SpecificationError(f"concat takes inputs alike but for channels, got {shapes}")
        return sum(shape[0] for shape in shapes), *shapes[0][1:]

    def width(self, *inputs: Width, area: int | None) -> Width:
        return None if None in inputs else cast(Width, total(*inputs))

    def local(self, given: Given) -> Local:
        inputs, cotangent = given.inputs, given.cotangent
        result = np.concatenate(inputs, 1)
        if cotangent is None:
            return Local(result)
        return Local(result, np.split(cotangent, np.cumsum([x.shape[1] for x in inputs[:-1]]), 1))


@dataclass(frozen=True)
class Add(Op):
    """The sum of inputs of one shape; nothing is broadcast."""

    symbol = "add"
    keeps_size = True
    linear = True
    arity = 0

    def _output(self, *shapes: Shape) -> Shape:
        if len(shapes) < 2 or len(set(shapes)) != 1:
            raise SpecificationError(f"add takes two or more inputs of one shape, got {shapes}")
        return shapes[0]

    def width(self, *inputs: Width, area: int | None) -> Width:
        known = [each for each in inputs if each is not None]
        return min(known, key=lambda each: len(str(each)), default=None)

    def local(self, given: Given) -> Local:
        result = np.sum(given.inputs, 0)
        if given.cotangent is None:
            return Local(result)
        return Local(result, [given.cotangent] * len(given.inputs))

    def terms(self, shapes: Sequence[Shape], batch: int, training: bool) -> Terms:
        return Terms(len(shapes))


@dataclass(frozen=True)
class Scale(Op):
    """A map (C, H, W) times a gate (C,), channel by channel."""

    symbol = "scale"
    keeps_size = True
    linear = True
    arity = 2

    def _output(self, *shapes: Shape) -> Shape:
        if len(shapes[0]) != 3 or shapes[1] != shapes[0][:1]:
            raise SpecificationError(
                f"scale takes (C, H, W) and (C,), got {shapes}: a gate is a number per channel"
            )
        return shapes[0]

    def width(self, *inputs: Width, area: int | None) -> Width:
        return None if None in inputs else inputs[0]

    def local(self, given: Given) -> Local:
        (x, gate), cotangent = given.inputs, given.cotangent
        spread = gate[:, :, None, None]
        if cotangent is None:
            return Local(x * spread)
        return Local(x * spread, [cotangent * spread, (cotangent * x).sum((2, 3))])

    def terms(self, shapes: Sequence[Shape], batch: int, training: bool) -> Terms:
        return Terms(input=math.prod(shapes[0][1:]))


@dataclass(frozen=True)
class ChannelPad(Op):
    """Zero channels before and after."""

    symbol = "channel_pad"
    keeps_size = True
    linear = True
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

    def local(self, given: Given) -> Local:
        (x,), cotangent = given.inputs, given.cotangent
        before, after = cast(int, self.before), cast(int, self.after)
        result = np.pad(x, ((0, 0), (before, after), (0, 0), (0, 0)))
        if cotangent is None:
            return Local(result)
        return Local(result, [cotangent[:, before : before + x.shape[1]]])


@dataclass(frozen=True)
class ZeroPad2d(Op):
    """Zeros around each map."""

    symbol = "zero_pad2d"
    keeps_size = True
    linear = True
    padding: Padding = field(metadata=PAIR)

    def _check(self) -> None:
        if self.padding == SAME:
            raise SpecificationError("zero_pad2d: padding is to be stated in numbers")
        not_negative(self, padding=self.padding)

    def _output(self, *shapes: Shape) -> Shape:
        channels, height, width = want_map(self, shapes[0])
        (top, bottom), (left, right) = sides(self.padding)
        return channels, height + top + bottom, width + left + right

    def local(self, given: Given) -> Local:
        (x,), cotangent, around = given.inputs, given.cotangent, sides(self.padding)
        result = pad(x, around)
        return Local(result) if cotangent is None else Local(result, [unpad(cotangent, around)])
