"""Records of a run: JSON lines, each written as soon as it is measured, and how they are read.

A file starts with a `run` record; others follow as they are taken, and `end` closes it (their
fields: `reports.schema`). A run that was cut short leaves a shorter file, not a broken one.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from common.errors import TriptychError
from common.records import read_records
from reports import schema, schema1, schema2
from reports.ratios import Estimate, Noise, Rounds, estimate, noise, ratio
from reports.schema import (
    CopyRecord,
    EndRecord,
    PassRecord,
    PreparedRecord,
    ProofRecord,
    RoundRecord,
    RunRecord,
    WarmRecord,
)
from reports.validation import check

MEASURED = "measured"
COMPLETE, INTERRUPTED = "complete", "interrupted"
AGAIN, SLOWED = "again", "slowed"  # variants
Key = tuple[str, str, str, str, int, str]
COMPLETED: dict[Any, Callable[[dict[str, Any], Any], dict[str, Any]]] = {
    schema1.SCHEMA: schema1.completed,
    schema2.SCHEMA: schema2.completed,
    schema.SCHEMA: lambda record, header: record,
}


@dataclass
class Timing:
    """All that was recorded of one case. prepared, warm: by process. rounds: by process and
    round."""

    framework: str
    style: str
    mode: str
    precision: str
    batch: int
    variant: str
    outcome: str = INTERRUPTED
    stage: str = ""
    message: str = ""
    prepared: dict[int, PreparedRecord] = field(default_factory=dict)
    warm: dict[int, WarmRecord] = field(default_factory=dict)
    rounds: dict[tuple[int, int], RoundRecord] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """What tells it from others."""
        return (
            self.framework, self.style, self.mode, self.precision, self.batch, self.variant
        )  # fmt: skip

    passed: int = 0  # processes of its mode and batch that have ended

    @property
    def measured(self) -> bool:
        """Whether there are figures; of a run that was interrupted, those of its whole passes."""
        interrupted = self.outcome == INTERRUPTED and self.passed > 0
        return self.outcome == MEASURED or (interrupted and bool(self.rounds))

    @cached_property
    def seconds(self) -> Rounds:
        """The seconds of a step in each round, the median of its steps."""
        return {key: statistics.median(each["seconds"]) for key, each in self.rounds.items()}

    @cached_property
    def step(self) -> Estimate:
        """The seconds of a step."""
        return estimate(self.seconds)

    @property
    def images(self) -> Estimate:
        """Images a second."""
        return self.step.inverse(self.batch)

    @property
    def first(self) -> PreparedRecord | None:
        """The first steps of its first process, when a compiler's cache was empty."""
        return self.prepared[min(self.prepared)] if self.prepared else None

    @property
    def faults(self) -> float | None:
        """Page faults a step, None where they were not counted."""
        found = [each.get("faults") for each in self.rounds.values()]
        known = [each for each in found if each is not None]
        return statistics.median(known) if known else None

    @property
    def memory(self) -> int | None:
        """The bytes that its processes had at their peak above what they had after import."""
        shared = [n for n in self.warm if n in self.prepared]
        tops = [
            self.warm[n]["memory"]["peak_rss"] - self.prepared[n]["rss_after_import"]
            for n in shared
        ]
        return max(tops, default=None)


@dataclass
class Run:
    """One run, as its records tell it: the words of its pages, what was proved and measured."""

    name: str
    header: RunRecord
    timings: dict[Key, Timing]
    proof: ProofRecord | None = None
    copies: list[CopyRecord] = field(default_factory=list)
    passes: list[PassRecord] = field(default_factory=list)
    resumed: int = 0
    end: EndRecord | None = None

    @property
    def state(self) -> str:
        """How the run ended: COMPLETE or INTERRUPTED."""
        return self.end["state"] if self.end else INTERRUPTED

    @property
    def groups(self) -> list[tuple[str, int]]:
        """The modes and batches that there are timings of, in the order of pages."""
        found = {(timing.mode, timing.batch) for timing in self.timings.values()}
        order = list(self.header["modes"])
        return sorted(found, key=lambda each: (order.index(each[0]), each[1]))

    def label(self, framework: str) -> str:
        """Return a framework's name as tables and plots show it."""
        return self.header["frameworks"][framework]["label"]

    def of_group(self, mode: str, batch: int, variants: bool = False) -> list[Timing]:
        """Return the timings of a mode and batch, measured or not: of the written files, or of
        what was timed beside them."""
        return [
            timing
            for timing in self.timings.values()
            if (timing.mode, timing.batch) == (mode, batch) and bool(timing.variant) == variants
        ]

    def base(self, timing: Timing) -> Timing | None:
        """Return what a variant is held against, if it was measured: of a planted pair the other
        one, else the written file's own case."""
        name, _, number = timing.variant.partition(" ")
        other = f"{AGAIN} {number}" if name == SLOWED and number else ""
        found = self.timings.get((*timing.key[:-1], other))
        return found if found and found.measured else None

    def ratio(self, one: Timing, other: Timing) -> Estimate | None:
        """Return how many times as fast one was as the other, paired by round."""
        return ratio(other.seconds, one.seconds)

    @cached_property
    def noise(self) -> Noise | None:
        """The noise of this run, None where it does not tell."""
        groups = [
            {t.key: t.seconds for t in self.timings.values() if (t.mode, t.batch) == group}
            for group in self.groups
        ]
        groups = [{k: r for k, r in g.items() if self.timings[k].measured} for g in groups]
        pairs = [
            (timing.key, base.key)
            for timing in self.timings.values()
            if timing.variant == AGAIN and timing.measured and (base := self.base(timing))
        ]
        return noise(groups, pairs)

    def tells(self, one: Timing, other: Timing) -> bool:
        """Return whether the two differ by more than noise."""
        found, known = self.ratio(one, other), self.noise
        return bool(found and known and known.tells(found, one.key, other.key))

    def flops(self, timing: Timing) -> float:
        """Return the FLOP/s of the network's convolutions and dense layers."""
        passes = self.header["modes"][timing.mode]["passes"]
        return 2.0 * passes * self.header["macs"] * timing.batch / timing.step.value

    @cached_property
    def products(self) -> dict[str, float]:
        """The FLOP/s of the fastest matrix product that any process reached, its median one, by
        precision."""
        found: dict[str, float] = {}
        for timing in self.timings.values():
            sizes = [warm["matmul_size"] for warm in timing.warm.values()]
            taken = [warm.get("matmul_seconds") for warm in timing.warm.values()]
            taken += [each.get("matmul_seconds") for each in timing.rounds.values()]  # earlier
            for seconds in filter(None, taken if sizes else []):
                speed = 2.0 * sizes[0] ** 3 / statistics.median(seconds)
                found[timing.precision] = max(speed, found.get(timing.precision, 0.0))
        return found

    @property
    def product(self) -> float | None:
        """That of the run's first precision."""
        return self.products.get(next(iter(self.header["precisions"]), ""))

    @cached_property
    def bandwidth(self) -> float | None:
        """The bytes a second that the fastest copy read and wrote, None where none was taken."""
        rates = [2 * each["bytes"] / statistics.median(each["seconds"]) for each in self.copies]
        return max(rates, default=None)

    @property
    def intensity(self) -> float | None:
        """FLOPs for each byte that steps read and write where nothing is fused."""
        traffic = self.header.get("traffic")
        return 2.0 * self.header["macs"] / traffic if traffic else None

    def share(self, timing: Timing) -> float | None:
        """Return `flops` over those of the machine's fastest product in that precision."""
        product = self.products.get(timing.precision)
        return self.flops(timing) / product if product else None


def read_run(path: Path) -> Run:
    """Return the run that a file records. Raises TriptychError, in one line, with the line at
    fault: one that is not JSON, or not a record of its kind."""
    runs: list[Run] = []
    first: list[dict[str, Any]] = []

    def take(record: dict[str, Any]) -> None:
        if runs:
            runs[0] = _with(runs[0], record, first[0])
        else:
            runs.append(_begun(path.stem, record))
            first.append(record)

    read_records(path, take)
    if not runs:
        raise TriptychError(f"{path.name}: no complete record in it")
    return runs[0]


def _begun(name: str, record: dict[str, Any]) -> Run:
    """Return the run that a file's first record begins."""
    number = record.get("schema")
    if record.get("kind") != "run" or type(number) is not int or number not in COMPLETED:
        known = ", ".join(map(str, COMPLETED))
        raise ValueError(f"expected a run record of one of the schemas {known}")
    header: Any = COMPLETED[number](record, record)
    check(header, RunRecord)
    cases = [tuple(case) for case in header["cases"]]
    for framework, style, mode, precision, _, variant in cases:
        _known([framework], header["frameworks"])
        _known([style], header["frameworks"][framework]["styles"])
        _known([mode], header["modes"])
        _known([precision], header["precisions"])
        _known([variant] if variant else [], header["variants"])
    return Run(name, header, {case: Timing(*case) for case in cases})


def _known(names: Iterable[str], described: Iterable[str]) -> None:
    for name in names:
        if name not in described:
            raise ValueError(f"{name!a} is not described in the run record")


def _with(run: Run, record: Any, first: dict[str, Any]) -> Run:
    """Return a run with one more record in it."""
    record = COMPLETED[run.header["schema"]](record, first)
    kind = record.get("kind")
    if not isinstance(kind, str) or kind not in schema.KINDS or kind == "run":
        raise ValueError(f"not a record: of kind {kind!a}")
    check(record, schema.KINDS[kind])
    if kind == "end":
        run.end = record
    elif kind == "resumed":
        run.resumed, run.end = run.resumed + 1, None
    elif kind == "copy":
        run.copies.append(record)
    elif kind == "pass":
        _known([record["mode"]], run.header["modes"])
        run.passes.append(record)
        for timing in run.timings.values():
            timing.passed += (timing.mode, timing.batch) == (record["mode"], record["batch"])
    elif kind == "proof":
        _known([*record["panels"], *record["versions"]], run.header["frameworks"])
        run.proof = record
    elif tuple(record["case"]) in run.timings:
        _add(run.timings[tuple(record["case"])], kind, record, run.header["schema"])
    else:
        said = "/".join(map(str, record["case"]))
        raise ValueError(f"not a record: of an unknown case, {said!a}")
    return run


def _add(timing: Timing, kind: str, record: Any, number: int) -> None:
    if kind == "prepared":
        timing.prepared[record["process"]] = record
    elif kind == "warm":
        timing.warm[record["process"]] = record
    elif kind == "round":
        taken = record["round"] if number == schema.SCHEMA else len(timing.rounds)
        timing.rounds[record["process"], taken] = record
    else:
        timing.outcome, timing.stage = record["outcome"], record["stage"]
        timing.message = record["message"]
        if timing.measured and not timing.rounds:
            raise ValueError("measured, but its round records are missing")
