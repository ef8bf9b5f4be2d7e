"""What is written of random networks in two frameworks is never called different as two files."""

from __future__ import annotations

import pytest

from frontends.frameworks import FRAMEWORKS, MODERN
from frontends.workers.pool import Workers
from parity_tests.random_files import drawn, false_alarms
from parity_tests.rows import rows

FEW, MORE = 2, 12
SEEDS = {"one": 1, "two": 2}


def _check(count: int, seed: int, panels: tuple[str, ...], workers: Workers) -> None:
    assert drawn(count, seed)
    for _, report in false_alarms(count, seed, list(panels), workers):
        pytest.fail(report.text())


def test_modern_files_of_one_network_are_the_same(workers: Workers) -> None:
    _check(FEW, 7, MODERN, workers)


@pytest.mark.complete
@rows("seed", SEEDS)
def test_files_of_one_network_are_the_same(seed: int, workers: Workers) -> None:
    _check(MORE, seed, FRAMEWORKS, workers)
