"""A network's page in Markdown, as a code host shows it: two columns at a time, rows are steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from common.text import one_line
from reports.handbook.columns import TITLES
from reports.handbook.evidence import Evidence, versions
from reports.handbook.links import from_pages
from reports.handbook.networks.model import Cell, Row, Section
from reports.handbook.networks.notes import KINDS, LOOKS, Note
from reports.handbook.networks.page import NetworkPage
from reports.handbook.networks.task import TASK

SIGNS = {"silent": "🔴", "loud": "🟡", "looks": "⚪"}
OPEN = ("tensorflow1", "fluid")
FURTHER = (("fluid", "paddle"), ("tensorflow", "torch"))
TASK_LINK = """[The whole task](task-{}.md), in the same columns: what stands around the network
in a program.
"""
PAGE = """# {title}, side by side

One network in five frameworks, written from one specification: every row is one step, read across
it.{source} `{input}` in, `{output}` out; maps are given channels first.

{verdict}

{counts}

{ladder}
{signs}

{sections}
{task}
## Pitfalls on this page

{pitfalls}

## Figures

{figures}

## Files to take home

```sh
{commands}
```

This page is written by `triptych report handbook` from `common.networks` and the records beside it.
"""


def markdown(page: NetworkPage, evidence: Evidence) -> str:
    """Return the page as Markdown."""
    told = {key: page.facts[key] for key in ("title", "input", "output")}
    source = f" After {page.facts['source']}." if page.facts["source"] else ""
    return PAGE.format(
        **told,
        source=source,
        name=page.name,
        commands="\n".join(_commands(page)),
        verdict=f"> {verdict(page)}",
        counts="\n".join(_counts(page)),
        ladder=_ladder(page),
        signs=signs(),
        sections="\n".join(section(each, evidence) for each in page.blocks),
        task=TASK_LINK.format(page.recipe) if page.task else "",
        pitfalls="\n".join(f"- {_note(each, evidence)}" for each in _block_notes(page)) or "None.",
        figures="\n".join(f"- {each}" for each in figures(page)) or "None are recorded.",
    )


def signs() -> str:
    """Return what the signs of notes stand for."""
    return " · ".join(f"{SIGNS[kind]} {what}" for kind, what in KINDS.items())


def _block_notes(page: NetworkPage) -> list[Note]:
    found = [note for each in page.blocks for row in each.rows for note in row.notes]
    return list({note.anchor: note for note in found if note.kind != LOOKS}.values())


def _commands(page: NetworkPage) -> Iterator[str]:
    yield f"triptych emit {page.name} --dialect all --out ."
    if page.recipe:
        yield f"triptych emit {page.name} --dialect all --with-training {page.recipe} --out ."


def verdict(page: NetworkPage) -> str:
    """Return what was proved of the network, when and with what."""
    command = f"`triptych verify {page.name} --legacy`"
    if page.proof is None:
        return f"**No verification is recorded.** {command} makes one."
    proof = page.proof
    commit = f", commit `{proof['commit'].rstrip('+')}`" if proof.get("commit") else ""
    head = "The same network, proved" if proof["proved"] else proof["verdict"]
    apart = (
        f": outputs, statistics and gradients of every pair are {proof['worst']:.1e} apart at "
        "most, in float64"
    )
    return (
        f"**{head}** in {len(proof['panels'])} panels{apart if 'worst' in proof else ''}. "
        f"{proof['measured'][:10]}{commit}; {versions(proof)}. {command}"
    )


def _counts(page: NetworkPage) -> Iterator[str]:
    yield f"| {' | '.join(page.counts)} |"
    yield f"| {' | '.join('---:' for _ in page.counts)} |"
    yield f"| {' | '.join(f'{each:,}' for each in page.counts.values())} |"


def ladder_rows(page: NetworkPage) -> list[tuple[str, ...]]:
    """Return the rungs of the recorded verification, as cells."""
    found: list[tuple[str, ...]] = []
    for rung in page.proof["rungs"] if page.proof else ():
        checks = f"{rung['checks']} {'pairs' if rung['pairs'] else 'panels'}"
        worst = f"{rung['worst']:.1e}" if "worst" in rung else ""
        bound = f"{rung['bound']:.2g}" if "bound" in rung else ""
        found.append((rung["rung"], checks, worst, bound, rung["outcome"]))
    return found


def _ladder(page: NetworkPage) -> str:
    rows = ladder_rows(page)
    if not rows:
        return ""
    lines = ["| rung | of | worst | bound | outcome |", "| --- | --- | ---: | ---: | --- |"]
    lines += [f"| {' | '.join(each)} |" for each in rows]
    return _details("The ladder of checks", "\n".join(lines))


def _details(summary: str, text: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>\n"


def section(section: Section, evidence: Evidence) -> str:
    """Return a block, or the whole task, as Markdown."""
    code = section.name not in ("file", TASK)
    title = f"`{section.name}`" if code else section.name.capitalize()
    parts = [f"## {title}\n", f"{section.about}\n", _table(section.rows, OPEN, evidence, True)]
    for pair in FURTHER:
        summary = f"{TITLES[pair[0]]} → {TITLES[pair[1]]}"
        parts.append(_details(summary, _table(section.rows, pair, evidence, False)))
    return "\n".join(parts)


def _table(rows: Sequence[Row], pair: Sequence[str], evidence: Evidence, notes: bool) -> str:
    heads = "".join(f'<th align="left" width="50%">{TITLES[panel]}</th>' for panel in pair)
    lines = [f"<table>\n<tr>{heads}</tr>"]
    for group in groups(rows, pair):
        lines.append(f'<tr><td colspan="2">{_what(group)}</td></tr>\n<tr valign="top">')
        lines += [f"<td>\n\n{_code(group, panel)}\n\n</td>" for panel in pair]
        lines.append("</tr>")
        found = [note for row in group for note in row.notes if concerns(note, pair)]
        if notes and found:
            said = "\n".join(f"- {_note(each, evidence)}" for each in found)
            lines.append(f'<tr><td colspan="2">\n\n{said}\n\n</td></tr>')
    return "\n".join([*lines, "</table>\n"])


def concerns(note: Note, panels: Sequence[str]) -> bool:
    """Is a note of interest where these panels are shown?"""
    return all(set(group) & set(panels) for group in note.between)


def groups(rows: Sequence[Row], panels: Sequence[str]) -> list[list[Row]]:
    """Return rows, those together whose steps share a line in one of the panels."""
    names = [row.step for row in rows]
    found: list[list[Row]] = []
    ends = 0
    for index, row in enumerate(rows):
        if index < ends:
            found[-1].append(row)
        else:
            found.append([row])
        for panel in panels:
            shared = row.cells[panel].steps if panel in row.cells else ()
            ends = max([ends, *(names.index(each) + 1 for each in shared if each in names)])
    return found


def _what(group: Sequence[Row]) -> str:
    parts = []
    for row in group:
        link = f'<a href="#{row.block}">{row.what}</a>' if row.block else row.what
        when = f" if <code>{row.when}</code>" if row.when else ""
        parts.append(f"<b>{row.step}</b> {'' if row.what == row.step else link}{when}".strip())
    shape = next((row.shape for row in reversed(group) if row.shape), "")
    return " + ".join(parts) + (f" → <code>{shape}</code>" if shape else "")


def _code(group: Iterable[Row], panel: str) -> str:
    cells = [row.cells[panel] for row in group if panel in row.cells]
    if not cells:
        return ""
    texts = [text for cell in cells for text in _texts(cell)]
    return "```python\n" + "\n".join(texts) + "\n```"


def _texts(cell: Cell) -> Iterator[str]:
    if cell.within:
        yield f"# in {cell.within}"
    last = ""
    for part in cell.parts:
        if last == "make" and part.role == "call":
            yield ""
        last = part.role
        yield part.code


def _note(note: Note, evidence: Evidence) -> str:
    more = f" [more]({from_pages(note.page)})" if note.page else ""
    return f"{SIGNS[note.kind]} **{note.head}.** {one_line(evidence.filled(note.text))}{more}"


def figures(page: NetworkPage) -> list[str]:
    """Return links to recorded trainings and runs of the network, one of most panels a picture."""
    told = (("Training", page.trainings, "its losses"), ("Throughput", page.runs, "its throughput"))
    found = []
    for what, own, shown in told:
        most = max(own, key=lambda each: each.panels, default=None)
        for each in own:
            panels = f"{each.panels} panel{'s' * (each.panels > 1)}"
            link = f"[{what} of {_when(each.name)}]({from_pages(f'{each.name}.md')}), {panels}"
            picture = f": ![{shown}]({from_pages(f'{each.name}.png')})" if each is most else ""
            found.append(link + picture)
    return found


def _when(record: str) -> str:
    """Return the time in the name of a record, in words."""
    day, time = record.removeprefix("train-").split("-")[:2]
    return f"{day[:4]}-{day[4:6]}-{day[6:]}, {time[:2]}:{time[2:4]} UTC"
