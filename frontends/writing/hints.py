"""Type hints in the signatures of written classes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from common.elaborate import BlockInstance
from common.expressions import literal
from common.spec import Block
from common.wiring import REQUIRED

TENSOR = "Tensor"


def init_parameters(
    block: Block, implicit: Iterable[str], instances: Iterable[BlockInstance]
) -> tuple[str, ...]:
    """Return the parameters of a block's `__init__` behind `self`: channels that are implicit,
    what has no default, what has one."""
    given = {name: [each.arguments[name] for each in instances] for name, _ in block.arguments}
    hints = {name: hint_of(values) for name, values in given.items()}
    required = [f"{n}: {hints[n]}" for n, default in block.arguments if default is REQUIRED]
    defaults = [
        f"{n}: {hints[n]} = {literal(default)}"
        for n, default in block.arguments
        if default is not REQUIRED
    ]
    return (*(f"{name}: int" for name in implicit), *required, *defaults)


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


def returned(values: tuple[str, ...]) -> str:
    """Return the type of what a `forward` returns."""
    return TENSOR if len(values) == 1 else f"tuple[{', '.join([TENSOR] * len(values))}]"
