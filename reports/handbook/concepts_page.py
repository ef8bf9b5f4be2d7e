"""The page of concepts: words, and snippets that ran in five frameworks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reports.handbook.columns import PANELS, SHORT, TITLES
from reports.handbook.concepts.cases import CONCEPTS, Case, Concept
from reports.handbook.concepts.measuring import RECORD, recorded
from reports.handbook.evidence import Evidence, versions
from reports.handbook.links import anchor
from reports.handbook.records import measured_on

PAGE = """# Concepts

Fifteen ideas that port badly, each in two sentences, with its words in five frameworks and snippets
that ran: on the same inputs and weights, channels last where the framework has them last. Under each
stands what came out, and how far the five are apart.

{contents}

{measured} {versions}.

{parts}
This page is written by `triptych report handbook` from [`{record}`](../{record}); a test runs every
snippet again.
"""


def page(evidence: Evidence) -> str:
    """Return the page as Markdown. Raises TriptychError for a record that cannot be read."""
    record = recorded(evidence.reports)
    lines = {line["case"]: line for line in record.lines}
    return PAGE.format(
        contents=" · ".join(f"[{c.title}](#{anchor(c.title)})" for c in CONCEPTS),
        measured=measured_on(record.header).partition(". ")[0] + ":",
        versions=versions(record.header),
        parts="\n".join(_concept(each, lines, evidence) for each in CONCEPTS),
        record=RECORD,
    )


def _concept(concept: Concept, lines: Mapping[str, Any], evidence: Evidence) -> str:
    heads = " | ".join(SHORT[panel] for panel in PANELS)
    words = "\n".join(f"| {' | '.join(row)} |" for row in concept.words)
    table = f"| | {heads} |\n| --- |{' --- |' * len(PANELS)}\n{words}\n"
    cases = "\n".join(
        _case(case, lines[f"{concept.name}/{number}"]) for number, case in enumerate(concept.cases)
    )
    mind = "\n".join(f"- {evidence.filled(each)}" for each in concept.mind)
    about = f"## {concept.title}\n\n{concept.about}\n"
    return f"{about}\n{table}\n{cases}\n**What to mind**\n\n{mind}\n"


def _case(case: Case, line: Any) -> str:
    texts = [f"# {TITLES[panel]}\n{case.row.ways[panel][0].text}" for panel in PANELS]
    code = "\n\n".join(text.replace("\n\n", "\n") for text in texts)
    return f"### {case.title}\n\n```python\n{code}\n```\n\n→ {outcome(line['ways'])}\n"


def outcome(ways: Mapping[str, Sequence[Any]]) -> str:
    """Return what came out of a case, and how far the panels are apart."""
    found = {panel: ways[panel][0] for panel in PANELS}
    first = found[PANELS[0]]
    shape = ", ".join(first["results"])
    others = [found[panel] for panel in PANELS[1:]]
    keys = ("forward", "flat", "gradient")
    apart = [each[key] for each in others for key in keys if each.get(key) is not None]
    of = "values and gradients" if any("gradient" in each for each in others) else "values"
    worst = (
        f"equal {of}" if max(apart) == 0 else f"{of} {max(apart):.0e} of the largest apart at most"
    )
    odd = [f"{SHORT[p]} gives {', '.join(e['results'])}" for p, e in found.items()
           if e["results"] != first["results"]]  # fmt: skip
    return f"**{shape}**, all five: {worst}" + (f"; {'; '.join(odd)}" if odd else "") + "."
