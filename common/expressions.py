"""Fields of a step are literals or expressions over its block's arguments: `"kernel_size // 2"`.

The language is the arithmetic, comparison, indexing, `not`, `and`, `or` and `a if b else c` of
Python, nothing else; it is evaluated for shapes and counts and carried over as it stands into the
written source.
"""

from __future__ import annotations

import ast
import math
import operator
import re
import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

from common.errors import SpecificationError
from common.limits import DEEPEST_EXPRESSION, LARGEST_NUMBER, LONGEST_EXPRESSION

Value = int | float | bool | tuple["Value", ...]
Size = int | str  # a literal, or an expression over the block's arguments
Real = float | str
Flag = bool | str
_CHARACTERS = re.compile(r"[A-Za-z0-9_ .,+\-*/%()\[\]<>=!]+")  # no comment, no quote, one line

_BINARY: dict[type, Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARE: dict[type, Any] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


_PARSING = threading.RLock()  # in CPython 3.11 ast.parse fails at times in two threads at once


def tree_of(text: str) -> ast.expr:
    """Return the syntax tree of source text that is one expression. Raises SyntaxError."""
    with _PARSING:
        return ast.parse(text, mode="eval").body


@lru_cache(maxsize=4096)
def parse(text: str) -> ast.expr:
    """Return the syntax tree of an expression, or raise a SpecificationError that quotes it."""
    if len(text) > LONGEST_EXPRESSION:
        raise SpecificationError(
            f"an expression of {len(text):,} characters, {text[:30]!r} …; "
            f"at most {LONGEST_EXPRESSION:,} may be"
        )
    try:
        if not _CHARACTERS.fullmatch(text):
            raise ValueError("a character that no expression has")
        tree = tree_of(text)
        if isinstance(tree, ast.Tuple) and not _in_parentheses(text):
            raise ValueError("a tuple without parentheses, which would be several arguments")
        if _depth(tree) > DEEPEST_EXPRESSION:
            raise SpecificationError(
                f"{text[:30]!r} …: more than {DEEPEST_EXPRESSION} operations within each other"
            )
        _evaluate(tree, None, text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise SpecificationError(f"{text!r} is not an expression") from None
    return tree


def names(value: object) -> set[str]:
    """Return the arguments that a field refers to."""
    if isinstance(value, str):
        return {node.id for node in ast.walk(parse(value)) if isinstance(node, ast.Name)}
    if isinstance(value, tuple):
        return set().union(*map(names, value))
    return set()


def evaluate(value: object, arguments: Mapping[str, Value]) -> Value:
    """Return the value of a field under the arguments of its block."""
    if isinstance(value, str):
        return cast(Value, _evaluate(parse(value), arguments, value))
    if isinstance(value, tuple):
        return tuple(evaluate(item, arguments) for item in value)
    return cast(Value, _number(value, value))


def substitute(value: Any, replacements: Mapping[str, object]) -> Any:
    """Return the expression with each name replaced, folded where only literals remain.

    >>> substitute("2 * width", {"width": "a + b"})
    '2 * (a + b)'
    >>> substitute("4 * width", {"width": "2 * base"})
    '8 * base'
    """
    if isinstance(value, tuple):
        return tuple(substitute(item, replacements) for item in value)
    if not isinstance(value, str):
        return value
    _check_growth(value, replacements)
    tree = _Substitution(replacements).visit(tree_of(value))
    return fold(ast.unparse(_Folding().visit(tree)))


def spliced(template: str, **parts: object) -> str:
    """Return an expression with others in the place of names, in parentheses where need be.

    >>> spliced("1 - m", m="m + 0.25")
    '1 - (m + 0.25)'
    """
    tree = tree_of(template)
    return ast.unparse(_Substitution(parts).visit(tree))


def _check_growth(value: str, replacements: Mapping[str, object]) -> None:
    """Raise a SpecificationError before a substitution that would give too long a text."""
    used = [node.id for node in ast.walk(parse(value)) if isinstance(node, ast.Name)]
    length = len(value) + sum(len(literal(replacements.get(name, ""))) for name in used)
    if length > LONGEST_EXPRESSION:
        raise SpecificationError(
            f"{value[:30]!r}: grows to an expression of some {length:,} characters; "
            f"at most {LONGEST_EXPRESSION:,} may be"
        )


def fold(text: str) -> Value | str:
    """Return the value of an expression without names, and any other expression unchanged."""
    return text if names(text) else evaluate(text, {})


def literal(value: object) -> str:
    """Return a field as source text, reals in their shortest form (1e-5, not 1e-05).

    >>> literal((1e-05, "2 * width", True))
    '(1e-5, 2 * width, True)'
    """
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        inner = ", ".join(map(literal, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return repr(value).replace("e-0", "e-").replace("e+0", "e")


class _Folding(ast.NodeTransformer):
    """Writes 4 * (2 * width) as 8 * width."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        inner = node.right
        if not (isinstance(inner, ast.BinOp) and all(map(_is_multiple, (node, inner)))):
            return node
        factors = [part.left.value for part in (node, inner)]  # type: ignore[attr-defined]
        return ast.BinOp(ast.Constant(factors[0] * factors[1]), ast.Mult(), inner.right)


def _is_multiple(node: ast.BinOp) -> bool:
    left = node.left
    return (
        isinstance(node.op, ast.Mult)
        and isinstance(left, ast.Constant)
        and isinstance(left.value, int)
    )


class _Substitution(ast.NodeTransformer):
    def __init__(self, replacements: Mapping[str, object]) -> None:
        self._replacements = replacements

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self._replacements:
            return node
        return tree_of(literal(self._replacements[node.id]))


def _evaluate(node: ast.expr, arguments: Mapping[str, Value] | None, text: str) -> Any:
    """Evaluate a tree; with `arguments` None only its form is checked and the result is void."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return _number(node.value, text)
    if isinstance(node, ast.Name):
        return _look_up(node.id, arguments, text)
    operands = _operands(node)
    if operands is None:
        raise SpecificationError(f"{text!r}: {ast.unparse(node)} is not allowed in an expression")
    values = [_evaluate(operand, arguments, text) for operand in operands]
    return None if arguments is None else _apply(node, values, text)


def _look_up(name: str, arguments: Mapping[str, Value] | None, text: str) -> Any:
    if arguments is None:
        return None
    if name not in arguments:
        known = ", ".join(arguments) or "none"
        raise SpecificationError(f"{text!r}: unknown argument {name!r}; declared: {known}")
    return arguments[name]


def _operands(node: ast.expr) -> list[ast.expr] | None:
    """Return what a node of the language is made of, or None for any other node."""
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return [node.left, node.right]
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARE:
        return [node.left, node.comparators[0]]
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.IfExp):
        return [node.test, node.body, node.orelse]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        return [node.operand]
    if isinstance(node, ast.Subscript):
        return [node.value, node.slice]
    if isinstance(node, ast.Tuple):
        return node.elts
    return None


def _apply(node: ast.expr, values: list[Any], text: str) -> Any:
    try:
        if isinstance(node, ast.BinOp):
            if any(isinstance(value, tuple) for value in values):
                raise TypeError("arithmetic takes numbers")
            return _number(_BINARY[type(node.op)](*values), text)
        if isinstance(node, ast.Compare):
            return _COMPARE[type(node.ops[0])](*values)
        if isinstance(node, ast.BoolOp):
            decides = isinstance(node.op, ast.Or)
            return next((each for each in values if bool(each) is decides), values[-1])
        if isinstance(node, ast.IfExp):
            return values[1] if values[0] else values[2]
        if isinstance(node, ast.UnaryOp):
            return not values[0] if isinstance(node.op, ast.Not) else -values[0]
        if isinstance(node, ast.Subscript):
            return values[0][values[1]]
        return tuple(values)
    except (TypeError, ArithmeticError, IndexError) as error:
        raise SpecificationError(f"{text!r}: {error}") from None


def _number(value: Any, text: object) -> Any:
    """Return a value that is no number, or one that every panel can hold; raise otherwise."""
    large = isinstance(value, int) and abs(value) > LARGEST_NUMBER
    if large or (isinstance(value, float) and not math.isfinite(value)):
        quoted = f"{text[:60]!r}: " if isinstance(text, str) else ""
        raise SpecificationError(f"{quoted}a number beyond ±2**53 or no finite one")
    return value


def _in_parentheses(text: str) -> bool:
    """Is the text of a tuple one item where it stands among others?"""
    among = tree_of(f"[{text}]")
    return isinstance(among, ast.List) and [type(each) for each in among.elts] == [ast.Tuple]


def _depth(tree: ast.expr) -> int:
    """Return how many operations of a tree stand within each other."""
    deepest, level = 0, [tree]
    while level:
        deepest += 1
        level = [operand for node in level for operand in _operands(node) or ()]
    return deepest
