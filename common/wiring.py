"""The lines that a person writes: wiring, `out = add(out, x)`; signatures, `width, stride=1`."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from common.errors import SpecificationError
from common.expressions import evaluate, literal, tree_of
from common.limits import LONGEST_LINE, LONGEST_NAME

REQUIRED = object()
_VALUES = r"\w+(?:\s*,\s*\w+)*"
_CALL = re.compile(rf"({_VALUES})\s*=\s*(\w+)\s*\(\s*((?:{_VALUES})?)\s*\)")


@dataclass(frozen=True)
class Call:
    """One line of wiring: `outputs = layer(inputs)`."""

    outputs: tuple[str, ...]
    layer: str
    inputs: tuple[str, ...]

    @property
    def passed(self) -> tuple[str, ...]:
        """The values that are the outputs where an optional layer is not there: the inputs, or of
        several those that bear the names of the outputs, as in `y = add(x, y)`."""
        if len(self.inputs) == len(self.outputs):
            return self.inputs
        return self.outputs if set(self.outputs) <= set(self.inputs) else self.inputs

    def __str__(self) -> str:
        return f"{', '.join(self.outputs)} = {self.layer}({', '.join(self.inputs)})"


def parse_call(line: str) -> Call:
    """Return the call that a line such as `a, b = layer(a, b)` writes."""
    match = _CALL.fullmatch(line.strip()) if len(line) <= LONGEST_LINE else None
    if match is None:
        raise SpecificationError(f"wiring {line[:200]!r}; expected 'value = layer(value, ...)'")
    outputs, layer, inputs = match.groups()
    return Call(_values(outputs), layer, _values(inputs))


def outputs_of(calls: Iterable[Call]) -> list[str]:
    """Return the values that calls name, in order."""
    return [name for call in calls for name in call.outputs]


def is_identifier(name: str) -> bool:
    """Return whether a name can stand in written source."""
    short = name.isascii() and len(name) <= LONGEST_NAME
    return short and name.isidentifier() and not keyword.iskeyword(name)


def _values(text: str) -> tuple[str, ...]:
    return tuple(value.strip() for value in text.split(",") if value.strip())


def parse_signature(text: str) -> tuple[tuple[str, Any], ...]:
    """Return (argument, default or REQUIRED) pairs of a signature: `width, stride=1`."""
    mistake = SpecificationError(
        f"arguments {text[:200]!r}; expected names such as 'width, stride=1'"
    )
    try:
        if len(text) > LONGEST_LINE or not text.isascii() or "#" in text:
            raise ValueError("no signature")
        call = tree_of(f"f({text})")  # a signature reads as a call does
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise mistake from None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise mistake
    found: list[tuple[str, Any]] = []
    for node in call.args:
        found.append((node.id if isinstance(node, ast.Name) else "", REQUIRED))
    for each in call.keywords:
        found.append((each.arg or "", evaluate(ast.unparse(each.value), {})))
    if "" in dict(found) or len(dict(found)) < len(found):
        raise mistake
    return tuple(found)


def same_value(value: Any, default: Any) -> bool:
    """Is a value its default, type included?"""
    return type(value) is type(default) and bool(value == default)


def write_signature(arguments: Iterable[tuple[str, Any]]) -> str:
    """Return (argument, default or REQUIRED) pairs as `parse_signature` reads them."""
    return ", ".join(n if d is REQUIRED else f"{n}={literal(d)}" for n, d in arguments)
