"""The rung of initialization: what a fresh construction starts from follows the stated laws.

Four figures of each tensor are held against its law: the mean, the deviation, the largest absolute
value, and the distance of the distribution (Kolmogorov-Smirnov). For each there is a bound on the
probability of what is found, if the law holds, for any number of values: no asymptotics. It may not
be smaller than FALSE_ALARMS, shared by all figures of all tensors of all panels. Constants are
exact, and no two tensors have the same random values.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from common.elaborate import Parameter
from common.initializers import Array, Constant, RandomLaw
from frontends.ladder.climb import Climb, given
from frontends.ladder.report import Row
from frontends.ladder.runs import INITIAL, Job
from frontends.workers.outcomes import AGREES, MISMATCHED

INITIALIZATION = "initialization"
FALSE_ALARMS = 1e-6  # of a whole verification, by the union bound
MOST = 65_536  # values of a tensor of which the distribution is looked at
LEAST_ALIKE = 8  # so many equal values in a row are no coincidence
ROUNDED = 1 - 1e-6  # a float32 at the end of a range may be beyond it


@dataclass(frozen=True)
class Figure:
    """A figure of a tensor: -log of a bound on its probability under the law, and it in words."""

    evidence: float
    words: str


def job(panel: str) -> Job:
    """Return the job of a panel: its file is constructed, as a user has it."""
    return Job(panel, dtype="float32", want=(INITIAL,))


def initialization(climb: Climb) -> Iterator[Row]:
    """Yield a row per panel."""
    for panel in climb.panels:
        absent = climb.runs.subject(panel).absent(climb.runs.network)
        every = climb.elaboration.parameters.values()
        expected = [each for each in every if each.name not in absent]
        figures = 4 * len(expected) * len(climb.panels)
        with climb.runs.run(job(panel)).read() as reader:
            values = {each.name: given(reader, f"{INITIAL}/{each.name}") for each in expected}
        yield _row(panel, expected, values, math.log(max(figures, 1) / FALSE_ALARMS))


def _row(panel: str, expected: list[Parameter], values: Mapping[str, Array], allowed: float) -> Row:
    worst, wrong = 0.0, [*_alike(expected, values)]
    for each in expected:
        found = _worst(values[each.name], each)
        worst = max(worst, found.evidence / allowed)
        if found.evidence > allowed:
            wrong.append(f"{each.name}: {found.words}, the law says {each.law}")
    if not wrong:
        return Row(INITIALIZATION, (panel,), AGREES, worst, 1.0)
    note = f"{len(wrong)} of {len(expected)} tensors, the first: {wrong[0]}"
    return Row(INITIALIZATION, (panel,), MISMATCHED, worst, 1.0, note)


def _worst(values: Array, parameter: Parameter) -> Figure:
    """Return the figure of a tensor that is the least probable under its law."""
    law = parameter.law
    if values.shape != parameter.shape or not np.isfinite(values).all():
        return Figure(math.inf, f"values of shape {values.shape}, or not finite")
    if isinstance(law, Constant):
        wrong = values[values != np.float32(law.value)]
        evidence = math.inf if wrong.size else 0.0
        return Figure(evidence, f"{wrong.size} values differ" if wrong.size else "")
    assert isinstance(law, RandomLaw)
    return max(figures(values.ravel().astype(np.float64), law), key=lambda each: each.evidence)


def figures(values: Array, law: RandomLaw) -> Iterator[Figure]:
    """Yield the figures of random values: each bound below is the tail's on either side.

    The mean: they are sub-Gaussian, of the law's variance. The deviation: Laurent and Massart's
    bound for chi-squared, which Bernstein's inequality gives for the two bounded laws as well.
    """
    n, known = values.size, law.deviation
    mean, deviation = float(values.mean()), math.sqrt(float((values**2).mean()))
    yield Figure(n * (mean / known) ** 2 / 2 - math.log(2), f"mean {mean:.3g}")
    off = abs((deviation / known) ** 2 - 1)
    root = (math.sqrt(1 + 2 * off) - 1) / 2
    yield Figure(n * root**2 - math.log(2), f"deviation {deviation:.3g}")
    largest = float(np.abs(values).max())
    yield Figure(_extreme(largest, n, law), f"largest value {largest:.3g}")
    some = np.sort(values[:: -(-n // MOST)])
    apart = distance(some, law)
    yield Figure(2 * some.size * apart**2 - math.log(2), f"distribution {apart:.2g} apart")


def _extreme(largest: float, n: int, law: RandomLaw) -> float:
    """Return the evidence that a largest absolute value is too large, or too small."""
    more, less = law.beyond(largest * ROUNDED), law.beyond(largest)
    too_large = -math.log(n * more) if more > 0 else math.inf
    too_small = -n * math.log1p(-less) if less < 1 else math.inf
    return max(too_large, too_small) - math.log(2)


def distance(ordered: Array, law: RandomLaw) -> float:
    """Return how far the distribution of ordered values is from a law at most (Kolmogorov); more
    than x with a probability of at most 2 exp(-2 n x²) (Massart 1990)."""
    expected, ranks = law.cumulative(ordered), np.arange(ordered.size + 1) / ordered.size
    return float(max((ranks[1:] - expected).max(), (expected - ranks[:-1]).max()))


def _alike(expected: list[Parameter], values: Mapping[str, Array]) -> Iterator[str]:
    """Yield a line per tensor that starts with the very values of another one."""
    seen: dict[bytes, str] = {}
    for each in expected:
        if isinstance(each.law, Constant) or each.size < LEAST_ALIKE:
            continue
        first = seen.setdefault(values[each.name].tobytes(), each.name)
        if first != each.name:
            yield f"{each.name}: the values of {first}, each is to have its own"
