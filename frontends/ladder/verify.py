"""Prove that panels realize one network, that two networks are one, or a reader's file is."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from common.differences import StructuralDifference, structural_differences
from common.errors import TriptychError
from common.network import Network
from frontends.frameworks import TABLE
from frontends.ladder import matching as mine
from frontends.ladder import two_networks as against
from frontends.ladder.float64 import Ladder
from frontends.ladder.report import Report, Row, stopped_row
from frontends.ladder.runs import MINE, Fault, Mine, Realizer, batch_for
from frontends.workers.outcomes import MISMATCHED, WorkerError
from frontends.workers.pool import Workers, scratch


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
) -> tuple[Report, list[StructuralDifference]]:
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
    return report, structural_differences(network, other)


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
            report.rows.append(stopped_row(MINE, error.outcome))
            return report
        found = mine.match(own, network, names_file, TABLE[dialect].classes)
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
