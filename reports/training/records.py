"""A training as its records tell it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.errors import TriptychError
from common.records import read_records
from reports.records import COMPLETE, INTERRUPTED
from reports.training import schema
from reports.training.schema import (
    CrossedRecord,
    DistanceRecord,
    EndRecord,
    OutcomeRecord,
    ProofRecord,
    ResumedRecord,
    StartedRecord,
    TrainingRecord,
    ValidationRecord,
)
from reports.validation import check

TRAINED = "trained"


@dataclass
class Panel:
    """All that was recorded of one panel; what belongs to a step is under how many were taken."""

    name: str
    label: str
    colour: str
    losses: dict[int, float] = field(default_factory=dict)
    correct: dict[int, int] = field(default_factory=dict)
    samples: dict[int, int] = field(default_factory=dict)
    digests: dict[int, str] = field(default_factory=dict)
    seconds: float = 0.0
    taken: int = 0  # samples, within these seconds
    validations: dict[int, ValidationRecord] = field(default_factory=dict)
    distances: dict[int, DistanceRecord] = field(default_factory=dict)
    started: list[StartedRecord] = field(default_factory=list)
    outcome: OutcomeRecord | None = None

    @property
    def steps(self) -> int:
        """How many steps it took."""
        return max(self.losses, default=0)

    @property
    def trained(self) -> bool:
        """Whether it came to the end."""
        return self.outcome is not None and self.outcome["outcome"] == TRAINED

    @property
    def speed(self) -> float | None:
        """Images a second of its steps, None without any."""
        return self.taken / self.seconds if self.seconds else None

    @property
    def last(self) -> ValidationRecord | None:
        """Its last validation."""
        return self.validations[max(self.validations)] if self.validations else None

    @property
    def best(self) -> float | None:
        """Its best accuracy on the test samples."""
        return max((each["accuracy"] for each in self.validations.values()), default=None)


@dataclass
class Training:
    """One training: what was to be trained, its panels, how it ended."""

    name: str
    header: TrainingRecord
    panels: dict[str, Panel]
    resumed: list[ResumedRecord] = field(default_factory=list)
    proof: ProofRecord | None = None
    end: EndRecord | None = None
    crossed: dict[tuple[str, str], CrossedRecord] = field(default_factory=dict)  # panel, source

    @property
    def state(self) -> str:
        """How it ended: COMPLETE or INTERRUPTED."""
        return self.end["state"] if self.end else INTERRUPTED

    @property
    def place(self) -> TrainingRecord | ResumedRecord:
        """The record that says where it ran last, and how far it was to go."""
        return self.resumed[-1] if self.resumed else self.header

    @property
    def first(self) -> Panel | None:
        """The panel that others are compared with: the first that took a step."""
        return next((each for each in self.panels.values() if each.losses), None)

    def apart(self, panel: Panel, beyond: float) -> int | None:
        """Return the first step, from 1, whose loss is further than `beyond` of its value from the
        first panel's; None if none is."""
        first = self.first
        assert first is not None
        for step in sorted(panel.losses.keys() & first.losses.keys()):
            one, other = panel.losses[step], first.losses[step]
            if not abs(one - other) <= beyond * max(abs(one), abs(other)):
                return step
        return None

    def same_batches(self) -> bool:
        """Whether all panels were given the same batches, wherever digests can be compared."""
        known: dict[int, str] = {}
        return all(
            known.setdefault(step, digest) == digest
            for panel in self.panels.values()
            for step, digest in panel.digests.items()
        )


def read_training(path: Path, name: str | None = None) -> Training:
    """Return the training that a file records. Raises TriptychError, one line, with the line at
    fault."""
    found: list[Training] = []

    def take(record: dict[str, Any]) -> None:
        kind = record.get("kind")
        if not isinstance(kind, str) or kind not in schema.KINDS:
            raise ValueError(f"not a record: of kind {kind!a}")
        if not found and (kind != "training" or record.get("schema") != schema.SCHEMA):
            raise ValueError(f"expected a training record of schema {schema.SCHEMA}")
        check(record, schema.KINDS[kind])
        if not found:
            found.append(_begun(name or path.stem, record))
        else:
            _add(found[0], kind, record)

    read_records(path, take)
    if not found:
        raise TriptychError(f"{path.name}: no complete record in it")
    return found[0]


def _begun(name: str, record: Any) -> Training:
    panels = {n: Panel(n, each["label"], each["colour"]) for n, each in record["panels"].items()}
    return Training(name, record, panels)


def _add(training: Training, kind: str, record: Any) -> None:
    if kind == "training":
        raise ValueError("not a record: a second beginning")
    if kind == "resumed":
        training.resumed.append(record)
        training.end, training.crossed = None, {}
        for name, each in record["panels"].items():
            training.panels.setdefault(name, Panel(name, each["label"], each["colour"]))
            training.panels[name].outcome = None
    elif kind in ("proof", "end"):
        setattr(training, kind, record)
    elif record["panel"] not in training.panels:
        raise ValueError(f"{record['panel']!a} is no panel of the training")
    elif kind == "crossed":
        if record["source"] not in training.panels:
            raise ValueError(f"{record['source']!a} is no panel of the training")
        training.crossed[record["panel"], record["source"]] = record
    else:
        _of_panel(training.panels[record["panel"]], kind, record)


def _of_panel(panel: Panel, kind: str, record: Any) -> None:
    if kind == "losses":
        _losses(panel, record)
    elif kind == "validation":
        panel.validations[record["step"]] = record
    elif kind == "distance":
        panel.distances[record["step"]] = record
    elif kind == "started":
        panel.started.append(record)
        _forget(panel, record["step"])
    elif kind == "outcome":
        panel.outcome = record


def _forget(panel: Panel, step: int) -> None:
    """Take back what a panel did behind the checkpoint that it goes on from."""
    kept: tuple[dict[int, Any], ...] = (
        panel.losses,
        panel.correct,
        panel.samples,
        panel.digests,
        panel.validations,
        panel.distances,
    )
    for each in kept:
        for later in [number for number in each if number > step]:
            del each[later]


def _losses(panel: Panel, record: Any) -> None:
    if len({len(record[name]) for name in ("losses", "correct", "samples", "rates")}) != 1:
        raise ValueError("losses, correct, samples and rates: expected one of each a step")
    for number, loss in enumerate(record["losses"]):
        step = record["first"] + number + 1
        panel.losses[step] = math.nan if loss is None else loss
        panel.correct[step] = record["correct"][number]
        panel.samples[step] = record["samples"][number]
    panel.digests[record["first"] + len(record["losses"])] = record["digest"]
    panel.seconds += record["seconds"]
    panel.taken += sum(record["samples"])


__all__ = ["COMPLETE", "INTERRUPTED", "Panel", "Training", "read_training"]
