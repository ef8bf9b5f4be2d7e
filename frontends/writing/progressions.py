"""Blocks of a chain whose sizes grow evenly, written as one: `64 + 32 * i`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from frontends.writing.expressions import Invoke, invoke

LEAST = 3  # so many calls in a row are worth a loop


@dataclass(frozen=True)
class Run:
    """Calls in a row, numbered from `first`, as one call over the number `i`."""

    call: Any
    first: int
    count: int

    def span(self) -> Any:
        """Return the numbers of the calls, as an expression."""
        stop = self.first + self.count
        return invoke("range", self.first, stop) if self.first else invoke("range", stop)


def runs(calls: Sequence[Any], first: int = 0, together: bool = True) -> list[Run]:
    """Return calls with those in a row that differ in sizes alone, and evenly, as one; unless
    `together`, each by itself."""
    found: list[Run] = []
    while calls:
        longest = len(calls) if together else 1
        lengths = (n for n in range(longest, LEAST - 1, -1) if _over(calls[:n], first))
        count = next(lengths, 1)
        call = _over(calls[:count], first) if count > 1 else calls[0]
        found.append(Run(call, first, count))
        calls, first = calls[count:], first + count
    return found


def _over(calls: Sequence[Any], first: int) -> Any:
    """Return calls as one over `i`, None where they do not progress."""
    one = calls[0]
    names = [name for name, _ in one.named] if isinstance(one, Invoke) else []
    for each in calls:
        alike = isinstance(each, Invoke) and each.function == one.function
        if not alike or [name for name, _ in each.named] != names:
            return None
        if len(each.positional) != len(one.positional):
            return None
    positional = [_progression(values, first) for values in zip(*(c.positional for c in calls))]
    named = [
        _progression([v for _, v in values], first) for values in zip(*(c.named for c in calls))
    ]
    if None in positional or None in named:
        return None
    return Invoke(one.function, tuple(positional), tuple(zip(names, named)))


def _progression(values: Sequence[Any], first: int) -> Any:
    """Return values as an expression over `i`, None where they do not progress."""
    if all(value == values[0] for value in values):
        return values[0]
    if any(not isinstance(value, int) or isinstance(value, bool) for value in values):
        return None
    step = values[1] - values[0]
    if any(after - before != step for before, after in pairwise(values)):
        return None
    base, growth = values[0] - step * first, f"{abs(step)} * i" if abs(step) != 1 else "i"
    if step < 0:
        return f"{base} - {growth}"
    return f"{base} + {growth}" if base else growth
