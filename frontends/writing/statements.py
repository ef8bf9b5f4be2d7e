"""Statements of written source as data, rendered to lines here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

from common.text import one_line
from frontends.writing.expressions import Field, Node, text


@dataclass(frozen=True)
class Statement:
    """remark: a comment behind the (first) line. steps: the `block.layer` that is said, here and
    in all statements within that say none; more than one where an activation is taken in."""

    remark: str = field(default="", kw_only=True)
    steps: tuple[str, ...] = field(default=(), kw_only=True)

    def line(self) -> str:
        """Return the statement's first line, without its remark."""
        raise NotImplementedError


@dataclass(frozen=True)
class Expression(Statement):
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
class Elif(If):
    """elif condition: body."""

    def line(self) -> str:
        return f"el{super().line()}"


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
class Scope(With):
    """The `with` that the rest of a function stands in: no step is said by it."""


@dataclass(frozen=True)
class Function(Suite):
    """def name(parameters) -> returns: body; parameters and types are source text."""

    name: str
    parameters: tuple[str, ...]
    returns: str = ""

    def line(self) -> str:
        arrow = f" -> {self.returns}" if self.returns else ""
        return f"def {self.name}({', '.join(self.parameters)}){arrow}:"


@dataclass(frozen=True)
class Class(Suite):
    """class name(base): body."""

    name: str
    base: str

    def line(self) -> str:
        return f"class {self.name}({self.base}):"


def about(sentence: str) -> list[Statement]:
    """Return the docstring that opens a function or a class: none for an empty sentence."""
    said = one_line(sentence)
    return [Expression(f'"""{quoted(said)}"""')] if said else []


def quoted(text: str) -> str:
    """Return what stands between triple quotes for a text, whatever is in it."""
    inner = text.replace("\\", "\\\\")
    closes = '"""' in text or text.endswith('"')
    return inner.replace('"', r"\"") if closes else inner


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


def of_steps(code: Any, *steps: tuple[str, ...], rule: str = "") -> Any:
    """Return statements, or an expression, with the fields that it carries said to be of
    these ops; those of others stay."""

    def told(each: Any) -> Any:
        if not isinstance(each, Field) or each.steps:
            return each
        return replace(each, steps=steps, rule=rule or each.rule)

    return list(changed(tuple(code), told)) if isinstance(code, list) else changed(code, told)
