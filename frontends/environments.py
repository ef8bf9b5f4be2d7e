"""The environments of the historical panels: `triptych environments list|create`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from importlib import metadata

from tabulate import tabulate

from common.arguments import Parser
from common.errors import TriptychError, choose, run_command
from frontends.frameworks import HISTORICAL, MODERN, TABLE
from frontends.workers.environments import check, create, interpreter, say, variable


def table() -> str:
    """Return the panels with their interpreters, states and versions as text."""
    rows = [_modern_row(framework) for framework in MODERN]
    rows += [_legacy_row(framework) for framework in HISTORICAL]
    return tabulate(rows, ["panel", "interpreter", "state", "versions"])


def _modern_row(framework: str) -> list[str]:
    overridden, package = os.environ.get(variable(framework)), TABLE[framework].package
    try:
        python = interpreter(framework)
        if overridden:
            return [framework, python, variable(framework), ""]
        return [framework, python, "installed", _told({package: metadata.version(package)})]
    except metadata.PackageNotFoundError:
        return [framework, python, "not installed", ""]
    except TriptychError as error:
        return [framework, overridden or "-", str(error), ""]


def _legacy_row(framework: str) -> list[str]:
    overridden = os.environ.get(variable(framework))
    try:
        python = interpreter(framework)
        versions = check(framework, python)
    except (TriptychError, OSError) as error:  # a cache of no access, too
        return [framework, overridden or "-", str(error), ""]
    return [framework, python, variable(framework) if overridden else "ready", _told(versions)]


def _told(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def parser(prog: str) -> Parser:
    """Return the command line's parser."""
    made = Parser(
        prog=prog,
        description="The environments of the historical panels, Fluid 1.8.5 and TensorFlow 1.15.",
        epilog="Exit codes: 0 done, 2 wrong usage, no Python 3.7 or a failed installation.",
    )
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("list", help="say which interpreter runs which panel, and its state")
    making = commands.add_parser("create", help="make environments, unless they are there and work")
    making.add_argument("panel", help=f"{', '.join(HISTORICAL)} or all")
    return made


def parse(arguments: Sequence[str] | None, prog: str) -> argparse.Namespace:
    """Return the options; `panels` are those to create. Raises TriptychError."""
    options = parser(prog).parse_args(arguments)
    if options.command == "create":
        chosen = choose("panel", options.panel, (*HISTORICAL, "all"))
        options.panels = HISTORICAL if chosen == "all" else (chosen,)
    return options


def main(
    arguments: Sequence[str] | None = None, prog: str = "python -m frontends.environments"
) -> int:
    """List the environments, or create those of the historical panels; return the exit code."""
    options = parse(arguments, prog)
    if options.command == "list":
        print(table())
        return 0
    for framework in options.panels:
        versions = create(framework)
        say(f"{framework}: ready, {_told(versions)}")
    return 0


if __name__ == "__main__":
    run_command(main)
