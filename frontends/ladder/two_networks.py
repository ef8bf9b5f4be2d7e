"""Two different networks, each written in one framework: the first step whose results differ.

Steps and parameters are matched by their paths. Both networks get the same weights where a tensor
has the same name and shape, and the same input.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from common import weights
from common.compare import difference
from common.network import Network
from frontends.ladder.climb import given
from frontends.ladder.locate import FLOAT64_BOUND
from frontends.ladder.report import Row, stopped_row
from frontends.ladder.runs import BOTH, Job, Result, Runs, comparable
from frontends.ladder.subjects import written
from frontends.workers.outcomes import AGREES, MISMATCHED, WorkerError
from frontends.workers.pool import Workers

STEP_BY_STEP = "forward, step by step"


@dataclass(frozen=True)
class TwoNetworks:
    """Two networks to be compared in one framework, on `batch` samples drawn from `seed`."""

    left: Network
    right: Network
    framework: str
    batch: int
    seed: int
    timeout: float = 600

    def compare(self, workers: Workers, folder: Path) -> Row:
        """Return the row that names the first step, in the left one's order, that differs."""
        own = weights.probe(self.left, self.seed)
        shared = {
            name: own[name] if name in own and own[name].shape == array.shape else array
            for name, array in weights.probe(self.right, self.seed).items()
        }
        try:
            left = self._run(self.left, own, workers, folder / f"{self.framework}0")
            right = self._run(self.right, shared, workers, folder / f"{self.framework}1")
        except WorkerError as error:
            return stopped_row(self.framework, error.outcome)
        return self._first_difference(left, right)

    def _run(
        self, network: Network, values: weights.Weights, workers: Workers, place: Path
    ) -> Result:
        place.mkdir()
        subjects = written([self.framework])
        runs = Runs(
            comparable(network), subjects, workers, place, self.batch,
            seed=self.seed, timeout=self.timeout, values=values,
        )  # fmt: skip
        return runs.run(Job(self.framework, taps=True, keep_steps=True))

    def _first_difference(self, left: Result, right: Result) -> Row:
        order = [step.path for step in self.left.elaboration.steps]
        with left.read() as one, right.read() as two:
            known = set(two.names())
            for mode in BOTH:
                for path in order:
                    name = f"{mode}/step/{path}"
                    if name not in known:
                        return self._differs(f"step {path} is only in {self.left.name}")
                    found = difference(given(one, name), two.get(name))
                    if found.relative > FLOAT64_BOUND:
                        return self._differs(f"first at step {path}: {found}", found.relative)
                found = difference(*(given(each, f"{mode}/output") for each in (one, two)))
                if found.relative > FLOAT64_BOUND:  # they return the results of different steps
                    return self._differs(
                        f"no step differs, the output does: {found}", found.relative
                    )
        return Row(STEP_BY_STEP, (self.framework,), AGREES, bound=FLOAT64_BOUND, compares=True)

    def _differs(self, note: str, worst: float | None = None) -> Row:
        return Row(STEP_BY_STEP, (self.framework,), MISMATCHED, worst, FLOAT64_BOUND, note)
