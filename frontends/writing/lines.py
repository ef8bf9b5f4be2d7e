"""Which lines of a written file say which step: found beside the text, with no mark in it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from frontends.writing.statements import Class, Comment, Function, Scope, Statement, Suite

MAKE, CALL = "make", "call"  # where a layer is constructed, and where it is applied


@dataclass(frozen=True)
class Lines:
    """Lines `first` to `last` of a file, counted from 1, say `steps`: block.layer.

    Several steps share lines where an activation is an argument of the layer before it. role:
    "make" in a class's constructor and what it calls, "call" where values are computed. A function
    of Keras, Fluid or TensorFlow 1 makes and applies a layer in one.
    """

    steps: tuple[str, ...]
    role: str
    first: int
    last: int


def lines_of(statements: Sequence[Statement], text: str) -> tuple[Lines, ...]:
    """Return the lines of every step, in the order of the file.

    statements: the functions or classes as data; text: the whole file, formatted, which defines
    them at its top level after all else of their names.
    """
    named = {each.name: each for each in ast.parse(text).body if hasattr(each, "name")}
    found: list[Lines] = []
    for each in statements:
        assert isinstance(each, (Class, Function))
        found += _within(each, named[each.name], (), CALL)
    return tuple(found)


def _within(suite: Suite, node: Any, inherited: tuple[str, ...], role: str) -> Iterator[Lines]:
    """Yield the lines of the statements of a suite; comments have no node of their own."""
    body = [each for each in suite.body if not isinstance(each, Comment)]
    for each, own in zip(body, _with_branches(node.body), strict=True):
        steps = each.steps or inherited
        if isinstance(each, Suite):
            makes = isinstance(suite, Class) and each.line().startswith("def _")
            inner = MAKE if makes else role
            said = tuple(_within(each, own, steps, inner))
            if not isinstance(each, (Class, Function, Scope)):
                yield from _lines(_union(said), role, own.lineno, own.body[0].lineno - 1)
            yield from said
        else:
            yield from _lines(steps, role, own.lineno, own.end_lineno)


def _with_branches(nodes: Iterable[Any]) -> Iterator[Any]:
    """Yield nodes, each `elif` behind its `if`: it is a statement of its own in ours."""
    for each in nodes:
        yield each
        while isinstance(each, ast.If) and each.orelse:
            (each,) = each.orelse
            yield each


def _lines(steps: tuple[str, ...], role: str, first: int, last: int) -> Iterator[Lines]:
    if steps:
        yield Lines(steps, role, first, last)


def _union(said: Iterable[Lines]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(step for each in said for step in each.steps))
