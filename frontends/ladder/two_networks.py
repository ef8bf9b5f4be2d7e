"""Two different networks, each written in one framework: the first step whose results differ.

Steps and parameters are matched by their paths. Both networks get the same weights where a tensor
has the same name and shape, and the same input.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from common import weights
from common.compare import difference
from common.network import Network
from frontends.ladder.climb import given
from frontends.ladder.locate import FLOAT64_BOUND
from frontends.ladder.report import Row, stopped_row
from frontends.ladder.runs import BOTH, Job, Result, Runs, comparable
from frontends.workers.outcomes import AGREES, MISMATCHED, WorkerError
from frontends.workers.pool import Workers

STEP_BY_STEP = "forward, step by step"


@dataclass(frozen=True)
class TwoNetworks:
    """Two networks to be compared within frameworks, on `batch` samples drawn from `seed`."""

    left: Network
    right: Network
    batch: int
    seed: int
    timeout: float = 600

    @cached_property
    def values(self) -> tuple[weights.Weights, weights.Weights]:
        """The weights of both: the left one's, which the right one has where they fit."""
        own = weights.probe(self.left, self.seed)
        shared = {
            name: own[name] if name in own and own[name].shape == array.shape else array
            for name, array in weights.probe(self.right, self.seed).items()
        }
        return own, shared

    def compare(self, framework: str, workers: Workers, folder: Path) -> Row:
        """Return the row that names the first step, in the left one's order, that differs."""
        results = []
        for index, network in enumerate((self.left, self.right)):
            place = folder / f"{framework}{index}"
            place.mkdir()
            runs = Runs(
                comparable(network), [], workers, place, self.batch,
                seed=self.seed, timeout=self.timeout, values=self.values[index],
            )  # fmt: skip
            try:
                results.append(runs.run(Job(framework, taps=True, keep_steps=True)))
            except WorkerError as error:
                return stopped_row(framework, error.outcome)
        outcome, worst, note = self._first_difference(*results)
        return Row(STEP_BY_STEP, (framework,), outcome, worst, FLOAT64_BOUND, note, compares=True)

    def _first_difference(self, left: Result, right: Result) -> tuple[str, float | None, str]:
        """Return the outcome, how far they are apart, and where."""
        order = [step.path for step in self.left.elaboration.steps]
        with left.read() as one, right.read() as two:
            known = set(two.names())
            for mode in BOTH:
                for path in order:
                    name = f"{mode}/step/{path}"
                    if name not in known:
                        return MISMATCHED, None, f"step {path} is only in {self.left.name}"
                    found = difference(given(one, name), two.get(name))
                    if found.relative > FLOAT64_BOUND:
                        return MISMATCHED, found.relative, f"first at step {path}: {found}"
                found = difference(*(given(each, f"{mode}/output") for each in (one, two)))
                if found.relative > FLOAT64_BOUND:  # they return the results of different steps
                    return (
                        MISMATCHED,
                        found.relative,
                        f"no step differs, the output does: {found}",
                    )
        return AGREES, None, ""
