"""What a layer computes, found by value: from what it is given, what it gives, and its parameters.

Maps are (N, C, H, W). Only what gives the very values, within the ladder's bound, is returned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from common.ops.local import Array
from common.ops.numeric import convolve, pad
from common.ops.windows import Sides
from frontends.ladder.gliding import Along, Corners, in_short, one, same, windows
from frontends.ladder.locate import FLOAT64_BOUND

Numbers = Mapping[str, Any]  # kind -> canonical array; None where it is held, and not known


@dataclass(frozen=True)
class Convolution:
    """A convolution without its bias. same: it pads as "same" does."""

    stride: tuple[int, int]
    padding: Sides
    dilation: tuple[int, int]
    same: bool

    def facets(self) -> dict[str, str]:
        """Return what is told of it."""
        return {
            "stride": in_short(self.stride),
            "padding": in_short(tuple(map(one, self.padding))),
            "dilation": in_short(self.dilation),
        }

    def gives(self, x: Array, y: Array, numbers: Numbers) -> bool:
        """Return whether it gives y of x, both (N, C, H, W); of the first sample."""
        kernel, first = numbers["kernel"], x[:1]
        readings = [self.padding]
        if self.same:
            sizes = zip(x.shape[2:], kernel.shape[2:], self.stride, self.dilation)
            top, left = (same(*each) for each in sizes)
            readings.append((top, left))
        for around in readings:
            padded = pad(first, around)
            extents = [d * (k - 1) + 1 for k, d in zip(kernel.shape[2:], self.dilation)]
            if any(size < extent for size, extent in zip(padded.shape[2:], extents)):
                continue
            groups = x.shape[1] // kernel.shape[1]
            found = convolve(padded, kernel, self.stride, self.dilation, groups)
            if _biased(found, y[:1], numbers):
                return True
        return False


@dataclass(frozen=True)
class Dense:
    """A product with a matrix, without its bias; x (…, features)."""

    def facets(self) -> dict[str, str]:
        """Return what is told of it."""
        return {}

    def gives(self, x: Array, y: Array, numbers: Numbers) -> bool:
        """Return whether it gives y of x."""
        found = x @ numbers["kernel"].T
        if found.ndim < 2 or found.shape != y.shape:
            return False
        return _biased(np.moveaxis(found, -1, 1), np.moveaxis(y, -1, 1), numbers)


@dataclass(frozen=True)
class Normalization:
    """Batch normalization by running statistics, x (N, C, …); or with none held, layer
    normalization over the features of x (…, C)."""

    epsilon: float

    def facets(self) -> dict[str, str]:
        """Return what is told of it."""
        return {"epsilon": f"{self.epsilon:g}"}

    def gives(self, x: Array, y: Array, numbers: Numbers) -> bool:
        """Return whether it gives y of x."""
        centred, variance, beta = _centred(x, numbers)
        return close(centred / np.sqrt(variance + self.epsilon) + beta, y)


Layer = Convolution | Dense | Normalization


@dataclass(frozen=True)
class Fit:
    """What a layer computes, with its x and y in the layout that it is told in."""

    layer: Layer
    x: Array
    y: Array
    numbers: Numbers

    def fits(self, other: Fit) -> bool:
        """Return whether this layer, on the other's x, gives the other's y."""
        return self.layer.gives(other.x, other.y, other.numbers)


def fitted(x: Array, y: Array, numbers: Numbers) -> Fit | None:
    """Return what gives y of x, as many samples of each as are kept; None if nothing known does."""
    count = min(len(x), len(y))
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return None
    x, y, kernel = x[:count], y[:count], numbers.get("kernel")
    if kernel is None:
        ways = _normalizations(x, y, numbers)
    elif kernel.ndim == 4:
        ways = _convolutions(x, y, numbers)
    else:
        ways = _products(x, y, numbers) if kernel.ndim == 2 else iter(())
    return next((each for each in ways if each.layer.gives(each.x, each.y, numbers)), None)


def close(left: Array, right: Array) -> bool:
    """Return whether two arrays are equal within the bound of float64."""
    if left.shape != right.shape or not left.size:
        return False
    size = max(float(np.abs(left).max()), float(np.abs(right).max()))
    if not np.isfinite(size):
        return False
    return bool(np.abs(left - right).max() <= FLOAT64_BOUND * size)


def by_channel(value: Array, count: int) -> Iterator[Array]:
    """Yield a value with the axis of its channels, of which there are `count`, in second place."""
    if value.ndim > 1 and value.shape[1] == count:
        yield value
    if value.ndim > 2 and value.shape[-1] == count:
        yield np.moveaxis(value, -1, 1)


def _biased(found: Array, y: Array, numbers: Numbers) -> bool:
    """Return whether a result and a bias (N, C, …) are y; one that is not known is whatever y has
    in every place of a channel."""
    if found.shape != y.shape:
        return False
    bias = numbers.get("bias", 0.0)
    if bias is None:
        bias = (y - found).mean(axis=(0, *range(2, y.ndim)))
    shape = (-1, *(1,) * (y.ndim - 2))
    return close(found + np.reshape(bias, shape), y)


def _convolutions(x: Array, y: Array, numbers: Numbers) -> Iterator[Fit]:
    kernel = numbers["kernel"]
    if x.ndim != 4 or y.ndim != 4:
        return
    layouts = [x, np.moveaxis(x, -1, 1)]
    for own, result in product(layouts, by_channel(y, kernel.shape[0])):
        groups, rest = divmod(own.shape[1], kernel.shape[1])
        if rest or not groups or kernel.shape[0] % groups:
            continue
        seen = Corners(own, result, kernel, numbers.get("bias", 0.0))
        for rows, columns in windows(own, result, kernel.shape[2:]):
            if seen.fit(rows, columns):
                yield Fit(_convolution(own, kernel, rows, columns), own, result, numbers)


def _convolution(x: Array, kernel: Array, rows: Along, columns: Along) -> Convolution:
    stride, dilation = (rows.stride, columns.stride), (rows.dilation, columns.dilation)
    around = (rows.before, rows.after), (columns.before, columns.after)
    sizes = zip(x.shape[2:], kernel.shape[2:], (rows, columns), around)
    pads_same = all(same(n, k, way.stride, way.dilation)[0] == own[0] for n, k, way, own in sizes)
    return Convolution(stride, around, dilation, pads_same)


def _products(x: Array, y: Array, numbers: Numbers) -> Iterator[Fit]:
    features = numbers["kernel"].shape[1]
    for own in (x, x.reshape(len(x), -1)):
        if own.shape[-1] == features:
            yield Fit(Dense(), own, y, numbers)


def _normalizations(x: Array, y: Array, numbers: Numbers) -> Iterator[Fit]:
    known = [each for each in numbers.values() if each is not None]
    count = known[0].size if known else 0
    if x.shape != y.shape or any(each.shape != (count,) for each in known):
        return
    if ("mean" in numbers) != ("variance" in numbers):
        return
    last = iter([(x, y)] if x.shape[-1] == count else [])
    moving = "mean" in numbers and zip(by_channel(x, count), by_channel(y, count))
    for own, result in moving or last:
        epsilon = _epsilon(own, result, numbers)
        if epsilon is not None:
            yield Fit(Normalization(epsilon), own, result, numbers)


def _centred(x: Array, numbers: Numbers) -> tuple[Array, Array, Array]:
    """Return (x − mean) · gamma, the variance, and beta, to be broadcast."""
    moving = "mean" in numbers
    shape = (-1, *(1,) * (x.ndim - 2)) if moving else (-1,)
    gamma, beta = (
        np.reshape(default if numbers.get(kind) is None else numbers[kind], shape)
        for kind, default in (("gamma", 1.0), ("beta", 0.0))
    )
    if moving:
        mean, variance = (np.reshape(numbers[kind], shape) for kind in ("mean", "variance"))
    else:
        mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) * gamma, variance, beta


def _epsilon(x: Array, y: Array, numbers: Numbers) -> float | None:
    """Return what is added to the variance, as a reader would write it; None if nothing is."""
    if numbers.get("mean", 0.0) is None or numbers.get("variance", 0.0) is None:
        return None
    centred, variance, beta = _centred(x, numbers)
    moved, along_all = y - beta, tuple(range(x.ndim))
    axes = tuple(a for a in along_all if a != 1) if "mean" in numbers else (-1,)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = (centred * moved).sum(axes, keepdims=True) / (centred**2).sum(axes, keepdims=True)
        sums = scale**-2
        found = sums - np.reshape(variance, sums.shape)
    known = np.isfinite(found)
    if not known.any():
        return None
    at = np.argmin(np.where(known, sums, np.inf))  # where rounding is least
    estimate, error = float(found.flat[at]), 1e-12 * float(sums.flat[at])
    if estimate <= error:
        return 0.0 if estimate >= -error else None
    written = (float(f"{estimate:.{digits}g}") for digits in range(1, 17))
    return next(w for w in written if abs(w - estimate) <= max(error, 1e-7 * estimate))
