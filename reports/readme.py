"""The README's table of rungs, from the ladder's own list: `python -m reports.readme`."""

from __future__ import annotations

from collections.abc import Sequence

from common.arguments import Parser
from common.errors import TriptychError, run_command
from common.files import write_text
from frontends.ladder.rungs import RUNGS
from frontends.workers.environments import ROOT

PROG = "python -m reports.readme"
START, END = "<!-- rungs -->\n", "<!-- /rungs -->"


def with_rungs(text: str) -> str:
    """Return a text whose table between the two marks is that of the ladder's rungs."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    if not after:
        raise TriptychError(f"no {START.strip()} … {END} to write between")
    rows = [f"| {rung.name} | {rung.holds} |\n" for rung in RUNGS]
    table = "| rung | what must hold |\n| --- | --- |\n" + "".join(rows)
    return f"{before}{START}{table}{END}{after}"


def main(arguments: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Write the table into the README; return the exit code. Raises TriptychError."""
    parser = Parser(
        prog=prog,
        description="Write the table of rungs into the README, between its two marks.",
        epilog="Exit codes: 0 written, 2 wrong usage, or a README without the marks.",
    )
    parser.parse_args(arguments)
    path = ROOT / "README.md"
    write_text(path, with_rungs(path.read_text(encoding="utf-8")))
    print(path)
    return 0


if __name__ == "__main__":
    run_command(main)
