"""Weights from any format into any other: `triptych convert FROM TO --network NETWORK`."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tabulate import tabulate

from common.arguments import NETWORK, RUNS, Parser
from common.errors import TriptychError, run_command
from common.files import file_for
from common.networks import load
from common.networks.settings import add_set, with_settings
from frontends.checkpoints.convert import Found, convert, tensors
from frontends.checkpoints.formats import FLUID, FORMATS, Format, wanted
from frontends.checkpoints.naming import CANONICAL, Naming, few
from frontends.checkpoints.sets import Sets

ABOUT = """\
Read a network's weights from a file of any of these formats and write them in another, or list
what a file holds and where. Tensors, names and layouts must be the network's, each of them, or
nothing is written."""


def parser(prog: str) -> Parser:
    """Return the command line's parser."""
    forms = "\n".join(f"  {each.name:<15} {each.about}" for each in FORMATS.values())
    names = {each.name: None for form in FORMATS.values() for each in form.namings}
    made = Parser(
        prog=prog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=ABOUT,
        epilog=f"formats:\n{forms}\n\n"
        + textwrap.fill(
            f"names: {', '.join(names)}. A framework's name stands for the names that our written "
            "file has in it. A weights file is read without its framework. "
            f"{RUNS} Exit codes: 0 written, 2 wrong usage or a file that does not fit.",
            100, break_on_hyphens=False,
        ),
    )  # fmt: skip
    made.add_argument("source", metavar="FROM", help="a file, a folder of Fluid's, or a PREFIX")
    made.add_argument("target", metavar="TO", nargs="?", help="what to write")
    made.add_argument("--network", metavar="NETWORK", help=f"{NETWORK}; safetensors say their own")
    add_set(made)
    made.add_argument("--format", help="of what is written, where its ending does not say it")
    made.add_argument("--names", help="of the weights in FROM; else those that fit")
    made.add_argument("--to-names", help="of the weights in TO; else our written file's")
    made.add_argument(
        "--key", help="of the weights in FROM, where it holds several sets, such as model_ema"
    )
    made.add_argument(
        "--list", action="store_true", help="print name, type, shape, first byte and length of each"
    )
    return made


def parse(arguments: Sequence[str] | None, prog: str) -> argparse.Namespace:
    """Return the options; `form` is the format to write. Raises TriptychError."""
    options = parser(prog).parse_args(arguments)
    options.source = Path(options.source)
    if options.list == (options.target is not None):
        raise TriptychError("expected FROM and TO, or FROM and --list")
    if options.settings and not options.network:
        raise TriptychError("--set without --network: of which network?")
    if options.list:
        if options.format or options.names or options.to_names:
            raise TriptychError("--list takes no --format, --names or --to-names")
        return options
    options.form = wanted(options.target, options.format)
    out = Path(options.target)
    if out.exists() and options.source.exists() and out.samefile(options.source):
        raise TriptychError(f"{out}: would be written over what is read")
    return options


def main(arguments: Sequence[str] | None = None, prog: str = "python -m frontends.convert") -> int:
    """Convert or list one file; return the exit code. Raises TriptychError."""
    options = parse(arguments, prog)
    network = None
    if options.network:
        network = with_settings(load(options.network), options.settings)
    if options.list:
        print(table(*tensors(options.source, network, options.key)))
        return 0
    target, form = _target(options.target, options.form), options.form
    names = options.names, options.to_names
    found, naming = convert(options.source, target, form, network, *names, options.key)
    print(said(found, naming, form, options.target))
    return 0


def _target(out: str, form: Format) -> Path:
    """Return where to write. Raises TriptychError."""
    if form.name != FLUID:
        return file_for("TO", out)
    if not out:
        raise TriptychError("TO is empty: expected a folder")
    return Path(out)


def said(found: Found, naming: Naming, form: Format, out: str) -> str:
    """Return what was read and written, in lines."""
    checkpoint, network = found.checkpoint, found.checkpoint.network
    numbers = sum(array.size for array in checkpoint.weights.values())
    ground = f" {found.ground}" if found.ground else ""
    lines = [
        f"{out}: {len(checkpoint.weights)} tensors, {numbers:,} numbers, for {network.name}",
        f"read as {found.form.name} with {_named(found.naming)}{ground}, written as {form.name} "
        f"with {_named(naming)}",
        *found.sets.lines(),
    ]
    if found.left_out:
        lines.append(f"left out, as no weights of a network: {few(found.left_out)}")
    if found.added:
        lines.append(f"never called, not in the file, start by their law: {few(found.added)}")
    if checkpoint.state and form.name != "safetensors":
        lines.append(f"left out: the optimizer's state, which {form.name} has no names for here")
    return "\n".join(lines)


def _named(naming: Naming) -> str:
    return "canonical names" if naming == CANONICAL else f"the names and layouts of {naming}"


def table(form: Format, found: Sequence[Mapping[str, Any]], sets: Sets) -> str:
    """Return a row for each tensor, as text."""
    several = len({each["file"] for each in found}) > 1
    named = any(each.get("canonical", each["name"]) != each["name"] for each in found)
    heads = ["tensor", *(["canonical"] if named else []), "type", "shape", "byte", "bytes"]
    rows = [
        [
            each["name"],
            *([each["canonical"]] if named else []),
            each["dtype"],
            "×".join(map(str, each["shape"])) or "scalar",
            "packed" if each["offset"] is None else each["offset"],
            each["nbytes"],
            *([Path(each["file"]).name] if several else []),
        ]
        for each in found
    ]
    heads += ["file"] if several else []
    size = sum(each["nbytes"] for each in found)
    title = "\n".join([f"{form.name}: {len(found)} tensors, {size:,} bytes", *sets.lines()])
    return f"{title}\n{tabulate(rows, heads, disable_numparse=True)}" if rows else title


if __name__ == "__main__":
    run_command(main)
