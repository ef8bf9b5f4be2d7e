"""The command line of `python -m benchmarks.run`."""

from __future__ import annotations

import argparse
import shlex
from typing import Any

from benchmarks.beside import VARIANTS, chosen
from benchmarks.matrix import MODES, PRECISIONS
from benchmarks.presets import PRESETS
from common import machine
from common.arguments import RUNS, Parser, named, seconds, whole
from common.networks import available
from common.networks.settings import OPTION
from frontends.frameworks import HISTORICAL, TABLE

PROG = "python -m benchmarks.run"
DEFAULT_NETWORK, DEFAULT_BATCH, PRESET = "se_resnext_mnist", 64, "quick"
DESCRIPTION = """\
Prove that the frameworks realize the same network, then time those that passed: images
per second with intervals, milliseconds a step, peak memory, page faults, share of what the
machine can do. Every case is timed in several processes, rounds interleaved in random
order; the first case is timed twice (A/A), which says what this run can tell apart.
Every measurement is recorded as it is taken in OUT/data; a table is printed, a page with
plots is written into OUT. With MNIST's test images where the network takes 1×28×28.
`compare OLD NEW` says what became slower or faster between two records."""
EPILOG = """\
presets:
{presets}

styles:
{styles}

beside:
{beside}

{networks}

exit codes: 0 all was measured; 1 something is missing, failed or not comparable (the table
says what and why; the rest is measured); 2 wrong usage, nothing measured; 130 interrupted
(what was measured is kept)."""


def batches(text: str) -> tuple[int, ...]:
    """Read batch sizes, a list with commas."""
    return tuple(dict.fromkeys(map(whole(1, 2**31), text.split(","))))


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
    "--preset": {
        "default": PRESET,
        "choices": tuple(PRESETS),
        "help": "how much is measured (below; default %(default)s)",
    },
    "--batch-size": {
        "type": batches,
        "default": (DEFAULT_BATCH,),
        "metavar": "N[,N]",
        "help": f"images a step (default {DEFAULT_BATCH})",
    },
    "--mode": {
        "metavar": "MODES",
        "help": f"all, or a list of {','.join(MODES)} (training with the file's own loader)",
    },
    "--style": {
        "metavar": "STYLES",
        "help": "all, a list of styles (below), usual (eager, graph, compiled, cuda_graph; on "
        "a CPU TensorFlow trains without XLA), or tuned (what each framework's documentation has "
        "for speed)",
    },
    "--precision": {
        "metavar": "PRECISIONS",
        "help": f"all, or a list of {','.join(PRECISIONS)} (tf32: on a GPU; float16: inference)",
    },
    "--beside": {
        "metavar": "VARIANTS",
        "help": "what is timed beside the written files (below), none",
    },
    "--plant": {
        "type": whole(0, 50),
        "default": 0,
        "metavar": "N",
        "help": "N pairs of the same case more, one of each slowed by 10 %%: what is seen of it",
    },
    "--device": {
        "default": "auto",
        "choices": ("auto", "cpu", "gpu"),
        "help": "auto: the GPU if a framework sees one (default)",
    },
    "--processes": {
        "type": whole(1, 1000),
        "metavar": "N",
        "help": "of each case, one after another (default: the preset's)",
    },
    "--rounds": {
        "type": whole(1, 100_000),
        "metavar": "N",
        "help": "of each process (default: the preset's)",
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
    "--quick-proof": {
        "action": "store_true",
        "help": "without the ladder's float32 rungs, which take half of its time",
    },
    "--proofs": {
        "default": "",
        "metavar": "DIR",
        "help": "keep the ladder's verdict here, by content (network, versions, code), and use it",
    },
    "--resume": {
        "default": "",
        "metavar": "RECORD",
        "help": "go on with a run that was interrupted, by its own options; give none else",
    },
    "--out": {
        "default": "reports",
        "metavar": "DIR",
        "help": "for records, page and plot (default %(default)s)",
    },
}
# In the command that repeats a run: what is stated even at its default, which may be a machine's.
ALWAYS, NEVER = ("--framework", "--threads"), ("--out", "--resume", "--proofs")


def parse(arguments: list[str] | None = None, prog: str = PROG) -> argparse.Namespace:
    """Return the options, those of the command line by default.

    Raises TriptychError, in one line, for a value that is unknown or out of range.
    """
    options = _parser(prog).parse_args(arguments)
    preset = PRESETS[options.preset]
    if options.beside is not None:
        chosen(options.beside)
    for name, value in (
        ("style", preset.styles),
        ("mode", preset.modes),
        ("precision", preset.precisions),
        ("beside", preset.beside),
        ("processes", preset.processes),
        ("rounds", preset.rounds),
    ):
        if getattr(options, name) is None:
            setattr(options, name, value)
    return options


def command(options: argparse.Namespace) -> str:
    """Return the command that repeats a run, without where it wrote to."""
    parts, plain = [PROG], vars(parse(["--preset", options.preset]))
    for flag, how in OPTIONS.items():
        name = how.get("dest", _name(flag))
        value = getattr(options, name)
        if isinstance(value, list):  # an option that may be given again
            parts += [f"{flag} {shlex.quote(each)}" for each in value]
        elif flag not in NEVER and (flag in ALWAYS or value != _default(name, plain)):
            said = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            parts.append(flag if value is True else f"{flag} {shlex.quote(said)}")
    return " ".join(parts)


def _default(name: str, plain: dict[str, Any]) -> Any:
    return PRESET if name == "preset" else plain[name]


def _parser(prog: str) -> Parser:
    presets = "\n".join(f"  {n:<12} {each.about}" for n, each in PRESETS.items())
    beside = "\n".join(f"  {n:<15} {each.about}" for n, each in VARIANTS.items())
    styles = "\n".join(f"  {n:<12} {'; '.join(each.styles.values())}" for n, each in TABLE.items())
    parser = Parser(
        prog=prog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=f"{DESCRIPTION}\n{RUNS}",
        epilog=EPILOG.format(
            presets=presets, beside=beside, styles=styles, networks=named("networks", available())
        ),
    )
    for flag, how in OPTIONS.items():
        also, rest = how.get("names", ()), {k: v for k, v in how.items() if k != "names"}
        parser.add_argument(flag, *also, **rest)
    return parser


def _name(flag: str) -> str:
    return flag.removeprefix("--").replace("-", "_")
