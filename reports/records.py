"""Records of a run: JSON lines, each written as soon as it is measured, and how they are read.

A file starts with a `run` record; `proof`, `prepared`, `warm`, `round` and `outcome` records follow
as they are taken, and `end` closes it. A run that was cut short leaves a shorter file, not a
broken one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.errors import TriptychError
from reports.statistics import Summary, summarize

SCHEMA = 1
MODES = ("inference", "training")
MEASURED, INTERRUPTED = "measured", "interrupted"
TRAINING_FACTOR = 3  # a training step as three forward passes: forward, and two products back


class RecordFile:
    """Appends records to a new file."""

    def __init__(self, folder: Path, stem: str) -> None:
        """Make the file. Raises TriptychError if it cannot be made."""
        try:
            self.path, self._stream = self._create(folder, stem)
        except OSError as error:
            raise TriptychError(f"{folder}: cannot be written to: {error.strerror}") from None

    @staticmethod
    def _create(folder: Path, stem: str) -> tuple[Path, Any]:
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(1, 1000):
            path = folder / (f"{stem}.jsonl" if number == 1 else f"{stem}-{number}.jsonl")
            try:
                return path, path.open("x", encoding="utf-8")
            except FileExistsError:
                continue
        raise OSError(0, "1,000 runs of one second")

    def put(self, kind: str, **fields: Any) -> None:
        """Append a record and hand it to the disk."""
        self._stream.write(json.dumps({"kind": kind, **fields}) + "\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def close(self) -> None:
        self._stream.close()


@dataclass
class Timing:
    """All that was recorded of one framework in one style and mode."""

    framework: str
    style: str
    mode: str
    outcome: str = INTERRUPTED
    stage: str = ""
    message: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    rounds: list[list[float]] = field(default_factory=list)
    matmul: list[list[float]] = field(default_factory=list)

    @property
    def measured(self) -> bool:
        return self.outcome == MEASURED

    def step(self) -> Summary:
        """Return the seconds of a step."""
        return summarize(self.rounds)


@dataclass
class Run:
    """One run, as its records tell it."""

    name: str
    header: dict[str, Any]
    timings: dict[tuple[str, str, str], Timing]
    proof: dict[str, Any] = field(default_factory=dict)
    end: dict[str, Any] = field(default_factory=dict)

    @property
    def state(self) -> str:
        return str(self.end.get("state", INTERRUPTED))

    def of_mode(self, mode: str) -> list[Timing]:
        return [timing for timing in self.timings.values() if timing.mode == mode]

    def images_per_second(self, timing: Timing) -> Summary:
        return timing.step().per(self.header["batch"])

    def flops(self, timing: Timing) -> float:
        """Return the FLOP/s of the network's convolutions and dense layers, median step."""
        passes = TRAINING_FACTOR if timing.mode == "training" else 1
        return 2.0 * passes * self._macs_a_step() / timing.step().median

    def share(self, timing: Timing) -> float:
        """Return `flops` over those of the framework's own float32 matrix product."""
        size = int(timing.fields["matmul_size"])
        product = 2.0 * size**3 / summarize(timing.matmul).median
        return self.flops(timing) / product

    def _macs_a_step(self) -> int:
        return int(self.header["macs"]) * int(self.header["batch"])

    def memory(self, timing: Timing) -> int:
        """Return the bytes that the process had at its peak above what it had after import."""
        memory = timing.fields["memory"]
        return int(memory["peak_rss"]) - int(timing.fields["rss_after_import"])


def read_run(path: Path) -> Run:
    """Return the run that a file records. Raises TriptychError with the line at fault."""
    lines = _lines(path)
    number, header = next(lines, (1, {}))
    if header.get("kind") != "run" or header.get("schema") != SCHEMA:
        raise TriptychError(f"{path.name}, line {number}: expected a run record of schema {SCHEMA}")
    cases = [tuple(case) for case in header["cases"]]
    run = Run(path.stem, header, {case: Timing(*case) for case in cases})
    for number, record in lines:
        try:
            _add(run, record)
        except (KeyError, TypeError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise TriptychError(f"{path.name}, line {number}: not a record: {reason}") from None
    return run


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TriptychError(f"{path}: cannot be read: {error}") from None
    complete = text[: text.rfind("\n") + 1]  # a killed run may leave the start of a line
    for number, line in enumerate(complete.splitlines(), 1):
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise TriptychError(f"{path.name}, line {number}: not JSON: {error.msg}") from None
        if not isinstance(record, dict):
            raise TriptychError(f"{path.name}, line {number}: expected an object")
        yield number, record


def _add(run: Run, record: dict[str, Any]) -> None:
    kind = record.pop("kind")
    if kind == "proof":
        run.proof = record
    elif kind == "end":
        run.end = record
    else:
        timing = run.timings[tuple(record.pop("case"))]
        if kind == "round":
            timing.rounds.append(record["seconds"])
            timing.matmul.append(record["matmul_seconds"])
        elif kind == "outcome":
            timing.outcome, timing.stage = record["outcome"], record["stage"]
            timing.message = record["message"]
        else:
            timing.fields |= record
