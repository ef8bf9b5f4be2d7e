"""What differs between two files beside the rungs: their outputs, and what they drop.

A TensorFlow 1 function that gives (logits, end points), as those of slim do, has one output where
the other file has no more: its end points are values on the way.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from frontends.ladder.aligned import same
from frontends.ladder.beside import FileRuns
from frontends.ladder.files import Brought
from frontends.ladder.report import Row
from frontends.ladder.runs import Job, Result
from frontends.ladder.structure import STRUCTURE
from frontends.workers.outcomes import MISMATCHED
from frontends.workers.protocol import Structure

_END_POINT = re.compile(r"1\.\D")  # an entry of a dict that stands behind the first output


def outputs_apart(first: Brought, other: Brought) -> Iterator[str]:
    """Yield a line for outputs that one of two files alone has, or that have other shapes."""
    for mode, where in (("evaluate", ""), ("train", " in training")):
        own, found = (each.seen.outputs[mode] for each in (first, other))
        keys = other.outputs[mode]
        if len(own) != len(found):
            own, found = (_but_end_points(each, mode) for each in (first, other))
        if len(own) != len(found):
            counts = " and ".join(
                f"{len(o)} output{'s' * (len(o) > 1)} of {each.name}"
                for each, o in ((first, own), (other, found))
            )
            yield f"{counts}{where}: the first {min(len(own), len(found))} compared"
        for (key, shape), theirs in zip(own.items(), keys):
            if shape[1:] != found[theirs][1:]:
                what = f"output {key or ''}".strip()
                shapes = f"{shape[1:]} of {first.name}, {found[theirs][1:]} of {other.name}"
                yield f"{what}{where}: {shapes}"
                return


def outputs_noted(first: Brought, other: Brought) -> Iterator[str]:
    """Yield notes on outputs that one file gives in another form."""
    for subject, beside in ((first, other), (other, first)):
        own, others = (each.seen.outputs["evaluate"] for each in (subject, beside))
        kept = _but_end_points(subject, "evaluate")
        if len(own) != len(others) and len(own) > len(kept):
            ends = ", ".join(key.partition(".")[2] for key in own if key not in kept)
            yield f"end points of {subject.name} are not compared: {ends}"
        named = "".join(key for key in own if not key.isdigit())
        if len(own) == len(others) == 1 and named and named not in others:
            yield f"{subject.name} gives its output in a dict, as {named!r}"


def _but_end_points(subject: Brought, mode: str) -> dict[str, tuple[int, ...]]:
    outputs = subject.seen.outputs[mode]
    if subject.framework != "tensorflow1" or "0" not in outputs:
        return outputs
    return {key: shape for key, shape in outputs.items() if not _END_POINT.match(key)}


def dropouts_apart(one: str, mine: Result, another: str, theirs: Result) -> Iterator[Row]:
    """Yield a row for every kind of dropout that one of two files alone has."""
    both = [Counter(each.told.dropouts.get("train", ())) for each in (mine, theirs)]
    for name, beside, left in (
        (one, another, both[0] - both[1]),
        (another, one, both[1] - both[0]),
    ):
        for words, count in left.items():
            times = f", {count} times," if count > 1 else ""
            told = (mine if name == one else theirs).told
            place = _at(told, told.dropouts["train"].index(words))
            line = f"{words}{times} of {name}{place} has no counterpart in {beside}"
            yield Row(STRUCTURE, (name,), MISMATCHED, note=line)


def dropouts_of(runs: FileRuns, name: str) -> str:
    """Return the dropouts of a file in training, in their order, with their lines."""
    told = runs.run(Job(name)).told
    return ", ".join(
        f"{words}{_at(told, index)}" for index, words in enumerate(told.dropouts["train"])
    )


def misplaced(runs: FileRuns, panels: tuple[str, str]) -> Iterator[Row]:
    """Yield a row if a dropout of one file drops another value than those of the other: at rate 0
    nothing else tells. To drop and to rectify is the same in either order."""
    if not all(runs.run(Job(panel)).told.dropouts.get("train") for panel in panels):
        return
    dropped = [runs.dropped(panel) for panel in panels]
    told = [runs.run(Job(panel)).told for panel in panels]
    for side, name in enumerate(panels):
        theirs = dropped[1 - side]
        for number, value in enumerate(dropped[side], 1):
            if theirs and not any(_drops_alike(value, each) for each in theirs):
                place = _at(told[side], number - 1)
                line = f"dropout {number} of {name}{place} stands where none of the other file does"
                yield Row(STRUCTURE, (name,), MISMATCHED, note=line)


def _at(told: Structure, index: int) -> str:
    """Return the line of a dropout of a training in brackets, "" if it is not known."""
    places = told.dropped_at.get("train", ())
    return f" ({places[index]})" if index < len(places) and places[index] else ""


def _drops_alike(one: Any, another: Any) -> bool:
    return same(one, another) or same(np.maximum(one, 0), np.maximum(another, 0))
