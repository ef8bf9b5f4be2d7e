"""Everyday networks, written right, pass every rung; a rectifier's other form is caught."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from common.ops import BatchNorm, Conv2d, Dense, GlobalAvgPool2d, ReLU, ReLU6
from frontends.frameworks import FRAMEWORKS, MODERN
from frontends.ladder.float64 import STATISTICS
from frontends.ladder.rungs import RUNGS
from frontends.ladder.subjects import Fault
from frontends.ladder.verify import verify
from frontends.workers.pool import Workers
from parity_tests.cases.everyday import LARGE, SMALL, Make
from parity_tests.cases.small import sequence
from parity_tests.controls.planting import edit, plant
from parity_tests.rows import rows

BOUND = 1e-12
# The same features go through up to 58 batch normalizations, to which some channels bring a mean
# of 36 deviations (measured), and in gradients that magnifies rounding: 5.6e-11 was met.
EXCEPTIONS = {"densenet121_224": 1e-10}


def _check(make: Make, panels: Sequence[str], workers: Workers) -> None:
    """Every rung holds; in float64 every pair agrees to the last digits."""
    network = make()
    report = verify(network, list(panels), workers=workers)
    assert report.proved, report.text()
    assert report.worst_float64 < EXCEPTIONS.get(network.name, BOUND), report.text()
    normalized = any(isinstance(step.op, BatchNorm) for step in network.elaboration.steps)
    climbed = {rung.name for rung in RUNGS} - (set() if normalized else {STATISTICS})
    assert {row.rung for row in report.rows} == climbed


@rows("make", SMALL)
def test_three_panels(make: Make, workers: Workers) -> None:
    _check(make, MODERN, workers)


@pytest.mark.complete
@rows("make", SMALL)
def test_five_panels(make: Make, workers: Workers) -> None:
    _check(make, FRAMEWORKS, workers)


@pytest.mark.exhaustive
@rows("make", LARGE)
def test_large_networks(make: Make, workers: Workers) -> None:
    _check(make, MODERN, workers)


RECTIFIED = sequence(
    "rectified",
    (3, 8, 8),
    conv1=Conv2d(6, 3, padding=1),
    relu=ReLU(),
    conv2=Conv2d(6, 3, padding=1),
    relu6=ReLU6(),
    mean=GlobalAvgPool2d(),
    fc=Dense(3),
)
CAPPED = {
    "tensorflow": edit(r'ReLU\(name="relu"\)', 'ReLU(6, name="relu")'),
    "paddle": edit(r"nn\.ReLU\(\)", "nn.ReLU6()"),
    "torch": edit(r"nn\.ReLU\([^)]*\)", "nn.ReLU6()"),
}
UNCAPPED = {
    "tensorflow": edit(r'ReLU\(6, name="relu6"\)', 'ReLU(name="relu6")'),
    "paddle": edit(r"nn\.ReLU6\(\)", "nn.ReLU()"),
    "torch": edit(r"nn\.ReLU6\(\)", "nn.ReLU()"),
}
OTHERS = {
    f"{name}-{panel}": (panel, plant(panel, edits), step)
    for name, table, step in (
        ("relu6-for-relu", CAPPED, "relu"),
        ("relu-for-relu6", UNCAPPED, "relu6"),
    )
    for panel, edits in table.items()
}


@rows("panel, fault, step", OTHERS)
def test_the_other_rectifier_is_caught(
    panel: str, fault: Fault, step: str, workers: Workers
) -> None:
    report = verify(RECTIFIED, list(MODERN), workers=workers, faults={panel: fault})
    failed = [row for row in report.rows if not row.passed]
    assert failed and failed[0].rung == "forward, eval", report.text()
    assert f"step {step}:" in failed[0].note, report.text()
    assert [name for name in MODERN if report.reason(name)] == [panel], report.text()
