"""Find the step where two panels part: compare their tapped twins, step by step."""

from __future__ import annotations

from dataclasses import replace

from common.compare import difference, rounding_ratio
from frontends.ladder.runs import Job, Result, Runs
from frontends.workers.outcomes import WorkerError

FLOAT64_BOUND = 1e-10  # of the largest value
ROUNDING_BOUND = 64.0  # times the error of the ideal


class Locator:
    """Names the first step, in the order of execution, whose results differ."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._order = [step.path for step in runs.elaboration.steps]

    def forward(self, mode: str, left: str, right: str) -> str:
        """Return where two panels part in float64, with the worst index and both values."""
        try:
            results = [
                self._runs.run(Job(name, taps=True, keep_steps=True)) for name in (left, right)
            ]
        except WorkerError as error:
            return f"not located: {error}"
        with results[0].read() as own, results[1].read() as other:
            known, common = set(own.names()), set(other.names())
            for step in self._order:
                name = f"{mode}/step/{step}"
                if name not in known or name not in common:
                    continue
                found = difference(own.get(name), other.get(name))
                if found.relative > FLOAT64_BOUND:
                    return f"first at step {step}: {found}"
        return "no step differs: the output is not what the last step gives"

    def rounding(self, mode: str, panel: str, ideal: Job) -> str:
        """Return the first step whose float32 result is off by more than an ideal's may be."""
        try:
            exact, rounded, best = (
                self._runs.run(job)
                for job in (
                    Job(panel, taps=True, keep_steps=True),
                    Job(panel, dtype="float32", taps=True, keep_steps=True),
                    replace(ideal, keep_steps=True),
                )
            )
        except WorkerError as error:
            return f"not located: {error}"
        return self._first_rounded(mode, exact, rounded, best)

    def _first_rounded(self, mode: str, exact: Result, rounded: Result, ideal: Result) -> str:
        with exact.read() as a, rounded.read() as b, ideal.read() as c:
            for step in self._order:
                name = f"{mode}/step/{step}"
                if name not in a.names():
                    continue
                ratio = rounding_ratio([b.get(name)], [a.get(name)], [c.get(name)])
                if ratio > ROUNDING_BOUND:
                    return f"first at step {step}: {ratio:.0f} times the ideal's error"
        return "no single step is off by that much"
