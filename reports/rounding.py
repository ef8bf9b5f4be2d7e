"""The page of the float32 rungs' margins, from the record alone: `python -m reports.rounding`."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypedDict

from tabulate import tabulate

from common.arguments import Parser
from common.errors import TriptychError, run_command
from common.files import folder_for, write_text
from common.records import read_records
from frontends.frameworks import FRAMEWORKS, TABLE
from reports import hyperparameters
from reports.schema import Count, Machine, Ratio, Text, Whole
from reports.tables import significant
from reports.validation import Sized, check

PROG = "python -m reports.rounding"
RECORD = "data/rounding.jsonl"
PAGE = """# Rounding: what the float32 rungs allow, and what they catch

Every panel runs the network once in float32; each step's result, the gradient with respect to it
(its cotangent) and every parameter's gradient are kept. Each of these is computed again in float64
from what the panel itself recorded right before it, so that an error is judged where it arises and
none is magnified on the way. The unit is 2⁻²⁴ times the same computation on absolute values, and a
tensor's error is the norm of the difference in that unit. Bounds are for any order of summation but
for matrix products, whose sums frameworks split: these have a tighter one, and operands of fewer
bits exceed it. A kernel's gradient is a sum over the whole batch, long enough for float32's own
error to reach theirs, so that it is judged by the share of its error that such operands explain.

{bounds}

n is the length of the longest sum behind a value, but for matrix products; k is how many calls hand
a part of it back. Beside these bounds, values stored in 16 bits are told by their last 13 bits: if
most of the inexact ones have none, they were stored so.

## The margins

{margins}

{networks}

{panels}

## What is not seen

- Operands in a format that is not listed, in a kernel's gradient alone, if the sum is long: its
  error may be within {sums} units and look like no listed format's.
- A kernel whose gradient sums more than {longest:,} terms, or that is called more than once, is
  judged by {sums} units alone.
- Where equal values meet in a max pool, who of them gets the gradient is left open.
- What a framework does only without taps, such as fusing steps: the taps of the file that is
  judged stand between them.
- Rounding is planted in the modern panels; the historical ones have right runs alone.
- {machine}

This page is written by `{prog}` from `{record}`,
which `python -m parity_tests.rounding_margins` measures.
"""
MARGINS = """\
Shares of the bound: 1 is just allowed. *Right* is the worst tensor of any right run. *Planted* is
the least of all runs with a plant, each by its worst tensor: the operands of every convolution and
dense layer were rounded ({formats}; in all passes, or in the forward pass, the data gradient or the
kernel gradient alone), or every layer's result was stored in 16 bits. *Weakest tensor* is the least
of all single tensors that held such an error: what is seen if one layer alone has it. A kernel's
gradient has 2 where all of its error is explained. {counts}
"""


class Header(Machine):
    """The first line of a record: the bounds that the runs are judged by, and the machine."""

    product: Ratio  # units, of a matrix product's result and of what it hands back
    result: Ratio  # units, of any other result, times √n
    sum: Ratio  # units beside one per addition, of any other gradient
    share: Ratio  # of the error that a format's operands would give
    longest: Count  # terms of a kernel's gradient that this is told for


class Found(TypedDict):
    """A tensor's share of its bound, None if it is not finite, and which tensor it is."""

    share: Ratio | None
    what: Text


class Line(TypedDict):
    """A run of one panel. rungs: the worst tensor of each. format, where: what is planted, and
    least: of the tensors that hold it the least, by rung or kind; None in a right run."""

    network: Text
    panel: Text
    seed: Whole
    format: Text | None
    where: Text | None
    rungs: Annotated[dict[str, Found], Sized(1, 10**6)]
    least: Annotated[dict[str, Found], Sized(1, 10**6)] | None


class Record(NamedTuple):
    """What the page is written from."""

    header: Header
    runs: list[Line]


def page(record: Record) -> str:
    """Return the page as Markdown."""
    header, runs = record
    formats = dict.fromkeys(e["format"] for e in runs if e["format"] and e["where"] != "stored")
    networks = list(dict.fromkeys(each["network"] for each in runs))
    panels = [each for each in FRAMEWORKS if any(run["panel"] == each for run in runs)]
    labels = {name: TABLE[name].label for name in panels}
    return PAGE.format(
        bounds=_bounds(header),
        margins=textwrap.fill(
            MARGINS.format(
                formats=", ".join(each.replace("_", " ") for each in formats), counts=_counts(runs)
            ),
            100,
        ),
        networks=_margins("network", runs, networks, lambda run: run["network"]),
        panels=_margins("panel", runs, list(labels.values()), lambda run: labels[run["panel"]]),
        longest=header["longest"],
        sums=_sums(header),
        machine=f"One machine: {header['cpu']}, {header['cores']} cores, no GPU.",
        prog=PROG,
        record=RECORD,
    )


def _bounds(header: Header) -> str:
    product, sums = f"{header['product']:g} units", _sums(header)
    rows = [
        ("result of a convolution or dense layer", product),
        ("any other result", f"{header['result']:g} √n units"),
        ("cotangent that such layers alone hand back", product),
        ("any other cotangent", f"{sums} units; {product} at least with such a layer among the k"),
        ("gradient of a parameter", f"{sums} units"),
        ("gradient of a kernel", f"besides, {header['share']:g} of a format's own error"),
    ]
    return tabulate(rows, ("tensor", "bound"), tablefmt="github")


def _sums(header: Header) -> str:
    return f"n + k − 1 + {header['sum']:g}"


def _counts(runs: Sequence[Line]) -> str:
    right = [run for run in runs if run["format"] is None]
    seeds = len({run["seed"] for run in right})
    return f"{len(right)} right runs over {seeds} seeds, {len(runs) - len(right)} planted ones."


def _margins(
    title: str, runs: Sequence[Line], names: Iterable[str], name_of: Callable[[Line], str]
) -> str:
    rows = []
    for name in names:
        own = [run for run in runs if name_of(run) == name]
        right = [_worst(run) for run in own if run["format"] is None]
        planted = [_worst(run) for run in own if run["format"]]
        single = [_least(run) for run in own if run["format"]]
        cells = (max(right, default=None), min(planted, default=None), min(single, default=None))
        rows.append((name, *map(_cell, cells)))
    headers = (title, "right, worst", "planted, least", "weakest tensor")
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


Place = tuple[float, str]


def _worst(run: Line) -> Place:
    """Return the worst share of a run, and where it was."""
    return max((_share(each), f"{each['what']}{_how(run)}") for each in run["rungs"].values())


def _least(run: Line) -> Place:
    """Return the least share of the tensors that hold what was planted, and which it was."""
    return min(
        (_share(each), f"{each['what']}{_how(run)}") for each in (run["least"] or {}).values()
    )


def _how(run: Line) -> str:
    planted = f", {run['format'].replace('_', ' ')} {run['where']}" if run["format"] else ""
    return f", {TABLE[run['panel']].label}{planted}"


def _share(found: Found) -> float:
    return math.inf if found["share"] is None else found["share"]


def _cell(place: Place | None) -> str:
    return f"{significant(place[0])} ({place[1]})" if place else "–"


def read(path: Path) -> Record:
    """Return what a file records. Raises TriptychError."""
    headers: list[Header] = []
    runs: list[Line] = []

    def take(record: Any) -> None:
        if not headers:
            check(record, Header)
            headers.append(record)
            return
        check(record, Line)
        _check_run(record)
        runs.append(record)

    read_records(path, take)
    if not runs:
        raise TriptychError(f"{path.name}: holds no runs")
    return Record(headers[0], runs)


def _check_run(run: Line) -> None:
    if run["panel"] not in TABLE:
        raise ValueError(f"panel {run['panel']!a}; expected one of {', '.join(TABLE)}")
    if len({run[each] is None for each in ("format", "where", "least")}) > 1:
        raise ValueError("format, where and least: expected all of them, or none")


def main(arguments: list[str] | None = None, prog: str = PROG) -> int:
    """Write OUT/rounding.md from OUT/data/rounding.jsonl, and OUT/hyperparameters.md from its own
    record, where there is one."""
    parser = Parser(
        prog=prog,
        description="Write the page of the float32 rungs' margins from their record, and that of "
        "which panel rounds which hyper-parameter.",
        epilog="Exit codes: 0 written, 2 wrong usage, or no record.",
    )
    parser.add_argument("--out", default="reports", metavar="DIR", help="default: reports")
    out = Path(parser.parse_args(arguments).out)
    pages = {"rounding.md": page(read(out / RECORD))}
    if (out / hyperparameters.RECORD).is_file():
        found = hyperparameters.read(out / hyperparameters.RECORD)
        pages["hyperparameters.md"] = hyperparameters.page(found)
    for name, text in pages.items():
        write_text(folder_for(str(out)) / name, text)
        print(out / name)
    return 0


if __name__ == "__main__":
    run_command(main)
