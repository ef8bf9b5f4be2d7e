"""What every rung is given: the runs, the panels that are left, and how to find a place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from common.elaborate import Elaboration
from frontends.ladder.locate import Locator
from frontends.ladder.report import Row
from frontends.ladder.runs import Job, Runs
from frontends.workers.arrays import ArrayReader

Readers = Mapping[str, ArrayReader]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Climb:
    """One verification under way: `panels` have answered every job so far."""

    runs: Runs
    panels: tuple[str, ...]
    judged: dict[str, dict[str, Row]] = field(default_factory=dict)  # panel -> float32 rung -> row

    @property
    def elaboration(self) -> Elaboration:
        return self.runs.elaboration

    def pairs(self) -> list[Pair]:
        """Return every pair of panels."""
        return list(combinations(self.panels, 2))

    @contextmanager
    def results(self) -> Iterator[Readers]:
        """Open every panel's results in float64, without taps."""
        with ExitStack() as stack:
            yield {
                name: stack.enter_context(self.runs.run(Job(name)).read()) for name in self.panels
            }

    def expected(self, kind: str, *panels: str) -> list[str]:
        """Return the parameters of which every one of the panels has to give a kind of result.

        kind: "gradient" or "statistics".
        """
        return self.runs.expected(kind, *panels)

    def place(self, mode: str, *pair: str) -> str:
        """Return where the outputs of two panels part."""
        return Locator(self.runs).forward(mode, *pair)

    def lines(self, name: str, *pair: str) -> str:
        """Return where two panels' own files hold a parameter, "" for files that were written."""
        return ""


def by_layer(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the layers of parameters, in order, each with its own."""
    layers: dict[str, list[str]] = {}
    for name in names:
        layers.setdefault(name.rpartition(".")[0], []).append(name)
    return layers


def given(reader: ArrayReader, key: str) -> Any:
    """Return a result, or an empty array where there is none: it differs from whatever is there,
    and that both panels lack one is for the rung of structure to say."""
    return reader.get(key) if key in reader else np.empty((0,))
