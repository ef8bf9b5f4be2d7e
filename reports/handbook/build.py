"""The handbook's pages from their records: `python -m reports.handbook.build`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from common.arguments import Parser
from common.errors import TriptychError, run_command
from common.files import folder_for, write_text
from frontends.frameworks import FRAMEWORKS
from frontends.workers.pool import Workers
from reports.handbook import claims, defaults_page, records, table_page
from reports.handbook.api import signatures
from reports.handbook.concepts import measuring as concepts
from reports.handbook.evidence import Evidence
from reports.handbook.links import PAGES
from reports.handbook.measuring import measured
from reports.handbook.pages import handbook
from reports.handbook.probing import ProbeLine
from reports.handbook.site.build import built
from reports.handbook.upgrading import measuring as upgrading

PROG = "python -m reports.handbook.build"
INDEX = f"{PAGES}/README.md"
OTHERS = {
    upgrading.RECORD: upgrading.measured,
    signatures.RECORD: signatures.measured,
    concepts.RECORD: concepts.measured,
    claims.RECORD: claims.measured,
}


def main(arguments: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Write the pages; return the exit code. Raises TriptychError."""
    options = _parser(prog).parse_args(arguments)
    out = Path(options.out)
    if options.site:
        folder_for(options.site, "--site")
    table = out / table_page.RECORD
    if options.measure or options.rows:
        folder_for(str(table.parent))
        _measure(table, _numbers(options.rows))
    pages = every_page(out)
    for name, text in pages.items():
        folder_for(str((out / name).parent))
        write_text(out / name, text)
    print(out / INDEX)
    if options.site:
        return _site(Path(options.site), out, pages)
    return 0


def every_page(reports: Path) -> dict[str, str]:
    """Return path -> Markdown of every page that is kept. Raises TriptychError."""
    table = records.read(reports / table_page.RECORD, records.RowLine)
    defaults = records.read(reports / defaults_page.RECORD, ProbeLine)
    beside = {
        "official-table.md": table_page.page(table),
        "defaults.md": defaults_page.page(defaults),
    }
    return beside | {f"{PAGES}/{name}": text for name, text in handbook(Evidence(reports)).items()}


def _site(site: Path, reports: Path, pages: Mapping[str, str]) -> int:
    """Build the site; return 1 if one of its links leads nowhere, else 0."""
    dead = built(site, reports, pages)
    for link in dead:
        print(f"{site}: no {link}, to which a page links", file=sys.stderr)
    print(site / "index.html")
    return 1 if dead else 0


def _parser(prog: str) -> Parser:
    parser = Parser(
        prog=prog,
        description="Write the handbook's pages from the specifications and the records; with "
        "--site, the same as a static site that needs no server.",
        epilog="Exit codes: 0 written, 1 a link of the site leads nowhere, 2 wrong usage, or a "
        "record that cannot be read.",
    )
    parser.add_argument("--out", default="reports", metavar="DIR", help="default: reports")
    parser.add_argument("--site", default="", metavar="DIR", help="build the site, too")
    parser.add_argument("--measure", action="store_true", help="run every row and snippet anew")
    parser.add_argument("--rows", default="", metavar="N,…", help="run these rows anew alone")
    return parser


def _numbers(text: str) -> set[int]:
    try:
        return {int(each) for each in text.split(",") if each}
    except ValueError:
        raise TriptychError(f"--rows {text}: expected numbers of rows, 1 to 142") from None


def _measure(path: Path, only: set[int]) -> None:
    """Measure rows in every panel and record them beside those that are kept; all rows: whatever
    else the handbook's pages rest on and takes minutes, too."""
    kept = records.read(path, records.RowLine).lines if only and path.exists() else ()
    with Workers() as workers:
        records.write(path, measured(FRAMEWORKS, workers, only, kept))
        for name, measure in {} if only else OTHERS.items():
            records.write(path.parent / Path(name).name, measure(workers))


if __name__ == "__main__":
    run_command(main)
