"""What a written block refuses of its arguments, each in one line: what it would build wrongly.

The specification refuses the same. A width of 0 is left to the framework, but for one that only a
division makes 0: most build it, with a warning at best.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from common.expressions import names, parse
from common.ops import ChannelPad, Op
from common.prune import Unwritten
from common.spec import Block, Chain, Layer, Parallel, When, plain, uses
from frontends.writing.expressions import Joined
from frontends.writing.statements import Expression, If, Statement

_SIZES = ("out_channels", "out_features", "kernel_size", "stride", "dilation", "groups")
_COUNT = re.compile(r"(\w+)(?:\[(\d+)\])?(?: - (\d+))?")  # width; num_blocks[1] - 1


def guards(block: Block, fstrings: bool) -> list[Statement]:
    """Return the statements that refuse arguments that a block cannot be built with."""
    least, found = _least_counts(block), []
    for name, default in block.arguments:
        if isinstance(default, tuple):
            few, expected = _of_tuple(name, len(default), least)
            found.append(_refused(few, f"{name}={{}}, expected {expected}", [name], fstrings))
        elif least.get((name, None), 0) > 0:
            count = least[name, None]
            said = f"{name}={{}}, expected at least {count}"
            found.append(_refused(Joined("<", (name, count)), said, [name], fstrings))
    for layer in block.layers.values():
        if isinstance(layer, When) and isinstance(layer.layer, Unwritten):
            told = [name for name, _ in block.arguments if name in names(layer.when)]
            said = ", ".join(f"{name}={{}}" for name in told) + ": written without what this asks"
            found.append(_refused(layer.when, said, told, fstrings))
    for size, lowest in dict.fromkeys(_vanishing(block)):
        told = [name for name, _ in block.arguments if name in names(size)]
        said = ", ".join(f"{name}={{}}" for name in told)
        said += ": no channels are left" if lowest else ": negative padding"
        found.append(_refused(Joined("<", (size, lowest)), said, told, fstrings))
    return found


def _refused(condition: Any, message: str, told: list[str], fstrings: bool) -> Statement:
    """Return `if condition: raise ValueError(message)`; {} in it are the arguments `told`."""
    if fstrings:
        text = 'f"' + message.format(*(f"{{{name}}}" for name in told)) + '"'
        text = re.sub(r"(\w+)={\1}", r"{\1=}", text)
    else:
        values = ", ".join(told) if len(told) > 1 else f"{told[0]},"
        text = f'"{message.replace("{}", "%s")}" % ({values})'
    return If(condition, body=(Expression(f"raise ValueError({text})"),))


def _of_tuple(name: str, count: int, least: dict[tuple[str, int | None], int]) -> tuple[str, str]:
    """Return when a tuple does not fit, and what is expected of it."""
    wrong, lowest = f"len({name}) != {count}", [least.get((name, i), 0) for i in range(count)]
    first = next((i for i, each in enumerate(lowest) if each), None)
    if first is None or set(lowest[first:]) != {lowest[first]}:
        return wrong, f"{count} values"
    part, expected = name, f"{count}, all >= {lowest[first]}"
    if first:  # no longer, or it breaks the line
        part = f"{name}[{first}:]"
        expected = f"{count}, >= {lowest[first]} from index {first}"
    return f"{wrong} or min({part}) < {lowest[first]}", expected


def _least_counts(block: Block) -> dict[tuple[str, int | None], int]:
    """Return (argument, index in it or None) -> the least that the counts of layers allow."""
    found: dict[tuple[str, int | None], int] = {}
    for layer in map(plain, block.layers.values()):
        counts: list[tuple[Any, int]] = []
        if isinstance(layer, Chain):
            counts = [(count, 0) for _, count in layer.links]
        elif isinstance(layer, Parallel):
            counts = [(layer.count, 2)]
        for count, base in counts:
            match = _COUNT.fullmatch(count) if isinstance(count, str) else None
            if match:
                key = match[1], None if match[2] is None else int(match[2])
                found[key] = max(found.get(key, 0), base + int(match[3] or 0))
    return found


def _vanishing(block: Block) -> Iterator[tuple[str, int]]:
    """Yield sizes that a division may make 0, or a difference negative, and the least they may
    be."""
    for layer in block.layers.values():
        inner = plain(layer)
        for size in _sizes(inner):
            if any(isinstance(node, ast.FloorDiv) for node in ast.walk(parse(size))):
                yield size, 1
        if isinstance(inner, ChannelPad):
            stated = [size for size in (inner.before, inner.after) if isinstance(size, str)]
            yield from ((_signed(size), 0) for size in stated[:1])


def _signed(size: str) -> str:
    """Return a size without a division by a number, which keeps its sign."""
    return re.sub(r"^(\w+) // \d+$", r"\1", size)


def _sizes(layer: Layer) -> Iterator[str]:
    """Yield the expressions of a layer that are sizes."""
    if isinstance(layer, Op):
        values = [getattr(layer, name, None) for name in _SIZES]
        yield from (value for value in values if isinstance(value, str))
    for use in uses(layer):
        for name, value in use.arguments:
            if isinstance(value, str) and _is_size(use.block, name):
                yield value


def _is_size(block: Block, name: str) -> bool:
    """Is an argument of a block a size of a layer in it?"""
    for layer in map(plain, block.layers.values()):
        if isinstance(layer, Op) and name in [getattr(layer, each, None) for each in _SIZES]:
            return True
        for use in uses(layer):
            if any(value == name and _is_size(use.block, n) for n, value in use.arguments):
                return True
    return False
