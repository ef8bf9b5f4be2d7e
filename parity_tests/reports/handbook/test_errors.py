"""The page of error messages: every one that is recorded, and what stands in for the call."""

from __future__ import annotations

from typing import Any

from parity_tests.reports.recorded import EVIDENCE, REPORTS
from parity_tests.rows import rows
from reports.handbook import errors_page
from reports.handbook.cells import plain
from reports.handbook.verdicts import mended

TEXT = (REPORTS / "pages" / "errors.md").read_text(encoding="utf-8")
WRONG = {"kind": "default", "text": "f(x)", "error": "TypeError: x"}


def test_every_recorded_error_is_on_the_page() -> None:
    raised = [each for each in EVIDENCE.rows if _fluid(each).startswith(("Type", "Attr", "Enf"))]
    assert len(raised) > 20 and f"{len(errors_page.raised(EVIDENCE))} messages" in TEXT
    for line in raised:
        assert plain(_fluid(line)[:40]) in TEXT, line["number"]
        assert f"[row {line['number']}](../official-table.md#" in TEXT, line["number"]


def _fluid(line: Any) -> str:
    return str(line.get("ways", {}).get("fluid", [{}])[0].get("error", ""))


def _way(kind: str, **found: Any) -> dict[str, Any]:
    return {"kind": kind, "text": "g(x)", "results": ["() float32"], "forward": 0.0} | found


MENDED = {
    "an argument": ([WRONG, _way("argument"), _way("recipe")], "argument"),
    "another call": ([WRONG, _way("argument", forward=0.5), _way("recipe")], "recipe"),
    "one of another shape": ([WRONG, _way("recipe", results=["(1,) float32"])], "recipe"),
    "nothing": ([WRONG, _way("argument", forward=0.5)], ""),
}


@rows("ways, kind", MENDED)
def test_what_stands_in_for_an_error_gives_the_same(ways: list[Any], kind: str) -> None:
    found = mended(ways, {"results": ["() float32"]}, 1e-6)
    assert (found["kind"] if found else "") == kind


CELLS = {
    "a type": ("<class 'float'> cast", "&lt;class 'float'> cast"),
    "code": ("see `x < 1` and <b>", "see `x < 1` and &lt;b>"),
    "a mark alone": ("it's `x < 1", "it's `x &lt; 1"),
    "a bar, a line": ("a | b\nc", "a \\| b c"),
}


@rows("text, cell", CELLS)
def test_a_cell_is_text_and_its_code_as_it_is(text: str, cell: str) -> None:
    assert plain(text) == cell
