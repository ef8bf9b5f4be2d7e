"""What a verification found: rows of a ladder, and how they are printed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from tabulate import tabulate

from frontends.workers.outcomes import AGREES, CRASHED, Outcome, WorkerError


@dataclass(frozen=True)
class Row:
    """One check. `panels` are the one or two that it speaks of; `outcome` is "agrees" or
    "mismatched", or how a panel failed to answer."""

    rung: str
    panels: tuple[str, ...]
    outcome: str
    worst: float | None = None
    bound: float | None = None
    note: str = ""
    stage: str = ""  # at which a panel stopped, where it did
    compares: bool = False  # it compares two networks within one panel

    @property
    def passed(self) -> bool:
        return self.outcome == AGREES


@dataclass(frozen=True)
class ByLayer:
    """What differs between two files, each layer by itself: how many differences, in lines of which
    each is of all layers that differ alike."""

    files: tuple[str, str]
    count: int
    lines: tuple[str, ...]

    @property
    def title(self) -> str:
        """The heading of the lines. The outputs part all the same where nothing was found: between
        layers, or in what follows none of them alone, a sum say."""
        if not self.count:
            where = "in what no single layer tells, as said above"
            return f"layer by layer, {' and '.join(self.files)}: nothing found; they part {where}"
        counted = f"{self.count} difference{'' if self.count == 1 else 's'}"
        return f"each layer by itself, {' and '.join(self.files)}: {counted}"


def stopped_row(panel: str, outcome: Outcome) -> Row:
    """Return the row of a panel whose job did not come to its end."""
    rung = f"stage {outcome.stage}"
    return Row(rung, (panel,), outcome.kind, note=outcome.message, stage=outcome.stage)


def stopped_by(panel: str, error: Exception) -> Row:
    """Return the row of a panel that an error stopped."""
    if isinstance(error, WorkerError):
        return stopped_row(panel, error.outcome)
    message = f"{type(error).__name__}: {error}"
    return stopped_row(panel, Outcome(panel, CRASHED, "write", message))


@dataclass
class Report:
    """All rows of one verification, and the versions that ran.

    alone: of which inputs alone it holds, in words, "" where no others were found to part it.
    """

    network: str
    batch: int
    frameworks: list[str]
    rows: list[Row] = field(default_factory=list)
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    alone: str = ""
    layers: list[ByLayer] = field(default_factory=list)  # of files that part

    @property
    def passed(self) -> bool:
        """Whether no check failed; with a single panel nothing was compared (see `proved`)."""
        return bool(self.rows) and all(row.passed for row in self.rows)

    @property
    def compared(self) -> bool:
        """Whether any two panels were held against each other."""
        return any(len(row.panels) == 2 or row.compares for row in self.rows)

    @property
    def proved(self) -> bool:
        """Whether panels were compared, and are the same network."""
        return self.passed and self.compared

    @property
    def verdict(self) -> str:
        """The verdict in words."""
        if self.proved:
            return f"the same network{self.alone}"
        return "not compared: one panel alone" if self.passed else "NOT proved the same"

    @property
    def worst_float64(self) -> float:
        """The worst float64 difference of any pair on any rung, NaN where no pair was compared."""
        pairs = [row for row in self.rows if len(row.panels) == 2 and (row.bound or 0) < 1]
        found = [row.worst for row in pairs if row.worst is not None]
        return max(found, default=float("nan"))

    def reason(self, framework: str) -> str | None:
        """Return why a panel is not proved, None if it is.

        A pair that differs accuses the panel that differs from more of the others, both if the
        others are split; one with a panel that failed by itself accuses no other.
        """
        failed = [row for row in self.rows if not row.passed]
        alone = {row.panels[0]: row for row in reversed(failed) if len(row.panels) == 1}
        if framework in alone:
            row = alone[framework]
            return f"{row.rung}: {row.outcome} {row.note}".strip()
        pairs = [row for row in failed if not set(row.panels) & set(alone)]
        own = [row for row in pairs if framework in row.panels]
        blame = {name: _accusations(pairs, name) for name in self.frameworks}
        if own and blame[framework] >= max(blame.values()):
            return f"{own[0].rung}: {own[0].outcome} {own[0].note}".strip()
        return None

    def table(self, every_row: bool = False) -> str:
        """Return the ladder as a table: a row per rung where all agree, else a row per check."""
        rows = []
        for rung in dict.fromkeys(row.rung for row in self.rows):
            checks = [row for row in self.rows if row.rung == rung]
            fold = not every_row and len(checks) > 1 and all(row.passed for row in checks)
            rows += [_folded(checks)] if fold else [_cells(row) for row in checks]
        return tabulate(rows, ["rung", "panels", "worst", "bound", "outcome", ""])

    def text(self, every_row: bool = False) -> str:
        """Return the whole report as printed."""
        versions = "; ".join(
            f"{framework}: " + ", ".join(f"{k} {v}" for k, v in found.items())
            for framework, found in self.versions.items()
        )
        lines = [
            f"{self.network}, batch {self.batch}" if self.batch else self.network,
            versions,
            *self.notes,
            "",
            self.table(every_row),
            "",
            *self._failures(),
            *(line for each in self.layers for line in (each.title, *_indented(each.lines))),
        ]
        worst = self.worst_float64
        told = "" if math.isnan(worst) else f"worst float64 difference {worst:.1e}, "
        lines.append(f"{self.verdict}: {told}{self.seconds:.0f} s")
        return "\n".join(lines)

    def _failures(self) -> list[str]:
        """Return a line for every check that failed. That of panels which agree with those of an
        earlier one is named behind it, and no more is said."""
        alike, told = self._alike(), dict[object, list[Row]]()
        for row in self.rows:
            if not row.passed:
                pair = len(row.panels) == 2 and frozenset(alike[each] for each in row.panels)
                told.setdefault((row.rung, pair or id(row)), []).append(row)
        return [
            f"{row.rung}, {_names(row)}: {row.outcome}: {row.note}"
            + (f"; and so {', '.join(map(_names, more))}" if more else "")
            for row, *more in told.values()
        ]

    def _alike(self) -> dict[str, str]:
        """Return, of every panel, the first one with which it agrees on all that was compared."""
        pairs = [row for row in self.rows if len(row.panels) == 2]
        compared = {frozenset(row.panels) for row in pairs}
        apart = {frozenset(row.panels) for row in pairs if not row.passed}
        found: dict[str, str] = {}
        for name in dict.fromkeys(name for row in self.rows for name in row.panels):
            same = [n for n, first in found.items() if n == first]
            agree = (n for n in same if frozenset((n, name)) in compared - apart)
            found[name] = next(agree, name)
        return found

    def record(self) -> dict[str, Any]:
        """Return plain data, for a record."""
        return asdict(self) | {
            "passed": self.passed,
            "verdict": self.verdict,
            "worst_float64": self.worst_float64,
        }


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _accusations(pairs: list[Row], framework: str) -> int:
    return len({name for row in pairs if framework in row.panels for name in row.panels})


def _names(row: Row) -> str:
    return " ↔ ".join(row.panels)


def _cells(row: Row) -> list[str]:
    return [
        row.rung,
        _names(row),
        "" if row.worst is None else f"{row.worst:.1e}",
        "" if row.bound is None else f"{row.bound:.2g}",
        row.outcome,
        row.note if len(row.note) < 60 or row.passed else "see below",
    ]


def _folded(rows: list[Row]) -> list[str]:
    """Return one row of cells for checks that all passed: their worst, and where it was."""
    worst = max(rows, key=lambda row: row.worst or 0)
    pairs = len(worst.panels) == 2
    cells = _cells(worst)
    cells[1] = f"all {len(rows)} {'pairs' if pairs else 'panels'}"
    notes = dict.fromkeys(row.note for row in rows if row.note)
    where = f"worst: {' ↔ '.join(worst.panels)}" if worst.worst else ""
    cells[5] = "; ".join([*([where] if where else []), *notes])
    return cells
