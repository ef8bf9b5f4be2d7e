"""Probe the frameworks' defaults: `python -m reports.handbook.probe --framework all`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tabulate import tabulate

from common import environment
from common.arguments import Parser
from common.errors import run_command
from common.files import file_for
from frontends.frameworks import FRAMEWORKS, TABLE, select
from frontends.workers.environments import ROOT
from frontends.workers.pool import Workers
from reports.handbook import records
from reports.handbook.defaults_page import RECORD
from reports.handbook.probing import ProbeLine, changed, probed, shown

PROG = "python -m reports.handbook.probe"


def main(arguments: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Probe, print, and compare with the record; return the exit code. Raises TriptychError."""
    options = _parser(prog).parse_args(arguments)
    panels = select(options.framework, options.historical)
    path = Path(options.record or ROOT / "reports" / RECORD)
    when = datetime.now(timezone.utc).isoformat(timespec="seconds")
    with Workers() as workers:
        lines = probed(panels, workers, when)
    print(table(lines))
    before = records.read(path, ProbeLine).lines if path.exists() else []
    if options.record:
        file_for("--record", options.record)
        records.write(path, merged(before, lines, when))
        return 0
    differing = changed(before, lines)
    for each in differing:
        print(each, file=sys.stderr)
    return 1 if differing else 0


def _parser(prog: str) -> Parser:
    parser = Parser(
        prog=prog,
        description="Find by experiment what each framework does when an argument is left out, and "
        "compare it with what was recorded of its version.",
        epilog="Exit codes: 0 as recorded, or recorded; 1 a default is another than recorded "
        "(standard error names it); 2 wrong usage.",
    )
    parser.add_argument("--framework", default="all", help=f"all, or of {', '.join(FRAMEWORKS)}")
    parser.add_argument(
        "--legacy", "--historical", dest="historical", action="store_true",
        help="with all: Fluid 1.8 and TensorFlow 1.15, too",
    )  # fmt: skip
    parser.add_argument("--record", metavar="FILE", help=f"add to a record, reports/{RECORD} say")
    return parser


def table(lines: Sequence[Any]) -> str:
    """Return probes in rows, panels in columns."""
    panels = list(dict.fromkeys(each["panel"] for each in lines))
    found = {(each["probe"], each["panel"]): shown(each) for each in lines}
    rows = [
        (what, *(found.get((name, panel), "–")[:40] for panel in panels))
        for name, what in dict.fromkeys((each["probe"], each["what"]) for each in lines)
    ]
    return tabulate(rows, ("", *(TABLE[p].label for p in panels)), disable_numparse=True)


def merged(before: Sequence[Any], lines: Sequence[Any], when: str) -> records.Record:
    """Return a record with lines in place of those of the same versions."""
    known = {(each["panel"], each["version"]) for each in lines}
    kept = [each for each in before if (each["panel"], each["version"]) not in known]
    versions: dict[str, dict[str, str]] = {}
    for each in [*kept, *lines]:
        versions[each["panel"]] = {TABLE[each["panel"]].package: each["version"]}
    header = {"measured": when, "versions": versions, "bounds": {}, **environment.machine()}
    return records.Record(header, [*kept, *lines])


if __name__ == "__main__":
    run_command(main)
