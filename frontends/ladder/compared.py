"""Two or more files compared with each other, with no specification: `verify A.py:f B.py:g`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from common.streams import draw, float32_exact
from common.text import one_line
from frontends.ladder.again import further_calls, in_float32
from frontends.ladder.aligned import same
from frontends.ladder.asked import Asked, batch_for, titles
from frontends.ladder.beside import FileClimb, FileRuns, rungs
from frontends.ladder.carried import carried
from frontends.ladder.drawn import calibrated, probe
from frontends.ladder.files import Brought, FileReference, look_at, shapes_to_try
from frontends.ladder.page import Sides
from frontends.ladder.pairing import Holder, Pairing, pair
from frontends.ladder.report import Row, stopped_row
from frontends.ladder.rungs import climb
from frontends.ladder.runs import INITIAL, Job, Result
from frontends.ladder.structure import STRUCTURE
from frontends.ladder.taught import BY, training
from frontends.ladder.trajectory import rehearsal
from frontends.workers.outcomes import AGREES, MISMATCHED, WorkerError
from frontends.workers.pool import Workers
from frontends.workers.protocol import Hello, Looked

LOGGED = re.compile(r"(WARNING|[IWE]\d{4} )")  # what frameworks log, not the file
FINAL = ("not installed", "timed out")  # however inputs are shaped
OTHER_WAY = {"tensorflow": "first", "tensorflow1": "first"}  # maps in another order than usual


class Comparison:
    """Files that are compared, the first with every other, and these with each other."""

    def __init__(
        self, references: list[FileReference], asked: Asked, workers: Workers, folder: Path
    ) -> None:
        self._asked, self._workers, self._folder = asked, workers, folder
        self.subjects = [
            Brought(name, each.framework, each.path, each.entry, {}, each.arguments, number=number)
            for number, (name, each) in enumerate(zip(titles(references), references))
        ]
        self.notes: list[str] = []
        self._compared: FileRuns | None = None
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
        self._tell_exemptions()
        for each in pairings[1:]:
            yield from self._structure(each[0], each[1])
        try:
            runs = self._runs()
        except WorkerError as error:
            yield stopped_row(self.names[0], error.outcome)
            return
        self._compared = runs
        climbed = list(climb(runs, self.names, rungs(), keep=True, begun=FileClimb))
        yield from self._seen(runs)
        yield from climbed
        if any(row.stage for row in climbed):
            return
        for panels in combinations(self.names, 2):
            if all(row.passed for row in climbed):
                yield from _misplaced(runs, panels)
            yield further_calls(runs, panels)
            yield from in_float32(runs, panels, both=True)
        if self._asked.shape is None and self._asked.inputs is None:
            self._tell_shape(runs, all(row.passed for row in climbed))
        if self._asked.recipe is not None:
            self.notes.append(f"{BY}{rehearsal(self._asked.recipe).words()}")
            yield from training(runs, self.names, self._asked.recipe, self._asked.seed)

    def _look(self) -> Iterator[Row]:
        """Call every file once; yield the row of one that cannot be."""
        shape = self._asked.shape
        if self._asked.inputs is not None:
            shape = shape or tuple(self._asked.inputs.shape[1:])
        for index, subject in sorted(
            enumerate(self.subjects), key=lambda each: each[1].framework != "tensorflow"
        ):
            try:
                hello = self._workers.request(
                    subject.framework, Hello(), self._asked.timeout, lane=subject.lane
                )
                self.versions[subject.framework] = hello.versions
                self._workers.printed(subject.framework, subject.lane)
                self.subjects[index] = self._looked(subject, shape)
            except WorkerError as error:
                yield stopped_row(subject.name, error.outcome)
                return
            shape = self.subjects[index].seen.input_shape

    def _looked(self, subject: Brought, stated: tuple[int, ...] | None) -> Brought:
        """Return a subject with what it was seen to be. Raises WorkerError."""
        first: WorkerError | None = None
        for shape in shapes_to_try(stated):
            for channels in ("", OTHER_WAY.get(subject.framework, "last")):
                each = replace(subject, channels=channels)
                try:
                    batch = batch_for(shape or (3, 32, 32), self._asked.batch)
                    look = look_at(each, shape, batch, self._workers, self._asked.timeout)
                    if channels:
                        self.notes.append(
                            f"{subject.name} takes maps with their channels {channels}"
                        )
                    return replace(each, look=look)
                except WorkerError as error:
                    first = first or error
                    if len(shape) != 3 or error.outcome.stage == "load":
                        break
            if first is not None and (first.outcome.kind in FINAL or _made_alike(subject, first)):
                break
        assert first is not None
        raise first

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

    def _tell_exemptions(self) -> None:
        """Note what frameworks round and what is therefore not compared as it comes."""
        rounding = [each.name for each in self.subjects if each.row.rounds_pool_gradients]
        if rounding and len({each.framework for each in self.subjects}) > 1:
            self.notes.append(
                f"gradients of average pools of {', '.join(rounding)}: without its framework's own "
                "rounding of 1/n"
            )

    def _structure(self, subject: Brought, pairing: Pairing) -> Iterator[Row]:
        first = self.subjects[0]
        both = first.name, subject.name
        lines = [*pairing.lines, *_outputs_apart(first, subject)]
        for line in lines:
            yield Row(STRUCTURE, both[1:], MISMATCHED, note=line)
        if pairing.proposal:
            self.notes.append(
                f"to say which is which, --names takes a file such as {pairing.proposal}"
            )
        if not lines:
            count = len(pairing.names)
            yield Row(STRUCTURE, both[1:], AGREES, note=f"{count} parameters matched")

    def _runs(self) -> FileRuns:
        """Return the runs, on weights that are given or probed. Raises WorkerError."""
        first, asked = self.subjects[0], self._asked
        shape = first.seen.input_shape
        batch = batch_for(shape, asked.batch)
        inputs = asked.inputs
        if inputs is None:
            inputs = float32_exact(draw("inputs", asked.seed).standard_normal((batch, *shape)))
        given = {"input": inputs, **_cotangents(first, len(inputs), asked.seed)}
        start = self._started(first, shape, given)
        values = dict(start)
        if asked.weights is not None:
            values.update(carried(asked.weights, first.seen, first.framework, "--weights"))
        else:
            values.update(probe(first.seen.tensors, start, asked.seed))
            values = calibrated(
                self._made([first], "calibration", shape, values, given), asked.seed
            )
        return self._made(self.subjects, "runs", shape, values, given)

    def _started(
        self, first: Brought, shape: tuple[int, ...], given: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return what the first file starts from, where weights cannot be drawn for all of it."""
        if all(each.trains or each.kind for each in first.seen.tensors.values()):
            return {}
        runs = self._made([first], "start", shape, {}, given)
        with runs.run(Job(first.name, want=(INITIAL,))).read() as reader:
            return {
                name.partition("/")[2]: array.astype(np.float64) for name, array in reader.items()
            }

    def _made(
        self,
        subjects: list[Brought],
        name: str,
        shape: tuple[int, ...],
        values: Mapping[str, Any],
        given: Mapping[str, Any],
    ) -> FileRuns:
        folder = self._folder / name
        folder.mkdir()
        return FileRuns(subjects, self._workers, folder, self._asked.timeout, shape, values, given)

    def _tell_shape(self, runs: FileRuns, agree: bool) -> None:
        """Note the shape that was found, and whether files that agree at it do at another one."""
        shape = runs.shape
        self.notes.append(f"inputs of shape {shape}, as found: --input-shape says another")
        if agree and len(shape) == 3:
            other = (shape[0], shape[1] + 1, shape[2] + 3)
            inputs = draw("inputs", self._asked.seed).standard_normal((2, *other))
            elsewhere = self._made(
                self.subjects, "elsewhere", other, runs.parameters, {"input": float32_exact(inputs)}
            )
            found = elsewhere.apart_in_evaluation()
            self.notes += [f"at {other} they differ: {found}"] if found else []

    def sides(self) -> Sides | None:
        """Return what the first two files call, None if they do not run."""
        try:
            assert self._compared is not None
            return Sides(*(self._compared.traced(name, "evaluate") for name in self.names[:2]))
        except (WorkerError, AssertionError):
            return None

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
            yield from _dropouts(one, results[one], another, results[another])

    def printed(self) -> Iterator[str]:
        """Yield the last lines of what the files printed, for the report's notes."""
        for each in self.subjects:
            lines = self._workers.printed(each.framework, each.lane).splitlines()
            for line in [line for line in lines if not LOGGED.match(line)][-5:]:
                yield f"printed by {each.name}: {one_line(line)}"


def _made_alike(subject: Brought, error: WorkerError) -> bool:
    """Return whether a file does not load, whatever the shape: a class is made without one."""
    lazy = "lazy layers" in error.outcome.message
    return subject.row.classes and error.outcome.stage == "load" and not lazy


def _in_order(first: Looked, other: Looked, mode: str) -> tuple[str, ...]:
    """Return another file's outputs in the first one's order: by key if it has these."""
    wanted, found = first.outputs[mode], other.outputs[mode]
    return tuple(wanted) if set(wanted) <= set(found) else tuple(found)


def _cotangents(first: Brought, batch: int, seed: int) -> dict[str, Any]:
    shapes = [first.seen.outputs["train"][key] for key in first.outputs["train"]]
    names = [f"cotangent/{i}" if i else "cotangent" for i in range(len(shapes))]
    return {
        name: float32_exact(draw(name, seed).standard_normal((batch, *shape[1:])))
        for name, shape in zip(names, shapes)
    }


def _outputs_apart(first: Brought, other: Brought) -> Iterator[str]:
    """Yield a line for outputs that one of two files alone has, or that have other shapes."""
    for mode, where in (("evaluate", ""), ("train", " in training")):
        own, found = (each.seen.outputs[mode] for each in (first, other))
        keys = other.outputs[mode]
        if len(own) != len(found):
            counts = " and ".join(
                f"{len(o)} output{'s' * (len(o) > 1)} of {each.name}"
                for each, o in ((first, own), (other, found))
            )
            yield f"{counts}{where}: the first {min(len(own), len(found))} compared"
        for (key, shape), theirs in zip(own.items(), keys):
            if shape[1:] != found[theirs][1:]:
                what = f"output {key or ''}".strip()
                shapes = f"{shape[1:]} of {first.name}, {found[theirs][1:]} of {other.name}"
                yield f"{what}{where}: {shapes}"
                return


def _dropouts(one: str, mine: Result, another: str, theirs: Result) -> Iterator[Row]:
    both = [Counter(each.told.dropouts.get("train", ())) for each in (mine, theirs)]
    for name, beside, left in (
        (one, another, both[0] - both[1]),
        (another, one, both[1] - both[0]),
    ):
        for words, count in left.items():
            times = f", {count} times," if count > 1 else ""
            line = f"{words}{times} of {name} has no counterpart in {beside}"
            yield Row(STRUCTURE, (name,), MISMATCHED, note=line)


def _misplaced(runs: FileRuns, panels: tuple[str, str]) -> Iterator[Row]:
    """Yield a row if a dropout of one file drops another value than those of the other: at rate 0
    nothing else tells. To drop and to rectify is the same in either order."""
    if not all(runs.run(Job(panel)).told.dropouts.get("train") for panel in panels):
        return
    dropped = [runs.dropped(panel) for panel in panels]
    for side, name in enumerate(panels):
        theirs = dropped[1 - side]
        for number, value in enumerate(dropped[side], 1):
            if theirs and not any(_drops_alike(value, each) for each in theirs):
                line = f"dropout {number} of {name} stands where none of the other file does"
                yield Row(STRUCTURE, (name,), MISMATCHED, note=line)


def _drops_alike(one: Any, another: Any) -> bool:
    return same(one, another) or same(np.maximum(one, 0), np.maximum(another, 0))
