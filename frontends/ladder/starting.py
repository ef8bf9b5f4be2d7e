"""What files start from that no weights are drawn for: constants that they hold.

Of two files that are compared the second takes what the first one holds, a buffer of means or a
fixed filter say, so that nothing else tells that its own is another one. What a seed draws is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from common.compare import difference
from frontends.ladder.beside import FileRuns, Results
from frontends.ladder.report import Row
from frontends.ladder.structure import STRUCTURE
from frontends.workers.outcomes import MISMATCHED

SEEDS = (1, 2)
START_BOUND = 1e-6  # of the largest: a constant may be computed in float32


def constants_apart(runs: FileRuns) -> Iterator[Row]:
    """Yield a row for every constant that two files start with other values of. Raises
    WorkerError."""
    for pair in combinations(runs.brought, 2):
        fixed = set.intersection(*(runs.frozen(each) for each in pair))
        one, other = (_started(runs, each) if fixed else {} for each in pair)
        for name in one:
            if name in fixed and name in other:
                found = difference(one[name], other[name])
                if found.relative > START_BOUND:
                    note = f"{name} does not train and starts at other values: {found}"
                    yield Row(STRUCTURE, pair, MISMATCHED, note=note)


def _started(runs: FileRuns, name: str) -> Results:
    """Return what a file starts from, whatever the seed."""
    one, other = (runs.started(name, seed) for seed in SEEDS)
    return {key: each for key, each in one.items() if not difference(each, other[key]).relative}
