"""Reads defaults from what experiments give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from reports.handbook.rows import Array

Value = float | str


RATE = 0.1


class Seen(NamedTuple):
    """What an experiment gives: its inputs, results and kept statistics, channels first."""

    given: Mapping[str, Array]
    results: list[Array]
    state: list[Array]

    @property
    def y(self) -> Array:
        return self.results[0]


def momentum(seen: Seen) -> float:
    return 1 - float((seen.state[0] / seen.given["x"].mean(0)).mean())


def norm_epsilon(axis: int | tuple[int, ...]) -> Callable[[Seen], Value]:
    """Return what reads the epsilon of a normalization over axes, from inputs that hardly vary."""

    def read(seen: Seen) -> Value:
        x = seen.given["x"]
        centred = x - x.mean(axis, keepdims=True)
        place = np.unravel_index(np.abs(centred).argmax(), x.shape)
        variance = np.broadcast_to(x.var(axis, keepdims=True), x.shape)[place]
        return float((centred[place] / seen.y.reshape(x.shape)[place]) ** 2 - variance)

    return read


def estimate(seen: Seen) -> Value:
    x = seen.given["x"]
    kept = 1 - (seen.state[0] / x.mean((0, 2, 3))).mean()
    ratio = float((((seen.state[1] - kept) / (1 - kept)) / x.var((0, 2, 3))).mean())
    count = x.size / x.shape[1]
    words = {"biased": 1.0, "unbiased": count / (count - 1)}
    return min(words, key=lambda word: abs(words[word] - ratio))


def deviation(seen: Seen) -> float:
    return float(seen.y.std())


def corner(seen: Seen) -> Value:
    words = {"left out": 1.0, "counted": 4 / 9}
    return min(words, key=lambda word: abs(words[word] - float(seen.y[0, 0, 0, 0])))


def stride(seen: Seen) -> float:
    return float(round(seen.given["x"].shape[2] / seen.y.shape[2]))


def before(seen: Seen) -> Value:
    line = seen.y[0, 0, :, 0]
    before = int((line == 0).argmin())
    return f"{before} before, {3 - before} after"


def corners(seen: Seen) -> Value:
    words = {"corners aligned": 3 / 7, "half pixels": 0.25, "corners as they fall": 0.5}
    found = float(seen.y[0, 0, 1, 1] / 2)
    near = min(words, key=lambda word: abs(words[word] - found))
    return near if abs(words[near] - found) < 1e-3 else f"nearest: {found:g}"


def kept(seen: Seen) -> float:
    return float(seen.y.max())


def minus_one(seen: Seen) -> float:
    return -float(seen.y[0])


def alpha(seen: Seen) -> float:
    return float(seen.y[0] / (np.exp(-1) - 1))


def slope(seen: Seen) -> float:
    return float(seen.y[1] - seen.y[0])


def gelu(seen: Seen) -> Value:
    words = {"exact": 0.841344746, "tanh": 0.841191991}
    return min(words, key=lambda word: abs(words[word] - float(seen.y[0])))


def takes(seen: Seen) -> Value:
    logits = float(np.log(np.exp([0.7, 0.2, 0.1]).sum()) - 0.7)
    words = {"probabilities": -float(np.log(0.7)), "logits": logits}
    return min(words, key=lambda word: abs(words[word] - float(np.ravel(seen.y)[0])))


def reduction(seen: Seen) -> Value:
    return "mean" if seen.y.size == 1 else "none"


def rate_of_decay(seen: Seen) -> float:
    """Return the weight of the old squared gradient, from a first step on a large gradient."""
    return 1 - (RATE / -float(seen.y[0, 0])) ** 2


def denominator(seen: Seen) -> float:
    """Return what a vanishing gradient is divided by at the first step."""
    return RATE * float(seen.given["g"][0, 0]) / -float(seen.y[0, 0])


def betas(seen: Seen) -> Value:
    """Return Adam's two rates, from what two steps without a gradient do after a first one."""
    at = [0.0, *seen.y[:, 0].astype(float)]
    first, second, third = (at[n] - at[n + 1] for n in range(3))
    one, two = 0.9, 0.999
    for _ in range(50):
        share = second / first / np.sqrt((1 + two) / two)  # b / (1 + b)
        one = share / (1 - share)
        ratio = third / first * (1 + one + one**2) / one**2  # squared: (1 + b + b²) / b²
        two = 2 / (np.sqrt(4 * ratio**2 - 3) - 1)
    return f"{one:.3f}, {two:.4f}"


def adam_rate(seen: Seen) -> float:
    return -float(seen.y[0, 0])


def decays(seen: Seen) -> float:
    """Return the gradient of an L2 term, in units of its factor times the weight."""
    w = float(seen.given["w"][0])
    return (w - float(seen.y[0, 0])) / (RATE * 0.5 * w)
