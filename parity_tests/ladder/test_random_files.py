"""What is written of random networks in two frameworks is never called different as two files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from frontends.frameworks import FRAMEWORKS, MODERN
from frontends.workers.pool import Workers
from parity_tests.random_files import drawn, false_alarms

FEW, MORE = 2, 4
RECORD = Path(__file__).parents[2] / "reports" / "data" / "random_files.jsonl"


def _check(count: int, seed: int, panels: tuple[str, ...], workers: Workers) -> None:
    networks = drawn(count, seed)
    assert networks
    for _, report in false_alarms(networks, list(panels), workers):
        pytest.fail(report.text())


def test_the_last_search_called_no_right_port_wrong() -> None:
    last = json.loads(RECORD.read_text(encoding="utf-8").splitlines()[-1])
    assert last["networks"] and last["false alarms"] == 0


def test_modern_files_of_one_network_are_the_same(workers: Workers) -> None:
    _check(FEW, 7, MODERN, workers)


@pytest.mark.complete
def test_files_of_one_network_are_the_same(workers: Workers) -> None:
    _check(MORE, 1, FRAMEWORKS, workers)
