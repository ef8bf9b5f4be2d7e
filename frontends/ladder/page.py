"""A comparison of two files as one page that opens from disk: both side by side, by agreement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from frontends.ladder.aligned import Traced, apart, partners
from frontends.ladder.report import Report

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; color: #222 }
h1 { font-size: 1.3rem } h2 { font-size: 1.05rem; margin-top: 2rem }
.first { border-left: 5px solid #D55E00; background: #fdf1ea; padding: .6rem 1rem }
table { border-collapse: collapse; width: 100% } td, th { padding: .25rem .6rem; text-align: left;
vertical-align: top; border-bottom: 1px solid #e4e4e4 } code { font-size: .86em; color: #555 }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 1.2rem }
.call { padding: .2rem .6rem; border-left: 5px solid #bbb; margin: 2px 0; overflow-wrap: anywhere }
.agrees { border-color: #009E73; background: #eef8f4 } .apart { border-color: #D55E00;
background: #fdf1ea } .inner { border-color: #cfd8dc } .failed { color: #B34700; font-weight: 600 }
"""
WORDS = {
    "agrees": "gives what a call of the other file gives",
    "inner": "has no partner, but what is computed from it has",
    "apart": "has no partner, nor has what is computed from it",
}


@dataclass(frozen=True)
class Sides:
    """What two files call in evaluation."""

    left: Traced
    right: Traced


def page(report: Report, sides: Sides | None) -> str:
    """Return a report as a page of HTML; sides: of the two files that were compared first."""
    place = apart(sides.left, sides.right) if sides and not report.proved else ""
    failed = [row for row in report.rows if not row.passed]
    first = place or (failed[0].note if failed else "")
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(report.network)}</title>",
        f"<style>{STYLE}</style><h1>{escape(report.network)}: {escape(report.verdict)}</h1>",
        f"<p class=first>{escape(first)}</p>" if first else "",
        *(f"<p>{escape(note)}</p>" for note in report.notes),
        "<h2>What was checked</h2><table><tr><th>rung<th>files<th>worst<th>outcome<th>",
        *_rows(report),
        "</table>",
        *_layers(report),
        *(_sides(sides) if sides else ()),
    ]
    return "\n".join(filter(None, parts)) + "\n"


def _rows(report: Report) -> Iterator[str]:
    for row in report.rows:
        worst = "" if row.worst is None else f"{row.worst:.1e}"
        kind = "" if row.passed else " class=failed"
        cells = (row.rung, " ↔ ".join(row.panels), worst)
        yield (
            "<tr>"
            + "".join(f"<td>{escape(each)}" for each in cells)
            + (f"<td{kind}>{escape(row.outcome)}<td>{escape(row.note)}")
        )


def _layers(report: Report) -> Iterator[str]:
    for each in report.layers:
        yield f"<h2>{escape(each.title[:1].upper() + each.title[1:])}</h2><ul>"
        yield from (f"<li>{escape(line)}" for line in each.lines)
        yield "</ul>"


def _sides(sides: Sides) -> Iterator[str]:
    there = partners(sides.left, sides.right)
    back: dict[int, list[int]] = {}
    for number, others in there.items():
        for each in others:
            back.setdefault(each, []).append(number)
    yield "<h2>What is called in evaluation, in order</h2><p>"
    yield "; ".join(f"<span class='call {kind}'>{words}</span>" for kind, words in WORDS.items())
    yield "</p><div class=sides>"
    for seen, matched in ((sides.left, there), (sides.right, back)):
        yield f"<div><h2>{escape(seen.title)}</h2>"
        yield from _calls(seen, matched)
        yield "</div>"
    yield "</div>"


def _calls(seen: Traced, matched: Mapping[int, list[int]]) -> Iterator[str]:
    leading = seen.leading(matched)
    for number, call in enumerate(seen.calls):
        kind = "agrees" if number in matched else "inner" if number in leading else "apart"
        shape = "×".join(map(str, seen.values[number].shape[1:]))
        line = f"<br><code>{escape(call.place)}: {escape(call.text)}</code>" if call.place else ""
        yield f"<div class='call {kind}'>{escape(call.name)} <code>{shape}</code>{line}</div>"
