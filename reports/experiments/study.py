"""What an experiment is to the house: its parts, how one is run, and what is found in all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from common.experiments import Experiment, Scale
from reports.experiments.drawing import Drawing
from reports.experiments.lab import Lab
from reports.experiments.records import Kinds, Record

HOLDS, FALSE, UNSHOWN, OPEN = "holds here", "does not hold here", "not shown", "open"


@dataclass(frozen=True)
class Verdict:
    """What became of a claim: HOLDS, FALSE, UNSHOWN, OPEN or other words, and by what evidence."""

    claim: str
    word: str
    evidence: str


@dataclass(frozen=True)
class Findings:
    """What a page shows: a paragraph, a verdict for each claim, drawings, tables with titles."""

    summary: str
    verdicts: tuple[Verdict, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    tables: tuple[tuple[str, str], ...] = ()
    how: tuple[str, ...] = field(default=())  # further sentences on how it was run


@dataclass(frozen=True)
class Study:
    """An experiment that can be run. plan: the names of all parts at a scale, in their order. run:
    runs one and returns its values; raises WorkerError where it cannot. kinds: their types. find:
    what a record shows, whichever parts it has."""

    experiment: Experiment
    plan: Callable[[Scale], list[str]]
    run: Callable[[Lab, str], dict[str, Any]]
    kinds: Kinds
    find: Callable[[Record], Findings]
