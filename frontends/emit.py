"""Write a network as source: `triptych emit NETWORK --dialect torch`."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from common.arguments import NETWORK, RUNS, Parser
from common.errors import TriptychError, choose, run_command
from common.files import folder_for, write_text
from common.memory import check_memory
from common.network import Network
from common.networks import available, load
from common.networks.settings import add_set, with_settings
from common.recipes.named import RECIPES, load_recipe
from common.recipes.recipe import Recipe
from frontends.frameworks import FRAMEWORKS, MODERN
from frontends.writing.draft import LINE_LENGTH
from frontends.writing.emit import emit

if TYPE_CHECKING:
    from frontends.ladder.report import Report


def with_verdict(text: str, report: Report) -> str:
    """Return a written file whose header says what proved it: panels, versions and the worst."""
    versions = (next(iter(found.items())) for found in report.versions.values())
    panels = [f"{package} {version}" for package, version in versions]
    verdict = (
        f"Proved the same network in {', '.join(panels[:-1])} and {panels[-1]}: outputs, "
        f"statistics and gradients are {report.worst_float64:.0e} apart at most, in float64."
    )
    header, rest = text.split('\n"""\n', 1)
    wrapped = textwrap.fill(verdict, LINE_LENGTH, break_on_hyphens=False)
    return f'{header}\n\n{wrapped}\n"""\n{rest}'


def _verified(network: Network, dialects: list[str], recipe: Recipe | None) -> Report | None:
    """Return the ladder of the modern panels and those written; print it and return None if it
    fails."""
    from frontends.ladder.verify import verify

    panels = [f for f in FRAMEWORKS if f in MODERN or f in dialects]
    report = verify(network, panels, recipe=recipe)
    if not report.proved:
        print(report.text(), file=sys.stderr)
        return None
    return report


def parser(prog: str) -> Parser:
    """Return the command line's parser."""
    made = Parser(
        prog=prog,
        description="Write a network as a standalone source file.",
        epilog=f"{RUNS} Networks: {', '.join(available())}. "
        "Exit codes: 0 written, 1 not --verified or not to be loaded, 2 wrong usage or a network "
        "that cannot be written.",
    )
    made.add_argument("network", help=NETWORK)
    made.add_argument(
        "--dialect",
        required=True,
        help=f"{', '.join(FRAMEWORKS)}, or, with --out, several with commas, or all",
    )
    add_set(made)
    made.add_argument(
        "--with-training",
        metavar="RECIPE",
        help=f"a program that trains, too: FILE.json, or {', '.join(RECIPES)}",
    )
    made.add_argument("--out", help="a folder to write <network>_<dialect>.py into")
    made.add_argument(
        "--load", action="store_true", help="load each file once, in its framework (seconds)"
    )
    made.add_argument(
        "--verified", action="store_true", help="only if the ladder passes; the header says so"
    )
    return made


def parse(arguments: Sequence[str] | None, prog: str) -> argparse.Namespace:
    """Return the options; `dialects` are those to write. Raises TriptychError."""
    options = parser(prog).parse_args(arguments)
    listed = [name.strip() for name in options.dialect.split(",")]
    options.dialects = list(FRAMEWORKS) if listed == ["all"] else list(dict.fromkeys(listed))
    for dialect in options.dialects:
        choose("dialect", dialect, FRAMEWORKS)
    if len(options.dialects) > 1 and options.out is None:
        raise TriptychError(f"{len(options.dialects)} dialects need --out DIR to go to")
    return options


def main(arguments: Sequence[str] | None = None, prog: str = "python -m frontends.emit") -> int:
    """Write one file per dialect, to standard output or into a folder; return the exit code."""
    options = parse(arguments, prog)
    network = with_settings(load(options.network), options.settings)
    recipe = load_recipe(options.with_training) if options.with_training else None
    sources = {name: emit(network, name, recipe=recipe) for name in options.dialects}
    texts = {dialect: source.text for dialect, source in sources.items()}
    good = True
    if options.load:
        from frontends.loading import load_each

        lines, good = load_each(network, sources)
        print("\n".join(lines), file=sys.stderr)
    if options.verified:
        check_memory(network, 2)
        report = _verified(network, options.dialects, recipe)
        if report is None:
            return 1
        texts = {dialect: with_verdict(text, report) for dialect, text in texts.items()}
    for dialect, text in texts.items():
        if options.out is None:
            print(text, end="")
            continue
        stem = f"{'train_' if recipe else ''}{network.name}_{dialect}"
        path = folder_for(options.out) / f"{stem}.py"
        write_text(path, text)
        print(path)
    sys.stdout.flush()
    if not (options.load or options.verified):
        print("written, not loaded: --load does that, --verified more", file=sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    run_command(main)
