"""A reader's file beside ours in further calls, and in float32: what one batch does not show.

Both run in one framework and are given the same, so that every result is compared as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from common.compare import Difference, difference
from frontends.ladder.calls import CALLS, LARGER, SET_ANEW, WITH_GRADIENTS
from frontends.ladder.climb import by_layer, given
from frontends.ladder.gradients import GRADIENT_FLOOR
from frontends.ladder.report import Row, stopped_row
from frontends.ladder.runs import BOTH, Job, Jobs
from frontends.workers.arrays import ArrayReader
from frontends.workers.outcomes import AGREES, MISMATCHED, WorkerError

AGAIN = "further calls"
AGAIN_BOUND = 1e-8  # of the largest value: these batches are worse conditioned than the first
LATE_BOUND = 1e-6  # behind four trainings, whose shares some frameworks keep in float32
IN_FLOAT32 = "outputs in float32"
# How many times the error of ours the error of mine may be: operands of 10 bits give 2¹³ times it.
ERROR_BOUND = 64.0
# The same of two files, either way round: at most 5.9 in evaluation and 8.2 in training over 191
# pairs of the tests, while operands of 10 bits give 53 in a network of three layers. Kernels of two
# frameworks part by more where a batch's variance is next to nothing; 7 bits in training give 390.
FILES_BOUND, KERNELS_BOUND = 32.0, 256.0
LEAST_ERROR = 2.0**-22  # of the output: less than that is not asked of any float32
# What must hold of a reader's file beside the rungs.
HOLDS = {
    AGAIN: "on other batches, magnitudes and signs, between 0 and 1, and on the first batch again "
    f"and again: {AGAIN_BOUND:g} of the largest value",
    IN_FLOAT32: "mine is off by at most 64 times as much as ours",
}
EXTREME = ("varied/", "bright/", "dark/")
OVERFLOWS = "mine is not finite for some large values, which were left out"
WORDS = {
    "varied/evaluate": "evaluating samples of other magnitudes and signs",
    "unit/evaluate": "evaluating samples between 0 and 1, of noise, black and white",
    "large/train": "training on a larger batch of larger values",
    "bright/evaluate": "evaluating a single bright sample",
    "dark/evaluate": "evaluating a single dark sample",
    "again/evaluate": "evaluating the first batch after that",
    "again/train": "training on the first batch after that",
    "third/train": "training on it once more",
    "fourth/train": "training on it for the fourth time",
    "fourth/evaluate": "evaluating it after that",
}


def further_calls(runs: Jobs, panels: tuple[str, str]) -> Row:
    """Return the row of the calls that follow the first, in order."""
    try:
        want = CALLS if runs.moves_alike(panels) else SET_ANEW
        jobs = [Job(panel, want=want) for panel in panels]
        runs.run_all([[job] for job in jobs])
        mine, ours = (runs.run(job).read() for job in jobs)
    except WorkerError as error:
        call = WORDS.get(error.outcome.stage, error.outcome.stage)
        stopped = stopped_row(error.outcome.framework, error.outcome)
        return Row(AGAIN, stopped.panels, stopped.outcome, note=f"{call}: {stopped.note}")
    worst, overflows = 0.0, ""
    with mine, ours:
        for name, left, right, scale in _pairs(runs, panels, mine, ours):
            left, right = but_alike_infinite(left, right)
            finite = np.isfinite(left)
            if name.startswith(EXTREME) and not finite.all() and left.shape == right.shape:
                overflows = OVERFLOWS
                left, right = (np.where(finite, each, 0.0) for each in (left, right))
            found = _apart(name, left, right, scale)
            late = name.startswith("fourth/evaluate")
            worst = max(worst, 0.0 if late else found.relative)
            if found.relative > (LATE_BOUND if late else AGAIN_BOUND):
                call, what = _words(name)
                note = f"{call}: {what}: {found}"
                return Row(AGAIN, panels, MISMATCHED, worst, AGAIN_BOUND, note)
    return Row(AGAIN, panels, AGREES, worst, AGAIN_BOUND, overflows)


def but_alike_infinite(left: Any, right: Any) -> tuple[Any, Any]:
    """Return results with 0 where both are no number, or infinite, in the same way: of a black
    sample that is divided by its norm, say."""
    if left.shape != right.shape:
        return left, right
    alike = ~np.isfinite(left) & ((left == right) | (np.isnan(left) & np.isnan(right)))
    return np.where(alike, 0.0, left), np.where(alike, 0.0, right)


def _words(name: str) -> tuple[str, str]:
    call, what = "/".join(name.split("/")[:2]), " of ".join(name.split("/")[2:])
    return WORDS[call], what


def _pairs(
    runs: Jobs, panels: tuple[str, str], mine: ArrayReader, ours: ArrayReader
) -> Iterator[tuple[str, Any, Any, float | None]]:
    """Yield (name, result of mine, of ours, scale or None for their largest value)."""
    alike = runs.moves_alike(panels)
    for call in CALLS:
        for name in (f"{call}/{each}" for each in runs.outputs(call.rpartition("/")[2])):
            yield name, given(mine, name), given(ours, name), None
        if call in WITH_GRADIENTS:
            for each, scale in _gradients(runs, panels, call, ours).items():
                name = f"{call}/gradient/{each}"
                yield name, given(mine, name), given(ours, name), scale
            for each in _expected(runs, panels, "statistics") if alike else ():
                name = f"{call}/statistics/{each}"
                yield name, given(mine, name), given(ours, name), None


def _gradients(
    runs: Jobs, panels: tuple[str, str], call: str, ours: ArrayReader
) -> Mapping[str, float]:
    """Return the gradients that are compared, each with its scale: the largest of its layer.

    None, where the two round average pools unlike each other (frontends.ladder.predictions).
    """
    if len({runs.rounded_pools(panel) for panel in panels}) > 1:
        return {}
    layers = {"input": ["input"], **by_layer(_expected(runs, panels, "gradient"))}
    names = [name for each in layers.values() for name in each]
    size = _sizes(ours, f"{call}/gradient/", names)
    with runs.run(Job(panels[1])).read() as first:  # large values saturate: what is left is noise
        usual = max(_sizes(first, "train/gradient/", names).values())
    usual *= LARGER if call.startswith("large/") else 1
    least = GRADIENT_FLOOR * max(usual, *size.values())
    return {n: max(least, *(size[m] for m in ns)) for ns in layers.values() for n in ns}


def _sizes(reader: ArrayReader, prefix: str, names: list[str]) -> dict[str, float]:
    return {n: float(np.abs(given(reader, prefix + n)).max(initial=0)) for n in names}


def _expected(runs: Jobs, panels: tuple[str, str], kind: str) -> list[str]:
    frozen = set().union(*(runs.run(Job(panel)).told.frozen for panel in panels))
    return [name for name in runs.expected(kind, *panels) if name not in frozen]


def _apart(name: str, left: Any, right: Any, scale: float | None) -> Difference:
    """Return the worst difference; of samples of several magnitudes each has its own scale."""
    if not name.startswith("varied/") or left.shape != right.shape:
        return difference(left, right, scale)
    return max(map(difference, left, right), key=lambda found: found.relative)


def in_float32(runs: Jobs, panels: tuple[str, str], both: bool = False) -> Iterator[Row]:
    """Yield the row of the errors of float32 outputs: mine may be some times as large as ours.

    both: the other way round, too.

    A file may compute in fewer bits in float32 alone, as under autocast.
    """
    runs.run_all([[Job(panel, dtype="float32")] for panel in panels])
    for panel in panels:
        try:
            runs.run(Job(panel, dtype="float32"))
        except WorkerError as error:
            yield Row(IN_FLOAT32, (panel,), error.outcome.kind, note=error.outcome.message)
            return
    shares, note = dict[float, tuple[float, float]](), ""
    unlike = len({runs.subjects[panel].framework for panel in panels}) > 1
    for mode in BOTH:
        mine, ours = (_error(runs, panel, mode) for panel in panels)
        more, less = (max(mine, ours), min(mine, ours)) if both else (mine, ours)
        ratio = more / max(less, LEAST_ERROR) if np.isfinite(more) else np.inf
        bound = _error_bound(mode, both, unlike)
        shares[ratio / bound] = ratio, bound
        if ratio > bound and not note:
            names = panels if both else ("mine", "ours")
            note = f"{mode}: {names[0]} is off by {mine:.1e} of its size, {names[1]} by {ours:.1e}"
    outcome = MISMATCHED if note else AGREES
    yield Row(IN_FLOAT32, panels[: 1 + both], outcome, *shares[max(shares)], note)


def _error_bound(mode: str, both: bool, unlike: bool) -> float:
    if not both:
        return ERROR_BOUND
    return KERNELS_BOUND if unlike and mode == "train" else FILES_BOUND


def _error(runs: Jobs, panel: str, mode: str) -> float:
    """Return how far a float32 output is from the float64 one, relative to its size."""
    name = f"{mode}/output"
    exact = runs.run(Job(panel)).read()
    rounded = runs.run(Job(panel, dtype="float32")).read()
    with exact, rounded:
        true, found = exact.get(name), rounded.get(name).astype(np.float64)
    if true.shape != found.shape:
        return float(np.inf)
    size = float(np.linalg.norm(true))
    apart = float(np.linalg.norm(found - true))
    return apart / size if size else apart
