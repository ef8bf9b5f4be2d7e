"""No verdict, no number: what the ladder and the float64 reference refuse is not timed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import gate
from benchmarks.matrix import Case
from benchmarks.workloads import Workload
from common.networks import load
from frontends.ladder.report import Report, Row, stopped_row
from frontends.workers.arrays import write_arrays
from frontends.workers.outcomes import NOT_COMPARABLE, NOT_INSTALLED, Outcome, WorkerError

PADDLE = Case("paddle", "graph", "training")


def _outputs(folder: Path, first: Any, second: Any) -> Path:
    write_arrays(folder / "out.npz", {"first": first, "second": second})
    return folder / "out.npz"


EXACT = {
    "first": np.linspace(-1, 1, 20).reshape(2, 10),
    "second": np.linspace(-1, 1.01, 20).reshape(2, 10),
}
MODES = ("inference", "training")
BOUNDS = {
    (mode, precision): 1e-4 for mode in MODES for precision in ("float32", "bfloat16", "float16")
}
REFERENCE = gate.Reference("torch", dict.fromkeys(MODES, EXACT), BOUNDS, dict.fromkeys(MODES, 1e-6))


def test_float32_rounding_passes(tmp_path: Path) -> None:
    out = _outputs(tmp_path, *(array.astype(np.float32) for array in EXACT.values()))
    found = REFERENCE.check(PADDLE, out)
    assert 0 < found["forward_error"] < 1e-7 and 0 < found["update_error"] < 1e-4


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        (EXACT["first"] * (1 + 6.7e-4), EXACT["second"], "forward"),  # TF32, as measured
        (EXACT["first"].T, EXACT["second"], "forward"),
        (np.where(EXACT["first"] > 0.9, np.nan, EXACT["first"]), EXACT["second"], "forward"),
        (EXACT["first"], EXACT["first"], "update"),  # nothing was updated
        (EXACT["first"], 2 * EXACT["first"] - EXACT["second"], "update"),  # uphill
        (EXACT["first"], EXACT["second"] * np.inf, "update"),
    ],
)
def test_what_differs_is_not_comparable(tmp_path: Path, first: Any, second: Any, what: str) -> None:
    with pytest.raises(WorkerError, match=f"not comparable at stage check: {what}"):
        REFERENCE.check(PADDLE, _outputs(tmp_path, first, second))


def test_what_the_ladder_refuses_keeps_its_outcome() -> None:
    frameworks = ["tensorflow", "paddle", "torch"]
    rows = [
        stopped_row("tensorflow", Outcome("tensorflow", NOT_INSTALLED, "start", "no module")),
        Row("forward, eval", ("paddle", "torch"), "agrees", 1e-15, 1e-10),
    ]
    report = Report("n", 2, frameworks, rows)
    refused = gate.refusal(report, "tensorflow")
    assert refused and (refused.kind, refused.stage) == (NOT_INSTALLED, "start")
    assert gate.refusal(report, "torch") is None
    rows[1] = Row("forward, eval", ("paddle", "torch"), "mismatched", 1e-3, 1e-10, "at step stem")
    refused = gate.refusal(report, "torch")
    assert refused and refused.kind == NOT_COMPARABLE and "at step stem" in refused.message


def test_the_largest_batch_statistic_is_counted() -> None:
    """Each of 64 images has 28×28 values a channel where the network's maps are largest."""
    assert gate.batch_values(Workload(load("se_resnext_mnist"), 64)) == 64 * 28 * 28


@pytest.mark.parametrize("made", [0.0, -1.0, 0.4, 2.0], ids=["none", "uphill", "half", "double"])
def test_an_update_in_fewer_bits_is_told_by_its_share(tmp_path: Path, made: float) -> None:
    """Each output may be off by more than the update changes it."""
    case = PADDLE._replace(precision="bfloat16")
    change = EXACT["second"] - EXACT["first"]
    off = 3e-5 * np.cos(np.arange(20)).reshape(2, 10)
    first = EXACT["first"] + off
    right = _outputs(tmp_path, first, first + change + off[::-1])
    assert 0.9 < REFERENCE.check(case, right)["update_made"] < 1.1
    with pytest.raises(WorkerError, match=r"update in the style timed: -?\d\.\d\d of the one"):
        REFERENCE.check(case, _outputs(tmp_path, first, first + made * change))


def test_float32_does_not_pass_for_fewer_bits(tmp_path: Path) -> None:
    """Paddle's autocast does nothing on a CPU: its row would be float32's."""
    out = _outputs(tmp_path, *(array.astype(np.float32) for array in EXACT.values()))
    assert REFERENCE.check(PADDLE, out)
    for precision in ("bfloat16", "float16"):
        with pytest.raises(WorkerError, match=f"computed in float32, not in {precision}"):
            REFERENCE.check(PADDLE._replace(precision=precision), out)


def test_a_panel_alone_is_timed_if_numpy_judged_it() -> None:
    """Where there is no other panel: step by step in float32, or not at all."""
    alone = [Row("structure", ("torch",), "agrees"), Row("initialization", ("torch",), "agrees")]
    gone = stopped_row("paddle", Outcome("paddle", NOT_INSTALLED, "start", "no module"))
    refused = gate.refusal(Report("n", 2, ["torch", "paddle"], [gone, *alone]), "torch")
    assert refused and "no other panel" in refused.message
    judged = Row("rounding, results (eval)", ("torch",), "agrees", 0.5, 1.0)
    assert (
        gate.refusal(Report("n", 2, ["torch", "paddle"], [gone, *alone, judged]), "torch") is None
    )
