"""The ladder of a reader's own file: what is told of its structure first, then the rungs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from common.network import Network
from common.ops import Dropout
from frontends.ladder.again import further_calls, in_float32
from frontends.ladder.float64 import FORWARD
from frontends.ladder.locate import Locator
from frontends.ladder.report import Row, stopped_row
from frontends.ladder.rungs import Rung, climb
from frontends.ladder.runs import Job, Result, Runs
from frontends.ladder.structure import STRUCTURE
from frontends.ladder.subjects import MINE
from frontends.workers.outcomes import MISMATCHED, WorkerError


@dataclass(frozen=True)
class Mine:
    """A reader's file, the subject "mine", beside what `framework` writes of the same network.

    network: with the dropouts that it declares; both run without. differences: of the structure,
    known before anything ran.
    """

    runs: Runs
    network: Network
    framework: str
    differences: list[str]

    def rows(self, rungs: tuple[Rung, ...]) -> Iterator[Row]:
        """Yield the rows; if the file cannot be run, what its structure says and why."""
        panels = (MINE, self.framework)
        for line in self.differences:
            yield _different(line)
        stops = self.runs.run_all([[Job(panel)] for panel in panels])
        for panel, stop in zip(panels, stops):
            if isinstance(stop, WorkerError):
                yield stopped_row(panel, stop.outcome)
                return
            if stop is not None:
                raise stop
        mine = self.runs.run(Job(MINE))
        dropouts = list(self._dropouts(mine))
        for line in [*self._outputs(mine), *dropouts, *mine.told.odd]:
            yield _different(line)
        shapes = [self._shape(panel) for panel in panels]
        if shapes[0] == shapes[1]:
            climbed = list(climb(self.runs, list(panels), rungs, keep=True))
            yield from climbed
            further = further_calls(self.runs, panels)
            yield further
            if further.panels == panels:  # neither has stopped
                yield from in_float32(self.runs, panels)
            drops = bool(mine.told.dropouts.get("train"))
            if drops and not dropouts and all(row.passed for row in climbed):
                yield from self._misplaced(panels)
        else:
            note = f"shapes {shapes[0]} and {shapes[1]}"
            yield Row(FORWARD["evaluate"], panels, MISMATCHED, note=note)

    def remarks(self) -> list[str]:
        """Return what the file was seen to do that is not of the network."""
        try:
            return list(self.runs.run(Job(MINE)).told.remarks)
        except WorkerError:
            return []

    def _misplaced(self, panels: tuple[str, str]) -> Iterator[Row]:
        try:
            paths = Locator(self.runs).misplaced(*panels)
        except WorkerError as error:
            yield stopped_row(error.outcome.framework, error.outcome)
            return
        for path in paths:
            yield _different(f"{path} of mine does not stand where the network's does")

    def _shape(self, panel: str) -> tuple[int, ...]:
        with self.runs.run(Job(panel)).read() as reader:
            return tuple(reader.get("evaluate/output").shape)

    def _outputs(self, mine: Result) -> Iterator[str]:
        expected = tuple(self.network.elaboration.output)
        with mine.read() as reader:
            for mode, where in (("evaluate", ""), ("train", " in training")):
                given = tuple(reader.get(f"{mode}/output").shape[1:])
                if given != expected:
                    yield f"output {given} of mine{where}, {expected} expected"
                    return

    def _dropouts(self, mine: Result) -> Iterator[str]:
        """Yield a line per dropout that only one of the two has, or that drops in evaluation."""
        declared = {
            step.path: f"dropout {float(step.op.rate):g} of {prod(step.output)} values"
            for step in self.network.elaboration.steps
            if isinstance(step.op, Dropout) and step.op.rate
        }
        left = Counter(mine.told.dropouts.get("train", ()))
        for path, words in declared.items():
            if left[words]:
                left[words] -= 1
            else:
                yield f"{path}, {words}, is missing in mine"
        for words, count in left.items():
            if count:
                times = f", {count} times," if count > 1 else ""
                yield f"{words}{times} of mine has no counterpart"
        for words in dict.fromkeys(mine.told.dropouts.get("evaluate", ())):
            yield f"{words} of mine drops in evaluation, too"


def _different(line: str) -> Row:
    return Row(STRUCTURE, (MINE,), MISMATCHED, note=line)
