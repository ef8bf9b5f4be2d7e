"""The handbook's pages from their records: `python -m reports.handbook.build`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from common.arguments import Parser
from common.errors import TriptychError, run_command
from common.files import folder_for, write_text
from frontends.frameworks import FRAMEWORKS
from frontends.workers.pool import Workers
from reports.handbook import defaults_page, records, table_page
from reports.handbook.measuring import measured
from reports.handbook.probing import ProbeLine

PROG = "python -m reports.handbook.build"


def main(arguments: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Write the pages; return the exit code. Raises TriptychError."""
    options = _parser(prog).parse_args(arguments)
    out = Path(options.out)
    table = out / table_page.RECORD
    if options.measure or options.rows:
        folder_for(str(table.parent))
        _measure(table, _numbers(options.rows))
    pages = {
        "official-table.md": table_page.page(records.read(table, records.RowLine)),
        "defaults.md": defaults_page.page(records.read(out / defaults_page.RECORD, ProbeLine)),
    }
    for name, text in pages.items():
        write_text(out / name, text)
        print(out / name)
    return 0


def _parser(prog: str) -> Parser:
    parser = Parser(
        prog=prog,
        description="Write the handbook's pages from their records: the official TensorFlow to "
        "Fluid table, executed, and the frameworks' defaults.",
        epilog="Exit codes: 0 written, 2 wrong usage, or a record that cannot be read.",
    )
    parser.add_argument("--out", default="reports", metavar="DIR", help="default: reports")
    parser.add_argument("--measure", action="store_true", help="run every row of the table anew")
    parser.add_argument("--rows", default="", metavar="N,…", help="run these rows anew alone")
    return parser


def _numbers(text: str) -> set[int]:
    try:
        return {int(each) for each in text.split(",") if each}
    except ValueError:
        raise TriptychError(f"--rows {text}: expected numbers of rows, 1 to 142") from None


def _measure(path: Path, only: set[int]) -> None:
    """Measure rows in every panel and record them beside those that are kept."""
    kept = records.read(path, records.RowLine).lines if only and path.exists() else ()
    with Workers() as workers:
        records.write(path, measured(FRAMEWORKS, workers, only, kept))


if __name__ == "__main__":
    run_command(main)
