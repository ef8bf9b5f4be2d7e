"""What a run can tell: planted slow-downs are called, noise is not; intervals hold."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.presets import PRESETS
from parity_tests.rows import rows
from reports.ratios import Estimate, Rounds, estimate, noise, ratio, student

STANDARD = PRESETS["standard"]
CASES = 8  # written ones of a group, the fewest that a standard run of one framework has


@dataclass(frozen=True)
class Machine:
    """Standard deviations of logarithms: of a case's processes (measured on two cores with the
    allocator that workers have), of what all cases of a round share, and of a round (both as in
    the records of November 2026); and how often another program takes a fifth of a round."""

    process: float = 0.006
    drift: float = 0.03
    round: float = 0.015
    disturbed: float = 0.05


QUIET, RECORDED, LOTTERY = Machine(), Machine(0.006, 0.03, 0.025), Machine(process=0.25)


def _run(machine: Machine, seed: int, planted: float = 0.1) -> dict[str, Rounds]:
    """Return the seconds of a standard run's cases: one of them twice, and once slowed."""
    draw = np.random.default_rng(seed)
    names = [*(f"case {n}" for n in range(CASES)), "again", "slowed"]
    speeds = {name: draw.uniform(0.01, 1.0) for name in names}
    speeds["again"] = speeds["case 0"]
    speeds["slowed"] = speeds["case 0"] * (1 + planted)
    found: dict[str, dict[tuple[int, int], float]] = {name: {} for name in names}
    for process in range(STANDARD.processes):
        own = {name: draw.normal(0, machine.process) for name in names}
        for number in range(STANDARD.rounds):
            shared = draw.normal(0, machine.drift)
            for name in names:
                noise_of = own[name] + shared + draw.normal(0, machine.round)
                hit = 1.2 if draw.random() < machine.disturbed else 1.0
                found[name][process, number] = speeds[name] * math.exp(noise_of) * hit
    return dict(found)


def _told(machine: Machine, seed: int, other: str, planted: float = 0.1) -> tuple[bool, float]:
    """Return whether a run tells the first case from another, and its floor."""
    found = _run(machine, seed, planted)
    known = noise([found], [("case 0", "again")])
    by = ratio(found["case 0"], found[other])
    assert known and by
    return known.tells(by, "case 0", other), known.floor


@rows("machine", {"quiet": QUIET, "as recorded": RECORDED})
def test_ten_percent_is_called_and_nothing_is_not(machine: Machine) -> None:
    """In 9 of 10 standard runs and more, and in none of 20."""
    assert sum(_told(machine, seed, "slowed")[0] for seed in range(100)) >= 90
    assert not any(_told(machine, seed, "again")[0] for seed in range(100, 120))
    assert not any(_told(machine, seed, "slowed", planted=0.0)[0] for seed in range(200, 220))


def test_a_machine_that_is_too_noisy_says_so() -> None:
    """Processes that differ by 1.28, as with glibc's malloc by its defaults."""
    found = [_told(LOTTERY, seed, "slowed") for seed in range(20)]
    assert all(floor > 0.1 for _, floor in found) and not any(told for told, _ in found)


def test_the_pairs_alone_tell_the_noise_of_one_process() -> None:
    one = {(0, n): 1.0 + 0.01 * n for n in range(4)}
    other = {(0, n): 1.05 + 0.01 * n for n in range(4)}
    known = noise([{"a": one, "b": other}], [("a", "b")])
    assert known and known.spread is None and known.floor == pytest.approx(0.05, abs=0.003)
    assert noise([{"a": one, "b": other}], []) is None


def test_drift_that_all_share_is_no_difference() -> None:
    """A machine that becomes twice as slow meets all cases of a round alike."""
    drifting = {(p, n): 2.0 ** (p + n) for p in range(3) for n in range(4)}
    slower = {key: 1.1 * value for key, value in drifting.items()}
    assert ratio(slower, drifting) == pytest.approx((1.1, 1.1, 1.1))


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """With five processes; with three, the bootstrap of so few is narrower than it says."""
    held = 0
    for seed in range(200):
        draw = np.random.default_rng(seed)
        own = draw.normal(0, 0.02, 5)
        logs = {(p, n): own[p] + draw.normal(0, 0.01) for p in range(5) for n in range(6)}
        found = estimate({key: math.exp(value) for key, value in logs.items()})
        held += found.low <= 1 <= found.high
    assert held >= 0.85 * 200


SECONDS = st.floats(1e-6, 1e3)
TABLES = st.dictionaries(st.tuples(st.integers(0, 3), st.integers(0, 5)), SECONDS, min_size=1)


@given(TABLES)
def test_the_estimate_lies_within_its_interval_and_that_within_what_was_seen(
    rounds: dict[tuple[int, int], float],
) -> None:
    found = estimate(rounds)
    assert found.low <= found.value <= found.high
    assert 0.999 * min(rounds.values()) <= found.value <= 1.001 * max(rounds.values())
    assert found.inverse(64) == pytest.approx((64 / found.value, 64 / found.high, 64 / found.low))


def test_rounds_that_only_one_has_are_no_pairs() -> None:
    one, other = {(0, 0): 1.0, (0, 1): 9.0}, {(0, 0): 2.0, (1, 0): 5.0}
    assert ratio(one, other) == Estimate(0.5, 0.5, 0.5)
    assert ratio({(0, 0): 1.0}, {(0, 1): 1.0}) is None
    with pytest.raises(ValueError, match="no rounds"):
        estimate({})


@pytest.mark.parametrize(
    ("probability", "free", "quantile"),
    [(0.975, 4, 2.776), (0.9995, 10, 4.587), (0.9995, 20, 3.850), (0.975, 1000, 1.962)],
)
def test_quantiles_of_student_s_t(probability: float, free: int, quantile: float) -> None:
    assert student(probability, free) == pytest.approx(quantile, rel=0.01)


# What no simulation of a quiet machine meets


def test_an_interval_that_holds_1_is_no_difference() -> None:
    known = noise([_run(QUIET, 0, 0.0)], [("case 0", "again")])
    assert known and known.tells(Estimate(1.5, 1.2, 1.8), "case 0", "case 1")
    assert not known.tells(Estimate(1.5, 0.9, 1.8), "case 0", "case 1")


def test_the_floor_is_no_less_than_what_the_same_differed_by() -> None:
    run = _run(QUIET, 0, 0.0)
    off = {key: value * 1.3 for key, value in run["again"].items()}
    known = noise([{**run, "again": off}], [("case 0", "again")])
    assert known and known.floor >= 0.25
