"""Ops with parameters: convolutions, batch normalization, dense layers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import cast

from common.errors import SpecificationError
from common.expressions import Flag, Real, Size
from common.ops.base import (
    NOT_TRAINABLE,
    PAIR,
    Op,
    Padding,
    Pair,
    Shape,
    Spread,
    Width,
    not_negative,
    pair,
    positive,
    want_map,
    window,
)
from common.sizes import product

__all__ = ["BatchNorm", "Conv2d", "Dense", "DepthwiseConv2d"]


@dataclass(frozen=True)
class Conv2d(Op):
    """2-D convolution (cross-correlation) with zero padding, in numbers or "same"."""

    symbol = "conv2d"
    needs_width = True
    out_channels: Size
    kernel_size: Pair = field(metadata=PAIR)
    stride: Pair = field(default=1, metadata=PAIR)
    padding: Padding = field(default=0, metadata=PAIR)
    dilation: Pair = field(default=1, metadata=PAIR)
    groups: Size = 1
    bias: Flag = True

    def _check(self) -> None:
        positive(self, out_channels=self.out_channels, kernel_size=self.kernel_size)
        positive(self, stride=self.stride, dilation=self.dilation, groups=self.groups)
        not_negative(self, padding=self.padding)

    def _groups(self, shape: Shape) -> tuple[int, int]:
        """Return (groups, out_channels) for this input."""
        return cast(int, self.groups), cast(int, self.out_channels)

    def _output(self, *shapes: Shape) -> Shape:
        shape = want_map(self, shapes[0])
        groups, out = self._groups(shape)
        if shape[0] % groups or out % groups:
            raise SpecificationError(
                f"{self.symbol}: {shape[0]} input and {out} output channels in {groups} groups"
            )
        spans = window(self, shape)
        steps = pair(self.stride)
        height, width = ((n - k) // s + 1 for (n, k), s in zip(spans, steps, strict=True))
        return out, height, width

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        groups, out = self._groups(shape)
        kernel = (out, shape[0] // groups, *pair(self.kernel_size))
        return {"kernel": kernel, "bias": (out,)} if self.bias else {"kernel": kernel}

    def macs(self, shape: Shape) -> int:
        return math.prod(self.parameters(shape)["kernel"]) * math.prod(self.output(shape)[1:])

    def width(self, *inputs: Width, area: int | None) -> Width:
        return self.out_channels

    def spread(self, *inputs: Spread) -> Spread:
        return Spread(1.0)

    def paddle_flops(self, shape: Shape) -> int:
        return self.macs(shape) + (math.prod(self.output(shape)) if self.bias else 0)


@dataclass(frozen=True)
class DepthwiseConv2d(Conv2d):
    """Convolution of each channel by itself; `out_channels` counts the outputs per channel."""

    symbol = "depthwise_conv2d"
    out_channels: Size = field(default=1, kw_only=True)

    def _check(self) -> None:
        super()._check()
        if self.groups != 1:
            raise SpecificationError("depthwise_conv2d: groups follow the input's channels")

    def _groups(self, shape: Shape) -> tuple[int, int]:
        return shape[0], shape[0] * cast(int, self.out_channels)

    def width(self, *inputs: Width, area: int | None) -> Width:
        (given,) = inputs
        return None if given is None else cast(Width, product(given, self.out_channels))


@dataclass(frozen=True)
class BatchNorm(Op):
    """Batch normalization; `momentum` is the weight of the old running value."""

    symbol = "batch_norm"
    needs_width = True
    has_modes = True
    epsilon: Real = 1e-5
    momentum: Real = 0.9
    zero_gamma: bool = field(default=False, metadata={"choices": (False, True)})  # at the start

    def _check(self) -> None:
        if not (0 < cast(float, self.epsilon) < math.inf and 0 <= cast(float, self.momentum) < 1):
            raise SpecificationError(
                f"batch_norm: epsilon {self.epsilon}, momentum {self.momentum}; "
                "expected epsilon > 0 and 0 <= momentum < 1"
            )

    def _output(self, *shapes: Shape) -> Shape:
        return want_map(self, shapes[0])

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        return dict.fromkeys(("gamma", "beta", *NOT_TRAINABLE), shape[:1])

    def paddle_flops(self, shape: Shape) -> int:
        return 2 * math.prod(shape)


@dataclass(frozen=True)
class Dense(Op):
    """y = W x + b over the features of a vector."""

    symbol = "dense"
    needs_width = True
    out_features: Size
    bias: Flag = True

    def _check(self) -> None:
        positive(self, out_features=self.out_features)

    def _output(self, *shapes: Shape) -> Shape:
        if len(shapes[0]) != 1:
            raise SpecificationError(f"dense takes a vector (F,), got shape {shapes[0]}")
        return (cast(int, self.out_features),)

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        out = cast(int, self.out_features)
        kernel = (out, shape[0])
        return {"kernel": kernel, "bias": (out,)} if self.bias else {"kernel": kernel}

    def macs(self, shape: Shape) -> int:
        return math.prod(self.parameters(shape)["kernel"])

    def width(self, *inputs: Width, area: int | None) -> Width:
        return self.out_features

    def spread(self, *inputs: Spread) -> Spread:
        return Spread(1.0)

    def paddle_flops(self, shape: Shape) -> int:
        return self.macs(shape)
