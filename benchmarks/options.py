"""The command line of `python -m benchmarks.run`."""

from __future__ import annotations

import argparse
import shlex
from typing import Any

from benchmarks.matrix import MODES
from common import machine
from common.arguments import RUNS, Parser, named, seconds, whole
from common.networks import available
from common.networks.settings import OPTION
from frontends.frameworks import HISTORICAL, TABLE

PROG = "python -m benchmarks.run"
DEFAULT_NETWORK, DEFAULT_BATCH = "se_resnext_mnist", 64
DESCRIPTION = """\
Prove that the frameworks realize the same network, then time those that passed: images
per second, milliseconds a step, peak memory, share of the framework's own matrix product.
Every measurement is recorded as it is taken in OUT/data; a table is printed, a page with
a plot is written into OUT. With MNIST's test images where the network takes 1×28×28."""
EPILOG = """\
styles:
{styles}

{networks}

exit codes: 0 all was measured; 1 something is missing, failed or not comparable (the table
says what and why; the rest is measured); 2 wrong usage, nothing measured; 130 interrupted
(what was measured is kept)."""

# Flag -> argparse's arguments and other names of it, in the order of --help.
OPTIONS: dict[str, dict[str, Any]] = {
    "--framework": {"default": "all", "help": f"all, or a list of {','.join(TABLE)}"},
    "--legacy": {
        "names": ("--historical",),
        "action": "store_true",
        "help": f"with all: the historical panels too ({', '.join(HISTORICAL)})",
    },
    "--set": OPTION,
    "--network": {
        "default": DEFAULT_NETWORK,
        "metavar": "NAME|FILE",
        "help": "a name, FILE.json or FILE.py:function (default %(default)s)",
    },
    "--batch-size": {
        "type": whole(1, 2**31),
        "default": DEFAULT_BATCH,
        "metavar": "N",
        "help": "images a step (default %(default)s)",
    },
    "--mode": {"default": "all", "help": f"all, or a list of {','.join(MODES)}"},
    "--style": {"default": "all", "help": "all, or a list of styles (below)"},
    "--device": {
        "default": "auto",
        "choices": ("auto", "cpu", "gpu"),
        "help": "auto: the GPU if a framework sees one (default)",
    },
    "--rounds": {
        "type": whole(1, 100_000),
        "default": 5,
        "metavar": "N",
        "help": "interleaved rounds of half a second or two steps (default %(default)s)",
    },
    "--threads": {
        "type": whole(1, 4096),
        "default": machine.cores(),
        "metavar": "N",
        "help": "of each framework (default: the cores there are, %(default)s)",
    },
    "--budget": {
        "type": seconds,
        "default": 120.0,
        "metavar": "S",
        "help": "seconds until one timing is warm, compilation included, and for each of its "
        "rounds (default %(default)g)",
    },
    "--out": {
        "default": "reports",
        "metavar": "DIR",
        "help": "for records, page and plot (default %(default)s)",
    },
}
# In the command that repeats a run: what is stated even at its default, which may be a machine's.
ALWAYS, NEVER = ("--framework", "--threads"), "--out"


def parse(arguments: list[str] | None = None, prog: str = PROG) -> argparse.Namespace:
    """Return the options, those of the command line by default.

    Raises TriptychError, in one line, for a value that is unknown or out of range.
    """
    return _parser(prog).parse_args(arguments)


def command(options: argparse.Namespace) -> str:
    """Return the command that repeats a run, without where it wrote to."""
    parts = [PROG]
    for flag, how in OPTIONS.items():
        value = getattr(options, how.get("dest", _name(flag)))
        if isinstance(value, list):  # an option that may be given again
            parts += [f"{flag} {shlex.quote(each)}" for each in value]
        elif flag != NEVER and (flag in ALWAYS or value != how.get("default", False)):
            parts.append(flag if value is True else f"{flag} {shlex.quote(str(value))}")
    return " ".join(parts)


def _parser(prog: str) -> Parser:
    styles = "\n".join(f"  {n:<12} {'; '.join(each.styles.values())}" for n, each in TABLE.items())
    parser = Parser(
        prog=prog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=f"{DESCRIPTION}\n{RUNS}",
        epilog=EPILOG.format(styles=styles, networks=named("networks", available())),
    )
    for flag, how in OPTIONS.items():
        also, rest = how.get("names", ()), {k: v for k, v in how.items() if k != "names"}
        parser.add_argument(flag, *also, **rest)
    return parser


def _name(flag: str) -> str:
    return flag.removeprefix("--").replace("-", "_")
