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
    for name, study in STUDIES.items():
        source = study.experiment.source
        said = {c.name: c.words.replace("|", "\\|") for c in study.experiment.claims}
        if not path_of(reports, name).exists():
            why = f"`triptych experiment {name}` settles it"
            yield from (f"| {source} | {words} | not run yet | {why} |" for words in said.values())
            continue
        record = record_of(reports, name)
        quick = "a quick run, which says little: " if _is_quick(record) else ""
        for each in study.find(record).verdicts:
            why = quick + each.evidence.replace("|", "\\|")
            words = said[each.claim]
            yield f"| {source} | {words} | **{each.word}** | {why} ({_link(record)}) |"


def record_of(reports: Path, name: str) -> Record:
    """Return the record of an experiment, of the quick run where there is no other.

    Raises TriptychError for one that cannot be read.
    """
    return read_record(path_of(reports, name), kinds_of)


def path_of(reports: Path, name: str) -> Path:
    """Return where the record of an experiment is: of a full run, or of a quick one alone."""
    paths = [reports / "data" / f"experiment-{name}{end}.jsonl" for end in ("", "-quick")]
    return next((path for path in paths if path.exists()), paths[0])


def _is_quick(record: Record) -> bool:
    return record.sessions[0]["scale"] == "quick"


def _link(record: Record) -> str:
    return f"[the experiment](../{record.path.stem}.md)"
