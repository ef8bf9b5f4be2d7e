"""The command line of `python -m benchmarks.run`."""

from __future__ import annotations

import argparse

from benchmarks import environment
from common.errors import TriptychError
from common.networks import available
from frontends.frameworks import FRAMEWORKS, TABLE
from reports.records import MODES

DEFAULT_NETWORK, DEFAULT_BATCH = "se_resnext_mnist", 64


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    styles = "\n".join(
        f"  {name:<12} {'; '.join(TABLE[name].styles.values())}" for name in FRAMEWORKS
    )
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.run",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Prove that the frameworks realize the same network, then time those that "
        "passed: images\nper second, milliseconds a step, peak memory, share of the framework's "
        "own matrix product.\nEvery measurement is recorded as it is taken in OUT/data; a table "
        "is printed, a page with\na plot is written into OUT. With MNIST's test images where the "
        "network takes 1×28×28.",
        epilog=f"styles:\n{styles}\n\nnetworks: {', '.join(available())}\n\nexit codes: 0 all was "
        "measured; 1 something is missing, failed or not comparable (the table\nsays what and "
        "why; the rest is measured); 2 wrong usage, nothing measured; 130 interrupted\n(what was "
        "measured is kept).",
    )
    add = made.add_argument
    add("--framework", default="all", help=f"all, or a list of {','.join(FRAMEWORKS)}")
    add("--legacy", action="store_true", help="with all: the historical panels too")
    add(
        "--network",
        default=DEFAULT_NETWORK,
        metavar="NAME|FILE",
        help=f"a name, FILE.json or FILE.py:function (default {DEFAULT_NETWORK})",
    )
    add(
        "--batch-size",
        type=int,
        default=DEFAULT_BATCH,
        metavar="N",
        help=f"images a step (default {DEFAULT_BATCH})",
    )
    add("--mode", default="all", help=f"all, or a list of {','.join(MODES)}")
    add("--style", default="all", help="all, or a list of styles (below)")
    add(
        "--device",
        default="auto",
        choices=("auto", "cpu", "gpu"),
        help="auto: the GPU if a framework sees one (default)",
    )
    add(
        "--rounds",
        type=int,
        default=5,
        metavar="N",
        help="interleaved rounds of half a second or two steps (default 5)",
    )
    add(
        "--threads",
        type=int,
        default=environment.cores(),
        metavar="N",
        help="of each framework (default: the cores there are, %(default)s)",
    )
    add(
        "--budget",
        type=float,
        default=120.0,
        metavar="S",
        help="seconds until one timing is warm, compilation included, and for each of its rounds "
        "(default 120)",
    )
    add(
        "--out",
        default="reports",
        metavar="DIR",
        help="for records, page and plot (default reports)",
    )
    return made  # fmt: skip


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return the options. Ends with exit code 2 and one line for a value out of range."""
    made = parser()
    made.error = _one_line  # type: ignore[method-assign, assignment]
    options = made.parse_args(arguments)
    for name in ("batch_size", "rounds", "threads", "budget"):
        value = getattr(options, name)
        if not value > 0:
            raise TriptychError(f"--{name.replace('_', '-')} {value}: expected more than 0")
    return options


def _one_line(message: str) -> None:
    raise TriptychError(f"{message} (--help lists what is available)")


def command(options: argparse.Namespace) -> str:
    """Return the command that repeats a run, without where it wrote to."""
    parts = ["python -m benchmarks.run"]
    for action in parser()._actions:
        value = getattr(options, action.dest, None)
        if action.dest in ("help", "out") or (
            value == action.default and action.dest != "framework"
        ):
            continue
        parts.append(
            action.option_strings[0] if value is True else f"{action.option_strings[0]} {value}"
        )
    return " ".join(parts)
