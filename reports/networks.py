"""The page of the networks, counted from their specifications: `python -m reports.networks`."""

from __future__ import annotations

from collections.abc import Container, Sequence

from tabulate import tabulate

from common import counting
from common.arguments import Parser
from common.differences import grouped, structural_differences
from common.errors import run_command
from common.files import folder_for, write_text
from common.network import Network
from common.networks import available, load
from common.networks.published import BATCH, FIGURES, Figure
from common.ops import BatchNorm

PROG = "python -m reports.networks"
PAGE = """# The networks, counted

A network has several counts. "Trainable" is every trained number, used or not; "with statistics"
adds the running means and variances of batch normalization; "batchflow" leaves batch normalization
out, as the helper of BatchFlow's notebook does; the two of `paddle.flops` count the statistics and
leave out layers that are never called; MACs are the multiply-adds of convolutions and dense layers
for one sample. This page is written by `python -m reports.networks` from the specifications alone,
and a test holds it to them.

{networks}

## What sources and references say

{figures}

## Why BatchFlow's figures are not those of its configuration

The notebook configures one block a stage and prints {printed}. Its configuration gives neither.
Both are exactly those of ResNet-50, (3, 4, 6, 3) blocks, and the second needs gates of 16 hidden
units in every block, where the configuration divides the channels by 16. So each is a network of
its own here; by stage, in numbers outside batch normalization:

{batchflow}

## What differs between the two published SE-ResNeXt scripts

They are called completely identical. Step by step, the Fluid script first, the TensorFlow script
second:

{pair}
"""
OF_A_BATCH = ("paddle.flops FLOPs",)  # what figures give for BATCH samples
PUBLISHED = ("se_resnext_published_fluid", "se_resnext_published_tensorflow")
BATCHFLOW = (
    "batchflow_resnet",
    "batchflow_resnet50",
    "batchflow_se_resnet",
    "batchflow_se_resnet50",
)


def page() -> str:
    """Return the page as Markdown."""
    pair = grouped(structural_differences(*map(load, PUBLISHED)))
    return PAGE.format(
        networks=_networks(),
        figures=_figures(),
        printed=" and ".join(f"{each.value:,}" for each in FIGURES if each.network in BATCHFLOW),
        batchflow=_batchflow(),
        pair="\n".join(f"- {line}" for line in pair),
    )


def counted(figure: Figure) -> int:
    """Return what the network of a figure has by the figure's convention: parameters, or the
    operations of a whole batch."""
    value = counting.CONVENTIONS[figure.convention](load(figure.network))
    return value * (BATCH if figure.convention in OF_A_BATCH else 1)


def _networks() -> str:
    conventions = ("trainable", "with statistics", "batchflow", "MACs")
    rows = []
    for network in map(load, available()):
        counts = [counting.CONVENTIONS[each](network) for each in conventions]
        shape = "×".join(map(str, network.input_shape))
        rows.append((f"`{network.name}`", shape, *(f"{count:,}" for count in counts)))
    return _table(rows, ("network", "input", *conventions), numbers=conventions)


def _figures() -> str:
    rows = []
    for each in FIGURES:
        found = counted(each)
        agrees = "yes" if found == each.value else "NO"
        row = (f"`{each.network}`", each.convention, f"{each.value:,}", f"{found:,}", agrees)
        rows.append((*row, each.source))
    headers = ("network", "convention", "stated", "counted here", "agrees", "source")
    return _table(rows, headers, numbers=("stated", "counted here"))


def _batchflow() -> str:
    columns = [_by_stage(load(name)) for name in BATCHFLOW]
    stages = list(columns[0])
    rows = [(stage, *(f"{column[stage]:,}" for column in columns)) for stage in stages]
    rows.append(("total", *(f"{sum(column.values()):,}" for column in columns)))
    names = [f"`{name}`" for name in BATCHFLOW]
    return _table(rows, ("stage", *names), numbers=names)


def _by_stage(network: Network) -> dict[str, int]:
    found: dict[str, int] = {}
    for parameter in network.elaboration.parameters.values():
        if not isinstance(parameter.op, BatchNorm):
            stage = parameter.name.partition(".")[0]
            found[stage] = found.get(stage, 0) + parameter.size
    return found


def _table(rows: Sequence[Sequence[str]], headers: Sequence[str], numbers: Container[str]) -> str:
    """Return a table, the columns of the headers in `numbers` aligned to the right."""
    align = ["right" if header in numbers else "left" for header in headers]
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True, colalign=align)


def main(arguments: list[str] | None = None, prog: str = PROG) -> int:
    """Write OUT/networks.md."""
    parser = Parser(
        prog=prog,
        description="Write the page of the networks and their counts.",
        epilog="Exit codes: 0 written, 2 wrong usage.",
    )
    parser.add_argument("--out", default="reports", metavar="DIR", help="default: reports")
    path = folder_for(parser.parse_args(arguments).out) / "networks.md"
    write_text(path, page())
    print(path)
    return 0


if __name__ == "__main__":
    run_command(main)
