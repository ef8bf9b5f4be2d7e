"""Type hints in the signatures of written classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from common.elaborate import BlockInstance
from common.expressions import literal
from common.spec import Block
from common.wiring import REQUIRED
from frontends.writing.statements import Function

TENSOR = "Tensor"


def init_parameters(
    block: Block, implicit: Iterable[str], instances: Iterable[BlockInstance]
) -> tuple[str, ...]:
    """Return the parameters of a block's `__init__` behind `self`: channels that are implicit,
    what has no default, what has one."""
    hints = argument_hints(block, instances)
    required = [f"{n}: {hints[n]}" for n, default in block.arguments if default is REQUIRED]
    defaults = [
        f"{n}: {hints[n]} = {literal(default)}"
        for n, default in block.arguments
        if default is not REQUIRED
    ]
    return (*(f"{name}: int" for name in implicit), *required, *defaults)


def argument_hints(block: Block, instances: Iterable[BlockInstance]) -> dict[str, str]:
    """Return the types of a block's arguments."""
    found = list(instances)
    return {n: hint_of(each.arguments[n] for each in found) for n, _ in block.arguments}


def with_hints(function: Function, hints: Mapping[str, str], returns: str) -> Function:
    """Return a function with the types of its parameters, where there are any."""
    if not hints:
        return function
    return replace(
        function,
        parameters=tuple(_typed(*each.partition("="), hints) for each in function.parameters),
        returns=returns,
    )


def _typed(name: str, sign: str, default: str, hints: Mapping[str, str]) -> str:
    typed = f"{name}: {hints[name]}" if name in hints else name
    return f"{typed} = {default}" if sign else typed


def hint_of(values: Iterable[Any]) -> str:
    """Return the type of an argument of these values.

    >>> hint_of([1, (1, 7)]), hint_of([0.5, 1]), hint_of([True])
    ('int | tuple[int, ...]', 'float', 'bool')
    """
    kinds = dict.fromkeys(map(_hint, values))
    if {"int", "float"} <= kinds.keys():
        del kinds["int"]
    return " | ".join(sorted(kinds))


def _hint(value: Any) -> str:
    if isinstance(value, tuple):
        return f"tuple[{hint_of(value)}, ...]"
    return type(value).__name__


def returned(values: tuple[str, ...], tensor: str = TENSOR) -> str:
    """Return the type of what a block returns."""
    return tensor if len(values) == 1 else f"tuple[{', '.join([tensor] * len(values))}]"
