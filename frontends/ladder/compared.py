"""Two or more files compared with each other, with no specification: `verify A.py:f B.py:g`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from common.errors import TriptychError
from common.text import one_line
from frontends.frameworks import HISTORICAL
from frontends.ladder.again import further_calls, in_float32
from frontends.ladder.asked import Asked, titles
from frontends.ladder.beside import FileRuns
from frontends.ladder.elsewhere import Sizes, dropouts_at_work, other_sizes, other_weights
from frontends.ladder.file_rungs import FileClimb, is_located, rungs
from frontends.ladder.files import Brought, FileReference
from frontends.ladder.float64 import FORWARD
from frontends.ladder.layerwise import by_layer
from frontends.ladder.looking import looked
from frontends.ladder.making import Making
from frontends.ladder.page import Sides
from frontends.ladder.pairing import Holder, Pairing, pair
from frontends.ladder.report import ByLayer, Row, stopped_row
from frontends.ladder.rungs import climb
from frontends.ladder.runs import Job, Result
from frontends.ladder.starting import constants_apart
from frontends.ladder.structure import STRUCTURE
from frontends.ladder.taught import BY, training
from frontends.ladder.trajectory import rehearsal
from frontends.ladder.unlike import dropouts_apart, misplaced, outputs_apart, outputs_noted
from frontends.workers.outcomes import AGREES, MISMATCHED, WorkerError
from frontends.workers.pool import Workers
from frontends.workers.protocol import Hello, Looked

LOGGED = re.compile(r"(WARNING|[IWE]\d{4} )")  # what frameworks log, not the file


class Comparison:
    """Files that are compared, the first with every other, and these with each other."""

    def __init__(
        self, references: list[FileReference], asked: Asked, workers: Workers, folder: Path
    ) -> None:
        self._asked, self._workers = asked, workers
        self._making = Making(asked, workers, folder)
        self.subjects = [
            Brought(name, each.framework, each.path, each.entry, {}, each.arguments, number=number)
            for number, (name, each) in enumerate(zip(titles(references), references))
        ]
        self.notes: list[str] = []
        self.only_at = ""  # see Report.alone
        self._compared: FileRuns | None = None
        self._apart: list[tuple[str, str]] = []  # files whose outputs differ in evaluation
        self.versions: dict[str, dict[str, str]] = {}

    @property
    def names(self) -> list[str]:
        """What the subjects are called."""
        return [each.name for each in self.subjects]

    def rows(self) -> Iterator[Row]:
        """Yield the rows of the report."""
        stopped = list(self._look())
        yield from stopped
        if stopped:
            return
        pairings = self._pair()
        for each in pairings[1:]:
            yield from self._structure(each[0], each[1])
        try:
            runs = self._making.runs(self.subjects)
        except WorkerError as error:
            yield stopped_row(self.names[0], error.outcome)
            return
        self._compared = runs
        climbed = list(climb(runs, self.names, rungs(), keep=True, begun=FileClimb))
        seen = list(self._seen(runs))
        if not any(row.stage for row in climbed):
            seen += constants_apart(runs)
        yield from [*seen, *climbed]
        self._apart = [
            (row.panels[0], row.panels[1])
            for row in climbed
            if row.rung == FORWARD["evaluate"] and not row.passed and is_located(row.note)
        ]
        if any(row.stage for row in climbed):
            return
        for panels in combinations(self.names, 2):
            if all(row.passed for row in [*seen, *climbed]):
                placed = list(misplaced(runs, panels))
                yield from placed or dropouts_at_work(runs, panels)
            yield further_calls(runs, panels)
            yield from in_float32(runs, panels, both=True)
        if all(row.passed for row in [*seen, *climbed]):
            yield from other_weights(self._making, runs)
        yield from self._sizes(runs, all(row.passed for row in climbed))
        if self._asked.recipe is not None:
            self.notes.append(f"{BY}{rehearsal(self._asked.recipe).words()}")
            yield from training(runs, self.names, self._asked.recipe, self._asked.seed)

    def alone(self) -> FileRuns:
        """Return the runs of the files, whatever they are of each other. Raises TriptychError."""
        for row in self._look():
            raise TriptychError(f"{row.panels[0]}: {row.outcome} at {row.rung}: {row.note}")
        self._pair()
        try:
            return self._making.runs(self.subjects)
        except WorkerError as error:
            raise TriptychError(str(error)) from None

    def _look(self) -> Iterator[Row]:
        """Call every file once; yield the row of one that cannot be."""
        shape = self._asked.shape
        if self._asked.inputs is not None:
            shape = shape or tuple(self._asked.inputs.shape[1:])
        for index, subject in sorted(enumerate(self.subjects), key=_tells_its_shape):
            try:
                hello = self._workers.request(
                    subject.framework, Hello(), self._asked.timeout, lane=subject.lane
                )
                self.versions[subject.framework] = hello.versions
                self._workers.printed(subject.framework, subject.lane)
                self.subjects[index] = found = looked(subject, shape, self._asked, self._workers)
            except WorkerError as error:
                yield stopped_row(subject.name, error.outcome)
                if shape is None and error.outcome.stage in ("evaluate", "train"):
                    self.notes.append(f"{subject.name} tells no shape of inputs: try --input-shape")
                return
            shape = found.seen.input_shape
            if found.channels:
                self.notes.append(f"{found.name} takes maps with their channels {found.channels}")

    def _pair(self) -> list[tuple[Brought, Pairing]]:
        """Match the tensors of every file with those of the first, and its outputs."""
        first = self.subjects[0]
        holder = Holder(first.name, first.seen)
        found: list[Pairing] = []
        for index, each in enumerate(self.subjects):
            if index:
                pairing = pair(holder, Holder(each.name, each.seen), self._asked.names)
                outputs = {m: _in_order(first.seen, each.seen, m) for m in first.seen.outputs}
            else:
                pairing = Pairing({name: name for name in first.seen.tensors})
                outputs = {m: tuple(keys) for m, keys in first.seen.outputs.items()}
            self.subjects[index] = replace(each, matched=pairing.names, outputs=outputs)
            found.append(pairing)
        common = {
            mode: min(len(each.outputs[mode]) for each in self.subjects)
            for mode in first.seen.outputs
        }
        for index, each in enumerate(self.subjects):
            outputs = {mode: keys[: common[mode]] for mode, keys in each.outputs.items()}
            self.subjects[index] = replace(each, outputs=outputs)
        return list(zip(self.subjects, found))

    def _structure(self, subject: Brought, pairing: Pairing) -> Iterator[Row]:
        first = self.subjects[0]
        both = first.name, subject.name
        self.notes += outputs_noted(first, subject)
        lines = [*pairing.lines, *outputs_apart(first, subject)]
        for line in lines:
            yield Row(STRUCTURE, both[1:], MISMATCHED, note=line)
        if pairing.proposal:
            self.notes.append(
                f"to say which is which, --names takes a file such as {pairing.proposal}"
            )
        if not lines:
            count = len(pairing.names)
            yield Row(STRUCTURE, both[1:], AGREES, note=f"{count} parameters matched")

    def _sizes(self, runs: FileRuns, agree: bool) -> Iterator[Row]:
        """Note the shape that was found, and whether files that agree at it do at others; where
        nobody said it, and none declares it, these count as well."""
        found = self._asked.shape is None and self._asked.inputs is None
        if found:
            shape = f"inputs of shape {runs.shape}, as found: --input-shape says another"
            self.notes.append(shape)
        sizes = other_sizes(self._making, runs, self._asked.seed) if agree else Sizes({}, [])
        if sizes.apart and found and not sizes.fixed:
            for line in sizes.notes:
                yield Row(FORWARD["evaluate"], tuple(self.names), MISMATCHED, note=line)
            return
        self.notes += sizes.notes
        if sizes.apart:
            others = " or ".join(map(str, sizes.apart))
            self.only_at = f", on inputs of shape {runs.shape} and not on {others}"

    def sides(self) -> Sides | None:
        """Return what the first two files call, None if they do not run."""
        try:
            assert self._compared is not None
            return Sides(*(self._compared.traced(name, "evaluate") for name in self.names[:2]))
        except (WorkerError, AssertionError):
            return None

    def by_layer(self) -> list[ByLayer]:
        """Return what differs layer by layer of files whose outputs part."""
        assert self._compared is not None or not self._apart
        return [by_layer(self._compared, files) for files in self._apart]

    def _seen(self, runs: FileRuns) -> Iterator[Row]:
        """Yield rows of what files were seen to do that no network does, and of dropouts of one
        alone; note what is not of the network."""
        results: dict[str, Result] = {}
        for name in self.names:
            try:
                results[name] = runs.run(Job(name))
            except WorkerError:
                return
        for name, result in results.items():
            for line in result.told.odd:
                yield Row(STRUCTURE, (name,), MISMATCHED, note=line.replace("mine", name, 1))
            self.notes += [each.replace("mine", name) for each in result.told.remarks]
            if result.told.dropouts.get("train"):
                self.notes.append(f"dropout of {name} was set to rate 0")
            for words in dict.fromkeys(result.told.dropouts.get("evaluate", ())):
                yield Row(STRUCTURE, (name,), MISMATCHED, note=f"{words} drops in evaluation, too")
        for one, another in combinations(self.names, 2):
            yield from dropouts_apart(one, results[one], another, results[another])

    def printed(self) -> Iterator[str]:
        """Yield the last lines of what the files printed, for the report's notes."""
        for each in self.subjects:
            lines = self._workers.printed(each.framework, each.lane).splitlines()
            for line in [line for line in lines if not LOGGED.match(line)][-5:]:
                yield f"printed by {each.name}: {one_line(line)}"


def _tells_its_shape(each: tuple[int, Brought]) -> tuple[bool, bool]:
    """Return a key that brings files first whose input may be found: Keras models declare it."""
    return each[1].framework != "tensorflow", each[1].framework in HISTORICAL


def _in_order(first: Looked, other: Looked, mode: str) -> tuple[str, ...]:
    """Return another file's outputs in the first one's order: by key if it has these."""
    wanted, found = first.outputs[mode], other.outputs[mode]
    return tuple(wanted) if set(wanted) <= set(found) else tuple(found)
