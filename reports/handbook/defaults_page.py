"""The page of defaults, probed: from its record alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from frontends.frameworks import TABLE
from reports.handbook.columns import PANELS
from reports.handbook.probing import shown
from reports.handbook.records import Record

RECORD = "data/handbook/defaults.jsonl"
PAGE = """# Defaults, probed

What each framework does when an argument is left out, found by experiment in the framework itself:
none is read from documentation, since defaults move. In **bold**, a row whose columns differ.

{table}

Deviations are of one draw, to two digits. "What a vanishing gradient is divided by" holds epsilon
and what the squares start from, wherever the framework puts them: beside a square that is not
corrected for its start, Adam's epsilon shows divided by the root of 1 less the second of its rates.
A framework may have more than one call for a thing, with another default each: TensorFlow 1's stride of
a pool is that of `tf.keras` (`tf.layers` must be told one), Keras' slope of leaky ReLU that of its layer.
Which call was probed is under [How](#how).

## When

{when}

## How

{texts}

This page is written by `triptych report handbook` from [`{record}`]({record}), to which
`triptych probe --framework all --legacy --record` adds what it measures; a test runs every probe
and names each default that is not as recorded.
"""


def page(record: Record) -> str:
    """Return the page as Markdown."""
    lines = record.lines
    columns = list(dict.fromkeys((e["panel"], e["version"]) for e in lines))
    columns.sort(key=lambda each: PANELS.index(each[0]))
    return PAGE.format(
        table=_table(lines, columns),
        when="\n".join(_when(lines, column) for column in columns),
        texts=_texts(lines),
        record=RECORD,
    )


def _table(lines: Sequence[Any], columns: Sequence[tuple[str, str]]) -> str:
    cells = {(e["probe"], e["panel"], e["version"]): shown(e) for e in lines}
    head = ["", *(f"{TABLE[panel].label} {version}" for panel, version in columns)]
    rows = [head, ["---"] * len(head)]
    for name, what in dict.fromkeys((e["probe"], e["what"]) for e in lines):
        own = [cells.get((name, *column), "–") for column in columns]
        differs = len({each for each in own if each != "–"}) > 1
        rows.append([f"**{what}**" if differs else what, *own])
    return "\n".join(f"| {' | '.join(each)} |" for each in rows)


def _when(lines: Sequence[Any], column: tuple[str, str]) -> str:
    found = {e["measured"][:10] for e in lines if (e["panel"], e["version"]) == column}
    return f"- {TABLE[column[0]].label} {column[1]}: {', '.join(sorted(found))}"


def _texts(lines: Sequence[Any]) -> str:
    parts = []
    for name, what in dict.fromkeys((e["probe"], e["what"]) for e in lines):
        parts.append(f"<details><summary>{what} (<code>{name}</code>)</summary>\n")
        last = {e["panel"]: e["text"] for e in lines if e["probe"] == name}
        for panel, text in last.items():
            parts.append(f"```python\n# {TABLE[panel].label}\n{text}\n```\n")
        parts.append("</details>\n")
    return "\n".join(parts)
