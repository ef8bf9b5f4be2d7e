"""No verdict, no number: what must be proved before anything is timed, and in the style timed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.matrix import Case
from benchmarks.workloads import Workload
from common.compare import difference
from common.network import Network
from common.ops import BatchNorm
from frontends.frameworks import MODERN, TABLE
from frontends.ladder.initialization import INITIALIZATION
from frontends.ladder.report import Report
from frontends.ladder.structure import STRUCTURE
from frontends.ladder.verify import verify
from frontends.workers.arrays import ArrayReader
from frontends.workers.outcomes import NOT_COMPARABLE, NOT_INSTALLED, Outcome, WorkerError
from frontends.workers.process import WorkerProcess

# Of what outputs move by, in float64, as every kernel is rounded to the 10 bits of TF32. Float32
# takes up to 0.06 of that where statistics are summed in parts (se_resnext_mnist, batch 64).
FORWARD_SHARE = 0.25
# A precision of fewer bits is held to what kernels of the next coarser format make: TF32 and
# float16 (10 bits) to that of bfloat16 (7 bits), bfloat16 to that of 8-bit floats (3 bits). The
# latter two round values, too.
COARSER = {"float32": 10, "tf32": 7, "float16": 7, "bfloat16": 3}
COARSE_SHARE = 0.5
# Of float32, per value summed: n values added one after another may be off by n times that (Higham,
# Accuracy and Stability of Numerical Algorithms, section 4.2). PyTorch's channels_last sums a batch
# statistic so: outputs are off by 1.3e-3 at 50,176 values (one thread), by 4.0e-3 at 200,704.
UNIT = 2.0**-24
# Of the largest change that one update makes to the outputs; measured up to 1.3e-2. A step that
# updates nothing, or with other gradients, is off by about 1.
UPDATE_BOUND = 0.25
# In fewer bits each output is off by more than one update changes it; the share of the change that
# was made, over all outputs, is not: it is 0 without an update, and below 0 uphill.
MADE = (0.5, 1.5)


ALONE = (STRUCTURE, INITIALIZATION)  # rungs that hold a panel against the specification alone


def bits(cases: Iterable[Case]) -> list[int]:
    """Return of how many bits kernels are to be for the bounds of some cases."""
    return sorted({COARSER["float32"], *(COARSER[case.precision] for case in cases)})


def panels(frameworks: list[str]) -> list[str]:
    """Return what is proved for these to be timed: one alone is proved against another."""
    if len(frameworks) > 1:
        return frameworks
    return [*frameworks, next(name for name in reversed(MODERN) if name not in frameworks)]


def prove(network: Network, frameworks: list[str], rounding: bool = True) -> Report:
    """Return the report of the ladder for what is to be timed; `rounding`: the float32 rungs."""
    return verify(network, panels(frameworks), rounding=rounding)


def refusal(report: Report, framework: str) -> Outcome | None:
    """Return why a framework is not timed, None if the ladder passed it: held against another
    panel, or where there was none, step by step against numpy's float64."""
    reason = report.reason(framework)
    if reason is None:
        held = [row for row in report.rows if framework in row.panels and row.rung not in ALONE]
        if held:
            return None
        reason = "there was no other panel to compare with, and no float32 rung was climbed"
    for row in report.rows:
        if row.stage and row.panels == (framework,):
            return Outcome(framework, row.outcome, row.stage, row.note)
    return Outcome(framework, NOT_COMPARABLE, "verify", reason)


@dataclass(frozen=True)
class Reference:
    """The float64 outputs of the first two steps, per mode, at one batch.

    bounds: how far a forward pass may be from them, of the largest output, per mode and precision.
    fine: per mode, what is nearer than that is computed in float32.
    """

    framework: str
    outputs: dict[str, dict[str, Any]]
    bounds: dict[tuple[str, str], float]
    fine: dict[str, float] = field(default_factory=dict)

    def check(self, case: Case, out: Path) -> dict[str, Any]:
        """Return how far a timed case's float32 outputs are from float64's.

        Raises WorkerError, outcome "not comparable", beyond the bounds.
        """
        exact, found = self.outputs[case.mode], _read(out)
        bound = self.bounds[case.mode, case.precision]
        forward = difference(found["first"], exact["first"])
        self._judge(case, "forward in the style timed", forward.relative, bound)
        if case.precision != "float32" and forward.relative <= self.fine.get(case.mode, 0.0):
            message = f"{forward.relative:.1e} from float64: computed in float32, not in "
            message += case.precision
            raise WorkerError(Outcome(case.framework, NOT_COMPARABLE, "check", message))
        checked = {"forward_error": forward.relative, "forward_bound": bound}
        if case.mode != "inference" and case.precision == "float32":
            change = float(np.abs(exact["second"] - exact["first"]).max())
            update = difference(found["second"], exact["second"], change)
            self._judge(case, "update in the style timed", update.relative, UPDATE_BOUND)
            checked["update_error"] = update.relative
        elif case.mode != "inference":
            change, made = (each["second"] - each["first"] for each in (exact, found))
            share = float((change * made).sum() / (change * change).sum())
            if not MADE[0] <= share <= MADE[1]:
                message = f"update in the style timed: {share:.2f} of the one in float64"
                raise WorkerError(Outcome(case.framework, NOT_COMPARABLE, "check", message))
            checked["update_made"] = share
        return checked

    def _judge(self, case: Case, what: str, error: float, bound: float) -> None:
        if error > bound:
            message = f"{what}: {error:.1e} from {self.framework}'s float64, allowed {bound:.1e}"
            raise WorkerError(Outcome(case.framework, NOT_COMPARABLE, "check", message))


def reference(
    workload: Workload,
    proved: list[str],
    cases: Iterable[Case],
    folder: Path,
    threads: int,
    device: str = "cpu",
) -> Reference | Outcome:
    """Return the float64 outputs by the first proved framework that gives them."""
    outcome = Outcome("", NOT_INSTALLED, "reference", "nothing is proved")
    wanted = sorted({(case.mode, case.precision) for case in cases})
    for framework in sorted(proved, key=[*reversed(MODERN), *proved].index):
        try:
            return _exact(workload, framework, wanted, folder, threads, device)
        except WorkerError as stopped:
            outcome = stopped.outcome
    return outcome


def _exact(
    workload: Workload,
    framework: str,
    wanted: list[tuple[str, str]],
    folder: Path,
    threads: int,
    device: str,
) -> Reference:
    """Take the first steps in float64, with the kernels as they are and in fewer bits."""
    worker = WorkerProcess(framework, device, threads, temporary=folder)
    style, out = next(iter(TABLE[framework].styles)), folder / "exact.npz"
    found = Reference(framework, {}, {})

    def outputs(mode: str, bits: int | None = None) -> dict[str, Any]:
        case = Case(framework, style, mode, batch=workload.batch)
        worker.request(workload.request(case, out, device, dtype="float64", bits=bits))
        return _read(out)

    try:
        for mode, precision in wanted:
            if mode not in found.outputs:
                found.outputs[mode] = outputs(mode)
            moved = difference(
                outputs(mode, COARSER[precision])["first"], found.outputs[mode]["first"]
            )
            share = FORWARD_SHARE if precision == "float32" else COARSE_SHARE
            if precision != "float32" and mode not in found.fine:
                tf32 = difference(
                    outputs(mode, COARSER["float32"])["first"], found.outputs[mode]["first"]
                )
                found.fine[mode] = FORWARD_SHARE * tf32.relative
            summed = batch_values(workload) if mode != "inference" else 0
            found.bounds[mode, precision] = share * moved.relative + UNIT * summed
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
