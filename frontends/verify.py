"""Prove that panels realize one network: `python -m frontends.verify NETWORK`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rich.console import Console

from common.differences import grouped
from common.errors import choose, run_command
from common.files import folder_for, write_text
from common.network import Network
from common.networks import available, load
from frontends.frameworks import FRAMEWORKS, select
from frontends.ladder.verify import verify, verify_against, verify_mine


def parse() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m frontends.verify",
        description="Prove that TensorFlow, Paddle and PyTorch realize the same network: "
        "structure, forward, batch and running statistics, gradients, rounding.",
        epilog=f"Networks: {', '.join(available())}. Exit codes: 0 proved, 1 not, 2 wrong usage.",
    )
    parser.add_argument(
        "network", nargs="?", help="a network's name, FILE.json, or FILE.py:function"
    )
    parser.add_argument(
        "--framework", default="all", help=f"all, or a list of {','.join(FRAMEWORKS)}"
    )
    parser.add_argument("--legacy", action="store_true", help="with all: the historical panels too")
    parser.add_argument("--against", metavar="OTHER", help="compare with another network")
    parser.add_argument(
        "--mine", metavar="FILE:ENTRY", help="verify a file of your own against the network"
    )
    parser.add_argument("--dialect", help=f"what --mine is written in: {', '.join(FRAMEWORKS)}")
    parser.add_argument(
        "--names", metavar="JSON", help="with --mine: {canonical name: own name}, not by order"
    )
    parser.add_argument("--batch-size", type=int, default=2, help="samples (default 2)")
    parser.add_argument("--seed", type=int, default=0, help="of weights and inputs (default 0)")
    parser.add_argument("--timeout", type=float, default=600, help="seconds per job (default 600)")
    parser.add_argument("--every-row", action="store_true", help="print every pair and panel")
    parser.add_argument("--json", metavar="FILE", help="write the report as JSON, too")
    options = parser.parse_args()
    if options.batch_size < 1:
        parser.error(f"--batch-size {options.batch_size}: expected 1 or more")
    if options.mine and not options.dialect:
        parser.error(f"--mine needs --dialect: {', '.join(FRAMEWORKS)}")
    if not options.network and not (options.mine and options.against):
        parser.error("which network? a name, FILE.json, or FILE.py:function")
    return options


def main() -> int:
    """Run the ladder and print it."""
    options = parse()
    if options.mine:
        return _print_mine(options)
    frameworks = select(options.framework, options.legacy)
    network = load(options.network)
    if options.against:
        return _print_against(network, load(options.against), frameworks, options)
    if options.json:
        folder_for(str(Path(options.json).parent))
    with Console(stderr=True).status(f"verifying {network.name} in {', '.join(frameworks)}"):
        report = verify(
            network,
            frameworks,
            batch=options.batch_size,
            seed=options.seed,
            timeout=options.timeout,
        )
    if options.json:
        write_text(Path(options.json), json.dumps(report.record(), indent=1) + "\n")
    print(report.text(options.every_row))
    return 0 if report.passed else 1


def _print_mine(options: argparse.Namespace) -> int:
    dialect = choose("dialect", options.dialect, FRAMEWORKS)
    network = load(options.network or options.against)
    with Console(stderr=True).status(f"verifying {options.mine} against {network.name}"):
        report = verify_mine(
            network,
            options.mine,
            dialect,
            names_file=options.names,
            batch=options.batch_size,
            seed=options.seed,
            timeout=options.timeout,
        )
    print(report.text())
    return 0 if report.passed else 1


def _print_against(
    network: Network, other: Network, frameworks: list[str], options: argparse.Namespace
) -> int:
    with Console(stderr=True).status(f"comparing {network.name} with {other.name}"):
        report, lines = verify_against(
            network, other, frameworks, batch=options.batch_size, seed=options.seed
        )
    print(report.text())
    print(f"\n{len(lines)} structural differences")
    print("\n".join(f"  {line}" for line in grouped(lines)))
    return 0 if report.passed and not lines else 1


if __name__ == "__main__":
    run_command(main)
