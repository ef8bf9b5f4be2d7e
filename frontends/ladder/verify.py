"""Prove that panels realize one network, that two networks are one, or that a reader's file is."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from common import transform
from common.differences import StructuralDifference, structural_differences
from common.errors import TriptychError
from common.files import write_text
from common.network import Network
from common.networks import load
from common.networks.settings import with_settings
from common.recipes.recipe import Recipe
from common.text import one_line
from frontends.frameworks import TABLE
from frontends.ladder import matching
from frontends.ladder.asked import Asked
from frontends.ladder.compared import Comparison
from frontends.ladder.files import EXPECTED, FileReference, is_file, parse_file
from frontends.ladder.mine import Mine
from frontends.ladder.page import page
from frontends.ladder.report import Report, stopped_row
from frontends.ladder.rungs import RUNGS, climb
from frontends.ladder.runs import Runs, batch_for, comparable
from frontends.ladder.structure import structure_of_two
from frontends.ladder.subjects import MINE, Fault, Reader, Written, written
from frontends.ladder.training import training
from frontends.ladder.trajectory import rehearsal
from frontends.ladder.two_networks import TwoNetworks
from frontends.workers.outcomes import WorkerError
from frontends.workers.pool import Workers, kept
from frontends.workers.protocol import Hello
from frontends.workers.scratch import scratch
from frontends.writing.emit import emit

MOST_PRINTED = 10  # lines of what a reader's file printed that are shown
FLOAT64_RUNGS = tuple(rung for rung in RUNGS if rung.precision == "float64")


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
    recipe: Recipe | None = None,
) -> Report:
    """Return the report of the whole ladder for these panels.

    `batch` is raised until every BN sees 16 values per channel. `faults` change the text of a
    panel before it runs. Without `rounding` the float32 rungs are left out; with a `recipe` the
    panels also train by it, in STEPS steps (frontends.ladder.training). `timeout` is in seconds,
    for each job. `workers` are kept if given, else started and ended here.
    """
    report = _begun(network.name, frameworks, batch, network)
    subjects = written(frameworks, faults)
    rungs = tuple(rung for rung in RUNGS if rounding or rung.precision != "float32")
    with _timed(report), scratch() as folder, kept(workers) as pool:
        runs = Runs(
            comparable(network), subjects, pool, folder, report.batch, seed=seed, timeout=timeout
        )
        report.notes += runs.probe.remarks()
        report.rows += climb(runs, frameworks, rungs)
        if recipe is not None:
            stopped = {row.panels[0] for row in report.rows if row.stage}
            left = [panel for panel in frameworks if panel not in stopped]
            report.notes.append(f"trained by: {rehearsal(recipe).words()}")
            report.rows += training(runs, left, recipe, folder, seed)
        _ask_versions(report, frameworks, pool, timeout)
    return report


def verify_against(
    network: Network,
    other: Network,
    frameworks: list[str],
    *,
    batch: int = 2,
    seed: int = 0,
    timeout: float = 600,
) -> tuple[Report, list[StructuralDifference]]:
    """Return a row per panel, naming the first step that differs, one for the structure, and all
    structural differences: what values do not show, a momentum say, differs as well.

    Raises TriptychError if the two take inputs of different shapes.
    """
    if network.input_shape != other.input_shape:
        raise TriptychError(
            f"{network.name} takes {network.input_shape}, {other.name} {other.input_shape}"
        )
    report = _begun(f"{network.name} against {other.name}", frameworks, batch, network, other)
    with _timed(report), scratch() as folder, Workers() as workers:
        pair = TwoNetworks(network, other, report.batch, seed, timeout)
        report.rows += [pair.compare(framework, workers, folder) for framework in frameworks]
        _ask_versions(report, frameworks, workers, timeout)
    found = structural_differences(network, other)
    report.rows.append(structure_of_two(other, found))
    return report, found


def verify_mine(
    network: Network,
    reference: str,
    framework: str,
    *,
    names_file: str | None = None,
    workers: Workers | None = None,
    batch: int = 2,
    seed: int = 0,
    timeout: float = 600,
) -> Report:
    """Return the ladder of a reader's file, FILE.py:ENTRY, against a network, in one framework.

    The file runs in a process of its own. Raises TriptychError for a wrong reference or name file.
    """
    path, entry = matching.parse_mine(reference)
    name = f"{Path(reference).name} against {network.name}"
    report = _begun(name, [MINE, framework], batch, network)
    with _timed(report), scratch() as folder, kept(workers) as pool:
        try:
            pool.request(framework, Hello(), timeout, lane=MINE)
            pool.printed(framework, MINE)  # by the framework as it was imported
            own = matching.describe(path, entry, framework, network, pool, timeout)
        except WorkerError as error:
            report.rows.append(stopped_row(MINE, error.outcome))
            report.notes += _printed(pool, framework)
            return report
        found = matching.match(own, network, names_file, TABLE[framework].classes)
        mine = Reader(MINE, framework, path, entry, found.names)
        subjects = [mine, Written(framework, framework)]
        same = transform.without_dropout(network)
        runs = Runs(same, subjects, pool, folder, report.batch, seed=seed, timeout=timeout)
        ladder = Mine(runs, network, framework, found.differences)
        report.rows += ladder.rows(FLOAT64_RUNGS)
        report.notes += ladder.remarks()
        _ask_versions(report, [framework], pool, timeout)
        report.notes += _printed(pool, framework)
    return report


def verify_files(
    references: Sequence[str],
    asked: Asked | None = None,
    *,
    settings: Sequence[str] = (),
    workers: Workers | None = None,
    html: Path | None = None,
) -> Report:
    """Return the ladder of files that are compared with each other, with no specification.

    Each runs in a process of its own. A reference that is no FILE.py:ENTRY is a network's name: it
    stands for what is written of it in the framework of the first file, `settings` of its
    arguments. `asked` says how they are compared; `html` is a page to write of the first two.
    Raises TriptychError for a wrong reference.
    """
    with kept(workers) as pool, scratch() as folder:
        asked = asked or Asked()
        files, shape = _files(references, settings, folder)
        if asked.shape is None and asked.inputs is None:
            asked = replace(asked, shape=shape)
        comparison = Comparison(files, asked, pool, folder)
        names = comparison.names
        report = Report(" and ".join(names), 0, names)
        with _timed(report):
            report.rows += comparison.rows()
            report.layers += comparison.by_layer()
        report.notes += [*comparison.notes, *comparison.printed()]
        report.versions, report.alone = comparison.versions, comparison.only_at
        if html is not None:
            write_text(html, page(report, comparison.sides()))
        if comparison.subjects[0].look is not None:
            report.batch = next(iter(comparison.subjects[0].seen.outputs["evaluate"].values()))[0]
    return report


def compare(
    one: str,
    another: str,
    *,
    weights: Mapping[str, Any] | None = None,
    inputs: Any = None,
    shape: tuple[int, ...] | None = None,
    names: Mapping[str, str] | None = None,
    recipe: Recipe | None = None,
    timeout: float = 600,
    workers: Workers | None = None,
) -> Report:
    """Return the ladder of two files, FILE.py:ENTRY[(arguments)][@framework], beside each other.

    weights: of the first, as its framework's weights files name and lay them out, probe weights if
    left out. inputs: a batch (N, *shape), channels first. shape: of the input without the batch,
    found if left out. names: {name in the first: name in the other} of layers or parameters.
    recipe: by which they also train. timeout: seconds for each job. Raises TriptychError for a
    wrong reference.
    """
    batch = None if inputs is None else np.asarray(inputs, np.float64)
    asked = Asked(shape, batch, weights, names, timeout=timeout, recipe=recipe)
    return verify_files([one, another], asked, workers=workers)


def _files(
    references: Sequence[str], settings: Sequence[str], folder: Path
) -> tuple[list[FileReference], tuple[int, ...] | None]:
    """Return the files of references, those of networks written into a folder, and the shape that
    the last of these takes, None without one."""
    known = [parse_file(each) for each in references if is_file(each)]
    if not known:
        raise TriptychError(f"{' '.join(references)}: one of them is a file: {EXPECTED}")
    found, left, shape = [], list(known), None
    for index, each in enumerate(references):
        if is_file(each):
            found.append(left.pop(0))
            continue
        network = with_settings(load(each), settings)
        shape, framework = network.input_shape, known[0].framework
        source = emit(network, framework)
        path = folder / f"{network.name}{index or ''}.py"
        path.write_text(source.text, encoding="utf-8")
        found.append(FileReference(path, source.entry, framework))
    return found, shape


def _begun(name: str, panels: list[str], batch: int, *networks: Network) -> Report:
    """Return a report without rows, the batch raised as the BNs of all networks need."""
    raised = max(batch_for(each, batch) for each in networks)
    report = Report(name, raised, list(panels))
    if raised != batch:
        report.notes.append(f"batch raised from {batch} to {raised}: BN needs 16 values a channel")
    return report


def _printed(workers: Workers, framework: str) -> list[str]:
    """Return what a reader's file printed, its last lines, as lines of a report."""
    lines = [one_line(each) for each in workers.printed(framework, MINE).splitlines()]
    return ["printed meanwhile:", *(f"  {each}" for each in lines[-MOST_PRINTED:])] if lines else []


def _ask_versions(report: Report, frameworks: list[str], workers: Workers, timeout: float) -> None:
    for framework in frameworks:
        try:
            hello = workers.request(framework, Hello(), timeout)
        except WorkerError:
            continue
        report.versions[framework] = hello.versions


@contextmanager
def _timed(report: Report) -> Iterator[None]:
    """Time a verification. Its numpy has one thread a product: beside workers, BLAS threads that
    wait for each other take ten times as long."""
    started = time.perf_counter()
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            yield
    finally:
        report.seconds = time.perf_counter() - started
