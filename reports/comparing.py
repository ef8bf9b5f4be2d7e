"""Two runs held against each other: what became slower or faster beyond noise."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

from tabulate import tabulate

from common.errors import TriptychError
from reports.ratios import FALSE_ALARM, student
from reports.records import Key, Run, Timing
from reports.tables import significant

SLOWER, FASTER, SAME, UNKNOWN = "slower", "faster", "", "not told"
SAME_MACHINE = ("cpu", "cores", "architecture")


@dataclass(frozen=True)
class Change:
    """How many times as fast a case became, the least share that would tell, and what it is."""

    key: Key
    old: float
    new: float
    floor: float | None

    @property
    def ratio(self) -> float:
        return self.new / self.old

    @property
    def verdict(self) -> str:
        """SLOWER, FASTER, SAME within the noise, or UNKNOWN where a run does not tell its noise."""
        if self.floor is None:
            return UNKNOWN
        if abs(math.log(self.ratio)) <= math.log1p(self.floor):
            return SAME
        return FASTER if self.ratio > 1 else SLOWER


def compared(old: Run, new: Run) -> list[Change]:
    """Return the changes of all cases that both measured.

    Raises TriptychError where no difference can be laid to what was timed: other machines, threads
    or networks, or no case in common.
    """
    for name in SAME_MACHINE:
        one, other = old.header["machine"].get(name), new.header["machine"].get(name)
        _same(name, one, other)
    for name in ("network", "threads", "input_shape", "macs"):
        _same(name, old.header[name], new.header[name])  # type: ignore[literal-required]
    shared = [
        key
        for key, timing in old.timings.items()
        if timing.measured and key in new.timings and new.timings[key].measured
    ]
    if not shared:
        raise TriptychError("the two runs have no measured case in common")
    return [_change(old, new, key) for key in shared]


def _same(name: str, one: object, other: object) -> None:
    if one != other:
        raise TriptychError(f"not comparable: {name} was {one}, and is {other}")


def _change(old: Run, new: Run, key: Key) -> Change:
    before, now = (run.timings[key].images.value for run in (old, new))
    parts = [_variance(run, run.timings[key]) for run in (old, new)]
    known = [run.noise.floor for run in (old, new) if run.noise]
    if None in parts or len(known) < 2:
        return Change(key, before, now, None)
    total = sum(part for part in parts if part is not None)
    wide = student(1 - FALSE_ALARM / 2, 2 * len(old.timings)) * math.sqrt(total)
    return Change(key, before, now, max(math.expm1(wide), *known))


def _variance(run: Run, timing: Timing) -> float | None:
    """Return the variance of a case's logarithm in a run: of its processes, not less than most."""
    processes = {process for process, _ in timing.rounds}
    if run.noise is None or run.noise.spread is None or len(processes) < 2:
        return None
    medians = [
        statistics.median(math.log(s) for (p, _), s in timing.seconds.items() if p == process)
        for process in processes
    ]
    pooled = math.log1p(run.noise.spread) ** 2
    return max(statistics.variance(medians), pooled) / len(processes)


def table(old: Run, changes: list[Change]) -> str:
    """Return the changes as a table, what became slower first."""
    rows = [_row(old, change) for change in sorted(changes, key=lambda each: each.ratio)]
    headers = ("case", "images/s before", "now", "times as fast", "noise", "")
    align = ("left", "right", "right", "right", "right", "left")
    return tabulate(rows, headers, disable_numparse=True, colalign=align)


def _row(old: Run, change: Change) -> list[str]:
    framework, style, mode, precision, batch, variant = change.key
    parts = [f"{old.label(framework)} {style}", precision, f"{mode} of {batch}"]
    floor = "" if change.floor is None else f"{100 * change.floor:.1f} %"
    return [
        ", ".join([*parts, *([variant] if variant else [])]),
        significant(change.old),
        significant(change.new),
        f"{change.ratio:.3f}",
        floor,
        change.verdict,
    ]


def drift(changes: list[Change]) -> str:
    """Tell where everything changed alike: then it is the machine, or what all have in common."""
    middle = statistics.median(change.ratio for change in changes)
    if len(changes) < 3 or abs(middle - 1) < 0.03:
        return ""
    return (
        f"the median case is {middle:.3f} times as fast: the machine, its load, or what all cases "
        "have in common changed"
    )
