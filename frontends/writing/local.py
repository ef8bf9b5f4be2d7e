"""A long expression that a block writes again and again gets a local name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from common.expressions import parse
from common.ops import Op
from common.spec import Block, When, uses

NAME = "inner"  # it has always been the width within a bottleneck
LEAST = 2  # so often it has to stand there


def with_local(block: Block, lines: list[str]) -> list[str]:
    """Return lines of a block's function, its most repeated long expression named at the top."""
    if NAME in {name for name, _ in block.arguments} | set(block.inputs):
        return lines
    text = "\n".join(lines)
    counts = {each: len(_argument(each).findall(text)) for each in _long(block)}
    best = max(counts, key=lambda each: counts[each], default="")
    if counts.get(best, 0) < LEAST:
        return lines
    return [f"{NAME} = {best}", *(_argument(best).sub(NAME, line) for line in lines)]


def _argument(expression: str) -> re.Pattern[str]:
    """Return what finds an expression where it is all of an argument."""
    return re.compile(rf"(?:(?<=\()|(?<=, )|(?<==)){re.escape(expression)}(?=[,)])")


def _long(block: Block) -> Iterator[str]:
    """Yield the expressions of a block that have at least two operators."""
    for layer in block.layers.values():
        inner = layer.layer if isinstance(layer, When) else layer
        if isinstance(inner, Op):
            values = [getattr(inner, name) for name in inner.expressions()]
        else:
            values = [value for use in uses(inner) for _, value in use.arguments]
        for value in values:
            if isinstance(value, str):
                nodes = ast.walk(parse(value))
                if sum(isinstance(node, ast.BinOp) for node in nodes) > 1:
                    yield value
