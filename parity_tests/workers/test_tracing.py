"""What is done to a reader's file before it runs, and what is kept of what its calls give."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from frontends.workers.tracing import MOST_KEPT, called, kept_samples, round_defaults, rounded


def leaky(x: float, slope: float = 0.01, times: int = 1) -> tuple[float, int]:
    return slope * x, times


@functools.wraps(leaky)
def wrapped(*given: Any) -> Any:
    return leaky(*given)


class Layer:
    def __init__(self, epsilon: float = 1e-3) -> None:
        self.epsilon = epsilon


def test_reals_that_are_taken_by_default_are_those_of_float32() -> None:
    round_defaults([wrapped, Layer, len, int])
    assert leaky(1.0) == (float(np.float32(0.01)), 1) != (0.01, 1)
    assert Layer().epsilon == rounded(1e-3) != 1e-3 and Layer(0.1).epsilon == 0.1


def test_reals_that_a_reference_says_are_those_of_float32() -> None:
    assert called(Layer, "epsilon=1e-3").epsilon == called(Layer, "1e-3").epsilon == rounded(1e-3)


def test_few_samples_of_large_values_are_kept_and_one_at_least() -> None:
    assert kept_samples((16, 3, 8, 8)) >= 16 and kept_samples((16,)) == MOST_KEPT
    assert kept_samples((16, 64, 32, 32)) == 1 and kept_samples([None, None, 4]) == MOST_KEPT // 4
