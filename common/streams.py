"""Seeded random numbers in numpy, a stream for every name: none depends on what else there is."""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def draw(name: str, seed: int) -> np.random.Generator:
    """Return the stream of a name."""
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(name.encode())]))


def he_normal(name: str, shape: tuple[int, ...], seed: int) -> Array:
    """Return a kernel (out, in, …) of deviation √(2 / fan in) (arXiv:1502.01852)."""
    return draw(name, seed).standard_normal(shape) * math.sqrt(2 / math.prod(shape[1:]))


def near_isometry(name: str, shape: tuple[int, ...], seed: int) -> Array:
    """Return a kernel (out, in, …) that nearly keeps distances: orthogonal at the centre of its
    window (arXiv:1806.05393), he_normal by a tenth everywhere."""
    outputs, inputs = shape[:2]
    stream = draw(f"{name}, orthogonal", seed)
    squares = [
        np.linalg.qr(stream.standard_normal((inputs, inputs)))[0]
        for _ in range(math.ceil(outputs / inputs))
    ]
    kernel = 0.1 * he_normal(name, shape, seed)
    centre: tuple[Any, ...] = (..., *(size // 2 for size in shape[2:]))
    kernel[centre] += np.concatenate(squares)[:outputs]
    return kernel


def float32_exact(values: Array) -> Array:
    """Return float64 values that float32 holds exactly, so that one file serves both precisions."""
    return values.astype(np.float32).astype(np.float64)
