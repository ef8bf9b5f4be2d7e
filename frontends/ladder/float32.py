"""The float32 rungs: each panel's own rounding, judged against an ideal.

An ideal float32 run computes in float64 and rounds the result and the gradient of every step. A
panel's float32 run may be off from its own float64 run by 64 times what the ideal is off. Gradients
are judged on a twin with smooth activations: a ReLU that flips makes correct gradients differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from common.compare import rounding_ratio
from frontends.frameworks import REFEREE
from frontends.ladder.climb import Climb
from frontends.ladder.locate import ROUNDING_BOUND
from frontends.ladder.report import Row
from frontends.ladder.runs import BOTH, Job
from frontends.workers.arrays import ArrayReader
from frontends.workers.outcomes import AGREES, MISMATCHED, REPORTED, WorkerError

FORWARD = {
    "evaluate": "rounding, forward (eval)",
    "train": "rounding, forward (batch statistics)",
}
GRADIENTS = {
    "smooth": "rounding, gradients (smooth)",
    "exact": "rounding, gradients (as it is)",
}
IDEALS = {
    "exact": Job(REFEREE, taps=True, rounded=True),
    "smooth": Job(REFEREE, twin="smooth", taps=True, rounded=True, want=("train",)),
}
Judge = Callable[[Climb], Iterator[Row]]
Three = tuple[ArrayReader, ArrayReader, ArrayReader]  # exact, rounded, ideal


def forward(mode: str) -> Judge:
    """Return the judge of the float32 outputs in a mode."""

    def judge(climb: Climb) -> Iterator[Row]:
        for panel in climb.panels:
            yield _guarded(climb, panel, FORWARD[mode], "exact", _forward, mode)

    return judge


def gradients(twin: str) -> Judge:
    """Return the judge of the float32 gradients; those of the network as it is are reported."""

    def judge(climb: Climb) -> Iterator[Row]:
        for panel in climb.panels:
            yield _guarded(climb, panel, GRADIENTS[twin], twin, _gradients, twin)

    return judge


def jobs(twin: str, panel: str) -> list[Job]:
    """Return what a panel runs for a twin, the ideal with the referee."""
    want = ("train",) if twin == "smooth" else BOTH
    own = [Job(panel, twin=twin, dtype=dtype, want=want) for dtype in ("float64", "float32")]
    return [*own, IDEALS[twin]] if panel == REFEREE else own


def _guarded(
    climb: Climb, panel: str, rung: str, twin: str, judge: Callable[..., Row], which: str
) -> Row:
    """Return a panel's row, a remark where the referee gives no ideal."""
    try:
        with _results(climb, panel, twin) as three:
            return judge(climb, panel, rung, which, *three)
    except WorkerError as error:
        why = f"not judged: the ideal is computed by {REFEREE}, which {error.outcome.kind}"
        return Row(rung, (panel,), REPORTED, note=why)


@contextmanager
def _results(climb: Climb, panel: str, twin: str) -> Iterator[Three]:
    """Open a panel's results in float64 and in float32, and the ideal's."""
    own = jobs(twin, panel)[:2]
    with ExitStack() as stack:
        exact, rounded, ideal = (
            stack.enter_context(climb.runs.run(job).read()) for job in (*own, IDEALS[twin])
        )
        yield exact, rounded, ideal


def _forward(
    climb: Climb,
    panel: str,
    rung: str,
    mode: str,
    exact: ArrayReader,
    rounded: ArrayReader,
    ideal: ArrayReader,
) -> Row:
    name = f"{mode}/output"
    ratio = rounding_ratio([rounded.get(name)], [exact.get(name)], [ideal.get(name)])
    if ratio <= ROUNDING_BOUND:
        return Row(rung, (panel,), AGREES, ratio, ROUNDING_BOUND)
    note = climb.locator.rounding(mode, panel, IDEALS["exact"])
    return Row(rung, (panel,), MISMATCHED, ratio, ROUNDING_BOUND, note)


def _gradients(
    climb: Climb,
    panel: str,
    rung: str,
    twin: str,
    exact: ArrayReader,
    rounded: ArrayReader,
    ideal: ArrayReader,
) -> Row:
    worst, first = 0.0, ""
    for layer, names in climb.by_layer({"": exact}):
        keys = [f"train/gradient/{name}" for name in names]
        left: list[Any] = [rounded.get(key) for key in keys]
        best = [ideal.get(key).astype(np.float32) for key in keys]
        ratio = rounding_ratio(left, [exact.get(key) for key in keys], best)
        worst = max(worst, ratio)
        if ratio > ROUNDING_BOUND:
            first = f"first on the way back: {layer}, {ratio:.0f} times the ideal's error"
    if twin == "exact":
        return Row(rung, (panel,), REPORTED, worst)
    return Row(rung, (panel,), MISMATCHED if first else AGREES, worst, ROUNDING_BOUND, first)
