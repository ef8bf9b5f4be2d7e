"""Runs rows of the official table in the frameworks' own interpreters, one process for each."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from frontends.workers.arrays import ArrayReader, write_arrays
from frontends.workers.outcomes import CRASHED, WorkerError
from frontends.workers.pool import Workers
from frontends.workers.protocol import Calling, Execute, Hello
from reports.handbook.comparing import Results, comparison, summary
from reports.handbook.layouts import canonical, own
from reports.handbook.rows import Array, Row, Way, names_in

REFERENCE = "tensorflow1"
TIMEOUT = 60.0  # seconds for a snippet


def execute(row: Row, panel: str, way: Way, workers: Workers) -> tuple[Results, str]:
    """Return what a snippet leaves in a panel, in the layouts of the row, and why it has no
    gradients. Raises WorkerError."""
    words = names_in(way.text)
    weights = tuple(name for name in row.weights if name not in words)
    given = [n for n in row.inputs if n in words or n in weights or row.optimizer]
    calling = Calling(weights, row.images, row.gradients, row.runs, row.optimizer, row.dtype)
    inputs = {n: own(row, panel, n, typed(row.inputs[n], row.dtype)) for n in given}
    found, why = answered(panel, way.program, inputs, calling, workers)
    return {n: canonical(row, panel, _of(n), each) for n, each in found.items()}, why


def answered(
    panel: str, program: str, given: Mapping[str, Array], calling: Calling, workers: Workers
) -> tuple[dict[str, Array], str]:
    """Return what a program leaves in a panel, by name, and why it has no gradients.

    Raises WorkerError.
    """
    workers.request(panel, Hello())  # to start takes longer than a snippet may
    with tempfile.TemporaryDirectory() as folder:
        inputs, results = (str(Path(folder) / name) for name in ("inputs.npz", "results.npz"))
        write_arrays(inputs, given)
        answer = workers.request(panel, Execute(program, inputs, results, calling), TIMEOUT)
        with ArrayReader(results) as reader:
            return dict(reader.items()), answer.no_gradient


def typed(array: Array, dtype: str) -> Array:
    """Return real numbers as a type, others as they are."""
    return array.astype(dtype) if array.dtype.kind == "f" else array


def _of(result: str) -> str:
    """Return the input that a result is the gradient of, "" for any other result."""
    kind, _, name = result.partition("/")
    return name if kind == "gradient" else ""


def measure(row: Row, panels: Sequence[str], workers: Workers) -> dict[str, Any]:
    """Return what was measured of a row: panel -> what became of each way to write it."""
    if row.reason:
        return {"reason": row.reason}
    (way,) = row.ways[REFERENCE]
    try:
        reference, _ = execute(row, REFERENCE, way, workers)
    except WorkerError as error:
        return {"ways": {REFERENCE: [_told(way) | {"error": said(error)}]}}
    found = {REFERENCE: [_told(way) | summary(row, reference)]}
    wanted = [each for each in panels if each in row.ways and each != REFERENCE]
    with ThreadPoolExecutor(2) as pool:
        told = pool.map(lambda each: _panel(row, each, reference, workers), wanted)
        return {"ways": found | dict(zip(wanted, told))}


def _panel(row: Row, panel: str, reference: Results, workers: Workers) -> list[dict[str, Any]]:
    return [_way(row, panel, each, reference, workers) for each in row.ways[panel]]


def _way(row: Row, panel: str, way: Way, reference: Results, workers: Workers) -> dict[str, Any]:
    try:
        found, why = execute(row, panel, way, workers)
    except WorkerError as error:
        return _told(way) | {"error": said(error)}
    return _told(way) | comparison(row, reference, found) | ({"no_gradient": why} if why else {})


def replay(row: Row, panel: str, workers: Workers) -> list[dict[str, Any]]:
    """Return what the ways to write a call give in one panel, held against nothing."""
    told = []
    for way in row.ways[panel]:
        try:
            told.append(_told(way) | summary(row, execute(row, panel, way, workers)[0]))
        except WorkerError as error:
            told.append(_told(way) | {"error": said(error)})
    return told


def _told(way: Way) -> dict[str, Any]:
    return {"kind": way.kind, "text": way.text} | (
        {"argument": way.argument} if way.argument else {}
    )


def said(error: WorkerError) -> str:
    """Return what became of a snippet that did not come to its end, in one line without paths."""
    if error.outcome.kind != CRASHED:
        return error.outcome.kind
    message = re.sub(r"-{5,} *|\(InvalidArgument\) ", "", error.outcome.message)
    return re.split(r" \[Hint:| \(at /| Invoked with:", message)[0][:200]
