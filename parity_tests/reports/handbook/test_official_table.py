"""The official table, executed: its record is of these snippets, its page is of that record."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from common.errors import TriptychError
from frontends.frameworks import FRAMEWORKS, MODERN
from frontends.workers.pool import Workers
from frontends.workers.protocol import Hello
from parity_tests.reports.recorded import REPORTS
from parity_tests.rows import rows
from reports.handbook import executing, records
from reports.handbook.comparing import comparison
from reports.handbook.drift import drifted
from reports.handbook.executing import measure
from reports.handbook.official import blocks
from reports.handbook.records import RowLine
from reports.handbook.rows import IDENTICAL, Row, Way, official
from reports.handbook.table_page import RECORD, page
from reports.handbook.verdicts import (
    BOUNDS,
    FAILED,
    GONE,
    OTHER_CONTRACT,
    OTHER_DEFAULT,
    SAME,
    SAME_IF,
    verdict,
)

COMMITTED = records.read(REPORTS / RECORD, RowLine)
LINES = {line["number"]: line for line in COMMITTED.lines}
ROWS = {row.number: row for found in blocks().values() for row in found}
FEW = (1, 17, 47, 56, 72, 111, 127)


def test_the_committed_page_is_the_record_s() -> None:
    assert (REPORTS / "official-table.md").read_text(encoding="utf-8") == page(COMMITTED)


def test_a_stale_page_is_seen() -> None:
    changed = deepcopy(COMMITTED)
    changed.lines[0]["ways"]["fluid"][0]["forward"] = 0.5
    assert page(changed) != page(COMMITTED)


def test_every_row_of_the_table_is_there() -> None:
    said = official()
    assert [each.number for each in said] == list(range(1, 143))
    assert sum(each.says == IDENTICAL for each in said) == 98
    assert sorted(ROWS) == [each.number for each in said] == list(LINES)
    assert all((row.reason == "") == bool(row.ways) for row in ROWS.values())


def test_what_was_recorded_is_what_stands_in_the_rows() -> None:
    for number, row in ROWS.items():
        recorded = LINES[number].get("ways", {})
        if row.reason:
            assert LINES[number].get("reason") == row.reason
        elif "error" not in recorded["tensorflow1"][0]:
            texts = {panel: [each["text"] for each in told] for panel, told in recorded.items()}
            assert texts == {panel: [w.text for w in own] for panel, own in row.ways.items()}, (
                number
            )


@rows("number", {str(number): number for number in FEW})
def test_a_row_gives_what_was_recorded(number: int, workers: Workers) -> None:
    assert drifted(LINES[number], ROWS[number], MODERN, workers) == []


@pytest.mark.complete
@rows("block", {name: name for name in blocks()})
def test_every_row_has_the_recorded_verdicts(block: str, workers: Workers) -> None:
    for row in blocks()[block]:
        line = LINES[row.number]
        assert drifted(line, row, FRAMEWORKS, workers) == []
        now, bound = measure(row, FRAMEWORKS, workers), BOUNDS[line["bound"]]
        for panel, told in now.get("ways", {}).items():
            before = line["ways"]
            if panel != "tensorflow1":
                new = verdict(told, now["ways"]["tensorflow1"][0], bound)
                old = verdict(before[panel], before["tensorflow1"][0], bound)
                assert new[:2] == old[:2], (row.number, panel)


# Planted


def _planted(number: int, panel: str, text: str) -> Row:
    way = Way("default", text)
    return replace(ROWS[number], ways={panel: (way, *ROWS[number].ways[panel][1:])})


def _recorded(number: int, panel: str, text: str) -> RowLine:
    """Return a line that says that a text was what ran."""
    line: RowLine = deepcopy(LINES[number])
    line["ways"][panel][0]["text"] = text
    return line


PLANTED = {
    "a snippet that fails": (1, "torch", "torch.absolutely(x)", "has no attribute"),
    "another default": (72, "torch", "F.leaky_relu(x, 0.3)", "sum"),
    "another type": (1, "paddle", 'paddle.abs(x).astype("float32")', "float32"),
    "another shape": (1, "tensorflow", "tf.abs(x)[None]", "(1, 4, 6) float64"),
}


@rows("number, panel, text, said", PLANTED)
def test_what_is_planted_is_named(
    number: int, panel: str, text: str, said: str, workers: Workers
) -> None:
    planted = _planted(number, panel, text)
    (told,) = drifted(_recorded(number, panel, text), planted, [panel], workers)
    assert told.startswith(f"row {number}, ") and said in told.partition(", gives ")[2]
    (told,) = drifted(LINES[number], planted, [panel], workers)
    assert told.endswith("a snippet is not the one that was recorded")


@pytest.mark.complete
def test_a_snippet_that_hangs_is_a_row_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = _planted(1, "torch", "y = x\nwhile True:\n    pass")
    with Workers() as own:
        own.request("torch", Hello())  # starting takes longer than the limit below
        with monkeypatch.context() as patched:
            patched.setattr(executing, "TIMEOUT", 3.0)
            found = executing.replay(hangs, "torch", own)
        assert [each["error"] for each in found] == ["timed out"]
        assert executing.replay(ROWS[1], "torch", own)[0]["results"] == ["(4, 6) float64"]


# Verdicts

REAL = {"results": ["(2,) float64"], "kind": "default", "text": "f(x)"}
RIGHT = REAL | {"forward": 0.0, "gradient": 1e-9}
OFF, WRONG = REAL | {"forward": 0.5, "gradient": 0.0}, {"error": "ValueError: no"}
ARGUMENT = RIGHT | {"kind": "argument", "argument": "alpha=0.2"}
RECIPE = RIGHT | {"kind": "recipe"}
SHAPE = REAL | {"results": ["(2, 1) float64"], "forward": None, "flat": 0.0}
VERDICTS = {
    "same": ([RIGHT], SAME, ""),
    "other values": ([OFF], OTHER_CONTRACT, ""),
    "other gradient": ([RIGHT | {"gradient": 0.1}], OTHER_CONTRACT, ""),
    "other statistics": ([RIGHT | {"state": 0.1}], OTHER_CONTRACT, ""),
    "no gradient": ([RIGHT | {"no_gradient": "none"}], OTHER_CONTRACT, ""),
    "not a number": ([RIGHT | {"forward": None}], OTHER_CONTRACT, ""),
    "default": ([OFF, ARGUMENT], OTHER_DEFAULT, "alpha=0.2"),
    "argument that does not help": ([OFF, ARGUMENT | {"forward": 0.1}], OTHER_CONTRACT, ""),
    "shape": ([SHAPE, ARGUMENT], SAME_IF, "alpha=0.2"),
    "type": ([RIGHT | {"results": ["(2,) int64"]}], OTHER_CONTRACT, ""),
    "must be given": ([WRONG, ARGUMENT], SAME_IF, "alpha=0.2"),
    "recipe": ([SHAPE, RECIPE], OTHER_CONTRACT, ""),
    "refused": ([WRONG], FAILED, ""),
    "refused, and a recipe": ([WRONG, RECIPE], OTHER_CONTRACT, ""),
    "gone": ([{"error": "AttributeError: module 'f' has no attribute 'g'"}, RECIPE], GONE, ""),
}


@rows("found, word, argument", VERDICTS)
def test_a_verdict_follows_from_measurements(
    found: list[dict[str, object]], word: str, argument: str
) -> None:
    assert verdict(found, REAL, 1e-6)[:2] == (word, argument)


BAD = {
    "not a header": ("{}", "without architecture"),
    "a row without a number": (
        json.dumps(COMMITTED.header) + '\n{"block": "x"}',
        "line 2: without",
    ),
}


@rows("text, said", BAD)
def test_a_malformed_record_is_said(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text(f"{text}\n")
    with pytest.raises(TriptychError, match=said):
        records.read(tmp_path / "bad.jsonl", RowLine)


NUMBERS = {
    "equal": ([1.0, np.inf, -np.inf, np.nan], 0.0),
    "no infinity": ([1.0, 5.0, -np.inf, np.nan], None),
    "the other infinity": ([1.0, -np.inf, -np.inf, np.nan], None),
    "a number for none": ([1.0, np.inf, -np.inf, 0.0], None),
    "none for a number": ([np.nan, np.inf, -np.inf, np.nan], None),
    "off": ([1.5, np.inf, -np.inf, np.nan], 0.5),
}


@rows("found, expected", NUMBERS)
def test_infinities_are_compared_by_place(found: list[float], expected: float | None) -> None:
    reference = {"y/0": np.array([1.0, np.inf, -np.inf, np.nan])}
    told = comparison(Row(1, gradients=False), reference, {"y/0": np.array(found)})
    assert told["forward"] == expected
