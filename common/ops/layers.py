"""Ops with parameters: convolutions, batch normalization, dense layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from common.errors import SpecificationError
from common.expressions import Flag, Real, Size
from common.initializers import GLOROT_UNIFORM, HE_NORMAL, ONES, ZEROS, Initializer
from common.ops.base import (
    LAW,
    NOT_TRAINABLE,
    PAIR,
    Op,
    Padding,
    Pair,
    Width,
    not_negative,
    positive,
    want_map,
)
from common.ops.local import Array, Given, Local, Tensors, Terms
from common.ops.numeric import convolve, input_gradient, kernel_gradient, pad, unpad
from common.ops.windows import Shape, padding_on, pair, window
from common.sizes import product

__all__ = ["BatchNorm", "Conv2d", "Dense", "DepthwiseConv2d"]


@dataclass(frozen=True)
class Conv2d(Op):
    """2-D convolution (cross-correlation) with zero padding, in numbers or "same"."""

    symbol = "conv2d"
    linear = True
    is_product = True
    out_channels: Size
    kernel_size: Pair = field(metadata=PAIR)
    stride: Pair = field(default=1, metadata=PAIR)
    padding: Padding = field(default=0, metadata=PAIR)
    dilation: Pair = field(default=1, metadata=PAIR)
    groups: Size = 1
    bias: Flag = True
    kernel_initializer: Initializer = field(default=HE_NORMAL, metadata=LAW, kw_only=True)
    bias_initializer: Initializer = field(default=ZEROS, metadata=LAW, kw_only=True)

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

    def paddle_flops(self, shape: Shape) -> int:
        return self.macs(shape) + (math.prod(self.output(shape)) if self.bias else 0)

    def local(self, given: Given) -> Local:
        (x,), parameters, cotangent = given[:3]
        around, kernel = padding_on(self, x.shape[1:]), parameters["kernel"]
        how = pair(self.stride), pair(self.dilation), self._groups(x.shape[1:])[0]
        padded = pad(x, around)
        result = convolve(padded, kernel, *how)
        if "bias" in parameters:
            result = result + parameters["bias"][:, None, None]
        if cotangent is None:
            return Local(result)
        gradient = unpad(input_gradient(padded.shape, kernel, cotangent, *how), around)
        found = {"kernel": kernel_gradient(padded, kernel.shape, cotangent, *how)}
        found |= {"bias": cotangent.sum((0, 2, 3))} if "bias" in parameters else {}
        return Local(result, [gradient], found)

    def kernel_gradient(self, x: Array, kernel: Array, cotangent: Array) -> Array:
        """Return the gradient of the kernel alone."""
        how = pair(self.stride), pair(self.dilation), self._groups(x.shape[1:])[0]
        return kernel_gradient(pad(x, padding_on(self, x.shape[1:])), kernel.shape, cotangent, *how)

    def terms(self, shapes: Sequence[Shape], batch: int, training: bool) -> Terms:
        return Terms(0, 0, batch * math.prod(self.output(*shapes)[1:]))


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
    """Batch normalization; `momentum` is the weight of the old running value.

    `zero_debias`: the running mean is rid of its start at zero, as by Adam's correction, which
    TensorFlow 1 alone can write; others depart from it, and say so.
    """

    symbol = "batch_norm"
    has_modes = True
    epsilon: Real = 1e-5
    momentum: Real = 0.9
    gamma_initializer: Initializer = field(default=ONES, metadata=LAW, kw_only=True)
    beta_initializer: Initializer = field(default=ZEROS, metadata=LAW, kw_only=True)

    zero_debias: bool = field(default=False, metadata={"choices": (False, True)}, kw_only=True)

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

    def local(self, given: Given) -> Local:
        (x,), parameters, cotangent, training = given[:4]
        mean, scale = self._statistics(x, parameters, training)
        normal = (x - mean) * scale
        gamma, beta = _by_channel(parameters["gamma"]), _by_channel(parameters["beta"])
        result = gamma * normal + beta
        if cotangent is None:
            return Local(result)
        of_gamma, of_beta = (cotangent * normal).sum(_ALONG), cotangent.sum(_ALONG)
        back = cotangent
        if training:  # the statistics depend on the input, too
            n = x.size // x.shape[1]
            back = cotangent - _by_channel(of_beta) / n - normal * _by_channel(of_gamma) / n
        return Local(result, [gamma * scale * back], {"gamma": of_gamma, "beta": of_beta})

    def magnitudes(self, given: Given) -> Local:
        """As derived for a mean and a variance by sums, E[x²] − mean² allowed: each of the terms
        on absolute values, times how much the variance cancels."""
        (x,), parameters, cotangent, training = given[:4]
        mean, scale = self._statistics(x, parameters, training)
        gamma, beta = (_by_channel(np.abs(parameters[n])) for n in ("gamma", "beta"))
        size, normal = scale * (np.abs(x) + np.abs(mean)), scale * np.abs(x - mean)
        result = gamma * size + beta
        cancels: Any = 1.0
        if training:
            cancels = np.maximum((x * x).mean(_ALONG, keepdims=True) * scale**2, 1)
            result += gamma * (scale * _mean(np.abs(x)) + cancels * normal)
        if cotangent is None:
            return Local(result)
        c = np.abs(cotangent)
        found = {
            "gamma": (c * (size + (cancels * normal if training else 0))).sum(_ALONG),
            "beta": c.sum(_ALONG),
        }
        if not training:
            return Local(result, [gamma * scale * c], found)
        sums = cancels * (c + _mean(c) + normal * _mean(c * normal))
        sums += normal * _mean(c * size) + size * _mean(c * normal)
        return Local(result, [gamma * scale * sums], found)

    def _statistics(self, x: Array, parameters: Tensors, training: bool) -> tuple[Array, Array]:
        """Return the mean and 1 / √(variance + epsilon), (1, C, 1, 1)."""
        mean, variance = _by_channel(parameters["mean"]), _by_channel(parameters["variance"])
        if training:
            mean, variance = _mean(x), x.var(_ALONG, keepdims=True)
        return mean, 1 / np.sqrt(variance + cast(float, self.epsilon))

    def terms(self, shapes: Sequence[Shape], batch: int, training: bool) -> Terms:
        count = batch * math.prod(shapes[0][1:])
        return Terms(count if training else 1, count, count)


@dataclass(frozen=True)
class Dense(Op):
    """y = W x + b over the features of a vector."""

    symbol = "dense"
    linear = True
    is_product = True
    out_features: Size
    bias: Flag = True
    kernel_initializer: Initializer = field(default=GLOROT_UNIFORM, metadata=LAW, kw_only=True)
    bias_initializer: Initializer = field(default=ZEROS, metadata=LAW, kw_only=True)

    def _check(self) -> None:
        positive(self, out_features=self.out_features)

    def _output(self, *shapes: Shape) -> Shape:
        if len(shapes[0]) != 1:
            raise SpecificationError(
                f"dense takes a vector (F,), got shape {shapes[0]}; write a flatten or a "
                "global_avg_pool2d before it"
            )
        return (cast(int, self.out_features),)

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        out = cast(int, self.out_features)
        kernel = (out, shape[0])
        return {"kernel": kernel, "bias": (out,)} if self.bias else {"kernel": kernel}

    def macs(self, shape: Shape) -> int:
        return math.prod(self.parameters(shape)["kernel"])

    def width(self, *inputs: Width, area: int | None) -> Width:
        return self.out_features

    def paddle_flops(self, shape: Shape) -> int:
        return self.macs(shape)

    def local(self, given: Given) -> Local:
        (x,), parameters, cotangent = given[:3]
        kernel = parameters["kernel"]
        result = x @ kernel.T + parameters.get("bias", 0.0)
        if cotangent is None:
            return Local(result)
        found = {"kernel": cotangent.T @ x}
        found |= {"bias": cotangent.sum(0)} if "bias" in parameters else {}
        return Local(result, [cotangent @ kernel], found)

    def kernel_gradient(self, x: Array, kernel: Array, cotangent: Array) -> Array:
        """Return the gradient of the kernel alone."""
        return cotangent.T @ x

    def terms(self, shapes: Sequence[Shape], batch: int, training: bool) -> Terms:
        return Terms(0, 0, batch)


_ALONG = (0, 2, 3)  # everything but the channels


def _mean(x: Array) -> Array:
    return np.asarray(x.mean(_ALONG, keepdims=True))


def _by_channel(vector: Array) -> Array:
    return vector[None, :, None, None]
