"""The page of the official table, executed: from its record alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reports.handbook.cells import code, plain
from reports.handbook.columns import TITLES
from reports.handbook.links import anchor
from reports.handbook.records import Record, RowLine, measured_on
from reports.handbook.rows import IDENTICAL
from reports.handbook.verdicts import (
    FAILED,
    GONE,
    MEANINGS,
    NOT_RUN,
    OTHER_CONTRACT,
    OTHER_DEFAULT,
    SAME,
    SAME_IF,
    WRITTEN,
    Verdict,
    verdict,
)

RECORD = "data/handbook/official_table.jsonl"
REFERENCE, LATER = "tensorflow1", ("paddle", "tensorflow", "torch")
SEVERITY = (OTHER_DEFAULT, OTHER_CONTRACT, SAME_IF, GONE, FAILED)
PAGE = """# The official TensorFlow → Fluid table, executed

The table of {rows} rows that PaddlePaddle gave to readers who come from TensorFlow says of
{identical} that they are *identical*. Here its rows ran: what the table names in real TensorFlow
1.15 and in real Fluid 1.8.5, and what a reader would write today in Paddle 3, TensorFlow 2 and
PyTorch, on the same inputs; results, their shapes and types, and gradients are compared with
TensorFlow 1.15's. **{ran} rows ran, {not_run} cannot be run by a small experiment; of the
{checked} "identical" rows that ran, {wrong} are not**: {silent} of them give other values without a
word.

{measured}

{words}

## Says identical, is not

What gives other values in silence comes first, then other shapes and types, then what ends in an
error or does not exist.

{wrong_table}

## In numbers

{counts}

Of TensorFlow 1.15's {tensorflow} names in the table {absent_first} are none of its own ({absent}),
and {gone_tensorflow} are gone from TensorFlow 2; of the names of Fluid {absent_fluid} do not exist
({fluid}).

{blocks}
## How to read it

- A call stands as it ran: `x`, `a`, `b` are real numbers, `n`, `i` whole ones, `w` a kernel with
  the same values everywhere, laid out as each framework has it. Pictures are channels last in
  TensorFlow and channels first elsewhere, and compared place by place. A fresh layer's parameters
  are set to the same values before it is called; a bias that starts from random numbers is zeroed.
- Distances are the largest difference, of the largest value; the bounds are {float64} in float64,
  {float32} in float32, and for random results {drawn} between the two distribution functions.
  Gradients are those of the results times fixed numbers. An optimizer took five steps from the same
  weights on the same gradients; statistics are those that a layer keeps.
- The verdict words follow from these measurements alone.

This page is written by `triptych report handbook` from [`{record}`]({record}), which
`triptych report handbook --measure` measures.
"""


class Judged(NamedTuple):
    """A row and its verdict in each panel."""

    line: RowLine
    verdicts: dict[str, Verdict]

    @property
    def fluid(self) -> Verdict:
        return self.verdicts["fluid"]

    @property
    def ran(self) -> bool:
        return self.fluid.word != NOT_RUN

    @property
    def identical(self) -> bool:
        return self.line["says"] == IDENTICAL

    @property
    def silent(self) -> bool:
        """Whether Fluid gives other values of the same shape and type."""
        ways = self.line.get("ways", {})
        if "fluid" not in ways or self.fluid.word == SAME:
            return False
        return ways["fluid"][0].get("results") == ways[REFERENCE][0].get("results")


def judged(record: Record) -> list[Judged]:
    """Return the verdicts of every row that a record holds."""
    return [Judged(line, _verdicts(line, record.header["bounds"])) for line in record.lines]


def _verdicts(line: RowLine, bounds: dict[str, float]) -> dict[str, Verdict]:
    ways = line.get("ways", {})
    reason = line.get("reason") or ways[REFERENCE][0].get("error")
    if reason:
        return {"fluid": Verdict(NOT_RUN, "", reason)}
    reference, bound = ways[REFERENCE][0], bounds[line["bound"]]
    return {n: verdict(each, reference, bound) for n, each in ways.items() if n != REFERENCE}


def page(record: Record) -> str:
    """Return the page as Markdown."""
    rows = judged(record)
    ran = [each for each in rows if each.ran]
    wrong = [each for each in ran if each.identical and each.fluid.word != SAME]
    names = [each.line for each in rows]
    absent = {p: _absent(names, p) for p in (REFERENCE, "fluid", "tensorflow")}
    bounds = record.header["bounds"]
    return PAGE.format(
        rows=len(rows),
        identical=sum(each.identical for each in rows),
        ran=len(ran),
        not_run=len(rows) - len(ran),
        checked=sum(each.identical for each in ran),
        wrong=len(wrong),
        silent=sum(each.silent for each in wrong),
        measured=measured_on(record.header),
        words=_table(("word", "what was measured"), MEANINGS.items()),
        wrong_table=_wrong(wrong),
        counts=_counts(rows),
        tensorflow=len(names),
        absent_first=len(absent[REFERENCE]),
        absent=_list(absent[REFERENCE]),
        gone_tensorflow=len(set(absent["tensorflow"]) - set(absent[REFERENCE])),
        absent_fluid=len(absent["fluid"]),
        fluid=_list(absent["fluid"]),
        blocks=_blocks(rows),
        record=RECORD,
        **{name: f"{value:g}" for name, value in bounds.items()},
    )


def _absent(lines: Iterable[RowLine], panel: str) -> list[str]:
    """Return the names of the table that a panel does not have."""
    key = "fluid" if panel == "fluid" else "tensorflow"
    found = [line[key] for line in lines if not line["names"][panel]]  # type: ignore[literal-required]
    return [name for name in dict.fromkeys(found) if name != "-"]


def _list(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join(f"| {' | '.join(map(str, each))} |" for each in lines)


def _wrong(rows: Sequence[Judged]) -> str:
    ordered = sorted(rows, key=lambda each: (not each.silent, SEVERITY.index(each.fluid.word)))
    cells = (
        (each.line["number"], f"`{each.line['tensorflow']}`", f"`{each.line['fluid']}`",
         each.fluid.short, _linked(each))
        for each in ordered
    )  # fmt: skip
    return _table(("row", "TensorFlow 1.15", "Fluid 1.8.5", "measured", "evidence"), cells)


def _linked(each: Judged) -> str:
    """Return the evidence, with a link to the section whose evidence has the snippet."""
    link = f"[{WRITTEN}](#{anchor(each.line['block'])})"
    return plain(each.fluid.evidence).replace(WRITTEN, link)


def _counts(rows: Sequence[Judged]) -> str:
    words = [*MEANINGS]
    found = {"says identical": [e.fluid for e in rows if e.identical]}
    found["says something else"] = [e.fluid for e in rows if not e.identical]
    later = [p for p in LATER if any(p in e.verdicts for e in rows)]
    found |= {TITLES[p]: [e.verdicts[p] for e in rows if p in e.verdicts] for p in later}
    cells = []
    for title, each in found.items():
        counted = Counter(one.word for one in each)
        cells.append((title, *(counted[word] or "–" for word in words), len(each)))
    return _table(("", *words, "rows"), cells)


def _blocks(rows: Sequence[Judged]) -> str:
    parts = []
    for block in dict.fromkeys(each.line["block"] for each in rows):
        own = [each for each in rows if each.line["block"] == block]
        parts.append(f"## {block}\n\n{_block(own)}\n{_evidence(own)}")
    return "\n".join(parts)


def _block(rows: Sequence[Judged]) -> str:
    headers = ["row", "TensorFlow 1.15", "table says", "Fluid 1.8.5", "measured"]
    headers += [TITLES[panel] for panel in LATER]
    return _table(headers, map(_cells, rows))


def _cells(each: Judged) -> list[str]:
    line = each.line
    says = line["says"].partition(" (")[0]
    ways = line.get("ways", {})
    if not each.ran:
        names = [f"`{line['tensorflow']}`", says, f"`{line['fluid']}`"]
        return [
            str(line["number"]),
            *names,
            f"*{NOT_RUN}*: {plain(each.fluid.evidence)}",
            "",
            "",
            "",
        ]
    first = code(ways[REFERENCE][0]["text"])
    fluid = code(ways["fluid"][0]["text"])
    told = f"**{each.fluid.word}**" if each.fluid.word == SAME else f"***{each.fluid.word}***"
    argument = f" `{each.fluid.argument}`" if each.fluid.argument else ""
    later = [_later(each, panel) for panel in LATER]
    return [str(line["number"]), first, says, fluid, f"{told}{argument}", *later]


def _later(each: Judged, panel: str) -> str:
    if panel not in each.verdicts:
        return ""
    return f"{code(each.line['ways'][panel][0]['text'])}<br>{each.verdicts[panel].short}"


def _evidence(rows: Sequence[Judged]) -> str:
    lines = []
    for each in rows:
        for panel, found in each.verdicts.items():
            if each.ran:
                text = f"{found.short}: {plain(found.evidence)}"
                lines.append(f"- {each.line['number']}, {TITLES[panel]}: {text}")
                lines += _long(each.line, panel, found)
    body = "\n".join(lines)
    return f"\n<details><summary>Evidence</summary>\n\n{body}\n\n</details>\n" if lines else ""


def _long(line: RowLine, panel: str, found: Verdict) -> list[str]:
    """Return the snippet of several lines that evidence speaks of."""
    if not found.evidence.endswith(WRITTEN):
        return []
    ways = line["ways"][panel]
    text = next(each["text"] for each in reversed(ways) if "\n" in each["text"])
    return ["", "  ```python", *(f"  {each}".rstrip() for each in text.split("\n")), "  ```", ""]
