"""Checks the table: which names exist, how they are called, and what experiments give."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict

from frontends.workers.outcomes import WorkerError
from frontends.workers.pool import Workers
from frontends.workers.protocol import Calling
from reports.handbook import records
from reports.handbook.comparing import comparison, summary
from reports.handbook.executing import answered, execute, said
from reports.handbook.records import WayLine
from reports.handbook.rows import Row, Way
from reports.handbook.upgrading.experiments import experiments
from reports.handbook.upgrading.table import Renamed, renamed
from reports.handbook.verdicts import BOUNDS
from reports.schema import Text, Whole

RECORD = "data/handbook/fluid_to_paddle3.jsonl"
PANELS = ("fluid", "paddle")
ASK = """\
import importlib, inspect, json

def about(name):
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:count]))
        except ImportError:
            continue
        try:
            for part in parts[count:]:
                found = getattr(found, part)
        except AttributeError:
            return None
        called = found.__init__ if inspect.isclass(found) else found
        try:
            return str(inspect.signature(called)).replace("(self, ", "(").replace("(self)", "()")
        except (TypeError, ValueError):
            return "(...)"
    return None

told = json.dumps({{name: about(name) for name in {names!r}}})
y = np.frombuffer(told.encode(), "uint8").astype("int32")
"""


class _Line(TypedDict):
    number: Whole
    fluid: Text
    said: Text
    converts: bool
    signatures: dict[str, Text | None]  # name -> how it is called, None where it is not there


class UpgradeLine(_Line, total=False):
    """A row of the table: what is there, and what its experiment gave in both panels."""

    bound: Text
    ways: dict[str, list[WayLine]]


def measured(workers: Workers) -> records.Record:
    """Return the record of the table, measured now."""
    header = records.header(PANELS, workers, BOUNDS)
    rows = renamed()
    there = {
        "fluid": signatures("fluid", [row.fluid for row in rows], workers),
        "paddle": signatures("paddle", [t for row in rows for t in row.targets], workers),
    }
    own = experiments()
    return records.Record(header, [_line(row, there, own.get(row.short), workers) for row in rows])


def read_upgrade(reports: Path) -> records.Record:
    """Return the record of the table. Raises TriptychError."""
    return records.read(reports / RECORD, UpgradeLine)


def signatures(panel: str, names: Iterable[str], workers: Workers) -> dict[str, Any]:
    """Return name -> how it is called in a panel, None where there is no such name."""
    text = ASK.format(names=sorted(set(names)))
    if panel == "fluid":
        text += "y = fluid.layers.assign(y)\n"
    answer, _ = answered(panel, text, {}, Calling(gradients=False), workers)
    found: dict[str, Any] = json.loads(bytes(answer["y/0"].astype("uint8")))
    return found


def _line(
    row: Renamed, there: Mapping[str, Mapping[str, Any]], own: Row | None, workers: Workers
) -> dict[str, Any]:
    names = {row.fluid: there["fluid"][row.fluid]}
    names |= {target: there["paddle"][target] for target in row.targets}
    line = {"number": row.number, "fluid": row.fluid, "said": row.said, "converts": row.converts}
    line |= {"signatures": names}
    if own is None:
        return line
    return line | {"bound": "drawn" if own.drawn else own.dtype, "ways": ran(own, workers)}


def ran(row: Row, workers: Workers) -> dict[str, list[dict[str, Any]]]:
    """Return what an experiment gave: Fluid's call, and Paddle's held against it."""
    (way,) = row.ways["fluid"]
    told: dict[str, Any] = {"kind": way.kind, "text": way.text}
    try:
        reference, why = execute(row, "fluid", way, workers)
    except WorkerError as error:
        return {"fluid": [told | {"error": said(error)}]}
    if why:  # what has no gradient in Fluid cannot be held against one
        row, told = replace(row, gradients=False), told | {"no_gradient": why}
    found = {"fluid": [told | summary(row, reference)]}
    return found | {"paddle": [_way(row, each, reference, workers) for each in row.ways["paddle"]]}


def _way(row: Row, way: Way, reference: Any, workers: Workers) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": way.kind, "text": way.text}
    told |= {"argument": way.argument} if way.argument else {}
    try:
        found, why = execute(row, "paddle", way, workers)
    except WorkerError as error:
        return told | {"error": said(error)}
    return told | comparison(row, reference, found) | ({"no_gradient": why} if why else {})


def texts(lines: Sequence[Any]) -> dict[str, dict[str, list[str]]]:
    """Return Fluid's name -> panel -> the snippets that are recorded."""
    return {
        line["fluid"].removeprefix("paddle."): {
            panel: [each["text"] for each in ways] for panel, ways in line["ways"].items()
        }
        for line in lines
        if "ways" in line
    }
