"""The ladder is climbed to its top: structure, forward, statistics, gradients, rounding."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from common.compare import Array, difference
from common.network import Network
from common.ops import BatchNorm
from frontends.frameworks import MODERN
from frontends.ladder import rungs as ladder
from frontends.ladder.locate import FLOAT64_BOUND
from frontends.ladder.report import Report
from frontends.ladder.runs import Job, Runs, batch_for
from frontends.ladder.verify import verify
from frontends.workers.outcomes import AGREES
from frontends.workers.pool import Workers
from frontends.workers.scratch import scratch
from parity_tests.cases import small
from parity_tests.rows import rows

NETWORKS = {
    each.__name__: each
    for each in (
        small.se_resnext,
        small.concatenated,
        small.published_fluid,
        small.few_values,
        small.vectors,
        small.plain,
    )
}
RUNGS = {
    "structure": 1,  # panels that a row speaks of
    "initialization": 1,
    "forward, eval": 2,
    "forward, batch statistics": 2,
    "running statistics": 2,
    "gradients": 2,
    "rounding, results (eval)": 1,
    "rounding, results (batch statistics)": 1,
    "rounding, gradients": 1,
}


def _check_green(report: Report, network: Network) -> None:
    assert report.passed, report.text()
    assert report.worst_float64 < FLOAT64_BOUND == 1e-10
    assert all(row.outcome == AGREES for row in report.rows), report.text()
    assert list(RUNGS) == [rung.name for rung in ladder.RUNGS]
    normalized = any(isinstance(step.op, BatchNorm) for step in network.elaboration.steps)
    for rung, panels in RUNGS.items():
        found = [row.panels for row in report.rows if row.rung == rung]
        expected = 3 if normalized or rung != "running statistics" else 0
        assert len(set(found)) == len(found) == expected, f"{rung}: {found}"
        assert {len(each) for each in found} <= {panels}


@rows("make", NETWORKS)
def test_every_rung_for_every_panel_and_pair(make: Callable[[], Network], workers: Workers) -> None:
    network = make()
    report = verify(network, list(MODERN), workers=workers)
    _check_green(report, network)
    assert set(report.versions) == set(MODERN)


def test_batch_is_raised_for_few_values(workers: Workers) -> None:
    assert batch_for(small.few_values()) == 16  # its last BN sees maps of 1×1
    assert batch_for(small.few_values(), 20) == 20
    assert batch_for(small.vectors()) == 2
    report = verify(small.few_values(), ["torch"], workers=workers)
    assert report.batch == 16
    assert report.notes[0] == "batch raised from 2 to 16: BN needs 16 values a channel"


def test_nothing_is_left_behind(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither after a verification nor after one that failed."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert verify(small.vectors(), ["torch"], workers=workers).passed
    broken = {"torch": lambda text: f"{text}raise RuntimeError('planted')\n"}
    assert not verify(small.vectors(), ["torch"], workers=workers, faults=broken).passed
    with scratch() as folder:
        assert folder.parent == tmp_path
    assert not list(tmp_path.iterdir())


def _predicted(panel: str, kind: str, old: Array, taken: Array) -> Array:
    """Return the running statistic after a step, by a panel's convention for momentum 0.9."""
    axes = (0, 2, 3)
    momentum = float(np.float32(0.9)) if panel == "paddle" else 0.9
    if kind == "mean":
        return np.asarray(momentum * old + (1 - momentum) * taken.mean(axes))
    variance = taken.var(axes, ddof=float(panel == "torch"))
    return np.asarray(momentum * old + (1 - momentum) * variance)


@rows("panel", {panel: panel for panel in MODERN})
def test_running_statistics_follow_the_convention(panel: str, workers: Workers) -> None:
    """With everyday reals a panel's statistics are what its convention predicts, and no other's."""
    network = small.plain()
    with scratch() as folder:
        runs = Runs(network, [], workers, folder, batch_for(network))
        with runs.run(Job(panel, taps=True, keep_steps=True)).read() as found:
            for index, kind in product((1, 2), ("mean", "variance")):
                name = f"bn{index}.{kind}"
                after, old = found.get(f"train/statistics/{name}"), runs.parameters[name]
                taken = found.get(f"train/step/conv{index}")
                fitting = {
                    other
                    for other in MODERN
                    if difference(after, _predicted(other, kind, old, taken)).relative < 1e-10
                }
                alike = kind == "mean" and panel != "paddle"  # they part in the variance alone
                assert fitting == ({"tensorflow", "torch"} if alike else {panel}), name
