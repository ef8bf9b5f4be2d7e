"""The page of rounded hyper-parameters: from its record alone, which a measurement repeats."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from common.errors import TriptychError
from frontends.frameworks import FRAMEWORKS
from frontends.workers.pool import Workers
from parity_tests.hyperparameters import CASES, measure
from parity_tests.reports.recorded import REPORTS
from reports.hyperparameters import APART, KEPT, ROUNDED, page, read, verdict

RECORD = read(REPORTS / "data" / "hyperparameters.jsonl")


def test_the_committed_page_is_the_record_s() -> None:
    assert (REPORTS / "hyperparameters.md").read_text(encoding="utf-8") == page(RECORD)


def test_every_number_is_recorded_in_every_panel() -> None:
    recorded = [(line["what"], line["panel"]) for line in RECORD.lines]
    assert sorted(recorded) == sorted(product(CASES, FRAMEWORKS))


def test_a_measurement_says_what_the_record_says(workers: Workers, tmp_path: Path) -> None:
    """Of a number that one panel keeps and another rounds, and of one that is computed with."""
    recorded = {(line["what"], line["panel"]): verdict(line) for line in RECORD.lines}
    found = {}
    for what, panels in {
        "momentum": ("torch", "paddle"),
        "beta1, Adam, epsilon uncorrected": ("tensorflow",),
    }.items():
        for line in measure(what, panels, workers, tmp_path):
            found[what, line["panel"]] = verdict(line)
    assert list(found.values()) == [KEPT, ROUNDED, APART]
    assert all(recorded[each] == word for each, word in found.items())


def test_what_is_no_record_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "hyperparameters.jsonl"
    path.write_text((REPORTS / "data" / path.name).read_text().replace('"torch"', '"toch"'))
    with pytest.raises(TriptychError, match="toch"):
        read(path)
