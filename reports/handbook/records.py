"""Records of the handbook: a header line, and a line for each row or probe."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypedDict

from common import environment
from common.files import write_text
from common.records import read_records
from frontends.frameworks import TABLE
from frontends.workers.pool import Workers
from frontends.workers.protocol import Hello
from reports.schema import Machine, Moment, Ratio, Text, Whole
from reports.validation import Sized, check

Versions = Annotated[dict[str, dict[str, Text]], Sized(1, 10)]


class Header(Machine):
    """The first line: when, where, and with which versions of which panels."""

    measured: Moment
    versions: Versions
    bounds: dict[str, Ratio]


class _Way(TypedDict):
    kind: Text
    text: Text


class WayLine(_Way, total=False):
    """What was measured of one way to write a call; distances are None where shapes differ."""

    argument: Text
    error: Text
    results: list[Text]
    sum: float  # of the results, with fixed factors
    forward: Ratio | None
    flat: Ratio | None
    gradient: Ratio | None
    state: Ratio | None
    no_gradient: Text


class _Row(TypedDict):
    number: Whole
    block: Text
    tensorflow: Text
    fluid: Text
    says: Text
    names: dict[str, bool]  # panel -> whether the name that the table gives exists there
    bound: Text  # which of the header's bounds


class RowLine(_Row, total=False):
    """A row of the official table: what was measured, or why nothing was."""

    reason: Text
    ways: dict[str, list[WayLine]]


class Record(NamedTuple):
    """A record: its header and its lines."""

    header: Any
    lines: list[Any]


def header(panels: Iterable[str], workers: Workers, bounds: Mapping[str, float]) -> dict[str, Any]:
    """Return the header of a record that is measured now."""
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    versions = {panel: workers.request(panel, Hello()).versions for panel in panels}
    return {
        "measured": now, "versions": versions, "bounds": dict(bounds), **environment.machine()
    }  # fmt: skip


def read(path: Path, kind: Any) -> Record:
    """Return a record whose lines are of a kind. Raises TriptychError with the line at fault."""
    found: list[Any] = []

    def take(line: dict[str, Any]) -> None:
        check(line, kind if found else Header)
        found.append(line)

    read_records(path, take)
    if len(found) < 2:
        take({})
    return Record(found[0], found[1:])


def write(path: Path, record: Record) -> None:
    """Write a record, whole or not at all. Raises TriptychError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [record.header, *record.lines]
    write_text(path, "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in lines))


def measured_on(header: Header) -> str:
    """Return when, where and with what a record was measured, in words."""
    versions = "; ".join(
        f"{TABLE[panel].label} {', '.join(f'{n} {v}' for n, v in each.items())}"
        for panel, each in header["versions"].items()
    )
    return (
        f"Measured {header['measured'][:10]} on {header['cpu']}, {header['cores']} cores. "
        f"{versions}."
    )
