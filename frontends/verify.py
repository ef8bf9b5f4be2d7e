"""Prove that panels realize one network: `triptych verify NETWORK`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from common.arguments import NETWORK, RUNS, Parser, named, seconds, whole
from common.differences import grouped
from common.errors import TriptychError, choose, run_command
from common.files import file_for, write_text
from common.memory import check_memory, check_room
from common.network import Network
from common.networks import available, load
from common.networks.settings import add_set, with_settings
from common.recipes.named import RECIPES, load_recipe
from frontends.frameworks import FRAMEWORKS, select
from frontends.ladder.again import AGAIN_BOUND, FILES_BOUND, HOLDS, IN_FLOAT32, KERNELS_BOUND
from frontends.ladder.asked import Asked, read_inputs, shape_of
from frontends.ladder.elsewhere import WEIGHTS
from frontends.ladder.files import EXPECTED, is_file
from frontends.ladder.matching import read_names
from frontends.ladder.rungs import RUNGS
from frontends.ladder.runs import batch_for
from frontends.ladder.training import BOUND
from frontends.ladder.trajectory import STEPS
from frontends.ladder.verify import verify, verify_against, verify_files, verify_mine
from frontends.writing.program import check_fit

FILES = (
    "Two or more files are compared with no specification: FILE.py:ENTRY, FILE.py:ENTRY(width=2), "
    "FILE.py:ENTRY@FRAMEWORK; a network's name may be among them"
)
NAMES = "name in the first: name in the other"
ALONE = "one panel proves nothing of another: name two or more"


def parser(prog: str) -> Parser:
    """Return the command line's parser."""
    holds = {rung.name: rung.holds for rung in RUNGS}
    trained = (
        f"  training, by what each file writes of it: losses of {STEPS} steps, every parameter\n"
        "    and statistic behind the first and the last one, against the recipe in numpy and\n"
        f"    between every pair of panels: {BOUND:g}; what is frozen stays bit for bit"
    )
    alone = (
        f"  {WEIGHTS}\n    outputs on gains, slopes and constants of other signs and sizes: "
        f"{AGAIN_BOUND:g}\n"
        f"  {IN_FLOAT32}\n    the error of one is at most {FILES_BOUND:g} times that of the other, "
        f"{KERNELS_BOUND:g} times in\n    training of two frameworks"
    )
    rungs, more = ("\n".join(f"  {n}\n    {each[n]}" for n in each) for each in (holds, HOLDS))
    made = Parser(
        prog=prog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Prove that TensorFlow, Paddle and PyTorch realize the same network by running "
        f"what is written of it.\n{RUNS}",
        epilog=f"rungs:\n{rungs}\nof --mine, the rungs in float64 and:\n{more}\n"
        f"of files alone, the same but:\n{alone}\n"
        f"with --recipe, too:\n{trained}\n\n"
        f"{named('networks', available())}\n\n"
        f"{named('recipes', RECIPES)}\n\n"
        "exit codes: 0 proved, 1 not, 2 wrong usage",
    )
    add = made.add_argument
    add("network", nargs="*", metavar="NETWORK|FILE.py:ENTRY", help=f"{NETWORK}. {FILES}")
    add_set(made)
    add("--framework", metavar="LIST", help=f"all (default), or a list of {','.join(FRAMEWORKS)}")
    add("--legacy", "--historical", action="store_true", help="with all: the historical panels too")
    add("--against", metavar="OTHER", help="compare with another network")
    add("--mine", metavar="FILE:ENTRY", help="verify a file of your own against the network")
    add("--dialect", help=f"what --mine is written in: {', '.join(FRAMEWORKS)}")
    add(
        "--names",
        metavar="JSON",
        help="{canonical name: own name of --mine}, not by order; of two "
        "files {name in the first: in the second}, of layers or parameters",
    )
    add("--input-shape", metavar="C,H,W", help="of files: of their input, without the batch")
    add("--input", metavar="FILE", help="of files: a batch, .npy (N, C, H, W) or NHWC, or an image")
    add(
        "--weights", metavar="FILE", help="of files: weights of the first, in any format of convert"
    )
    add("--batch-size", type=whole(1, 2**31), metavar="N", help="samples (default 2)")
    add("--seed", type=whole(0, 2**63), default=0, help="of weights and inputs (default 0)")
    add("--recipe", metavar="NAME|FILE", help="also train by a recipe, in float64 (below)")
    add("--timeout", type=seconds, default=600, metavar="S", help="seconds per job (default 600)")
    add("--every-row", action="store_true", help="print every pair and panel")
    add("--html", metavar="FILE", help="of files: write the comparison as a page, too")
    add("--json", metavar="FILE", help="write the report as JSON, too")
    return made  # fmt: skip


def parse(arguments: Sequence[str] | None, prog: str) -> argparse.Namespace:
    """Return the options. Raises TriptychError for those that do not go together."""
    options = parser(prog).parse_args(arguments)
    options.files = len(options.network) > 1
    if options.files:
        return _checked_files(options)
    _check_of_files(options)
    options.batch_size = options.batch_size or 2
    options.network = options.network[0] if options.network else None
    for name in ("framework", "against", "mine", "dialect", "names", "recipe", "json"):
        if getattr(options, name) == "":
            raise TriptychError(f"--{name} is empty: leave it out, or give it a value")
    if options.mine:
        _check_mine(options)
    elif not options.network:
        raise TriptychError(f"which network? {NETWORK}")
    if options.recipe and (options.mine or options.against):
        raise TriptychError("--recipe is of one network in several panels: no --mine or --against")
    if not options.mine and (options.dialect or options.names):
        raise TriptychError("--dialect and --names are of --mine FILE:ENTRY, which is not given")
    listed = options.framework or "all"
    options.frameworks = select(listed, options.legacy)
    if len(options.frameworks) < 2 and not (options.against or options.mine):
        raise TriptychError(f"--framework {listed}: {ALONE}")
    return options


def _checked_files(options: argparse.Namespace) -> argparse.Namespace:
    """Return the options of a comparison of files. Raises TriptychError."""
    files = [each for each in options.network if is_file(each)]
    if not files:
        raise TriptychError(f"{' '.join(options.network)}: one network, or files: {EXPECTED}")
    for name in ("framework", "against", "mine", "dialect", "legacy"):
        if getattr(options, name):
            raise TriptychError(f"--{name} is of one network: files are compared as they are named")
    if options.names and len(options.network) > 2:
        raise TriptychError("--names is of two files")
    return options


def _check_of_files(options: argparse.Namespace) -> None:
    for name in ("input_shape", "input", "weights", "html"):
        if getattr(options, name) is not None:
            raise TriptychError(f"--{name.replace('_', '-')} is of two or more files: {EXPECTED}")


def _check_mine(options: argparse.Namespace) -> None:
    if not options.dialect:
        raise TriptychError(f"--mine needs --dialect: {', '.join(FRAMEWORKS)}")
    choose("dialect", options.dialect, FRAMEWORKS)
    if bool(options.network) == bool(options.against):
        raise TriptychError("--mine is verified against one network: name one, or --against it")
    if options.framework or options.legacy:
        raise TriptychError("--mine runs in its --dialect: no --framework or --legacy with it")


def main(arguments: Sequence[str] | None = None, prog: str = "python -m frontends.verify") -> int:
    """Run the ladder and print it; return the exit code. Raises TriptychError."""
    options = parse(arguments, prog)
    if options.files:
        return _compare(options)
    network = with_settings(load(options.network or options.against), options.settings)
    if options.recipe:
        check_fit(network, load_recipe(options.recipe))  # before anything runs
    other = load(options.against) if options.against and not options.mine else None
    for each in (network, other) if other else (network,):
        check_memory(each, options.batch_size)
    if not (other or options.mine):
        check_room(network, batch_for(network, options.batch_size), len(options.frameworks))
    out = file_for("--json", options.json) if options.json else None
    how = {"batch": options.batch_size, "seed": options.seed, "timeout": options.timeout}
    with Console(stderr=True).status(_what(network, other, options)):
        text, record, passed = _verified(network, other, options, how)
    print(text)  # first: the disk may be full by now
    if out:
        _write_json(out, record)
    return 0 if passed else 1


def _compare(options: argparse.Namespace) -> int:
    """Compare files and print the ladder; return the exit code. Raises TriptychError."""
    out = file_for("--json", options.json) if options.json else None
    html = file_for("--html", options.html) if options.html else None
    shape = options.input_shape and shape_of(options.input_shape)
    inputs = read_inputs(options.input, shape or None) if options.input else None
    names = read_names(options.names, NAMES) if options.names else None
    weights = _weights_of(options.weights) if options.weights else None
    recipe = load_recipe(options.recipe) if options.recipe else None
    how = options.batch_size, options.seed, options.timeout
    asked = Asked(shape or None, inputs, weights, names, *how, recipe)
    with Console(stderr=True).status(f"comparing {' and '.join(options.network)}"):
        report = verify_files(options.network, asked, settings=options.settings, html=html)
    print(report.text(options.every_row))
    if out:
        _write_json(out, report.record())
    return 0 if report.proved else 1


def _weights_of(path: str) -> dict[str, Any]:
    from frontends.checkpoints.convert import contents  # what reads no weights does without

    found = contents(Path(path))
    for line in found.sets.lines() if found.sets.others else ():
        print(f"--weights {path}: {line}", file=sys.stderr)
    return found.arrays


def _write_json(out: Path, record: dict[str, Any]) -> None:
    plain = json.loads(json.dumps(record), parse_constant=lambda _: None)  # JSON has no NaN
    write_text(out, json.dumps(plain, indent=1) + "\n")


def _what(network: Network, other: Network | None, options: argparse.Namespace) -> str:
    if options.mine:
        return f"verifying {options.mine} against {network.name}"
    if other:
        return f"comparing {network.name} with {other.name}"
    return f"verifying {network.name} in {', '.join(options.frameworks)}"


def _verified(
    network: Network, other: Network | None, options: argparse.Namespace, how: dict[str, Any]
) -> tuple[str, dict[str, Any], bool]:
    """Return the report as text, as plain data, and whether all is proved."""
    if other:
        report, found = verify_against(network, other, options.frameworks, **how)
        lines = [f"\n{len(found)} structural differences", *(f"  {x}" for x in grouped(found))]
        text = "\n".join([report.text(options.every_row), *lines])
        record = report.record() | {"structural_differences": [asdict(each) for each in found]}
        return text, record, report.proved
    if options.mine:
        report = verify_mine(
            network, options.mine, options.dialect, names_file=options.names, **how
        )
    else:
        recipe = load_recipe(options.recipe) if options.recipe else None
        report = verify(network, options.frameworks, recipe=recipe, **how)
    return report.text(options.every_row), report.record(), report.proved


if __name__ == "__main__":
    run_command(main)
