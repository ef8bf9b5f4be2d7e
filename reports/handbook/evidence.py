"""What the handbook's claims rest on: identifiers of what is recorded, and what probes found."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypedDict

from reports.handbook import defaults_page, records, table_page
from reports.handbook.columns import PANELS, SHORT
from reports.handbook.concepts.measuring import recorded
from reports.handbook.probing import ProbeLine, shown
from reports.schema import Text

NAMES = {**SHORT, "tensorflow1": "TensorFlow", "paddle": "Paddle", "tensorflow": "TensorFlow"}
CONTROLS = "data/handbook/controls.jsonl"


class _Control(TypedDict):
    control: Text
    panel: Text
    about: Text
    rung: Text  # the first that failed
    note: Text
    accused: list[Text]
    text: Text  # the lines that were planted, as a difference of two files


class ControlLine(_Control, total=False):
    """What a planted mistake did: the first rung that failed, and what it said."""

    worst: float
    bound: float


class Evidence:
    """The records beside the handbook's pages. Raises TriptychError where one cannot be read."""

    def __init__(self, reports: Path) -> None:
        self.reports = reports

    def runs(self, trainings: bool = False) -> list[Path]:
        """Return the records of timings, or of trainings, the latest first."""
        pattern = "train-*.jsonl" if trainings else "[0-9]*.jsonl"
        return sorted((self.reports / "data").glob(pattern), reverse=True)

    @cached_property
    def probes(self) -> list[Any]:
        return records.read(self.reports / defaults_page.RECORD, ProbeLine).lines

    @cached_property
    def controls(self) -> list[Any]:
        path = self.reports / CONTROLS
        return records.read(path, ControlLine).lines if path.exists() else []

    @cached_property
    def rows(self) -> list[Any]:
        return records.read(self.reports / table_page.RECORD, records.RowLine).lines

    @cached_property
    def cases(self) -> list[Any]:
        return recorded(self.reports).lines

    @cached_property
    def known(self) -> frozenset[str]:
        """The identifiers of all that is recorded: "probe:…", "control:…", "row:…", "case:…"."""
        probes = {f"probe:{line['probe']}" for line in self.probes if "error" not in line}
        controls = {f"control:{line['control']}" for line in self.controls}
        rows = {f"row:{line['number']}" for line in self.rows if "ways" in line}
        cases = {f"case:{line['case']}" for line in self.cases if _ran(line)}
        return frozenset(probes | controls | rows | cases)

    def filled(self, text: str) -> str:
        """Return a text with what each panel does by default in place of every {probe}."""
        return re.sub(r"\{(\w+)\}", lambda found: self.default(found[1]), text)

    def default(self, probe: str) -> str:
        """Return a default in words: "0.001 in TF 1 and Keras, 1e-05 in the others"."""
        values: dict[str, list[str]] = {}
        latest = {line["panel"]: line for line in self.probes if line["probe"] == probe}
        for panel in PANELS:
            if panel in latest:
                values.setdefault(shown(latest[panel]), []).append(SHORT[panel])
        if len(values) == 1:
            return f"{next(iter(values))} in all"
        return ", ".join(f"{value} in {_listed(each)}" for value, each in values.items())


def _ran(line: Mapping[str, Any]) -> bool:
    return all("error" not in way for ways in line["ways"].values() for way in ways)


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def versions(header: Mapping[str, Any]) -> str:
    """Return the versions that a record was measured with: "Fluid 1.8.5, PyTorch 2.13.0"."""
    own = header["versions"]
    return ", ".join(f"{NAMES[panel]} {_version(own[panel])}" for panel in PANELS if panel in own)


def _version(found: Mapping[str, str]) -> str:
    return next(found[name] for name in ("paddle", "torch", "tensorflow") if name in found)
