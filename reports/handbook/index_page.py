"""The handbook's first page: by what the reader has, then all pages, then what ran."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from reports.handbook import records, table_page
from reports.handbook.columns import PANELS
from reports.handbook.evidence import Evidence
from reports.handbook.networks.page import NetworkPage

HAVE = (
    ("a TensorFlow 1 file", "`triptych upgrade FILE.py` lists its calls, each with its counterpart; "
     "then [the official table, executed](../official-table.md), and [the networks side by side]"
     "(#networks)"),
    ("a Fluid file", "`triptych upgrade FILE.py`, then [Fluid → Paddle 3](fluid-to-paddle-3.md)"),
    ("a model directory of Fluid", "`triptych convert FOLDER out.pdparams --network NAME`, "
     "`triptych convert FOLDER --list --network NAME`"),
    ("a Keras model", "`triptych convert model.keras out.pdparams --network NAME`; [the API map]"
     "(api-map.md)"),
    ("a torch model", "`triptych convert model.pth out.pdparams --network NAME`; [the API map]"
     "(api-map.md)"),
    ("two files: are they the same?", "`triptych verify --mine my_net.py:build --dialect fluid "
     "--against NETWORK`"),
    ("numbers that differ", "[My port gives other numbers](numbers-differ.md)"),
    ("an error message, or a symptom", "[Pitfalls, by symptom](pitfalls.md); the errors of each row "
     "are in [the official table](../official-table.md)"),
    ("a choice of framework to make", "[Which framework?](which-framework.md)"),
)  # fmt: skip
PAGES = (
    ("concepts.md", "Concepts, with snippets that ran in five frameworks"),
    ("../official-table.md", "The official TensorFlow → Fluid table, executed"),
    ("fluid-to-paddle-3.md", "Fluid → Paddle 2 → Paddle 3: the official table, checked"),
    ("api-map.md", "API map: each op and argument in each framework"),
    ("../defaults.md", "Defaults, probed"),
    ("pitfalls.md", "Pitfalls, by symptom"),
    ("numbers-differ.md", "My port gives other numbers"),
    ("published-pair.md", "The published pair, difference by difference"),
    ("which-framework.md", "Which framework?"),
    ("../networks.md", "The networks and their counts"),
    ("../findings.md", "What was found in the frameworks"),
)
PAGE = """# Migration handbook

TensorFlow 1 → Paddle Fluid → Paddle 3, and to and from Keras and PyTorch. Everything here ran: in
real TensorFlow 1.15 and Fluid 1.8.5, and in today's frameworks. Start with what you have.

| you have | go to |
| --- | --- |
{have}

## Networks

The same code in columns, rows are steps, with the whole task.

| network | parameters | proved in | worst difference | of |
| --- | ---: | --- | ---: | --- |
{networks}

The whole task, from files to checkpoints, in the same columns: {tasks}.

## All pages

{pages}

## What ran

| what | how many |
| --- | ---: |
{ran}

This page is written by `triptych report handbook` from the records.
"""


def page(
    evidence: Evidence,
    networks: Sequence[NetworkPage],
    tasks: Sequence[str],
    there: Collection[str],
    more: Sequence[tuple[str, int]] = (),
) -> str:
    """Return the page as Markdown. there: the pages that exist beside it; more: counts of what
    else ran. Raises TriptychError for a record that cannot be read."""
    pages = [each for each in PAGES if each[0].startswith("../") or each[0] in there]
    have = [f"| {what} | {_where(where, there)} |" for what, where in HAVE]
    return PAGE.format(
        have="\n".join(each for each in have if "()" not in each),
        networks="\n".join(map(_network, networks)),
        tasks=", ".join(f"[{each}](task-{each}.md)" for each in tasks),
        pages="\n".join(f"- [{title}]({name})" for name, title in pages),
        ran="\n".join(
            f"| {what} | {count} |" for what, count in [*_ran(evidence, networks), *more]
        ),
    )


def _where(text: str, there: Collection[str]) -> str:
    """Return a direction, "()" in it if its page is not there."""
    pages = [each.partition(")")[0] for each in text.split("](")[1:]]
    missing = [e for e in pages if not e.startswith(("../", "#")) and e not in there]
    return "()" if missing else text


def _network(page: NetworkPage) -> str:
    proof = page.proof
    proved = f"{len(proof['panels'])} panels" if proof and proof["proved"] else "–"
    worst = f"{proof['worst']:.1e}" if proof and proof["proved"] else "–"
    source = page.facts["source"].partition(",")[0].partition(" (")[0]
    link = f"[{page.facts['title']}]({page.name}.md)"
    return f"| {link} | {page.counts['trainable']:,} | {proved} | {worst} | {source} |"


def _ran(evidence: Evidence, networks: Sequence[NetworkPage]) -> Iterator[tuple[str, int]]:
    record = records.read(evidence.reports / table_page.RECORD, records.RowLine)
    judged = table_page.judged(record)
    ran = [each for each in judged if each.ran]
    yield "rows of the official TensorFlow → Fluid table that ran", len(ran)
    yield "rows of it that cannot be run by a small experiment", len(judged) - len(ran)
    wrong = [each for each in ran if each.identical and each.fluid.word != "same"]
    yield 'rows of it that say "identical", and are not', len(wrong)
    yield "defaults probed", len({line["probe"] for line in evidence.probes})
    yield "mistakes planted, and found by the ladder", len(evidence.controls)
    yield (
        f"networks proved in {len(PANELS)} panels",
        sum(bool(each.proof and each.proof["proved"]) for each in networks),
    )
