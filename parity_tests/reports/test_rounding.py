"""The page of the float32 rungs' margins: from its record alone, which holds what is claimed."""

from __future__ import annotations

from pathlib import Path

import pytest

from common.errors import TriptychError
from frontends.frameworks import FRAMEWORKS, MODERN
from frontends.ladder import rounding
from frontends.ladder.float32 import GRADIENTS, RESULTS
from frontends.workers.pool import Workers
from parity_tests.cases.everyday import EVERYDAY, SMALL, averaged
from parity_tests.controls.rounding import OPERANDS, STORED, Rounding
from parity_tests.reports.recorded import REPORTS
from parity_tests.rounding_margins import cases, measure
from reports.rounding import main, page, read

LINES = read(REPORTS / "data" / "rounding.jsonl")
RUNS = LINES[1:]


def test_the_committed_page_is_the_record_s() -> None:
    assert (REPORTS / "rounding.md").read_text(encoding="utf-8") == page(LINES)


def test_every_panel_and_plant_of_a_recorded_network_is_there() -> None:
    recorded = {run["network"] for run in RUNS}
    assert set(SMALL) <= recorded <= set(EVERYDAY)  # the largest take hours
    assert {run["panel"] for run in RUNS} == set(FRAMEWORKS)
    for name in recorded:
        own = [run for run in RUNS if run["network"] == name]
        right = {run["panel"] for run in own if not run["format"]}
        assert right == set(FRAMEWORKS if name in SMALL else MODERN)
        planted = {(run["format"], run["where"], run["panel"]) for run in own if run["format"]}
        for panel in MODERN:
            assert {(each, "all", panel) for each in OPERANDS} <= planted
            assert {(each, "stored", panel) for each in STORED} <= planted


def test_the_record_is_of_these_bounds() -> None:
    header = LINES[0]
    assert header["product"] == rounding.PRODUCT_BOUND
    assert (header["share"], header["longest"]) == (rounding.SHARE_BOUND, rounding.LONGEST)


def test_right_runs_are_within_and_planted_ones_beyond() -> None:
    for run in RUNS:
        shares = [each["share"] for each in run["rungs"].values()]
        beyond = [share is None or share > 1 for share in shares]
        assert any(beyond) == bool(run["format"]), run


def test_a_run_is_measured(workers: Workers) -> None:
    (right, *_), planted = cases("averaged-16", 1), Rounding("tf32", "kernel")
    found = measure(averaged(16), right, workers)
    assert set(found["rungs"]) == {*RESULTS.values(), GRADIENTS} and found["least"] is None
    assert all(0 < each["share"] < 1 for each in found["rungs"].values())
    found = measure(averaged(16), (MODERN[0], 5, planted), workers)
    assert found["least"]["kernel"]["share"] > 1 > found["rungs"][RESULTS["train"]]["share"]


def test_no_record_is_said(tmp_path: Path) -> None:
    with pytest.raises(TriptychError, match="cannot be read"):
        main(["--out", str(tmp_path)])
