"""Where two files part: what their calls give is aligned by value, whatever they are called.

In float64 a match is unmistakable. A call that has no partner is where they part if what it
is given has one and nothing that is computed from it has: one file may take several calls for what
another does in one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from common.compare import difference
from frontends.ladder.locate import FLOAT64_BOUND
from frontends.workers.arrays import ArrayReader
from frontends.workers.protocol import Call
from frontends.workers.tracing import kept_samples

NEAR = 100 * FLOAT64_BOUND  # of a figure of a tensor, before its values are compared
NOWHERE = "no call differs: the output is not what the last call gives"
UNSEEN = "not located: what is called cannot be observed"
REORDERED = ": the same values in another order, as a flatten of NHWC gives those of NCHW, say"


@dataclass(frozen=True)
class Traced:
    """What the calls of a file gave in a mode: of large values the first samples alone, as of the
    output. title: of the file."""

    title: str
    calls: Sequence[Call]
    values: Mapping[int, Any]
    output: Any

    @cached_property
    def figures(self) -> Any:
        """Figures of every value that no order of its numbers changes: count, mean, size."""
        return np.array([_figures(self.values[i]) for i in range(len(self.calls))]).reshape(-1, 3)

    def leading(self, matched: Mapping[int, list[int]]) -> set[int]:
        """Return the calls that something with a partner is computed from."""
        found: set[int] = set()
        for number in reversed(range(len(self.calls))):
            if number in matched or number in found:
                found.update(s for s in self.calls[number].sources if s >= 0)
        return found

    def reaching(self) -> set[int]:
        """Return the calls that the output is computed from; all where that is not known."""
        last = [i for i in self.values if same(self.values[i], self.output)]
        found, left = set(last), list(last)
        while left:
            sources = {s for s in self.calls[left.pop()].sources if s >= 0} - found
            found |= sources
            left += sources
        return found or set(range(len(self.calls)))


def traced(title: str, calls: Sequence[Call], reader: ArrayReader, mode: str) -> Traced:
    """Read what the calls of a file gave."""
    values = {i: _few(reader.get(f"{mode}/call/{i}")) for i in range(len(calls))}
    return Traced(title, calls, values, _few(reader.get(f"{mode}/output")))


def _few(value: Any) -> Any:
    return value[: kept_samples(value.shape)]


def partners(left: Traced, right: Traced) -> dict[int, list[int]]:
    """Return the calls of the left one, with those of the right one that give the same."""
    found: dict[int, list[int]] = {}
    for number, own in enumerate(left.figures):
        if not len(right.figures) or own[2] <= 0:
            continue
        near = (right.figures[:, 0] == own[0]) & (
            np.abs(right.figures[:, 1:] - own[1:]).max(1) <= NEAR * own[2]
        )
        same_as = [int(i) for i in np.nonzero(near)[0] if _equal(left, right, number, int(i))]
        if same_as:
            found[number] = same_as
    return found


def apart(left: Traced, right: Traced) -> str:
    """Return where two files part first, with the lines of both."""
    if not (left.calls and right.calls):
        return UNSEEN
    there = partners(left, right)
    back: dict[int, list[int]] = {}
    for number, others in there.items():
        for each in others:
            back.setdefault(each, []).append(number)
    own, other = _candidates(left, there), _candidates(right, back)
    chosen = own[0] if own else None
    last = [n for n, value in left.values.items() if _close(value, left.output)][-1:]
    partner = _partner(left, right, chosen, other, there)
    given: Sequence[int] = last
    near = dict(there)
    if chosen is not None and partner is not None:  # what it is given, of all that give the same
        given, taken = left.calls[chosen].sources, right.calls[partner].sources
        near |= {n: [t for t in there[n] if t in taken] or there[n] for n in given if n in there}
    first = _reordered(left, right, given, near)
    if first is not None:
        both = f"{_said(left, first)} and {_said(right, near[first][0])}"
        return f"first apart: {both}{REORDERED}"
    if not own and not other:
        return NOWHERE
    sides = [
        _said(each, number)
        for each, number in ((left, chosen), (right, partner))
        if number is not None
    ]
    return f"first apart: {' and '.join(sides)}{_how(left, right, chosen, partner, there)}"


def _candidates(seen: Traced, matched: Mapping[int, list[int]]) -> list[int]:
    leading, reaching = seen.leading(matched), seen.reaching()
    agree = leading | set(matched)
    found = [
        number
        for number, call in enumerate(seen.calls)
        if number not in agree
        and number in reaching
        and all(source in agree for source in call.sources if source >= 0)
    ]
    known = [number for number in found if seen.calls[number].sources]
    return known or found


def _partner(
    left: Traced,
    right: Traced,
    chosen: int | None,
    other: list[int],
    there: Mapping[int, list[int]],
) -> int | None:
    """Return the call of the right one that is given what the chosen one is, or else the first."""
    if chosen is None or not other:
        return other[0] if other else None
    given = [set(there.get(s, [s])) for s in left.calls[chosen].sources]
    fitting = [n for n in other if all(set(right.calls[n].sources) & each for each in given)]
    same_size = [n for n in fitting or other if right.values[n].size == left.values[chosen].size]
    return (same_size or fitting or other)[0]


def _said(seen: Traced, number: int) -> str:
    call = seen.calls[number]
    line = f"{call.place}: {call.text}" if call.place else ""
    return f"{call.name} of {seen.title}{f' ({line})' if line else ''}"


def _how(
    left: Traced,
    right: Traced,
    chosen: int | None,
    partner: int | None,
    there: Mapping[int, list[int]],
) -> str:
    if chosen is None or partner is None:
        return ", which the other file has not"
    one, another = left.values[chosen], right.values[partner]
    if one.size != another.size:
        shapes = f"{one.shape[1:]} and {another.shape[1:]}"
        return f": shapes {shapes}{_until(left, right, chosen, there)}"
    found = difference(one, _brought(another, one))
    return f": {found}"


def _reordered(
    left: Traced, right: Traced, numbers: Sequence[int], there: Mapping[int, list[int]]
) -> int | None:
    """Return the call from which on the values of some calls have another order than those of
    their partners; None if they have not."""
    found = None
    while True:
        unlike = (
            number
            for number in numbers
            if number in there
            and not any(_close(left.values[number], right.values[t]) for t in there[number])
        )
        following = next(unlike, None)
        if following is None:
            return found
        found, numbers = following, left.calls[following].sources


def _until(left: Traced, right: Traced, chosen: int, there: Mapping[int, list[int]]) -> str:
    """Return up to which calls they agree: what has no counterpart stands behind one of them."""
    source = next((each for each in left.calls[chosen].sources if each in there), None)
    if source is None:
        return ""
    return f"; they agree up to {_said(left, source)} and {_said(right, there[source][0])}"


def _figures(value: Any) -> tuple[float, float, float]:
    """Return count, mean and size of a value; a size of 0 of one that is the same everywhere."""
    finite = value.size and np.isfinite(value).all()
    if not finite or float(value.max()) - float(value.min()) <= NEAR * float(np.abs(value).max()):
        return float(value.size), 0.0, 0.0
    return float(value.size), float(value.mean()), float(np.sqrt(np.square(value).mean()))


def _equal(left: Traced, right: Traced, one: int, another: int) -> bool:
    return same(left.values[one], right.values[another])


def same(one: Any, another: Any) -> bool:
    """Return whether two values have the same numbers sample by sample, in whatever order."""
    if one.size != another.size or len(one) != len(another):
        return False
    if _close(one, another):
        return True
    rows = [np.sort(each.reshape(len(each), -1), axis=1) for each in (one, another)]
    return bool(difference(rows[0], rows[1]).relative <= FLOAT64_BOUND)


def _close(one: Any, another: Any) -> bool:
    """Return whether two values are the same up to the place of the channels."""
    return bool(difference(one, _brought(another, one)).relative <= FLOAT64_BOUND)


def _brought(value: Any, beside: Any) -> Any:
    """Return a value in the shape of another, its channels moved to the front or the back: the
    nearest one, since maps may be as high as they have channels."""
    shape = beside.shape
    axes = ((0, 1, 2, 3), (0, 3, 1, 2), (0, 2, 3, 1)) if value.ndim == 4 else ()
    ways = [each for each in map(value.transpose, axes) if each.shape == shape]
    if ways:
        return min(ways, key=lambda each: difference(beside, each).relative)
    if value.size == int(np.prod(shape)) and len(value) == shape[0]:
        return value.reshape(shape)
    return value
