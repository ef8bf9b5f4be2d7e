"""List the networks, or show one: its parts, its counts, its JSON, its diagram."""

from __future__ import annotations

from collections.abc import Sequence

from tabulate import tabulate

from common.arguments import NETWORK, RUNS, Parser
from common.counting import CONVENTIONS, macs, trainable
from common.errors import run_command
from common.network import Network
from common.networks import available, load
from common.networks.overview import mermaid, parts
from common.networks.settings import add_set, with_settings
from common.serialize import to_json
from common.text import one_line


def parser(prog: str) -> Parser:
    """Return the command line's parser."""
    made = Parser(
        prog=prog, description=__doc__, epilog=f"{RUNS} Exit codes: 0 done, 2 wrong usage."
    )
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("list", help="list every network with its size")
    show = commands.add_parser("show", help="show one network")
    show.add_argument("network", help=NETWORK)
    add_set(show)
    form = show.add_mutually_exclusive_group()
    form.add_argument(
        "--json", action="store_true", help="the specification, to edit and bring back"
    )
    form.add_argument("--mermaid", action="store_true", help="a Mermaid flowchart of the blocks")
    return made


def main(arguments: Sequence[str] | None = None, prog: str = "python -m common.networks") -> int:
    """List the networks or show one; return the exit code. Raises TriptychError."""
    options = parser(prog).parse_args(arguments)
    if options.command == "list":
        print(_listing())
        return 0
    network = with_settings(load(options.network), options.settings)
    if options.json:
        print(to_json(network), end="")
    elif options.mermaid:
        print(mermaid(network))
    else:
        print(_page(network))
    return 0


def _listing() -> str:
    networks = map(load, available())
    rows = [(n.name, n.title, _shape(n.input_shape), trainable(n), macs(n)) for n in networks]
    headers = ("network", "title", "input", "trainable", "MACs")
    return tabulate(rows, headers, intfmt=",")


def _page(network: Network) -> str:
    rows: list[tuple[str, str, str, int, int]] = [
        (part.path, part.kind, _shape(part.output), part.parameters, part.macs)
        for part in parts(network)
    ]
    total = ("total", "", "", sum(row[3] for row in rows), sum(row[4] for row in rows))
    headers = ("part", "kind", "output", "parameters", "MACs")
    counts = [(name, count(network)) for name, count in CONVENTIONS.items()]
    return "\n\n".join(
        (
            f"{one_line(network.title or network.name)}\nInput {_shape(network.input_shape)}. "
            f"Source: {one_line(network.source) or 'not stated'}.",
            tabulate([*rows, total], headers, intfmt=","),
            tabulate(counts, ("convention, one sample", "count"), intfmt=","),
        )
    )


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


if __name__ == "__main__":
    run_command(main)
