"""What a body of statements goes through before it is rendered, so that it reads well."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from common.expressions import names, parse
from common.ops import Op
from common.spec import Block, plain, uses
from frontends.writing.expressions import Choice, Field, bare
from frontends.writing.names import names_in
from frontends.writing.statements import Assign, Comment, If, Return, Statement, changed, within

NAME = "inner"  # it has always been the width within a bottleneck
LEAST = 2  # so often it has to stand there


def merged_ifs(body: Sequence[Statement]) -> list[Statement]:
    """Return statements with an `if` put into the one just before if both are on one condition."""
    found: list[Statement] = []
    for each in body:
        last = found[-1] if found else None
        if (
            isinstance(each, If)
            and isinstance(last, If)
            and (each.condition, each.remark) == (last.condition, last.remark)
        ):
            found[-1] = replace(last, body=(*_of_step(last), *_of_step(each)))
        else:
            found.append(each)
    return found


def _of_step(suite: If) -> list[Statement]:
    """Return what is within, with the steps that the whole says."""
    return [replace(each, steps=each.steps or suite.steps) for each in suite.body]


def said_once(body: Sequence[Statement]) -> list[Statement]:
    """Return statements without the comments that stand above already, and without an assignment
    of a word that is the last one to its name."""
    said: set[str] = set()
    last: dict[tuple[str, ...], Any] = {}
    found: list[Statement] = []
    for each in body:
        if isinstance(each, Comment):
            if each.comment in said:
                continue
            said.add(each.comment)
        if isinstance(each, Assign):
            value = bare(each.value)
            if _is_word(value) and last.get(each.targets) == value:
                continue
            last[each.targets] = value
        found.append(each)
    return found


def _is_word(value: Any) -> bool:
    """Is a value one of two quoted words, which only arguments of the block decide on?"""
    words = (value.value, value.other) if isinstance(value, Choice) else (value,)
    return all(isinstance(each, str) and each.startswith('"') for each in words)


def returning(body: Sequence[Statement], values: tuple[str, ...]) -> list[Statement]:
    """End a body with a return of values, of an expression where the last statement sets them."""
    last = body[-1]
    if isinstance(last, Assign) and (last.targets, last.operator, last.also) == (values, "=", ""):
        return [*body[:-1], Return(last.value, remark=last.remark, steps=last.steps)]
    return [*body, Return(", ".join(values))]


def with_local(block: Block, body: Sequence[Statement], products: bool = False) -> list[Statement]:
    """Return a body with the block's long expression that is most often an argument in it named
    at the top; `products`: or else a product of two arguments that stands there still more often.
    """
    called = {use.block.kind for use in block.children()}
    if NAME in names_in(block) | called:
        return list(body)
    found = _counts(tuple(body))
    counts = {each: found[each] for each in _long(block, 2)}
    best = max(counts, key=lambda each: counts[each], default="")
    if products and counts.get(best, 0) < LEAST:
        counts = {each: found[each] for each in _long(block, 1) if len(names(each)) > 1}
        counts = {each: count for each, count in counts.items() if count >= 2 * LEAST}
        best = max(counts, key=lambda each: counts[each], default="")
    if counts.get(best, 0) < LEAST:
        return list(body)

    def named(code: Any) -> Any:
        if isinstance(code, tuple):
            return tuple(_renamed(each) if bare(each) == best else each for each in code)
        return code

    return [Assign((NAME,), best), *changed(tuple(body), named)]


def _renamed(item: Any) -> Any:
    return replace(item, value=NAME) if isinstance(item, Field) else NAME


def _counts(body: tuple[Statement, ...]) -> Counter[str]:
    """Return how often each expression is an argument, or an item of a tuple or a list."""
    tuples = (each for each in within(body) if isinstance(each, tuple))
    items = (bare(item) for each in tuples for item in each)
    return Counter(item for item in items if isinstance(item, str))


def _long(block: Block, least: int) -> Iterator[str]:
    """Yield the expressions of a block that have at least so many operators."""
    for layer in block.layers.values():
        inner = plain(layer)
        if isinstance(inner, Op):
            values = [getattr(inner, name) for name in inner.expressions()]
        else:
            values = [value for use in uses(inner) for _, value in use.arguments]
        for value in values:
            if isinstance(value, str):
                nodes = ast.walk(parse(value))
                if sum(isinstance(node, ast.BinOp) for node in nodes) >= least:
                    yield value
