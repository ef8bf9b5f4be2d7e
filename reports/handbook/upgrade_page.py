"""The page of Fluid 1.8's names: PaddlePaddle's table to Paddle 2, checked against Paddle 3."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from reports.handbook.cells import code, plain
from reports.handbook.evidence import Evidence, versions
from reports.handbook.records import measured_on
from reports.handbook.upgrading.experiments import TINY
from reports.handbook.upgrading.measuring import RECORD, read_upgrade
from reports.handbook.verdicts import (
    FAILED,
    GONE,
    NOT_RUN,
    OTHER_CONTRACT,
    OTHER_DEFAULT,
    SAME,
    SAME_IF,
    WRITTEN,
    Verdict,
    verdict,
)

SEVERITY = (OTHER_DEFAULT, GONE, OTHER_CONTRACT, SAME_IF, FAILED)
# Where to go since, for names of the table that Paddle 3 no longer has.
SINCE = {
    "paddle.static.ExecutionStrategy": "`paddle.static.BuildStrategy`; the executor decides the rest",
    "paddle.static.ParallelExecutor": "`paddle.static.CompiledProgram`, or `paddle.DataParallel`",
    "paddle.jit.ProgramTranslator": "`paddle.jit.to_static`, `paddle.jit.enable_to_static`",
    "paddle.jit.TracedLayer": "`paddle.jit.to_static` with `paddle.jit.save`",
    "paddle.static.nn.crf_decoding": "`paddle.text.viterbi_decode`; its transitions lie otherwise",
    "paddle.nn.clip_by_norm": "`paddle.nn.clip.clip_by_norm`, or `paddle.nn.ClipGradByNorm`",
    "paddle.utils.unique_name.guar": "`paddle.utils.unique_name.guard`: the table has a letter less",
}
PAGE = """# Fluid 1.8 → Paddle 2 → Paddle 3: the official table, checked

PaddlePaddle gave a table of {rows} of Fluid 1.8's names, each with its name in Paddle 2.0. Here every
name was looked up in real Fluid 1.8.5 and in Paddle 3, and where a small experiment can tell, both calls
ran on the same inputs, with the arguments that Fluid's reader would have left out left out in both.
**{gone} rows name something that Paddle 3 no longer has; {ran} rows ran, of which {same} are the same by
default: shape, type, values and gradients. {silent} give other values or gradients without a word.** The others
({not_run}) were looked up alone: {unrun}.

{measured}

Optimizers, but SGD and momentum, took five steps on gradients of about {tiny:g}, beside which an epsilon shows;
with gradients of everyday size [Adam agrees](concepts.md#adam).

`triptych upgrade FILE.py` lists these for the calls of a file of yours.

## Not the same by default

| row | Fluid 1.8 | Paddle 3 | measured | evidence |
| ---: | --- | --- | --- | --- |
{apart}

## No longer there

| Fluid 1.8 | the table says | where to go since |
| --- | --- | --- |
{missing}

## In numbers

| | rows |
| --- | ---: |
{counts}

## Every row

`tool`: whether PaddlePaddle's converter is said to do it. "not run": both names are there, and nothing was
run; how each is called is under [Signatures](#signatures), as the installed versions state it.

| row | Fluid 1.8 | Paddle 2 and 3 | tool | measured |
| ---: | --- | --- | --- | --- |
{every}

## What ran

<details><summary>Each snippet, under its row's number</summary>

{snippets}

</details>

## Signatures

<details><summary>Of each name, in Fluid 1.8.5 and in Paddle 3</summary>

{signatures}

</details>

This page is written by `triptych report handbook` from [`{record}`](../{record}); values are the same if
they are within {float64:g} of the largest in float64, {float32:g} in float32.
"""


class Checked(NamedTuple):
    """A row: its record, and its verdict."""

    line: Any
    verdict: Verdict

    @property
    def targets(self) -> list[str]:
        return [name for name in self.line["signatures"] if name != self.line["fluid"]]

    @property
    def gone(self) -> list[str]:
        return [name for name in self.targets if self.line["signatures"][name] is None]

    @property
    def silent(self) -> bool:
        """Whether Paddle 3 gives other values of the same shape and type."""
        ways = self.line.get("ways", {})
        if self.verdict.word in (SAME, GONE, NOT_RUN, FAILED) or "paddle" not in ways:
            return False
        one, other = ways["fluid"][0], ways["paddle"][0]
        return "error" not in other and bool(one.get("results") == other.get("results"))


def checked(record: Any) -> list[Checked]:
    """Return the verdict of every row of a record."""
    return [Checked(line, _verdict(line, record.header["bounds"])) for line in record.lines]


def _verdict(line: Any, bounds: dict[str, float]) -> Verdict:
    gone = [n for n, how in line["signatures"].items() if how is None and n != line["fluid"]]
    if gone and len(gone) == len(line["signatures"]) - 1:
        return Verdict(GONE, "", f"no {', '.join(gone)} in Paddle 3")
    ways = line.get("ways", {})
    if "paddle" not in ways:
        return Verdict(NOT_RUN, "", "")
    return verdict(ways["paddle"], ways["fluid"][0], bounds[line["bound"]])


def page(evidence: Evidence) -> str:
    """Return the page as Markdown. Raises TriptychError for a record that cannot be read."""
    record = read_upgrade(evidence.reports)
    rows = checked(record)
    ran = [each for each in rows if "paddle" in each.line.get("ways", {})]
    apart = [each for each in rows if each.verdict.word in SEVERITY and each.verdict.word != GONE]
    apart.sort(key=lambda each: (not each.silent, SEVERITY.index(each.verdict.word)))
    missing = [each for each in rows if each.gone]
    bounds = record.header["bounds"]
    return PAGE.format(
        rows=len(rows), ran=len(ran), gone=len(missing),
        same=sum(each.verdict.word == SAME for each in ran),
        silent=sum(each.silent for each in ran), not_run=len(rows) - len(ran), unrun=_unrun(rows), tiny=TINY,
        measured=f"{measured_on(record.header).partition('. ')[0]}: {versions(record.header)}.",
        apart="\n".join(_apart(each) for each in apart),
        missing="\n".join(_missing(each) for each in missing),
        counts="\n".join(f"| {w} | {n} |" for w, n in Counter(e.verdict.word for e in rows).items()),
        every="\n".join(map(_row, rows)),
        snippets=_snippets(rows), signatures=_signatures(rows), record=RECORD,
        **{name: bounds[name] for name in ("float64", "float32")},
    )  # fmt: skip


def _unrun(rows: Sequence[Checked]) -> str:
    """Return what the rows are of which nothing ran, and how many."""
    names = [e.line["fluid"] for e in rows if "paddle" not in e.line.get("ways", {}) and not e.gone]
    gone = sum("paddle" not in e.line.get("ways", {}) and bool(e.gone) for e in rows)
    classes = sum(name.rpartition(".")[2][0].isupper() for name in names)
    return (
        f"{gone} are gone, {classes} are classes (layers with state, cells, programs, places, readers), and "
        f"{len(names) - classes} are functions for which no experiment stands here, such as decays, decoders, "
        "three-dimensional maps, and what saves and loads"
    )


def _apart(each: Checked) -> str:
    target = code(each.line["ways"]["paddle"][0]["text"])
    word = f"***{each.verdict.word}***" if each.silent else each.verdict.word
    argument = f" `{each.verdict.argument}`" if each.verdict.argument else ""
    fluid = code(each.line["ways"]["fluid"][0]["text"])
    link = f"[as row {each.line['number']} below](#what-ran)"
    why = plain(each.verdict.evidence).replace(WRITTEN, link)
    return f"| {each.line['number']} | {fluid} | {target} | {word}{argument} | {why} |"


def _missing(each: Checked) -> str:
    where = "; ".join(SINCE.get(name, "nothing of that name or kind") for name in each.gone)
    return f"| `{each.line['fluid']}` | {', '.join(f'`{n}`' for n in each.gone)} | {where} |"


def _row(each: Checked) -> str:
    line = each.line
    targets = ", ".join(f"~~`{n}`~~" if n in each.gone else f"`{n}`" for n in each.targets)
    told = f"{each.verdict.word}" + (f" `{each.verdict.argument}`" if each.verdict.argument else "")
    tool = "yes" if line["converts"] else "no"
    return f"| {line['number']} | `{line['fluid']}` | {targets} | {tool} | {told} |"


def _snippets(rows: Sequence[Checked]) -> str:
    lines = []
    for each in rows:
        for panel, ways in each.line.get("ways", {}).items():
            for way in ways:
                lines.append(
                    f"# row {each.line['number']}, {panel}, {way['kind']}\n{way['text']}\n"
                )
    return "```text\n" + "\n".join(lines) + "```"


def _signatures(rows: Iterable[Checked]) -> str:
    lines = []
    for each in rows:
        for name, how in each.line["signatures"].items():
            lines.append(f"{name}{how}" if how is not None else f"{name}: not there")
    return "```text\n" + "\n".join(dict.fromkeys(lines)) + "\n```"
