"""Hold a run against an earlier one: `python -m benchmarks.run compare OLD NEW`."""

from __future__ import annotations

from pathlib import Path

from common.arguments import Parser
from common.errors import TriptychError
from reports.comparing import SLOWER, compared, drift, table
from reports.records import Run, read_run


def main(arguments: list[str], prog: str) -> int:
    """Print what changed beyond noise; return 1 if something became slower, else 0."""
    parser = Parser(
        prog=prog,
        description="Say what became slower or faster between two runs on one machine, by their "
        "records (OUT/data/*.jsonl).",
        epilog="Exit codes: 0 nothing became slower; 1 something did; 2 they cannot be compared.",
    )
    parser.add_argument("old", metavar="OLD", help="the record of the earlier run")
    parser.add_argument("new", metavar="NEW", help="that of the later one")
    options = parser.parse_args(arguments)
    old, new = _read(options.old), _read(options.new)
    changes = compared(old, new)
    print(table(old, changes))
    told = drift(changes)
    if told:
        print(f"\n{told}")
    return 1 if any(change.verdict == SLOWER for change in changes) else 0


def _read(path: str) -> Run:
    if not Path(path).is_file():
        raise TriptychError(f"{path}: there is no such file")
    return read_run(Path(path))
