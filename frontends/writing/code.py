"""What is written, as data: expressions and statements, rendered to text here and nowhere else.

An expression is source text (a name, or arithmetic over a block's arguments), a number, a tuple of
expressions, or a node: a call, a list and so on. Writers and dialects look into nodes, never into
text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
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


@dataclass(frozen=True)
class Statement:
    """remark: a comment behind the (first) line. step: the `block.layer` that is said."""

    remark: str = field(default="", kw_only=True)
    step: str = field(default="", kw_only=True)

    def line(self) -> str:
        """Return the statement's first line, without its remark."""
        raise NotImplementedError


@dataclass(frozen=True)
class Plain(Statement):
    """A statement that is one expression, or source text that nobody looks into."""

    expression: Any

    def line(self) -> str:
        return text(self.expression)


@dataclass(frozen=True)
class Comment(Statement):
    """A line that is a comment."""

    comment: str

    def line(self) -> str:
        return f"# {self.comment}"


@dataclass(frozen=True)
class Assign(Statement):
    """`targets = value`; with `also` a further name for the value: `also = targets = value`."""

    targets: tuple[str, ...]
    value: Any
    operator: str = field(default="=", kw_only=True)
    also: str = field(default="", kw_only=True)

    def line(self) -> str:
        first = f"{self.also} = " if self.also else ""
        return f"{first}{', '.join(self.targets)} {self.operator} {text(self.value)}"


@dataclass(frozen=True)
class Return(Statement):
    """return value."""

    value: Any

    def line(self) -> str:
        return f"return {text(self.value)}"


@dataclass(frozen=True)
class Suite(Statement):
    """A statement with others within."""

    body: tuple[Statement, ...] = field(kw_only=True)


@dataclass(frozen=True)
class If(Suite):
    """if condition: body."""

    condition: Any

    def line(self) -> str:
        return f"if {text(self.condition)}:"


@dataclass(frozen=True)
class For(Suite):
    """for name in values: body."""

    name: str
    values: Any

    def line(self) -> str:
        return f"for {self.name} in {text(self.values)}:"


@dataclass(frozen=True)
class With(Suite):
    """with context: body."""

    context: Any

    def line(self) -> str:
        return f"with {text(self.context)}:"


@dataclass(frozen=True)
class Function(Suite):
    """def name(parameters): body; a parameter is source text."""

    name: str
    parameters: tuple[str, ...]

    def line(self) -> str:
        return f"def {self.name}({', '.join(self.parameters)}):"


@dataclass(frozen=True)
class Class(Suite):
    """class name(base): body."""

    name: str
    base: str

    def line(self) -> str:
        return f"class {self.name}({self.base}):"


def about(sentence: str) -> list[Statement]:
    """Return the docstring that opens a function or a class: none for an empty sentence."""
    return [Plain(f'"""{sentence}"""')] if sentence else []


def lines(statements: Iterable[Statement], depth: int = 0) -> Iterator[str]:
    """Yield statements as lines of source; formatting is left to the formatter."""
    for each in statements:
        remark = f"  # {each.remark}" if each.remark else ""
        yield "    " * depth + each.line() + remark
        if isinstance(each, Suite):
            yield from lines(each.body, depth + 1)


def within(code: Any) -> Iterator[Any]:
    """Yield everything within statements or expressions: nodes, tuples, and what they hold."""
    yield code
    if isinstance(code, (Node, Statement)):
        code = tuple(getattr(code, each.name) for each in fields(code))
    if isinstance(code, tuple):
        for each in code:
            yield from within(each)


def changed(code: Any, change: Callable[[Any], Any]) -> Any:
    """Return statements or expressions with `change` made to everything within, inner first."""
    if isinstance(code, (Node, Statement)):
        found = {each.name: getattr(code, each.name) for each in fields(code)}
        code = replace(code, **{name: changed(value, change) for name, value in found.items()})
    elif isinstance(code, tuple):
        code = tuple(changed(each, change) for each in code)
    return change(code)
