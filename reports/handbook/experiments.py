"""What the sources' experiments say for the handbook: verdicts, and effects of differences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reports.experiments.found.planted import planted_table
from reports.experiments.found.se_resnext_pair import table_of
from reports.experiments.records import Record, read_record
from reports.experiments.studies import STUDIES, kinds_of

PAIR = "se_resnext_pair"


def effects(reports: Path) -> str:
    """Return what each difference of the published pair does to a training, as a Markdown table.

    Raises TriptychError for a record that cannot be read.
    """
    record = record_of(reports, PAIR)
    found = {name: each for (name,), each in record.of("difference").items()}
    return f"{table_of(found)}\n\n{_link(record)}"


def planted(reports: Path) -> str:
    """Return what each difference does to the repaired network in the two frameworks, as a Markdown
    table. Raises TriptychError for a record that cannot be read."""
    record = record_of(reports, PAIR)
    return f"{planted_table(record.of('planted'))}\n\n{_link(record)}"


def verdicts(reports: Path) -> Iterator[str]:
    """Yield a row of a Markdown table for each claim of a source that an experiment was for."""
    claiming = {name: study for name, study in STUDIES.items() if study.experiment.claims}
    for name, study in claiming.items():
        record = record_of(reports, name)
        said = {claim.name: claim.words for claim in study.experiment.claims}
        quick = "a quick run, which says little: " if _is_quick(record) else ""
        for each in study.find(record).verdicts:
            words, why = (text.replace("|", "\\|") for text in (said[each.claim], each.evidence))
            source, link = study.experiment.source, _link(record)
            yield f"| {source} | {words} | **{each.word}** | {quick}{why} ({link}) |"


def record_of(reports: Path, name: str) -> Record:
    """Return the record of an experiment, of the quick run where there is no other.

    Raises TriptychError for one that cannot be read.
    """
    paths = [reports / "data" / f"experiment-{name}{end}.jsonl" for end in ("", "-quick")]
    return read_record(next((path for path in paths if path.exists()), paths[0]), kinds_of)


def _is_quick(record: Record) -> bool:
    return record.sessions[0]["scale"] == "quick"


def _link(record: Record) -> str:
    return f"[the experiment](../{record.path.stem}.md)"
