"""The rungs that files without a specification climb, and where two of them part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from common.compare import difference
from frontends.ladder.aligned import apart
from frontends.ladder.climb import Climb, given
from frontends.ladder.files import Brought
from frontends.ladder.float64 import FORWARD, STATISTICS, outputs
from frontends.ladder.gradients import GRADIENTS, gradients
from frontends.ladder.locate import DISTURBED, FLOAT64_BOUND
from frontends.ladder.moving import statistics
from frontends.ladder.rungs import RUNGS, Rung
from frontends.ladder.runs import Job
from frontends.workers.outcomes import WorkerError


@dataclass(frozen=True)
class FileClimb(Climb):
    """The comparison of files under way."""

    runs: Any

    def place(self, mode: str, *pair: str) -> str:
        """Return where the outputs of two files part, with the lines of both."""
        try:
            seen = [self.runs.traced(name, mode) for name in pair]
        except WorkerError as error:
            return f"not located: {error}"
        for each in seen:
            with self.runs.run(Job(each.title)).read() as own:
                alone = given(own, f"{mode}/output")[: len(each.output)]
                if difference(each.output, alone).relative > FLOAT64_BOUND:
                    return DISTURBED.format(each.title)
        return apart(*seen)

    def lines(self, name: str, *pair: str) -> str:
        """Return where each file makes the layer of a parameter."""
        found = [_line(self.runs.brought[panel], name) for panel in pair]
        return f"; {' and '.join(filter(None, found))}" if any(found) else ""


def is_located(note: str) -> bool:
    """Return whether a note of where two files part says it."""
    return not note.startswith("not located")


def _line(subject: Brought, name: str) -> str:
    own = next((mine for mine, first in subject.matched.items() if first == name), "")
    return subject.seen.places.get(own, "")


def rungs() -> tuple[Rung, ...]:
    """Return the rungs that files without a specification climb."""
    judges = {
        FORWARD["evaluate"]: outputs("evaluate"),
        FORWARD["train"]: outputs("train"),
        STATISTICS: statistics,
        GRADIENTS: gradients,
    }
    known = {rung.name: rung for rung in RUNGS}
    return tuple(replace(known[name], judge=judge) for name, judge in judges.items())
