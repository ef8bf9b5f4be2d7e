"""Two files layer by layer: each layer by itself, whatever stands before it.

Behind the first difference of two files nothing has equal values. A difference is told only if what
one file's layer does is not what the other's does, on the other's values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from frontends.ladder.following import IDENTITY
from frontends.ladder.layers import INPUT, Found, Path, Side
from frontends.ladder.report import ByLayer


def by_layer(runs: Any, names: tuple[str, str]) -> ByLayer:
    """Return what differs layer by layer between two files that were run (FileRuns), in evaluation.

    Raises WorkerError.
    """
    one, another = (_side(runs, name) for name in names)
    found = list(layers_apart(one, another))
    return ByLayer(names, len(found), tuple(grouped(found)))


def _side(runs: Any, name: str) -> Side:
    subject = runs.brought[name]
    seen = runs.traced(name, "evaluate")
    return Side(seen, subject.seen, subject.matched, runs.parameters, runs.given["input"])


def layers_apart(left: Side, right: Side) -> Iterator[tuple[Found, Found, str]]:
    """Yield what differs of each layer that both files have: it in either file, and what."""
    pairs: list[tuple[Found, Found]] = [(_input(left), _input(right))]
    for name in left.layers:
        one, another = left.found(name), right.found(name)
        if one is not None and another is not None:
            pairs.append((one, another))
    for one, another in pairs:
        if one.fit is not None and another.fit is not None:
            for what in _facets(one, another):
                yield one, another, what
        said = _followed(left, right, one, another) if one.once and another.once else ""
        if said:
            yield one, another, said


def _facets(one: Found, another: Found) -> Iterator[str]:
    """Yield in what the layers differ: numbers, where neither gives what the other does."""
    assert one.fit and another.fit
    for kind in ("bias", "gamma", "beta"):
        held = kind in one.held, kind in another.held
        if held[0] != held[1]:
            yield f"{kind} {held[0]} and {held[1]}"
    if type(one.fit.layer) is not type(another.fit.layer):
        return
    if one.fit.fits(another.fit) or another.fit.fits(one.fit):
        return
    own, other = one.fit.layer.facets(), another.fit.layer.facets()
    for name, value in own.items():
        if value != other[name]:
            yield f"{name} {value} and {other[name]}"


def _followed(left: Side, right: Side, one: Found, another: Found) -> str:
    """Return what follows a layer in one file and not in the other, "" if all does."""
    paths = left.paths(one), right.paths(another)
    missing = (
        [each for each in paths[0].values() if not _there(each, another, right)],
        [each for each in paths[1].values() if not _there(each, one, left)],
    )
    if not any(missing):
        return ""
    if all(len(each) == 1 for each in missing):
        return "followed by {} / {}".format(*_unlike(*map(_words, (each[0] for each in missing))))
    said = [
        " and ".join(dict.fromkeys(", ".join(_words(path)) for path in each)) or side.follows(layer)
        for each, side, layer in zip(missing, (left, right), (one, another))
    ]
    return f"followed by {said[0]} / {said[1]}" if all(said) else ""


def _unlike(one: list[str], another: list[str]) -> Iterator[str]:
    """Yield the words of two sequences up to where they end alike."""
    alike = 0
    while alike < min(len(one), len(another)) and one[-1 - alike] == another[-1 - alike]:
        alike += 1
    for each in (one, another):
        yield ", ".join(each[: len(each) - alike]) or "nothing"


def _there(path: Path, layer: Found, side: Side) -> bool:
    """Return whether a file computes the same of a layer's result, by any name of each step."""
    values = [layer.value]
    for ways in path:
        given, values = values, []
        for found in (way(x) for x in given for way in ways):
            if found is not None and not any(np.array_equal(found, each) for each in values):
                values.append(found)
    return not path or not values or any(map(side.has, values))


def _words(path: Path) -> list[str]:
    return [ways[0].name for ways in path if ways[0] is not IDENTITY]


def _input(side: Side) -> Found:
    return Found(INPUT, "", -1, side.batch, None, frozenset())


def grouped(found: Sequence[tuple[Found, Found, str]]) -> list[str]:
    """Return a line for each difference; those that say the same of many layers are one."""
    groups: dict[str, list[tuple[Found, Found]]] = {}
    for one, another, what in found:
        groups.setdefault(what, []).append((one, another))
    return [_line(what, pairs) for what, pairs in groups.items()]


def _line(what: str, pairs: list[tuple[Found, Found]]) -> str:
    first, last = (" and ".join(map(str, each)) for each in (pairs[0], pairs[-1]))
    more = f" and {len(pairs) - 1} like it, to {last}" if len(pairs) > 1 else ""
    return f"{first}{more}: {what}"
