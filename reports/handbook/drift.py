"""What a row gives now and did not when it was recorded, by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from frontends.frameworks import TABLE
from frontends.workers.pool import Workers
from reports.handbook.executing import replay
from reports.handbook.records import RowLine
from reports.handbook.rows import Row

CLOSE = 1e-3  # of a sum of results


def drifted(line: RowLine, row: Row, panels: Iterable[str], workers: Workers) -> list[str]:
    """Run a row again in some panels; return what differs from its recorded line."""
    recorded = line.get("ways", {})
    found = []
    for panel in panels:
        if panel in row.ways:
            now = replay(row, panel, workers)
            name = f"row {row.number}, {TABLE[panel].label}"
            found += [f"{name}: {each}" for each in _differing(recorded.get(panel, []), now)]
    return found


def _differing(recorded: Sequence[Any], now: Sequence[Any]) -> list[str]:
    if [each["text"] for each in recorded] != [each["text"] for each in now]:
        return ["a snippet is not the one that was recorded"]
    pairs = zip(recorded, now)
    return [f"`{new['text']}` gave {_shown(old)}, gives {_shown(new)}" for old, new in pairs
            if not _alike(old, new)]  # fmt: skip


def _alike(old: Any, new: Any) -> bool:
    if ("error" in old) != ("error" in new) or old.get("results") != new.get("results"):
        return False
    left, right = old.get("sum", 0.0), new.get("sum", 0.0)
    return bool(abs(left - right) <= CLOSE * max(abs(left), abs(right), 1e-3))


def _shown(told: Any) -> str:
    if "error" in told:
        return str(told["error"])
    return f"{', '.join(told['results'])}, sum {told.get('sum', 'of random numbers')}"
