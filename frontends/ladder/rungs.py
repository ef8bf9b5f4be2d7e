"""The ladder as data: every rung, in the order in which it is climbed.

Adding a rung is a value here: its name, what must hold (help and README are written from it), what
each panel runs for it, and its judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from frontends.ladder import float32, float64
from frontends.ladder.climb import Climb
from frontends.ladder.gradients import GRADIENTS, gradients
from frontends.ladder.initialization import FALSE_ALARMS, INITIALIZATION, initialization
from frontends.ladder.initialization import job as initial_job
from frontends.ladder.report import Row, stopped_by
from frontends.ladder.runs import BOTH, INITIAL, Job
from frontends.ladder.structure import STRUCTURE, structure


@dataclass(frozen=True)
class Rung:
    """One check: its name, what must hold, the judge of results, and the job that gives those of
    a panel."""

    name: str
    holds: str
    judge: Callable[[Climb], Iterator[Row]]
    job: Callable[[str], Job] = Job

    @property
    def precision(self) -> str:
        """Of the arithmetic that it judges: "float64" or "float32", "" where it judges none."""
        job = self.job("any")
        return "" if job.want == (INITIAL,) else job.dtype


RUNGS = (
    Rung(
        STRUCTURE,
        "names, shapes and counts of the parameters; the output shape of every block",
        structure,
    ),
    Rung(
        INITIALIZATION,
        "fresh parameters follow the stated laws: mean, deviation, largest value, distribution, "
        f"at one false alarm in {1 / FALSE_ALARMS:,.0f} verifications; constants exactly",
        initialization,
        initial_job,
    ),
    Rung(
        float64.FORWARD["evaluate"],
        "outputs in eval mode, every pair of panels: 1e-10 of the tensor's largest value",
        float64.outputs("evaluate"),
    ),
    Rung(
        float64.FORWARD["train"],
        "outputs with batch statistics, within the same bound",
        float64.outputs("train"),
    ),
    Rung(
        float64.STATISTICS,
        "after one step, as each framework's own convention predicts (PyTorch's variances are "
        "unbiased, and TensorFlow 1's where it fuses)",
        float64.statistics,
    ),
    Rung(
        GRADIENTS,
        "of every parameter and of the input: 1e-10 of the step's largest",
        gradients,
    ),
    *(
        Rung(
            float32.RESULTS[mode],
            "in float32, each step's result is within what its own rounding allows",
            float32.results(mode),
            float32.job,
        )
        for mode in BOTH
    ),
    Rung(
        float32.GRADIENTS,
        "in float32, so are the gradients of every value and of every parameter",
        float32.gradients,
        float32.job,
    ),
)


def climb(
    runs: Any,
    panels: list[str],
    rungs: tuple[Rung, ...] = RUNGS,
    keep: bool = False,
    begun: Callable[[Any, tuple[str, ...]], Climb] = Climb,
) -> Iterator[Row]:
    """Yield the rows, rung by rung; a panel that cannot be run is a row with its outcome.

    What no rung above wants is removed, unless it is to `keep`. runs: Runs of a network's subjects,
    or what `begun` makes a Climb of.
    """
    before = [rung for rung in rungs if rung.precision != "float32"]  # the others run their own
    plan = [list(dict.fromkeys(rung.job(panel) for rung in before)) for panel in panels]
    stopped = {
        panel: stopped_by(panel, stop)
        for panel, stop in zip(panels, runs.run_all(plan))
        if stop is not None
    }
    yield from stopped.values()
    left = tuple(panel for panel in panels if panel not in stopped)
    under_way = begun(runs, left)
    for index, rung in enumerate(rungs if left else ()):
        yield from rung.judge(under_way)
        for panel in () if keep else left:
            if rung.job(panel) not in [above.job(panel) for above in rungs[index + 1 :]]:
                runs.drop(rung.job(panel))
