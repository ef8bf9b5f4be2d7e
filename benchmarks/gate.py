"""No verdict, no number: what must be proved before anything is timed, and in the style timed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.matrix import Case
from benchmarks.workloads import Workload
from common.compare import difference
from common.network import Network
from common.ops import BatchNorm
from frontends.frameworks import MODERN, TABLE
from frontends.ladder.report import Report
from frontends.ladder.verify import verify
from frontends.workers.arrays import ArrayReader
from frontends.workers.outcomes import NOT_COMPARABLE, NOT_INSTALLED, Outcome, WorkerError
from frontends.workers.pool import Workers
from frontends.workers.process import WorkerProcess
from frontends.workers.protocol import Memory

# Of what outputs move by, in float64, as every kernel is rounded to the 10 bits of TF32. Float32
# takes up to 0.06 of that where statistics are summed in parts (se_resnext_mnist, batch 64).
FORWARD_SHARE = 0.25
# Of float32, per value summed: n values added one after another may be off by n times that (Higham,
# Accuracy and Stability of Numerical Algorithms, section 4.2). PyTorch's channels_last sums a batch
# statistic so: outputs are off by 1.3e-3 at 50,176 values (one thread), by 4.0e-3 at 200,704.
UNIT = 2.0**-24
# Of the largest change that one update makes to the outputs; measured up to 1.3e-2. A step that
# updates nothing, or with other gradients, is off by about 1.
UPDATE_BOUND = 0.25


def panels(frameworks: list[str]) -> list[str]:
    """Return what is proved for these to be timed: one alone is proved against another."""
    if len(frameworks) > 1:
        return frameworks
    return [*frameworks, next(name for name in reversed(MODERN) if name not in frameworks)]


def prove(network: Network, frameworks: list[str]) -> Report:
    """Return the report of the ladder for what is to be timed."""
    return verify(network, panels(frameworks))


def refusal(report: Report, framework: str) -> Outcome | None:
    """Return why a framework is not timed, None if the ladder passed it."""
    reason = report.reason(framework)
    if reason is None:
        return None
    for row in report.rows:
        if row.stage and row.panels == (framework,):
            return Outcome(framework, row.outcome, row.stage, row.note)
    return Outcome(framework, NOT_COMPARABLE, "verify", reason)


@dataclass(frozen=True)
class Reference:
    """The float64 outputs of the first two steps, per mode.

    bounds: how far a forward pass in float32 may be from them, of the largest output, per mode.
    """

    framework: str
    outputs: dict[str, dict[str, Any]]
    bounds: dict[str, float]

    def check(self, case: Case, out: Path) -> dict[str, Any]:
        """Return how far a timed case's float32 outputs are from float64's.

        Raises WorkerError, outcome "not comparable", beyond the bounds.
        """
        exact, found = self.outputs[case.mode], _read(out)
        forward, bound = difference(found["first"], exact["first"]), self.bounds[case.mode]
        self._judge(case, "forward in the style timed", forward.relative, bound)
        checked = {"forward_error": forward.relative, "forward_bound": bound}
        if case.mode == "training":
            change = float(np.abs(exact["second"] - exact["first"]).max())
            update = difference(found["second"], exact["second"], change)
            self._judge(case, "update in the style timed", update.relative, UPDATE_BOUND)
            checked["update_error"] = update.relative
        return checked

    def _judge(self, case: Case, what: str, error: float, bound: float) -> None:
        if error > bound:
            message = f"{what}: {error:.1e} from {self.framework}'s float64, allowed {bound:.1e}"
            raise WorkerError(Outcome(case.framework, NOT_COMPARABLE, "check", message))


def reference(
    workload: Workload, proved: list[str], modes: set[str], folder: Path, threads: int
) -> Reference | Outcome:
    """Return the float64 outputs by the first proved framework that gives them."""
    outcome = Outcome("", NOT_INSTALLED, "reference", "nothing is proved")
    for framework in sorted(proved, key=[*reversed(MODERN), *proved].index):
        try:
            return _exact(workload, framework, modes, folder, threads)
        except WorkerError as stopped:
            outcome = stopped.outcome
    return outcome


def _exact(
    workload: Workload, framework: str, modes: set[str], folder: Path, threads: int
) -> Reference:
    """Take the first steps in float64, with the kernels as they are and as TF32 holds them."""
    worker = WorkerProcess(framework, threads=threads, temporary=folder)
    style, out = next(iter(TABLE[framework].styles)), folder / "exact.npz"
    found = Reference(framework, {}, {})
    try:
        for mode in sorted(modes):
            outputs = []
            for rounded in (False, True):
                case = Case(framework, style, mode)
                worker.request(workload.request(case, out, "cpu", "float64", rounded))
                outputs.append(_read(out))
            found.outputs[mode] = outputs[0]
            moved = difference(outputs[1]["first"], outputs[0]["first"])
            summed = batch_values(workload) if mode == "training" else 0
            found.bounds[mode] = FORWARD_SHARE * moved.relative + UNIT * summed
    finally:
        worker.close()
    return found


def batch_values(workload: Workload) -> int:
    """Return of how many values the largest batch statistic is made, 0 without batch norm."""
    steps = workload.network.elaboration.steps
    sizes = [math.prod(s.inputs[0][1:]) for s in steps if isinstance(s.op, BatchNorm)]
    return workload.batch * max(sizes, default=0)


def _read(path: Path) -> dict[str, Any]:
    with ArrayReader(path) as reader:
        return dict(reader.items())


def sees_gpu(framework: str) -> bool:
    """Return whether a framework's build sees a GPU; one that does not start sees none."""
    with Workers("gpu") as workers:
        try:
            return workers.request(framework, Memory(), 60).peak_device is not None
        except WorkerError:
            return False
