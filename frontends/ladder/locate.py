"""Find the step where two panels part: compare their tapped twins, step by step."""

from __future__ import annotations

from common.compare import difference
from frontends.ladder.runs import Job, Runs
from frontends.workers.outcomes import WorkerError

FLOAT64_BOUND = 1e-10  # of the largest value


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
