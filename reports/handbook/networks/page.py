"""All that a page of a network shows, from the specification, the writers and the records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from common import counting
from common.network import Network
from common.networks import load
from reports.handbook.evidence import Evidence
from reports.handbook.networks.model import Section, facts, files, sections
from reports.handbook.networks.notes import Note, proved
from reports.handbook.networks.proofs import RECORD, recorded
from reports.handbook.networks.task import TASK, programs, recipe_of, task

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


@dataclass(frozen=True)
class NetworkPage:
    """A page of a network: facts, counts, its proof (None where none is recorded), sections with
    the whole task last, and its files by panel, with and without training."""

    name: str
    facts: Mapping[str, Any]
    counts: Mapping[str, int]
    proof: Any
    sections: tuple[Section, ...]
    recipe: str
    files: Mapping[str, str]
    programs: Mapping[str, str]
    trainings: tuple[tuple[str, str], ...]  # (page, title) of recorded trainings
    runs: tuple[tuple[str, str], ...]

    @property
    def task(self) -> Section | None:
        """The whole task, None where the network is a block that has no loss."""
        return next((each for each in self.sections if each.name == TASK), None)

    @property
    def notes(self) -> list[Note]:
        """Every note of the page, once, in its order."""
        found = [note for each in self.sections for row in each.rows for note in row.notes]
        return list({note.anchor: note for note in found}.values())


@lru_cache(maxsize=64)
def network_page(name: str, evidence: Evidence) -> NetworkPage:
    """Return the page of a network. Raises TriptychError."""
    network = load(name)
    written = files(network)
    trains = len(network.elaboration.output) == 1  # what ends in a map has no loss
    texts, columns = programs(network) if trains else ({}, {})
    every = [*sections(network, written), *([task(columns)] if trains else [])]
    return NetworkPage(
        name=name,
        facts=facts(network),
        counts={each: counting.CONVENTIONS[each](network) for each in COUNTS},
        proof=recorded(evidence.reports / RECORD).get(name),
        sections=tuple(_with_proved(each, evidence) for each in every),
        recipe=recipe_of(network) if trains else "",
        files=written.texts,
        programs=texts,
        trainings=_pages(network, evidence, "train-*.jsonl"),
        runs=_pages(network, evidence, "[0-9]*.jsonl"),
    )


def _with_proved(section: Section, evidence: Evidence) -> Section:
    """Return a section without the notes whose evidence is not recorded."""
    rows = (replace(row, notes=proved(row.notes, evidence.known)) for row in section.rows)
    return replace(section, rows=tuple(rows))


def _pages(network: Network, evidence: Evidence, pattern: str) -> tuple[tuple[str, str], ...]:
    """Return the pages of records that are of a network, with the day they were measured."""
    found = sorted((evidence.reports / "data").glob(pattern), reverse=True)
    named = [path.stem for path in found if path.stem.endswith(f"-{network.name}")]
    return tuple((f"{each}.md", each) for each in named)
