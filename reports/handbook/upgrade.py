"""What a file calls of TensorFlow 1 or Fluid, and what to write since: `triptych upgrade`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tabulate import tabulate

from common.arguments import Parser
from common.errors import TriptychError, run_command
from frontends.workers.environments import ROOT
from reports.handbook.upgrading.calls import Named, calls, file_name
from reports.handbook.upgrading.counterparts import Counterpart, Counterparts

PROG = "python -m reports.handbook.upgrade"
WIDEST = (40, 36, 40, 44)  # characters of the columns


def main(arguments: Sequence[str] | None = None, prog: str = PROG) -> int:
    """List the calls of files; return the exit code. Raises TriptychError, for files that cannot
    be read once the others are listed."""
    options = _parser(prog).parse_args(arguments)
    known = Counterparts(ROOT / "reports")
    files, wrong = _read(options.files)
    found = {path: {n: known.of(n) for n in {e.name for e in own}} for path, own in files.items()}
    if options.json:
        print(json.dumps([_record(p, own, found[p]) for p, own in files.items()], indent=1))
    elif files:
        print("\n\n".join(_text(path, own, found[path]) for path, own in files.items()))
    if wrong:
        raise TriptychError("; ".join(wrong))
    return 0


def _read(paths: Sequence[str]) -> tuple[dict[str, list[Named]], list[str]]:
    """Return the calls of each file, and what is wrong with those that cannot be read."""
    files: dict[str, list[Named]] = {}
    wrong = []
    for path in paths:
        try:
            files[path] = calls(path)
        except TriptychError as error:
            wrong.append(str(error))
    return files, wrong


def _parser(prog: str) -> Parser:
    parser = Parser(
        prog=prog,
        description="List each name of TensorFlow 1 (tf.*) and of Paddle Fluid (fluid.*) in files, "
        "with its line, its counterpart in Fluid and Paddle 3, how it differs, and the page that "
        "tells. Files are read, never run, and stay as they are.",
        epilog="Exit codes: 0 listed, 2 wrong usage, or a file that is no Python 3 (the others are "
        "listed).",
    )
    parser.add_argument("files", nargs="+", metavar="FILE.py", help="a file of yours")
    parser.add_argument("--json", action="store_true", help="print JSON, every line of it")
    return parser


def _text(path: str, own: Sequence[Named], known: dict[str, Counterpart]) -> str:
    """Return what is told of a file: a row for each name, in the order of the file."""
    if not own:
        return f"{path}: nothing of TensorFlow or Fluid is called"
    rows: list[tuple[str, ...]] = []
    for name in dict.fromkeys(each.name for each in own):
        lines = [each.line for each in own if each.name == name]
        each = known[name]
        fluid = "" if each.fluid == name else each.fluid
        shown = (name, fluid, each.paddle, each.kind)
        rows.append((_lines(lines), *map(_short, shown, WIDEST), _where(each)))
    kinds = Counter(_word(known[each.name].kind) for each in own)
    told = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    head = f"{file_name(path)}: {len(own)} uses of {len(rows)} names ({told})"
    columns = ["line", "here", "in Fluid 1.8", "in Paddle 3", "measured", "page"]
    if not any(row[2] for row in rows):
        rows, columns = [(*row[:2], *row[3:]) for row in rows], [*columns[:2], *columns[3:]]
    pages = ", ".join(sorted({f"reports/{known[e.name].page}" for e in own if known[e.name].page}))
    return f"{head}\n\n{tabulate(rows, columns, disable_numparse=True)}\n\nPages: {pages}"


def _where(each: Counterpart) -> str:
    return Path(each.page).stem + (f", row {each.row}" if each.row >= 0 else "")


def _word(kind: str) -> str:
    """Return what Paddle 3 does, in a word or two."""
    return kind.rpartition("Paddle 3: ")[2].partition(" `")[0]


def _lines(lines: Sequence[int]) -> str:
    return ", ".join(map(str, lines[:4])) + (", …" if len(lines) > 4 else "")


def _short(text: str, widest: int) -> str:
    return text if len(text) <= widest else f"{text[: widest - 1]}…"


def _record(path: str, own: Sequence[Named], known: dict[str, Counterpart]) -> dict[str, Any]:
    uses = [{"line": e.line, "called": e.called, "name": e.name} | known[e.name]._asdict()
            for e in own]  # fmt: skip
    return {"file": path, "uses": uses}


if __name__ == "__main__":
    run_command(main)
