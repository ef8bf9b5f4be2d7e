"""The page of which panel rounds which hyper-parameter to float32, from its record alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, TypedDict

from tabulate import tabulate

from common.errors import TriptychError
from common.records import read_records
from frontends.frameworks import FRAMEWORKS, TABLE
from reports.schema import Machine, Ratio, Text, Whole
from reports.tables import significant
from reports.validation import check

RECORD = "data/hyperparameters.jsonl"
NEARER = 0.1  # a panel's weights are of the reference that they are ten times nearer to
KEPT, ROUNDED, APART = "float64", "float32", "apart"
PAGE = """# Hyper-parameters: which panel rounds which to float32

In a training in float64, a framework may still hold a number of the recipe in float32: 0.1 is then
0.100000001490116. Triptych rounds all of them once, in the recipe, so that panels agree to 1e-9.
Here one at a time is not rounded, all others being numbers that float32 has: every panel takes
{steps} steps in float64, and so does numpy, with the number as it is and with its float32 value.

- **float64**, **float32**: a panel's weights are those of numpy with the number as it is, rounded.
- **apart**: they are neither; in parentheses how far from the nearer, of the largest weight: what
  is computed of the number, such as 1 − β or a power of it, is rounded by itself.
- *effect* is how far the two of numpy are from each other, of the largest weight.

{table}

A panel's own optimizer stands in its file where its formula is the recipe's; else the file has the
few lines that are (`triptych emit --with-training`), and these are what is seen here. The learning
rate is given anew at each step, in float64. {said}

This page is written by `triptych report rounding` from `{record}`,
which `python -m parity_tests.hyperparameters` measures.
"""


class Header(Machine):
    """The first line: the steps of each training, the versions of what ran, and the machine."""

    steps: Whole
    versions: dict[str, dict[str, Text]]


class Line(TypedDict):
    """How far a panel's weights are from numpy's with a number as it is and rounded, and these from
    each other, of the largest weight."""

    what: Text
    panel: Text
    from_kept: Ratio
    from_rounded: Ratio
    effect: Ratio


class Record(NamedTuple):
    """What the page is written from."""

    header: Header
    lines: list[Line]


def verdict(line: Line) -> str:
    """Return what a panel computes with: "float64", "float32", or "apart" from both."""
    for word, here, there in (
        (KEPT, line["from_kept"], line["from_rounded"]),
        (ROUNDED, line["from_rounded"], line["from_kept"]),
    ):
        if here <= NEARER * there:
            return word
    return APART


def page(record: Record) -> str:
    """Return the page as Markdown."""
    header, lines = record
    whats = list(dict.fromkeys(each["what"] for each in lines))
    panels = [each for each in FRAMEWORKS if any(line["panel"] == each for line in lines)]
    cells = {(each["what"], each["panel"]): each for each in lines}
    rows = [
        (what, *(_cell(cells.get((what, panel))) for panel in panels), _effect(lines, what))
        for what in whats
    ]
    headers = ("number", *(TABLE[each].label for each in panels), "effect")
    table = tabulate(rows, headers, tablefmt="github", disable_numparse=True)
    return PAGE.format(steps=header["steps"], table=table, said=_said(lines), record=RECORD)


def _cell(line: Line | None) -> str:
    if line is None:
        return ""
    word = verdict(line)
    nearer = min(line["from_kept"], line["from_rounded"])
    return f"{word} ({nearer:.1e})" if word == APART else word


def _effect(lines: list[Line], what: str) -> str:
    return significant(next(each["effect"] for each in lines if each["what"] == what))


def _said(lines: list[Line]) -> str:
    """Return who keeps every number."""
    keeping = [
        TABLE[name].label
        for name in FRAMEWORKS
        if {verdict(each) for each in lines if each["panel"] == name} == {KEPT}
    ]
    return f"With every number as it is computes {' and '.join(keeping) or 'no panel'}."


def read(path: Path) -> Record:
    """Return what a file records. Raises TriptychError."""
    headers: list[Header] = []
    lines: list[Line] = []

    def take(record: Any) -> None:
        if not headers:
            check(record, Header)
            headers.append(record)
            return
        check(record, Line)
        if record["panel"] not in TABLE:
            raise ValueError(f"panel {record['panel']!a}; expected one of {', '.join(TABLE)}")
        if not record["effect"] > 0:
            raise ValueError("effect: expected a number above 0")
        lines.append(record)

    read_records(path, take)
    if not lines:
        raise TriptychError(f"{path.name}: holds no panels")
    return Record(headers[0], lines)
