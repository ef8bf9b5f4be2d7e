"""All that a page of a network shows, from the specification, the writers and the records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from common import counting
from common.network import Network
from common.networks import load
from reports.handbook.evidence import Evidence
from reports.handbook.networks.file import ColumnFile
from reports.handbook.networks.model import Files, Section, facts, files, sections
from reports.handbook.networks.notes import Note, proved
from reports.handbook.networks.proofs import RECORD, recorded
from reports.handbook.networks.task import programs, recipe_of, task

# Those that the project's sources are about; the others of the catalogue are on the site alone.
SOURCES = (
    "se_resnext_cifar",
    "se_resnext_mnist",
    "se_resnext_published_tensorflow",
    "se_resnext_published_fluid",
    "resnext_cifar_tensorflow",
    "batchflow_resnet",
    "batchflow_se_resnet",
    "rir18",
    "resnet18_rir",
    "resnet50_fluid",
    "resnet50_fluid_flowers",
    "se_resnet50_tensorpack",
)
COUNTS = ("trainable", "with statistics", "MACs")


class Figure(NamedTuple):
    """A recorded training or run: its name, and how many panels it has."""

    name: str
    panels: int


class NetworkPage:
    """A page of a network; what is written in five dialects is written when it is asked for.

    name: in the catalogue. facts: title, source, input and output. counts: by convention. proof:
    what is recorded of its verification, None if nothing is. recipe: by which it is trained, ""
    for a block that has no loss. trainings, runs: what is recorded, the latest first.
    """

    def __init__(self, name: str, evidence: Evidence) -> None:
        self._network, self._evidence = load(name), evidence
        self.name, self.facts = name, facts(self._network)
        self.counts = {each: counting.CONVENTIONS[each](self._network) for each in COUNTS}
        self.proof: Any = recorded(evidence.reports / RECORD).get(name)
        trains = len(self._network.elaboration.output) == 1
        self.recipe = recipe_of(self._network) if trains else ""
        self.trainings = _pages(self._network, evidence.runs(trainings=True))
        self.runs = _pages(self._network, evidence.runs())

    @cached_property
    def _written(self) -> Files:
        return files(self._network)

    @cached_property
    def _programs(self) -> tuple[dict[str, str], dict[str, ColumnFile]]:
        return programs(self._network) if self.recipe else ({}, {})

    @property
    def files(self) -> Mapping[str, str]:
        """Panel -> the file of the network."""
        return self._written.texts

    @property
    def programs(self) -> Mapping[str, str]:
        """Panel -> the file that trains it."""
        return self._programs[0]

    @cached_property
    def blocks(self) -> tuple[Section, ...]:
        """A section for every kind of block, and one for what stands around them."""
        found = sections(self._network, self._written)
        return tuple(_with_proved(each, self._evidence) for each in found)

    @cached_property
    def task(self) -> Section | None:
        """The whole task, None where the network is a block that has no loss."""
        if not self.recipe:
            return None
        return _with_proved(task(self._programs[1], self.recipe), self._evidence)

    @property
    def sections(self) -> tuple[Section, ...]:
        """The blocks, and the whole task."""
        return (*self.blocks, *([self.task] if self.task else []))

    @property
    def notes(self) -> list[Note]:
        """Every note of the page, once, in its order."""
        found = [note for each in self.sections for row in each.rows for note in row.notes]
        return list({note.anchor: note for note in found}.values())


@lru_cache(maxsize=64)
def network_page(name: str, evidence: Evidence) -> NetworkPage:
    """Return the page of a network. Raises TriptychError."""
    return NetworkPage(name, evidence)


def _with_proved(section: Section, evidence: Evidence) -> Section:
    """Return a section without the notes whose evidence is not recorded."""
    rows = (replace(row, notes=proved(row.notes, evidence.known)) for row in section.rows)
    return replace(section, rows=tuple(rows))


def _pages(network: Network, records: Iterable[Path]) -> tuple[Figure, ...]:
    """Return the records that are of a network, in their order."""
    own = [path for path in records if path.stem.endswith(f"-{network.name}")]
    return tuple(Figure(path.stem, _panels(path)) for path in own)


def _panels(record: Path) -> int:
    """Return how many panels a run or a training has, as its first line says."""
    with record.open(encoding="utf-8") as lines:
        header = json.loads(lines.readline())
    return len(header.get("panels") or {case[0] for case in header["cases"]})
