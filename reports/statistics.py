"""Numbers from samples. A round's figure is the median of its steps; a timing's is the median of
its rounds, with the slowest and the fastest round beside it."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

STEADY_WITHIN = 0.1  # two steps in a row that differ by less: warm


@dataclass(frozen=True)
class Summary:
    """The median of some rounds, the lowest and the highest, and how many there were."""

    median: float
    low: float
    high: float
    count: int

    def per(self, amount: float) -> Summary:
        """Return amount / value: seconds a step become images a second, low and high swapped."""
        return Summary(amount / self.median, amount / self.high, amount / self.low, self.count)


def summarize(rounds: Sequence[Sequence[float]]) -> Summary:
    """Return the summary of rounds of samples. Raises ValueError where there are none."""
    medians = [statistics.median(samples) for samples in rounds]
    if not medians:
        raise ValueError("no rounds")
    return Summary(statistics.median(medians), min(medians), max(medians), len(medians))


def steady_from(seconds: Sequence[float]) -> int | None:
    """Return the index of the first step that the next one repeats within 10 %, None if none."""
    for index, (one, other) in enumerate(pairwise(seconds)):
        if abs(one - other) <= STEADY_WITHIN * max(one, other):
            return index
    return None
