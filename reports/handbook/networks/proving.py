"""Verifies networks in all panels and records it: `python -m reports.handbook.networks.proving`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from common import environment
from common.arguments import Parser
from common.errors import run_command
from common.networks import load
from frontends.frameworks import FRAMEWORKS
from frontends.ladder.report import Report, Row
from frontends.ladder.verify import verify
from frontends.workers.pool import Workers
from reports.handbook import records
from reports.handbook.networks.page import SOURCES
from reports.handbook.networks.proofs import RECORD, recorded, specification

PROG = "python -m reports.handbook.networks.proving"


def proof(
    name: str, panels: Sequence[str], workers: Workers, rounding: bool, commit: str | None
) -> dict[str, Any]:
    """Verify a network in panels; return its line. commit: of the code that runs. Raises
    TriptychError for an unknown name."""
    network = load(name)
    report = verify(network, list(panels), workers=workers, rounding=rounding)
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    line = {
        "network": name, "specification": specification(network), "panels": list(panels),
        "versions": report.versions, "measured": now,
        "batch": report.batch, "verdict": report.verdict, "proved": report.proved,
        "seconds": round(report.seconds, 1), "rungs": _rungs(report),
    }  # fmt: skip
    worst = report.worst_float64
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


def record(path: Path, names: Iterable[str], panels: Sequence[str], rounding: bool) -> None:
    """Verify networks and write each into the record as soon as it is done."""
    lines, commit = recorded(path), environment.commit()
    with Workers() as workers:
        header = records.header(panels, workers, {})
        for name in names:
            lines[name] = proof(name, panels, workers, rounding, commit)
            records.write(path, records.Record(header, list(lines.values())))


def main(arguments: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Verify and record; return the exit code. Raises TriptychError."""
    parser = Parser(
        prog=prog,
        description="Verify networks of the handbook in all five panels and record what was found.",
        epilog="Exit codes: 0 all proved, 1 one is not, 2 wrong usage.",
    )
    parser.add_argument("networks", nargs="*", metavar="NAME", help="default: all that have a page")
    parser.add_argument(
        "--without-rounding", action="store_true", help="leave out the float32 rungs"
    )
    parser.add_argument("--out", default="reports", metavar="DIR", help="default: reports")
    options = parser.parse_args(arguments)
    path, names = Path(options.out) / RECORD, options.networks or SOURCES
    record(path, names, FRAMEWORKS, not options.without_rounding)
    print(path)
    return 0 if all(recorded(path)[name]["proved"] for name in names) else 1


if __name__ == "__main__":
    run_command(main)
