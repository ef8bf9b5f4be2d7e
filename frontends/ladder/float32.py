"""The float32 rungs: each panel's own rounding, judged against an ideal.

An ideal float32 run computes in float64 and rounds the result and the gradient of every step. A
panel's float32 run may be off from its own float64 run by 64 times what the ideal is off. Gradients
are judged on a twin with smooth activations: a ReLU that flips makes correct gradients differ.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from common.compare import rounding_ratio
from frontends.frameworks import REFEREE
from frontends.ladder.locate import ROUNDING_BOUND, Locator
from frontends.ladder.report import Row
from frontends.ladder.runs import Job, Realizer, Result, by_layer
from frontends.workers.outcomes import MISMATCHED, WorkerError

_MODES = {"evaluate": "eval", "train": "batch statistics"}
IDEAL = Job(REFEREE, taps=True, rounded=True)
SMOOTH_IDEAL = Job(REFEREE, twin="smooth", taps=True, rounded=True, want=("train",))


def jobs(framework: str) -> list[Job]:
    """Return the jobs that a panel's rounding needs, those of the ideal with the referee's."""
    own = [
        Job(framework, dtype="float32"),
        Job(framework, twin="smooth", want=("train",)),
        Job(framework, twin="smooth", dtype="float32", want=("train",)),
    ]
    return [*own, IDEAL, SMOOTH_IDEAL] if framework == REFEREE else own


class Rounding:
    """Judges the rounding of panels whose jobs have run."""

    def __init__(self, realizer: Realizer, locator: Locator) -> None:
        self._realizer, self._locator = realizer, locator
        self._elaboration = realizer.twins["exact"].elaboration

    def rows(self, panels: list[str]) -> Iterator[Row]:
        """Yield a row per panel and rung."""
        try:
            ideal, smooth = map(self._realizer.run, (IDEAL, SMOOTH_IDEAL))
        except WorkerError as error:
            why = f"not judged: the ideal is computed by {REFEREE}, which {error.outcome.kind}"
            yield from (Row("rounding", (panel,), "reported", note=why) for panel in panels)
            return
        for panel in panels:
            for mode in ("evaluate", "train"):
                yield self._forward(panel, mode, ideal)
        for panel in panels:
            yield self._gradients(panel, "smooth", smooth)
        for panel in panels:
            yield self._gradients(panel, "exact", ideal)

    def _results(self, panel: str, twin: str) -> tuple[Result, Result]:
        """Return a panel's results in float64 and in float32."""
        want = ("train",) if twin == "smooth" else ("evaluate", "train")
        exact, rounded = (
            self._realizer.run(Job(panel, twin=twin, dtype=dtype, want=want))
            for dtype in ("float64", "float32")
        )
        return exact, rounded

    def _forward(self, panel: str, mode: str, ideal: Result) -> Row:
        name, rung = f"{mode}/output", f"rounding, forward ({_MODES[mode]})"
        exact, rounded = self._results(panel, "exact")
        with exact.read() as a, rounded.read() as b, ideal.read() as c:
            ratio = rounding_ratio([b.get(name)], [a.get(name)], [c.get(name)])
        if ratio <= ROUNDING_BOUND:
            return Row(rung, (panel,), "agrees", ratio, ROUNDING_BOUND)
        note = self._locator.rounding(mode, panel, IDEAL)
        return Row(rung, (panel,), MISMATCHED, ratio, ROUNDING_BOUND, note)

    def _gradients(self, panel: str, twin: str, ideal: Result) -> Row:
        """Judge the gradients of the smooth twin; report those of the network itself."""
        exact, rounded = self._results(panel, twin)
        worst, first = 0.0, ""
        with exact.read() as a, rounded.read() as b, ideal.read() as c:
            for layer, names in by_layer(self._elaboration, {"": a}):
                keys = [f"train/gradient/{name}" for name in names]
                ratio = rounding_ratio(
                    [b.get(k) for k in keys],
                    [a.get(k) for k in keys],
                    [c.get(k).astype(np.float32) for k in keys],
                )
                worst = max(worst, ratio)
                if ratio > ROUNDING_BOUND:
                    first = f"first on the way back: {layer}, {ratio:.0f} times the ideal's error"
        if twin == "exact":
            return Row("rounding, gradients (as it is)", (panel,), "reported", worst)
        outcome = MISMATCHED if first else "agrees"
        rung = "rounding, gradients (smooth)"
        return Row(rung, (panel,), outcome, worst, ROUNDING_BOUND, first)
