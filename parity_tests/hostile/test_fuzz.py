"""A few hundred mutated inputs of every kind; `python -m parity_tests.hostile.fuzz` tries more."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from parity_tests.hostile.fuzz import fuzz

SEEDS = st.integers(0, 10**9)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_specifications(seed: int) -> None:
    counts, wrong = fuzz(1, seed, ["specifications"])
    assert not wrong and counts["tried"] == 1


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_command_lines(seed: int) -> None:
    assert not fuzz(1, seed, ["command lines"])[1]


def test_checkpoints() -> None:
    counts, wrong = fuzz(6, 0, ["checkpoints"])
    assert not wrong and counts["refused"] == 6
