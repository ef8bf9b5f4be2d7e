"""What every rung is given: the runs, the panels that are left, and how to find a place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import combinations

from common.elaborate import Elaboration
from frontends.ladder.locate import Locator
from frontends.ladder.runs import Job, Runs
from frontends.workers.arrays import ArrayReader

Readers = Mapping[str, ArrayReader]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Climb:
    """One verification under way: `panels` have answered every job so far."""

    runs: Runs
    panels: tuple[str, ...]
    locator: Locator

    @property
    def elaboration(self) -> Elaboration:
        return self.runs.elaboration

    def pairs(self) -> list[Pair]:
        """Return every pair of panels."""
        return list(combinations(self.panels, 2))

    @contextmanager
    def results(self, **how: object) -> Iterator[Readers]:
        """Open every panel's results of one kind of job, float64 and untapped by default."""
        with ExitStack() as stack:
            yield {
                name: stack.enter_context(self.runs.run(Job(name, **how)).read())  # type: ignore[arg-type]
                for name in self.panels
            }

    def named(self, kind: str, readers: Readers) -> list[str]:
        """Return the names of a kind of result that every panel has, in the network's order."""
        prefix = f"train/{kind}/"
        known = set.intersection(*(set(reader.names()) for reader in readers.values()))
        return [name for name in self.elaboration.parameters if prefix + name in known]

    def by_layer(self, readers: Readers) -> list[tuple[str, list[str]]]:
        """Return the layers, each with the parameters whose gradients every panel has."""
        layers: dict[str, list[str]] = {}
        for name in self.named("gradient", readers):
            layers.setdefault(name.rpartition(".")[0], []).append(name)
        return list(layers.items())
