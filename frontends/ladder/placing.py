"""Layers by their place in a network: what stands in front of and behind them, some layers far.

Branches of one shape may be called in any order: what follows them tells which is which.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

FAR = 12  # layers in either direction
Signatures = Mapping[str, object]  # layer -> what it holds
Follows = Mapping[str, Sequence[str]]  # layer -> those in front of it
Places = dict[str, object]


def placed_alike(
    mine: Signatures, my_follows: Follows, theirs: Signatures, their_follows: Follows
) -> tuple[Places, Places] | None:
    """Return the layers of two files by their places, None where these are not the same places.

    Colours are refined as by Weisfeiler and Leman, by one table for both.
    """
    table: dict[object, int] = {}
    files = [(mine, *_neighbours(mine, my_follows)), (theirs, *_neighbours(theirs, their_follows))]
    colours = [{n: _number(table, each) for n, each in file[0].items()} for file in files]
    for _ in range(FAR):
        colours = [
            {
                name: _number(table, (colour, _sorted(own, front[name]), _sorted(own, back[name])))
                for name, colour in own.items()
            }
            for own, (_, front, back) in zip(colours, files)
        ]
    if Counter(colours[0].values()) != Counter(colours[1].values()):
        return None
    return dict(colours[0]), dict(colours[1])


def _neighbours(layers: Signatures, follows: Follows) -> tuple[Follows, Follows]:
    """Return what stands directly in front of each layer, and what behind it."""
    front = {name: [n for n in follows.get(name, ()) if n in layers] for name in layers}
    back: dict[str, list[str]] = {name: [] for name in layers}
    for name, before in front.items():
        for each in before:
            back[each].append(name)
    return front, back


def _sorted(colours: Mapping[str, int], names: Sequence[str]) -> tuple[int, ...]:
    return tuple(sorted(colours[name] for name in names))


def _number(table: dict[object, int], key: object) -> int:
    return table.setdefault(key, len(table))
