"""What files start from that no weights are drawn for: constants that they hold.

Of two files that are compared the second takes what the first one holds, a buffer of means or a
fixed filter say, so that nothing else tells that its own is another one. What a seed draws is none;
of that the mean and the deviation are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from common.compare import difference
from frontends.ladder.beside import FileRuns, Results
from frontends.ladder.report import Row
from frontends.ladder.structure import STRUCTURE
from frontends.workers.outcomes import MISMATCHED

SEEDS = (1, 2)
START_BOUND = 1e-6  # of the largest: a constant may be computed in float32
ERRORS = 8.0  # standard errors of a mean or of a deviation that chance may part them by


def constants_apart(runs: FileRuns) -> Iterator[Row]:
    """Yield a row for every constant that two files start with other values of. Raises
    WorkerError."""
    for pair in combinations(runs.brought, 2):
        fixed = set.intersection(*(runs.frozen(each) for each in pair))
        one, other = (_started(runs, each) if fixed else ({}, {}) for each in pair)
        for name in sorted(fixed):
            note = _constant(name, one[0], other[0]) or _drawn(name, one[1], other[1])
            if note:
                yield Row(STRUCTURE, pair, MISMATCHED, note=f"{name} does not train and {note}")


def _constant(name: str, one: Results, other: Results) -> str:
    if name not in one or name not in other:
        return ""
    found = difference(one[name], other[name])
    return f"starts at other values: {found}" if found.relative > START_BOUND else ""


def _drawn(name: str, one: Results, other: Results) -> str:
    """Return how what two files draw differs by more than chance, "" if it does not."""
    if name not in one or name not in other:
        return ""
    both = [each[name].astype(np.float64) for each in (one, other)]
    count = min(each.size for each in both)
    means, deviations = ([float(f(each)) for each in both] for f in (np.mean, np.std))
    size = max(deviations)
    apart = abs(means[0] - means[1]) > ERRORS * size / np.sqrt(count)
    if apart or abs(deviations[0] - deviations[1]) > ERRORS * size / np.sqrt(2 * count):
        words = " and ".join(f"{m:.3g} ± {d:.3g}" for m, d in zip(means, deviations))
        return f"is drawn by other laws: mean and deviation {words}"
    return ""


def _started(runs: FileRuns, name: str) -> tuple[Results, Results]:
    """Return what a file starts from whatever the seed, and what two seeds draw, one behind the
    other."""
    one, other = (runs.started(name, seed) for seed in SEEDS)
    drawn = [key for key, each in one.items() if difference(each, other[key]).relative]
    return (
        {key: each for key, each in one.items() if key not in drawn},
        {key: np.stack([one[key], other[key]]) for key in drawn},
    )
