"""The page of an experiment, from its record alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tabulate import tabulate

from common.experiments import Scale
from common.files import write_bytes, write_text
from frontends.frameworks import TABLE
from reports.experiments.records import COMPLETE, Record
from reports.experiments.study import OPEN, Findings, Study, Verdict
from reports.page import gigabytes

PAGE = """# {title}{quick}

{question} The source is: {source}.

{summary}

{verdicts}{figures}{tables}## The source's own figures

{shows}

## What was run

{ran}

## What was not run

{missing}

## Where and when

{sessions}

Records: [`data/{stem}.jsonl`](data/{stem}.jsonl).
"""


def write_page(study: Study, record: Record) -> str:
    """Write the page of a record and its plots beside the folder of records; return the page's
    name. Raises TriptychError."""
    page_path, stem = path_of(record.path), record.path.stem
    findings = study.find(record)
    for drawing in findings.drawings:
        for end, content in drawing.files().items():
            write_bytes(page_path.with_name(f"{stem}{end}"), content)
    write_text(page_path, page(study, record, findings))
    return str(page_path)


def path_of(record: Path) -> Path:
    """Return where the page of a record is."""
    return record.parent.parent / f"{record.stem}.md"


def page(study: Study, record: Record, findings: Findings) -> str:
    """Return the page of an experiment."""
    made, stem = study.experiment, record.path.stem
    quick = record.sessions[0]["scale"] == "quick"
    figures = "".join(f"{each.markdown(stem)}\n" for each in findings.drawings)
    tables = "".join(f"## {title}\n\n{text}\n\n" for title, text in findings.tables)
    return PAGE.format(
        title=made.title,
        quick=", a quick run" * quick,
        question=made.question,
        source=made.source,
        summary=findings.summary + _quick(quick),
        verdicts=_verdicts(study, findings, quick),
        figures=figures,
        tables=tables,
        shows=made.shows,
        ran=_list(_ran(study, made.scale(quick), findings)),
        missing=_list(_missing(study, record, made.scale(quick))),
        sessions=_list([*_sessions(record), _time(study, record, made.scale(quick))]),
        stem=stem,
    )


def _quick(quick: bool) -> str:
    said = "A quick run shows that the experiment works; its figures say little about the claims."
    return f"\n\n**{said}**" if quick else ""


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _verdicts(study: Study, findings: Findings, quick: bool) -> str:
    """Return a verdict on each claim, "" where there are no claims."""
    if not study.experiment.claims:
        return ""
    found = {each.claim: each for each in findings.verdicts}
    said = ", as far as a quick run tells" if quick else ""
    rows = []
    for claim in study.experiment.claims:
        verdict = found.get(claim.name, Verdict(claim.name, OPEN, "was not run"))
        rows.append((claim.words, f"**{verdict.word}**{said}", verdict.evidence))
    table = tabulate(rows, ("the source says", "verdict", "evidence"), tablefmt="github")
    return f"## Verdicts\n\n{table}\n\n"


def _ran(study: Study, scale: Scale, findings: Findings) -> list[str]:
    stages = [
        f"{name}: {stage.recipe.words()}; batch {stage.recipe.batch}"
        + (f"; digits {', '.join(map(str, stage.labels))}" if stage.labels else "")
        for name, stage in study.experiment.stages.items()
    ]
    samples = f"{scale.samples:,}" if scale.samples else "all"
    tests = f"{scale.tests:,}" if scale.tests else "all"
    shipped = " of the 10,000 that ship with the project, cut in two" if scale.shipped else ""
    return [
        *stages,
        f"MNIST: {samples} samples to train on and {tests} to test on{shipped}, pixels from 0 to "
        "1; the same weights and batches in every panel, a new order in every epoch, by the seed",
        *findings.how,
    ]


def _missing(study: Study, record: Record, scale: Scale) -> list[str]:
    lines = [
        f"`{name}`: {each['outcome']} at {each['stage'] or 'start'}: {each['message']}"
        for name, each in record.stopped.items()
    ]
    planned = study.plan(scale)
    left = [each for each in planned if each not in record.parts and each not in record.stopped]
    if left:
        lines.append(f"{len(left)} of {len(planned)} parts, {_why(record)}: {_named(left)}")
    return lines or ["Nothing of what the experiment says."]


def _why(record: Record) -> str:
    """Return why parts were not run, as far as the ends of the sessions tell."""
    if not record.ended:
        return "interrupted"
    ends: dict[str, str] = {}  # of each command, how it ended at last
    for each, state in zip(record.sessions, record.states):
        ends[each["command"]] = state
    whole = set(ends.values()) == {COMPLETE}
    return "not asked for" if whole else "not asked for, or interrupted"


def _named(parts: Sequence[str]) -> str:
    """Return the names of parts, those that differ in their end alone (a seed, say) as one."""
    ends: dict[str, list[str]] = {}
    for each in parts:
        start, _, end = each.rpartition("/")
        ends.setdefault(start, []).append(end)
    return ", ".join(f"`{start}/{','.join(own)}`" for start, own in ends.items())


def _sessions(record: Record) -> list[str]:
    lines = []
    ended = zip(record.sessions, record.states)
    for each, state in sorted(ended, key=lambda pair: datetime.fromisoformat(pair[0]["started"])):
        machine = each["machine"]
        load = each["load_before"]
        busy = load is not None and load > 0.5 * machine["cores"]
        words = "other programs ran beside it" if busy else "quiet"
        lines.append(
            f"{each['started'][:16].replace('T', ' ')} UTC: `{each['command']}`, commit "
            f"{each['commit'] or 'unknown'}; {machine['cpu']}, {_cores(machine['cores'])}, "
            f"{gigabytes(machine['memory'])}, device {each.get('gpu', each['device'])}; "
            f"load average {load} at the start: {words}{_end(state)}"
        )
    return lines


def _cores(count: int) -> str:
    return "1 core" if count == 1 else f"{count} cores"


def _end(state: str) -> str:
    """Return how a session ended, in words; "" of one that came to its end."""
    return {COMPLETE: "", "": "; cut off"}.get(state, f"; {state}")


def _time(study: Study, record: Record, scale: Scale) -> str:
    """Return what all parts took, and which of them the experiment does not ask for."""
    seconds = sum(each["seconds"] for each in record.parts.values())
    minutes = round(seconds / 60)
    said = f"{len(record.parts)} parts took {minutes:,} minute{'s' * (minutes != 1)} in all"
    planned = study.plan(scale)
    beyond = [each for each in record.parts if each not in planned]
    if not beyond:
        return said
    return f"{said}, {len(beyond)} of them beyond the plan of {len(planned)}: {_named(beyond)}"


def label(panel: str) -> str:
    """Return what tables call a panel."""
    return TABLE[panel].label
