"""The page of the float32 rungs' margins: from its record alone, which holds what is claimed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from common.errors import TriptychError
from frontends.frameworks import FRAMEWORKS, MODERN
from frontends.ladder.float32 import GRADIENTS, RESULTS
from frontends.workers.pool import Workers
from parity_tests.cases.everyday import EVERYDAY, SMALL, averaged
from parity_tests.controls.rounding import OPERANDS, STORED, Rounding
from parity_tests.reports.recorded import REPORTS
from parity_tests.rounding_margins import BOUNDS, cases, measure
from parity_tests.rows import rows
from reports.rounding import main, page, read

RECORD = read(REPORTS / "data" / "rounding.jsonl")
RUNS = RECORD.runs


def test_the_committed_page_is_the_record_s() -> None:
    assert (REPORTS / "rounding.md").read_text(encoding="utf-8") == page(RECORD)


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
    assert {name: value for name, value in RECORD.header.items() if name in BOUNDS} == BOUNDS


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


HEADER, RIGHT, *_ = (REPORTS / "data" / "rounding.jsonl").read_text("utf-8").splitlines()
WRONG = {
    "no JSON": (["{"], "line 1: not JSON"),
    "no header": ([RIGHT], "line 1: without architecture, "),
    "no runs": ([HEADER], "holds no runs"),
    "a bound that is none": ([HEADER.replace("32.0", '"32"'), RIGHT], "line 1: product: expected"),
    "no object": ([HEADER, "[]"], "line 2: expected an object"),
    "no rungs": ([HEADER, RIGHT.replace('"rungs"', '"rings"')], "line 2: without rungs"),
    "empty rungs": (
        [HEADER, json.dumps(json.loads(RIGHT) | {"rungs": {}})],
        "expected 1 to 1,000,000 elements",
    ),
    "panel": ([HEADER, RIGHT.replace('"tensorflow"', '"jax"', 1)], "panel 'jax'; expected one of"),
    "planted in part": ([HEADER, RIGHT.replace('"where": null', '"where": "all"')], "or none"),
}


@rows("lines, message", WRONG)
def test_a_malformed_record_is_said(lines: list[str], message: str, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rounding.jsonl").write_text("".join(f"{line}\n" for line in lines))
    with pytest.raises(TriptychError, match=re.escape(message)) as raised:
        main(["--out", str(tmp_path)])
    assert "\n" not in str(raised.value) and not (tmp_path / "rounding.md").exists()


def test_no_record_is_said(tmp_path: Path) -> None:
    with pytest.raises(TriptychError, match="cannot be read"):
        main(["--out", str(tmp_path / "new")])
    assert not (tmp_path / "new").exists()
