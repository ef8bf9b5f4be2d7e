"""No verdict, no number: what must be proved before anything is timed, and in the style timed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.matrix import Case
from benchmarks.workloads import Workload
from common.compare import difference
from common.network import Network
from frontends.frameworks import MODERN, TABLE
from frontends.ladder.report import Report
from frontends.ladder.verify import verify
from frontends.workers.arrays import ArrayReader
from frontends.workers.outcomes import NOT_COMPARABLE, NOT_INSTALLED, Outcome, WorkerError
from frontends.workers.pool import Workers
from frontends.workers.process import WorkerProcess
from frontends.workers.protocol import Memory

# Of the largest output. Half a rounding of TF32 or bfloat16-like formats (2^-11): float32 stays
# below a third of it (7.5e-5 with batch statistics, 1e-6 without, on se_resnext_mnist, batch 64);
# TF32 products give 6.7e-4 there.
FORWARD_BOUND = 2.0**-12
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
    """The float64 outputs of the first two steps, per mode."""

    framework: str
    outputs: dict[str, dict[str, Any]]

    def check(self, case: Case, out: Path) -> dict[str, Any]:
        """Return how far a timed case's float32 outputs are from float64's.

        Raises WorkerError, outcome "not comparable", beyond the bounds.
        """
        exact, found = self.outputs[case.mode], _read(out)
        forward = difference(found["first"], exact["first"])
        self._judge(case, "forward in the style timed", forward.relative, FORWARD_BOUND)
        checked = {"forward_error": forward.relative}
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
            return Reference(framework, _exact(workload, framework, modes, folder, threads))
        except WorkerError as stopped:
            outcome = stopped.outcome
    return outcome


def _exact(
    workload: Workload, framework: str, modes: set[str], folder: Path, threads: int
) -> dict[str, dict[str, Any]]:
    worker = WorkerProcess(framework, threads=threads, temporary=folder)
    outputs = {}
    try:
        for mode in sorted(modes):
            case, out = (
                Case(framework, next(iter(TABLE[framework].styles)), mode),
                folder / "exact.npz",
            )
            worker.request(workload.request(case, out, "cpu", "float64"))
            outputs[mode] = _read(out)
    finally:
        worker.close()
    return outputs


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
