"""Verifications of the handbook's networks: run, recorded, and read again."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypedDict

from common import environment
from common.networks import load
from frontends.ladder.report import Report, Row
from frontends.ladder.verify import verify
from frontends.workers.pool import Workers
from reports.handbook import records
from reports.schema import Moment, Ratio, Text, Whole

RECORD = "data/handbook/proofs.jsonl"


class _Rung(TypedDict):
    rung: Text
    checks: Whole  # pairs or panels
    pairs: bool
    outcome: Text


class RungLine(_Rung, total=False):
    """A rung of the ladder: how many checks, and the worst of them."""

    worst: Ratio
    bound: Ratio
    between: Text
    note: Text


class _Proof(TypedDict):
    network: Text
    panels: list[Text]
    versions: records.Versions
    measured: Moment
    batch: Whole
    verdict: Text
    proved: bool
    seconds: Ratio
    rungs: list[RungLine]


class ProofLine(_Proof, total=False):
    """What a verification of a network found. commit: of the code that ran."""

    commit: Text
    worst: Ratio  # float64 difference of any pair


def proof(name: str, panels: Sequence[str], workers: Workers, rounding: bool) -> dict[str, Any]:
    """Verify a network in panels; return its line. Raises TriptychError for an unknown name."""
    report = verify(load(name), list(panels), workers=workers, rounding=rounding)
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    line = {
        "network": name, "panels": list(panels), "versions": report.versions, "measured": now,
        "batch": report.batch, "verdict": report.verdict, "proved": report.proved,
        "seconds": round(report.seconds, 1), "rungs": _rungs(report),
    }  # fmt: skip
    worst, commit = report.worst_float64, environment.commit()
    line |= {} if math.isnan(worst) else {"worst": worst}
    return line | ({"commit": commit} if commit else {})


def _rungs(report: Report) -> list[dict[str, Any]]:
    names = dict.fromkeys(row.rung for row in report.rows)
    return [_rung(name, [row for row in report.rows if row.rung == name]) for name in names]


def _rung(name: str, rows: Sequence[Row]) -> dict[str, Any]:
    """Return the checks of a rung in one line: the first that failed, else the worst."""
    worst = next((row for row in rows if not row.passed), max(rows, key=lambda r: r.worst or 0))
    line: dict[str, Any] = {
        "rung": name, "checks": len(rows), "pairs": len(worst.panels) == 2,
        "outcome": worst.outcome,
    }  # fmt: skip
    line |= {} if worst.worst is None else {"worst": worst.worst, "between": _pair(worst)}
    line |= {} if worst.bound is None else {"bound": worst.bound}
    notes = "; ".join(dict.fromkeys(row.note for row in rows if row.note))
    return line | ({"note": notes[:500]} if notes else {})


def _pair(row: Row) -> str:
    return " ↔ ".join(row.panels)


def recorded(path: Path) -> dict[str, Any]:
    """Return network -> its line. Raises TriptychError for a record that cannot be read."""
    if not path.exists():
        return {}
    return {line["network"]: line for line in records.read(path, ProofLine).lines}


def record(path: Path, names: Iterable[str], panels: Sequence[str], rounding: bool) -> None:
    """Verify networks and write each into the record as soon as it is done."""
    lines = recorded(path)
    with Workers() as workers:
        header = records.header(panels, workers, {})
        for name in names:
            lines[name] = proof(name, panels, workers, rounding)
            records.write(path, records.Record(header, list(lines.values())))


def stale(proofs: Mapping[str, Any]) -> list[str]:
    """Return the networks that a verification did not prove."""
    return [name for name, line in proofs.items() if not line["proved"]]
