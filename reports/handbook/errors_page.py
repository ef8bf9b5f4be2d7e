"""The page of error messages: what the recorded snippets raised, and what to write in their place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from reports.handbook import records, table_page
from reports.handbook.cells import code, plain
from reports.handbook.columns import TITLES
from reports.handbook.evidence import Evidence, versions
from reports.handbook.links import anchor
from reports.handbook.records import measured_on
from reports.handbook.upgrading.measuring import RECORD as UPGRADE
from reports.handbook.upgrading.measuring import read_upgrade
from reports.handbook.verdicts import Told, mended, missing

GONE, LACKS, OTHERS = (
    "A name that is not there",
    "An argument that must be given",
    "A type, a shape, a number",
)
LONGEST = 160  # characters of a message that are shown
PAGE = """# Error messages

A call of TensorFlow 1.15 or of Fluid, written the same way in another framework: what it raised, and what
ran in its place with the same result. The calls are those of [the official table](../official-table.md)
and of [Fluid → Paddle 3](fluid-to-paddle-3.md). Search this page for the part of your message that has no
number in it. {count} messages. {measured}

An error is the kind end: what gives other numbers without one is under
[the pitfalls](pitfalls.md), and what a call of your own file is in later frameworks `triptych upgrade
FILE.py` lists.

{parts}
## A name that TensorFlow 2 no longer has

`AttributeError: module 'tensorflow' has no attribute …`, of TensorFlow 1.15's names in the official table.

| TensorFlow 1.15 | TensorFlow 2 |
| --- | --- |
{removed}

This page is written by `triptych report handbook` from [`{table}`](../{table}) and
[`{upgrade}`](../{upgrade}).
"""


class Raised(NamedTuple):
    """A message, of which panel's call it is, what to write instead ("" where nothing tried gives
    the same), and the page's section that has the row."""

    message: str
    panel: str
    call: str
    instead: str
    where: str

    @property
    def kind(self) -> str:
        if missing(self.message):
            return GONE
        return LACKS if "required positional argument" in self.message else OTHERS


def page(evidence: Evidence) -> str:
    """Return the page as Markdown. Raises TriptychError for a record that cannot be read."""
    table = records.read(evidence.reports / table_page.RECORD, records.RowLine)
    found = raised(evidence)
    return PAGE.format(
        count=len(found),
        measured=f"{measured_on(table.header).partition('. ')[0]}: {versions(table.header)}.",
        parts="\n".join(_part(kind, found) for kind in (GONE, LACKS, OTHERS)),
        removed="\n".join(_removed(table)),
        table=table_page.RECORD,
        upgrade=UPGRADE,
    )


def raised(evidence: Evidence) -> list[Raised]:
    """Return every message that a recorded call raised, each once for a panel and call."""
    found = [*_of_table(evidence), *_of_upgrade(evidence)]
    return sorted(dict.fromkeys(found), key=lambda each: (each.message.lower(), each.panel))


def _of_table(evidence: Evidence) -> Iterator[Raised]:
    record = records.read(evidence.reports / table_page.RECORD, records.RowLine)
    for line in record.lines:
        ways = line.get("ways", {})
        reference = ways.get(table_page.REFERENCE, [{"error": ""}])[0]
        link = f"[row {line['number']}](../official-table.md#{anchor(line['block'])})"
        for panel, own in ways.items():
            if panel != table_page.REFERENCE and "error" not in reference:
                bound = record.header["bounds"][line["bound"]]
                yield from _raised(panel, own, reference, bound, link)


def _of_upgrade(evidence: Evidence) -> Iterator[Raised]:
    record = read_upgrade(evidence.reports)
    for line in record.lines:
        ways = line.get("ways", {})
        if "paddle" in ways:
            bound = record.header["bounds"][line["bound"]]
            link = f"[row {line['number']}](fluid-to-paddle-3.md#not-the-same-by-default)"
            yield from _raised("paddle", ways["paddle"], ways["fluid"][0], bound, link)


def _raised(
    panel: str, own: list[Told], reference: Told, bound: float, link: str
) -> Iterator[Raised]:
    if "error" in own[0]:
        way = mended(own, reference, bound)
        yield Raised(own[0]["error"], panel, own[0]["text"], way["text"] if way else "", link)


def _part(kind: str, found: list[Raised]) -> str:
    rows = "\n".join(_row(each) for each in found if each.kind == kind)
    heads = "| message | of | row | call | what gives the same |\n| --- | --- | --- | --- | --- |"
    return f"## {kind}\n\n{heads}\n{rows}\n"


def _row(each: Raised) -> str:
    message = each.message if len(each.message) <= LONGEST else f"{each.message[:LONGEST]}…"
    instead = code(each.instead) if each.instead else "nothing that was tried"
    return f"| {plain(message)} | {TITLES[each.panel]} | {each.where} | {code(each.call)} | {instead} |"


def _removed(table: records.Record) -> Iterator[str]:
    """Yield a row for each name of TensorFlow 1.15 that TensorFlow 2 does not have."""
    for each in table_page.judged(table):
        names = each.line["names"]
        if names.get(table_page.REFERENCE) and not names.get("tensorflow", True) and each.ran:
            way = each.line["ways"]["tensorflow"][0]
            other = mended(each.line["ways"]["tensorflow"], each.line["ways"]["tensorflow1"][0],
                           table.header["bounds"][each.line["bound"]])  # fmt: skip
            told = way if each.verdicts["tensorflow"].word == "same" else other
            if told:
                yield f"| `{each.line['tensorflow']}` | {code(told['text'])} |"
