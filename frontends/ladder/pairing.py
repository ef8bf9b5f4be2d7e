"""Which tensor of one file is which of another: whole layers, in the order of their calls.

Layers are matched by the shape of what they mainly hold, up to each framework's layout, and by
what stands in front of and behind them; what is left, in order among those of one shape, and then
by name. What has no counterpart is a difference.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from common.errors import TriptychError
from frontends.ladder.climb import by_layer
from frontends.ladder.matching import folded, size_of, such_as
from frontends.ladder.placing import placed_alike
from frontends.workers.protocol import Looked, Tensor

MAIN = ("kernel", "table", "gamma", "slope", "beta", "mean", "variance", "bias")
VECTORS = {  # of a normalization by hand -> what a layer's are called here
    **{"weight": "gamma", "scale": "gamma", "bias": "beta", "shift": "beta"},
    **{"running_mean": "mean", "moving_mean": "mean"},
    **{"running_var": "variance", "moving_variance": "variance"},
}
Names = dict[str, str]  # name in one file -> name in the other


@dataclass
class Pairing:
    """names: of the other file -> of the first one. lines: what differs, one of each."""

    names: Names = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    proposal: str = ""


@dataclass(frozen=True)
class Holder:
    """A file, by what it holds."""

    title: str
    look: Looked

    @property
    def layers(self) -> dict[str, list[str]]:
        """Its layers, in the order in which they are called; what is never called comes last."""
        order = [n for n in self.look.order if n in self.look.tensors]
        return by_layer([*order, *(n for n in self.look.tensors if n not in self.look.order)])

    def tensor(self, name: str) -> Tensor:
        """Return a tensor."""
        return self.look.tensors[name]

    def place(self, name: str) -> str:
        """Return the line of a tensor's layer in brackets, "" if it is not known."""
        place = self.look.places.get(name, "").partition(": ")[0]
        return f" ({place})" if place else ""


def pair(first: Holder, other: Holder, names: Mapping[str, str] | None = None) -> Pairing:
    """Return which tensor of another file is which of the first.

    names: {name in the first: name in the other}, of layers or tensors, that are said.
    """
    found = Pairing()
    left, right = first.layers, other.layers
    layers = _said(first, other, names or {}, found)
    layers |= _alike(first, other, left, right, layers)
    for mine, theirs in layers.items():
        found.names |= {v: k for k, v in _within(first, other, left[mine], right[theirs]).items()}
    _by_name(first, other, found)
    done = set(found.names.values())
    missing = [name for name in first.look.tensors if name not in done]
    more = [name for name in other.look.tensors if name not in found.names]
    found.lines += _lines(first, other, missing) + _lines(other, first, more)
    found.lines += _trained(first, other, found.names)
    if missing and more:
        found.proposal = _proposal(first, other, missing, more)
    return found


def _said(first: Holder, other: Holder, names: Mapping[str, str], found: Pairing) -> Names:
    """Return the layers that names say; those of tensors go into the pairing."""
    layers: Names = {}
    for mine, theirs in names.items():
        if mine in first.layers and theirs in other.layers:
            layers[mine] = theirs
        elif mine in first.look.tensors and theirs in other.look.tensors:
            if size_of(first.tensor(mine)) != size_of(other.tensor(theirs)):
                shapes = first.tensor(mine).shape, other.tensor(theirs).shape
                raise TriptychError(f"--names: {mine} {shapes[0]} and {theirs} {shapes[1]}")
            found.names[theirs] = mine
        else:
            holder, wrong = (other, theirs) if _has(first, mine) else (first, mine)
            known = [*holder.layers, *holder.look.tensors]
            raise TriptychError(f"--names: no {wrong!r} in {holder.title}{such_as(wrong, known)}")
    return layers


def _has(holder: Holder, name: str) -> bool:
    return name in holder.layers or name in holder.look.tensors


def _alike(
    first: Holder,
    other: Holder,
    left: dict[str, list[str]],
    right: dict[str, list[str]],
    done: Names,
) -> Names:
    """Return the layers that are matched: by their names if these are the same in both files, else
    the longest common runs of shapes, then what is left in order."""
    mine = {n: _signature(first, names) for n, names in left.items() if n not in done}
    taken = set(done.values())
    theirs = {n: _signature(other, names) for n, names in right.items() if n not in taken}
    if mine and mine == theirs:
        return {name: name for name in mine}
    placed = placed_alike(mine, first.look.follows, theirs, other.look.follows)
    mine, theirs = placed or (mine, theirs)
    found: Names = {}
    matcher = difflib.SequenceMatcher(None, list(mine.values()), list(theirs.values()), False)
    a, b = list(mine), list(theirs)
    for block in matcher.get_matching_blocks():
        found |= {a[block.a + i]: b[block.b + i] for i in range(block.size)}
    free: dict[object, list[str]] = {}
    for name in b:
        if name not in found.values():
            free.setdefault(theirs[name], []).append(name)
    for name in a:
        if name not in found and free.get(mine[name]):
            found[name] = free[mine[name]].pop(0)
    return found


def _signature(holder: Holder, names: list[str]) -> object:
    """Return what a layer mainly holds: the kind and the size of one tensor, or all shapes."""
    kinds = {holder.tensor(name).kind: holder.tensor(name) for name in names}
    for kind in MAIN:
        if kind in kinds:
            said = "gamma" if kind in ("beta", "mean", "variance") else kind
            return said, size_of(kinds[kind])
    return tuple(sorted(holder.tensor(name).shape for name in names))


def _within(first: Holder, other: Holder, mine: list[str], theirs: list[str]) -> Names:
    """Return the tensors of two layers that are matched: by kind, or by name or shape."""
    found: Names = {}
    for name in mine:
        tensor = first.tensor(name)
        free = [n for n in theirs if n not in found.values() and _fits(tensor, other.tensor(n))]
        named = [n for n in free if _last(n) == _last(name)]
        if named or (free and not tensor.kind):
            found[name] = (named or free)[0]
    return found


def _fits(one: Tensor, another: Tensor) -> bool:
    return one.kind == another.kind and size_of(one) == size_of(another)


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _by_name(first: Holder, other: Holder, found: Pairing) -> None:
    """Match what is left by its name, where kind and shape fit."""
    done = set(found.names.values())
    free = {_plain(n): n for n in other.look.tensors if n not in found.names}
    for name, tensor in first.look.tensors.items():
        theirs = free.get(_plain(name)) if name not in done else None
        if theirs and _fits(tensor, other.tensor(theirs)):
            found.names[theirs] = name


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", name.lower())


def _lines(holder: Holder, beside: Holder, names: list[str]) -> list[str]:
    """Return the lines of what has no counterpart in the other file, a layer's tensors in one."""
    said = []
    for _, group in groupby(names, lambda name: name.rpartition(".")[0]):
        same = list(group)
        tensor, rest = holder.tensor(same[0]), same[1:]
        more = "".join(f", {name} {holder.tensor(name).shape}" for name in rest)
        notes = [tensor.layer] if tensor.layer else []
        notes += [] if tensor.trains else ["not trained"]
        notes += [] if same[0] in holder.look.order else ["never called in evaluation"]
        told = f" ({', '.join(notes)})" if notes else ""
        verb = "have" if rest else "has"
        where = f"of {holder.title}{holder.place(same[0])} {verb} no counterpart in {beside.title}"
        said.append((same[0], f"{tensor.shape}{more}{told}", where))
    return _folded(said)


def _folded(said: list[tuple[str, str, str]]) -> list[str]:
    """Fold lines that end alike; those with places of their own are counted, the first is told."""
    groups: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for name, more, what in said:
        groups.setdefault((_last(name), re.sub(r" \([^)]*:\d+\)", "", what)), []).append(
            (name, more, what)
        )
    lines = []
    for group in groups.values():
        name, more, what = group[0]
        others = f", and {len(group) - 1} like it, to {group[-1][0]}" if group[1:] else ""
        lines.append(f"{name} {more} {what}{others}")
    return lines


def _trained(first: Holder, other: Holder, names: Names) -> list[str]:
    """Return a line of what trains in one file alone."""
    said: Iterator[tuple[str, str, str]] = (
        (mine, "", f"trains in {a.title}, and not in {b.title}{b.place(n)}")
        for theirs, mine in names.items()
        for a, b, n in ((first, other, theirs), (other, first, mine))
        if _trains(a, first, mine, theirs) and not _trains(b, first, mine, theirs)
    )
    return folded(said)


def _trains(holder: Holder, first: Holder, mine: str, theirs: str) -> bool:
    return holder.tensor(mine if holder is first else theirs).trains


def _usual(name: str, size: tuple[int, ...]) -> str:
    """Return a name as it is compared; that of a normalization's vectors as layers call them."""
    layer, _, own = name.rpartition(".")
    return f"{layer}.{VECTORS.get(own, own)}" if len(size) == 1 else name


def _proposal(first: Holder, other: Holder, missing: list[str], more: list[str]) -> str:
    """Return names to begin a file for --names with: the closest ones of one size, "" if none."""
    free, pairs = list(more), {}
    for name in missing:
        size = size_of(first.tensor(name))
        alike = {_usual(each, size): each for each in free if size_of(other.tensor(each)) == size}
        for near in difflib.get_close_matches(_usual(name, size), alike, 1, 0.0):
            pairs[name] = alike[near]
            free.remove(alike[near])
    return json.dumps(pairs) if pairs else ""
