"""Medians of rounds, their spread, and when steps are steady."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.statistics import steady_from, summarize

SECONDS = st.floats(1e-6, 1e3)
ROUNDS = st.lists(st.lists(SECONDS, min_size=1, max_size=7), min_size=1, max_size=7)


@given(ROUNDS)
def test_the_median_lies_within_the_spread(rounds: list[list[float]]) -> None:
    found = summarize(rounds)
    samples = [each for samples in rounds for each in samples]
    assert min(samples) <= found.low <= found.median <= found.high <= max(samples)
    assert found.count == len(rounds)


@given(ROUNDS, st.randoms())
def test_the_order_of_samples_and_rounds_does_not_matter(
    rounds: list[list[float]], any_: Any
) -> None:
    shuffled = [any_.sample(samples, len(samples)) for samples in rounds]
    any_.shuffle(shuffled)
    assert summarize(shuffled) == summarize(rounds)


@given(ROUNDS)
def test_speed_is_the_inverse_of_time(rounds: list[list[float]]) -> None:
    time = summarize(rounds)
    speed = time.per(64)
    assert speed.low <= speed.median <= speed.high
    assert speed.low == pytest.approx(64 / time.high) and speed.high == pytest.approx(64 / time.low)


def test_one_slow_step_moves_nothing() -> None:
    assert summarize([[1, 1, 50], [1, 1, 1], [2, 2, 2]]).median == 1


def test_no_rounds_have_no_median() -> None:
    with pytest.raises(ValueError, match="no rounds"):
        summarize([])


@pytest.mark.parametrize(
    ("seconds", "index"),
    [
        ([], None),
        ([1.0], None),
        ([1.0, 1.05], 0),
        ([9.0, 2.0, 1.0, 1.0], 2),
        ([4.0, 3.0, 2.0, 1.0], None),
    ],
)
def test_steady_from(seconds: list[float], index: int | None) -> None:
    assert steady_from(seconds) == index
