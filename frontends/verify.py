"""Prove that panels realize one network: `python -m frontends.verify NETWORK`."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from common.errors import TriptychError, choose, run_command
from common.networks import available, load
from common.spec import Network
from frontends import against, mine
from frontends.files import folder_for, write_text
from frontends.ladder import Ladder
from frontends.launch import (
    FRAMEWORKS,
    MISMATCHED,
    WorkerError,
    Workers,
    scratch,
    select_frameworks,
)
from frontends.realize import MINE, Fault, Mine, Realizer, batch_for
from frontends.report import Report, Row

CLASS_DIALECTS = ("torch", "paddle")


def verify(
    network: Network,
    frameworks: list[str],
    *,
    workers: Workers | None = None,
    batch: int = 2,
    seed: int = 0,
    timeout: float = 600,
    faults: Mapping[str, Fault] | None = None,
    rounding: bool = True,
) -> Report:
    """Return the report of the whole ladder for these panels.

    `batch` is raised until every BN sees 16 values per channel. `faults` change the text of a
    panel before it runs. Without `rounding` the float32 rungs are left out. `workers` are kept if
    given, else started and ended here.
    """
    started = time.perf_counter()
    raised = batch_for(network, batch)
    report = Report(network.name, raised, list(frameworks))
    if raised != batch:
        report.notes.append(f"batch raised from {batch} to {raised}: BN needs 16 values a channel")
    with _kept(workers) as pool, scratch() as folder:
        realizer = Realizer(network, pool, folder, raised, seed, timeout, faults or {})
        report.rows += Ladder(realizer, frameworks, rounding).rows()
        for framework in frameworks:
            try:
                hello = pool.request(framework, {"action": "hello"}, timeout)
            except WorkerError:
                continue
            report.versions[framework] = hello["versions"]
    report.seconds = time.perf_counter() - started
    return report


def verify_against(
    network: Network, other: Network, frameworks: list[str], *, batch: int = 2, seed: int = 0
) -> tuple[Report, list[str]]:
    """Return a row per panel, naming the first step that differs, and all structural differences.

    Raises TriptychError if the two take inputs of different shapes.
    """
    if network.input_shape != other.input_shape:
        raise TriptychError(
            f"{network.name} takes {network.input_shape}, {other.name} {other.input_shape}"
        )
    started = time.perf_counter()
    raised = max(batch_for(network, batch), batch_for(other, batch))
    report = Report(f"{network.name} against {other.name}", raised, list(frameworks))
    with Workers() as workers, scratch() as folder:
        for framework in frameworks:
            report.rows.append(
                against.compare(network, other, framework, workers, folder, raised, seed)
            )
    report.seconds = time.perf_counter() - started
    return report, against.structural_differences(network, other)


def verify_mine(
    network: Network,
    reference: str,
    dialect: str,
    *,
    names_file: str | None = None,
    batch: int = 2,
    seed: int = 0,
    timeout: float = 600,
) -> Report:
    """Return the ladder of a reader's file, FILE.py:ENTRY, against a network, both in `dialect`.

    Raises TriptychError for a wrong reference or name file.
    """
    started = time.perf_counter()
    path, entry = mine.parse_mine(reference)
    raised = batch_for(network, batch)
    report = Report(f"{Path(reference).name} against {network.name}", raised, [MINE, dialect])
    with Workers() as workers, scratch() as folder:
        try:
            own = mine.describe(path, entry, dialect, network, workers, timeout)
        except WorkerError as error:
            report.rows.append(
                Row(f"stage {error.stage}", (MINE,), error.outcome, note=error.message)
            )
            return report
        found = mine.match(own, network, names_file, dialect in CLASS_DIALECTS)
        for line in found.differences:
            report.rows.append(Row("structure", (MINE,), MISMATCHED, note=line))
        theirs = Mine(path, entry, dialect, found.names)
        realizer = Realizer(network, workers, folder, raised, seed, timeout, mine=theirs)
        report.rows += Ladder(realizer, [MINE, dialect], rounding=False).rows()
        report.versions[dialect] = workers.request(dialect, {"action": "hello"})["versions"]
    report.seconds = time.perf_counter() - started
    return report


@contextmanager
def _kept(workers: Workers | None) -> Iterator[Workers]:
    if workers is not None:
        yield workers
        return
    with Workers() as own:
        yield own


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
    frameworks = select_frameworks(options.framework, options.legacy)
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
    print("\n".join(f"  {line}" for line in against.grouped(lines)))
    return 0 if report.passed and not lines else 1


if __name__ == "__main__":
    run_command(main)
