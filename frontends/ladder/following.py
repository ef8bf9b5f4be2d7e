"""What is computed from one value alone, without parameters, found by value: activations, softmax,
pools, an affine map of scalars. Maps are (N, C, H, W)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from common.ops.local import Array
from common.ops.numeric import cells, pad
from frontends.ladder.fitting import close
from frontends.ladder.gliding import along, in_short, one

Of = Callable[[Array], Array]
MOST_WINDOW = 7
FEW = 64


@dataclass(frozen=True)
class Function:
    """A function of one value, and what it is called."""

    name: str
    of: Of
    pointwise: bool = True

    def __call__(self, x: Array) -> Array | None:
        """Return its value, None where it has none."""
        try:
            with np.errstate(all="ignore"):
                return np.asarray(self.of(x))
        except (ValueError, IndexError):
            return None


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def _softplus(x: Array) -> Array:
    return np.asarray(np.logaddexp(x, 0))


def _hard(x: Array) -> Array:
    return np.clip(x / 6 + 0.5, 0, 1)


def _gelu(x: Array) -> Array:
    return np.asarray(0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))))


def _near_gelu(x: Array) -> Array:
    return np.asarray(0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))))


def _softmax(x: Array) -> Array:
    axis = 1 if x.ndim in (2, 4) else -1
    powers = np.exp(x - x.max(axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis, keepdims=True))


def _slope(x: Array, slope: float) -> Array:
    return np.where(x > 0, x, slope * x)


def _affine(x: Array, factor: float, term: float) -> Array:
    return np.asarray(factor * x + term)


def _global(x: Array, by: Any) -> Array:
    if x.ndim != 4:
        raise ValueError("no map")
    return np.asarray(by(x, axis=(2, 3)))


_PLAIN: dict[str, Of] = {
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "softmax": _softmax,
    "log_softmax": lambda x: np.log(_softmax(x)),
    "silu": lambda x: x * _sigmoid(x),
    "gelu": _gelu,
    "gelu (tanh)": _near_gelu,
    "hard sigmoid": _hard,
    "hard sigmoid (slope 0.2)": lambda x: np.clip(0.2 * x + 0.5, 0, 1),
    "hard swish": lambda x: x * _hard(x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "softplus": _softplus,
    "mish": lambda x: x * np.tanh(_softplus(x)),
    "absolute value": np.abs,
    "square": np.square,
}
PLAIN = tuple(Function(name, of, "softmax" not in name) for name, of in _PLAIN.items())
IDENTITY = Function("nothing", lambda x: x)
GLOBAL = tuple(
    Function(f"global {name} pool", partial(_global, by=by), False)
    for name, by in {"average": np.mean, "max": np.max}.items()
)


def functions(x: Array, y: Array) -> list[Function]:
    """Return all known functions that give y of x; x and y have as many samples."""
    if not (x.size and y.size and np.isfinite(y).all()):
        return []
    if x.size == y.size:
        ways = [*PLAIN, *_solved(x, np.reshape(y, x.shape))]
        return [each for each in ways if _gives(each, x, np.reshape(y, x.shape))]
    if x.ndim != 4:
        return []
    if y.size == x.shape[0] * x.shape[1]:
        found = [each for each in GLOBAL if _gives(each, x, np.reshape(y, x.shape[:2]))]
        if found:
            return found
    if y.ndim == 4 and y.shape[:2] == x.shape[:2]:
        return [each for each in _pools(x, y) if _gives(each, x[:1], y[:1])]
    return []


def _gives(function: Function, x: Array, y: Array) -> bool:
    if function.pointwise and not _gives_few(function, x, y):
        return False
    found = function(x)
    return found is not None and close(found, y)


def _gives_few(function: Function, x: Array, y: Array) -> bool:
    """Return whether a function of every number by itself gives the first few: most do not."""
    few, wanted = x.flat[:FEW], y.flat[:FEW]
    found = function(few)
    size = max(1.0, float(np.abs(wanted).max()), float(np.abs(few).max()))
    return found is not None and bool((np.abs(found - wanted) <= 1e-9 * size).all())


def _solved(x: Array, y: Array) -> Iterator[Function]:
    """Yield functions whose numbers are found from values: a slope, a factor and a term."""
    low, high = np.argmin(x), np.argmax(x)
    if x.flat[low] < 0:
        slope = _short(y.flat[low] / x.flat[low])
        if slope not in (0, 1):
            yield Function(f"leaky relu of slope {slope:g}", partial(_slope, slope=slope))
    if x.flat[low] < x.flat[high]:
        factor = float((y.flat[high] - y.flat[low]) / (x.flat[high] - x.flat[low]))
        term = float(y.flat[high] - factor * x.flat[high])
        size = float(np.abs(y).max())
        factor, term = _short(factor), _short(term if abs(term) > 1e-12 * size else 0.0)
        name = " ".join(
            [*([f"times {factor:g}"] if factor != 1 else []), *([f"plus {term:g}"] if term else [])]
        )
        if factor and name:
            yield Function(name, partial(_affine, factor=factor, term=term))


def _short(value: float) -> float:
    """Return a number as a reader would write it, as files have it at its float32 value."""
    short = next(w for w in (float(f"{value:.{d}g}") for d in range(1, 18)) if _near(w, value))
    return float(np.float32(short)) if abs(float(np.float32(short)) - value) < 1e-12 else value


def _near(one: float, another: float) -> bool:
    return abs(one - another) <= 1e-7 * abs(another)


def _pools(x: Array, y: Array) -> Iterator[Function]:
    """Yield square pools that give the shape of y and its values at corners."""
    sizes = list(zip(x.shape[2:], y.shape[2:]))
    for window in range(2, MOST_WINDOW + 1):
        ways = [
            {(w.stride, w.before): w for w in along(each[0], each[1], window) if w.dilation == 1}
            for each in sizes
        ]
        for key in ways[0].keys() & ways[1].keys():
            stride, _ = key
            around = tuple((w[key].before, w[key].after) for w in ways)
            padding = in_short(tuple(map(one, around)))
            words = f"{window}×{window}, stride {stride}, padding {padding}"
            for name, by in (
                ("max pool", _max),
                ("average pool", _mean),
                ("average pool (padding counted)", _all),
            ):
                of = partial(by, window=window, stride=stride, around=around)
                at = Function(f"{name} {words}", of, False)
                if _gives(at, x[:1, :1], y[:1, :1]):
                    yield at


def _windows(x: Array, window: int, stride: int) -> list[Array]:
    shape = (x.shape[2], x.shape[3])
    found = cells(shape, (window, window), (stride, stride), (1, 1))
    return [x[index] for _, index in found]


def _max(x: Array, window: int, stride: int, around: Any) -> Array:
    return np.asarray(np.maximum.reduce(_windows(pad(x, around, -np.inf), window, stride)))


def _all(x: Array, window: int, stride: int, around: Any) -> Array:
    return np.asarray(sum(_windows(pad(x, around), window, stride)) / window**2)


def _mean(x: Array, window: int, stride: int, around: Any) -> Array:
    counts = sum(_windows(pad(np.ones_like(x), around), window, stride))
    return np.asarray(sum(_windows(pad(x, around), window, stride)) / counts)
