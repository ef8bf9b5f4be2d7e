"""Runs the concepts' snippets in every panel and records what they gave."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypedDict

from frontends.workers.pool import Workers
from reports.handbook import records
from reports.handbook.columns import PANELS
from reports.handbook.concepts.cases import cases
from reports.handbook.executing import measure
from reports.handbook.records import WayLine
from reports.handbook.verdicts import BOUNDS
from reports.schema import Text

RECORD = "data/handbook/concepts.jsonl"


class CaseLine(TypedDict):
    """A case: what each panel's snippet gave, held against TensorFlow 1.15's."""

    case: Text
    bound: Text
    ways: dict[str, list[WayLine]]


def measured(workers: Workers) -> records.Record:
    """Return the record of all cases, measured now."""
    header = records.header(PANELS, workers, BOUNDS)  # starts all workers, which takes its time
    lines: list[Any] = []
    for name, case in cases().items():
        found = measure(case.row, PANELS, workers)
        lines.append({"case": name, "bound": case.row.dtype} | found)
    return records.Record(header, lines)


def recorded(reports: Path) -> records.Record:
    """Return the record. Raises TriptychError."""
    return records.read(reports / RECORD, CaseLine)
