"""Expressions of written source as data.

An expression is source text (a name, or arithmetic over a block's arguments), a number, a tuple of
expressions, or a node: a call, a list and so on. Writers and dialects look into nodes, never into
text; `text` renders them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from common.expressions import literal


@dataclass(frozen=True)
class Node:
    """An expression that is looked into before it is rendered."""

    def text(self) -> str:
        """Return the expression as source."""
        raise NotImplementedError


@dataclass(frozen=True)
class Invoke(Node):
    """A call. `function` is source text, or the call that makes what is called: `layer(…)(x)`."""

    function: Any
    positional: tuple[Any, ...] = ()
    named: tuple[tuple[str, Any], ...] = ()

    def text(self) -> str:
        values = [*map(text, self.positional), *(f"{n}={text(v)}" for n, v in self.named)]
        return f"{text(self.function)}({', '.join(values)})"

    def get(self, name: str) -> Any:
        """Return a named argument, None where it is not passed."""
        return dict(self.named).get(name)

    def extended(self, /, **named: Any) -> Invoke:
        """Return the call with further arguments, behind the others."""
        return replace(self, named=(*self.named, *named.items()))

    def without(self, name: str) -> Invoke:
        """Return the call with a named argument left out."""
        return replace(self, named=tuple((n, v) for n, v in self.named if n != name))


@dataclass(frozen=True)
class List(Node):
    """[a, b]."""

    items: tuple[Any, ...]

    def text(self) -> str:
        return f"[{', '.join(map(text, self.items))}]"


@dataclass(frozen=True)
class Each(Node):
    """`value for name in values`: an argument by itself, or the one item of a list."""

    value: Any
    name: str
    values: Any

    def text(self) -> str:
        return f"{text(self.value)} for {self.name} in {text(self.values)}"


@dataclass(frozen=True)
class Unpacked(Node):
    """`*values`, as an argument or an item."""

    values: Any

    def text(self) -> str:
        return f"*{text(self.values)}"


@dataclass(frozen=True)
class Choice(Node):
    """`value if condition else other`."""

    value: Any
    condition: Any
    other: Any

    def text(self) -> str:
        return f"{text(self.value)} if {text(self.condition)} else {text(self.other)}"


@dataclass(frozen=True)
class Joined(Node):
    """Operands with an operator between each two."""

    operator: str
    operands: tuple[Any, ...]

    def text(self) -> str:
        return f" {self.operator} ".join(map(text, self.operands))


@dataclass(frozen=True)
class Part(Node):
    """`value[index]`; the index is source text."""

    value: Any
    index: str

    def text(self) -> str:
        return f"{text(self.value)}[{self.index}]"


@dataclass(frozen=True)
class Field(Node):
    """An expression that carries fields of an op.

    rule: how, where it is not an argument of the op's own call: "before" or "after" by what stands
    there, "function" by a function or class of the file, "loop" by a loop over layers, "choice" by
    a word that arguments decide on. steps: of which ops, each by the
    `block.layer` that it says, several where blocks are flat.
    """

    value: Any
    names: tuple[str, ...]
    rule: str = ""
    steps: tuple[tuple[str, ...], ...] = ()

    def text(self) -> str:
        return text(self.value)


def text(expression: Any) -> str:
    """Return an expression as source."""
    if isinstance(expression, Node):
        return expression.text()
    if isinstance(expression, tuple):
        return literal(tuple(map(text, expression)))
    return literal(expression)


def invoke(function: Any, /, *positional: Any, **named: Any) -> Invoke:
    """Return a call; arguments that are None are left out."""
    return Invoke(
        function,
        tuple(value for value in positional if value is not None),
        tuple((name, value) for name, value in named.items() if value is not None),
    )


def unless(value: Any, default: Any) -> Any:
    """Return None for a default, so that `invoke` leaves it out."""
    same = value == default and isinstance(value, bool) == isinstance(default, bool)
    return None if same else value


def carrying(value: Any, *names: str, rule: str = "") -> Any:
    """Return an expression that carries fields of an op; None is left as it is."""
    return None if value is None else Field(value, names, rule)


def given(op: Any, name: str, default: Any = None) -> Any:
    """Return a field of an op as an argument, None for a framework's default."""
    return carrying(unless(getattr(op, name), default), name)


def bare(expression: Any) -> Any:
    """Return an expression without the fields that it carries."""
    return expression.value if isinstance(expression, Field) else expression
