"""What can be told from rounds: estimates with intervals, ratios paired by round, the noise floor.

The seconds of a case are known in several processes, in each of them in several rounds; a round is
a turn of every case. What differs from process to process is fixed for all rounds of one, so that
more rounds do not average it out: intervals draw processes first, then rounds of each.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

Rounds = Mapping[tuple[int, int], float]  # (process, round) -> seconds, the median of its steps
DRAWN, SEED = 1000, 0
LEVEL = 0.95  # of intervals
FALSE_ALARM = 0.001  # how seldom noise alone passes the floor that it makes
PRIOR = 4  # processes that the noise of all cases counts as, beside those of one case
TARGET = 0.1  # the difference that a run is to be able to tell


class Estimate(NamedTuple):
    """A positive number with its interval."""

    value: float
    low: float
    high: float

    def inverse(self, amount: float = 1.0) -> Estimate:
        """Return amount / self."""
        return Estimate(amount / self.value, amount / self.high, amount / self.low)


def estimate(rounds: Rounds) -> Estimate:
    """Return the mean over processes of the median of their rounds, geometrically.

    Raises ValueError where there are no rounds.
    """
    if not rounds:
        raise ValueError("no rounds")
    return _estimate({key: math.log(value) for key, value in rounds.items()})


def ratio(one: Rounds, other: Rounds) -> Estimate | None:
    """Return one / other, paired by round; None where they share no round."""
    shared = {key: math.log(one[key] / other[key]) for key in one if key in other}
    return _estimate(shared) if shared else None


def _estimate(logs: Rounds) -> Estimate:
    groups = list(_by_process(logs).values())
    centre = statistics.mean(map(statistics.median, groups))
    found = _drawn(groups)
    if len(groups) > 1:  # a few processes vary less among themselves than processes do
        found = centre + (found - centre) * math.sqrt(len(groups) / (len(groups) - 1))
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(math.exp(centre), math.exp(min(low, centre)), math.exp(max(high, centre)))


def _by_process(values: Rounds) -> dict[int, list[float]]:
    found: dict[int, list[float]] = {}
    for (process, _), value in sorted(values.items()):
        found.setdefault(process, []).append(value)
    return found


def _drawn(groups: Sequence[Sequence[float]]) -> Any:
    """Return the estimate of each of DRAWN samples: processes are drawn, then their rounds."""
    draw = np.random.default_rng(SEED)
    sizes = np.array([len(each) for each in groups])
    table = np.full((len(groups), sizes.max()), np.nan)
    for row, group in zip(table, groups):
        row[: len(group)] = group
    chosen = draw.integers(len(groups), size=(DRAWN, len(groups)))
    counts = sizes[chosen][..., None]
    places = (draw.random((*chosen.shape, sizes.max())) * counts).astype(int)
    values = table[chosen[..., None], places]
    values[np.arange(sizes.max()) >= counts] = np.nan
    return np.nanmedian(values, axis=2).mean(axis=1)


@dataclass(frozen=True)
class Noise:
    """What differs though nothing does.

    floor: a ratio nearer to 1 than this share is no difference. again: the A/A pairs. spread: the
    standard deviation of a case from one process to the next, as a share, None with one process.
    """

    floor: float
    again: tuple[Estimate, ...]
    spread: float | None
    _own: Mapping[Any, float]  # variances of processes
    _pooled: float
    _factor: float
    _processes: int

    def floor_of(self, one: Any, other: Any) -> float:
        """Return the floor for the ratio of two cases, which may vary more than most."""
        if not self._own:
            return self.floor
        variances = [max(self._pooled, self._moderated(each)) for each in (one, other)]
        own = math.expm1(self._factor * math.sqrt(sum(variances) / self._processes))
        return max(self.floor, own)

    def _moderated(self, case: Any) -> float:
        free = self._processes - 1
        own = self._own.get(case, self._pooled)
        return (PRIOR * self._pooled + free * own) / (PRIOR + free)

    def tells(self, found: Estimate, one: Any, other: Any) -> bool:
        """Return whether a ratio of two cases is a difference."""
        apart = found.low > 1 or found.high < 1
        return apart and abs(math.log(found.value)) > math.log1p(self.floor_of(one, other))


def noise(groups: Sequence[Mapping[Any, Rounds]], pairs: Sequence[tuple[Any, Any]]) -> Noise | None:
    """Return the noise of a run, None where neither processes nor pairs tell it.

    groups: the cases that were timed side by side. pairs: cases that are the same (A/A).
    """
    every = {case: rounds for group in groups for case, rounds in group.items()}
    found = [ratio(every[one], every[other]) for one, other in pairs]
    again = tuple(each for each in found if each)
    own, free, processes = _variances(groups)
    if not own:  # the far ends of what one process of each tells
        far = [max(math.log(each.high), -math.log(each.low)) for each in again]
        return Noise(math.expm1(max(far)), again, None, {}, 0.0, 0.0, 1) if far else None
    pooled = sum(own.values()) / len(own)
    factor = student(1 - FALSE_ALARM / 2, free)
    seen = [abs(math.log(each.value)) for each in again]
    floor = max([factor * math.sqrt(2 * pooled / processes), *seen])
    spread = math.expm1(math.sqrt(pooled))
    return Noise(math.expm1(floor), again, spread, own, pooled, factor, processes)


def _variances(groups: Sequence[Mapping[Any, Rounds]]) -> tuple[dict[Any, float], int, int]:
    """Return the variance of each case from process to process, what all cases of a round share
    left out; the degrees of freedom of all; and how many processes a case has."""
    own: dict[Any, float] = {}
    free, processes = 0, 0
    for group in groups:
        every = set.union(set(), *map(set, group.values()))
        whole = {case: rounds for case, rounds in group.items() if set(rounds) == every}
        numbers = sorted({process for process, _ in every})
        if len(numbers) < 2 or len(whole) < 2:
            continue
        keys = sorted(every)
        logs = np.log([[rounds[key] for key in keys] for rounds in whole.values()])
        logs -= np.median(logs, axis=1, keepdims=True)
        logs -= np.median(logs, axis=0, keepdims=True)  # what all cases of a round share
        of = np.array([process for process, _ in keys])
        table = np.stack([np.median(logs[:, of == each], axis=1) for each in numbers], axis=1)
        rest = table - table.mean(axis=1, keepdims=True)
        rest -= rest.mean(axis=0, keepdims=True)
        lost = (len(numbers) - 1) * (1 - 1 / len(whole))
        own |= dict(zip(whole, (rest**2).sum(axis=1) / lost))
        free += (len(whole) - 1) * (len(numbers) - 1)
        processes = max(processes, len(numbers))
    return own, free, processes


def student(probability: float, free: int) -> float:
    """Return the quantile of Student's t by its expansion in 1/free, good from 3 on; below, that
    of 3 (Abramowitz and Stegun, 26.7.5)."""
    z, n = statistics.NormalDist().inv_cdf(probability), max(free, 3)
    terms = (
        z,
        (z**3 + z) / 4 / n,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96 / n**2,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384 / n**3,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160 / n**4,
    )
    return sum(terms)
