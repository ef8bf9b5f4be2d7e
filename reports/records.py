"""Records of a run: JSON lines, each written as soon as it is measured, and how they are read.

A file starts with a `run` record; `proof`, `prepared`, `warm`, `round` and `outcome` records follow
as they are taken, and `end` closes it (their fields: `reports.schema`). A run that was cut short
leaves a shorter file, not a broken one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.errors import TriptychError
from common.records import read_records
from reports import schema, schema1
from reports.schema import EndRecord, PreparedRecord, ProofRecord, RunRecord, WarmRecord
from reports.statistics import Summary, summarize
from reports.validation import check

MEASURED = "measured"
COMPLETE, INTERRUPTED = "complete", "interrupted"
COMPLETED: dict[Any, Callable[[dict[str, Any]], dict[str, Any]]] = {
    schema1.SCHEMA: schema1.completed,
    schema.SCHEMA: lambda record: record,
}


@dataclass
class Timing:
    """All that was recorded of one framework in one style and mode.

    rounds and matmul: per round, the seconds of each step and of each matrix product.
    """

    framework: str
    style: str
    mode: str
    outcome: str = INTERRUPTED
    stage: str = ""
    message: str = ""
    prepared: PreparedRecord | None = None
    warm: WarmRecord | None = None
    rounds: list[list[float]] = field(default_factory=list)
    matmul: list[list[float]] = field(default_factory=list)

    @property
    def measured(self) -> bool:
        """Whether there are figures: all of its records are there then."""
        return self.outcome == MEASURED

    def step(self) -> Summary:
        """Return the seconds of a step."""
        return summarize(self.rounds)


@dataclass
class Run:
    """One run, as its records tell it: the words of its pages, what was proved and measured."""

    name: str
    header: RunRecord
    timings: dict[tuple[str, str, str], Timing]
    proof: ProofRecord | None = None
    end: EndRecord | None = None

    @property
    def state(self) -> str:
        """How the run ended: COMPLETE or INTERRUPTED."""
        return self.end["state"] if self.end else INTERRUPTED

    @property
    def modes(self) -> list[str]:
        """The modes that there are timings of, in the order of pages."""
        return [mode for mode in self.header["modes"] if self.of_mode(mode)]

    def label(self, framework: str) -> str:
        """Return a framework's name as tables and plots show it."""
        return self.header["frameworks"][framework]["label"]

    def of_mode(self, mode: str) -> list[Timing]:
        """Return the timings of a mode, measured or not."""
        return [timing for timing in self.timings.values() if timing.mode == mode]

    def images_per_second(self, timing: Timing) -> Summary:
        """Return the images a second of a measured timing."""
        return timing.step().per(self.header["batch"])

    def flops(self, timing: Timing) -> float:
        """Return the FLOP/s of the network's convolutions and dense layers, median step."""
        passes = self.header["modes"][timing.mode]["passes"]
        return 2.0 * passes * self.header["macs"] * self.header["batch"] / timing.step().median

    def share(self, timing: Timing) -> float:
        """Return `flops` over those of the framework's own float32 matrix product."""
        assert timing.warm is not None
        product = 2.0 * timing.warm["matmul_size"] ** 3 / summarize(timing.matmul).median
        return self.flops(timing) / product

    def memory(self, timing: Timing) -> int:
        """Return the bytes that the process had at its peak above what it had after import."""
        assert timing.warm is not None and timing.prepared is not None
        return timing.warm["memory"]["peak_rss"] - timing.prepared["rss_after_import"]


def read_run(path: Path) -> Run:
    """Return the run that a file records. Raises TriptychError, in one line, with the line at
    fault: one that is not JSON, or not a record of its kind."""
    runs: list[Run] = []

    def take(record: dict[str, Any]) -> None:
        runs[:] = [_with(runs[0], record) if runs else _begun(path.stem, record)]

    read_records(path, take)
    if not runs:
        raise TriptychError(f"{path.name}: no complete record in it")
    return runs[0]


def _begun(name: str, record: dict[str, Any]) -> Run:
    """Return the run that a file's first record begins."""
    number = record.get("schema")
    if record.get("kind") != "run" or type(number) is not int or number not in COMPLETED:
        known = " or ".join(map(str, COMPLETED))
        raise ValueError(f"expected a run record of schema {known}")
    header: Any = COMPLETED[number](record)
    check(header, RunRecord)
    cases = [tuple(case) for case in header["cases"]]
    for framework, style, mode in cases:
        _known([framework], header["frameworks"])
        _known([style], header["frameworks"][framework]["styles"])
        _known([mode], header["modes"])
    return Run(name, header, {case: Timing(*case) for case in cases})


def _known(names: Iterable[str], described: Iterable[str]) -> None:
    for name in names:
        if name not in described:
            raise ValueError(f"{name!a} is not described in the run record")


def _with(run: Run, record: Any) -> Run:
    """Return a run with one more record in it."""
    record = COMPLETED[run.header["schema"]](record)
    kind = record.get("kind")
    if not isinstance(kind, str) or kind not in schema.KINDS or kind == "run":
        raise ValueError(f"not a record: of kind {kind!a}")
    check(record, schema.KINDS[kind])
    if kind == "end":
        run.end = record
    elif kind == "proof":
        _known([*record["panels"], *record["versions"]], run.header["frameworks"])
        run.proof = record
    elif tuple(record["case"]) in run.timings:
        _add(run.timings[tuple(record["case"])], kind, record)
    else:
        raise ValueError(f"not a record: of an unknown case, {'/'.join(record['case'])!a}")
    return run


def _add(timing: Timing, kind: str, record: Any) -> None:
    if kind == "prepared":
        timing.prepared = record
    elif kind == "warm":
        timing.warm = record
    elif kind == "round":
        timing.rounds.append(record["seconds"])
        timing.matmul.append(record["matmul_seconds"])
    else:
        timing.outcome, timing.stage = record["outcome"], record["stage"]
        timing.message = record["message"]
        if timing.measured and not (timing.prepared and timing.warm and timing.rounds):
            raise ValueError("measured, but its prepared, warm or round records are missing")
