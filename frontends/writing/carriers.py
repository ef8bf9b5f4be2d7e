"""Which argument of a written file carries which field of an op: found beside the text.

Writers mark expressions (`Field`); here the marks are rendered, shed again, and the tokens between
them are looked up in the formatted text, which has the same ones on other lines.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from frontends.writing.expressions import Field, Invoke, Node, text
from frontends.writing.statements import Assign, Class, Function, Statement, changed, lines, within

OPEN, SHUT, CLOSE = "\ue000", "\ue001", "\ue002"  # OPEN 12 SHUT expression CLOSE
_MARKS = re.compile(f"{OPEN}\\d+{SHUT}|{CLOSE}")
_BLANK = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT}
_ADDED = {"(", ")", ",", ""}  # what a formatter adds, and takes away
Place = tuple[int, int]  # line, column
Token = tokenize.TokenInfo


@dataclass(frozen=True)
class Carrier:
    """Where a file says fields of ops, and how: see `Field` for the rules and the steps.

    call: the function that the argument is passed to, "" where it is a value by itself. argument:
    its name, its position among those without, or the name of what is set to the value; "" where
    the function itself, or the call as a whole, says it. start, stop: (line, column) in the file,
    lines from 1 and columns from 0, the last one excluded.
    """

    fields: tuple[str, ...]
    steps: tuple[tuple[str, ...], ...]
    rule: str
    call: str
    argument: str | int
    start: Place
    stop: Place


@dataclass(frozen=True)
class _Marked(Node):
    """A field under a number, which stands around it in the text."""

    value: Any
    number: int

    def text(self) -> str:
        return f"{OPEN}{self.number}{SHUT}{text(self.value)}{CLOSE}"


class _Marks:
    """The fields of a statement, each under its number, with the call that each is passed to."""

    def __init__(self) -> None:
        self.fields: list[Field] = []
        self.places: dict[int, tuple[str, str | int]] = {}

    def marked(self, code: Any) -> Any:
        """Return code with its fields marked; what is within is marked already."""
        if isinstance(code, Field):
            self.fields.append(code)
            return _Marked(code.value, len(self.fields) - 1)
        if isinstance(code, Invoke):
            function = _MARKS.sub("", text(code.function))
            self._place(code.function, function, "")
            for position, value in enumerate(code.positional):
                self._place(value, function, position)
            for name, value in code.named:
                self._place(value, function, name)
        elif isinstance(code, Assign):
            self._place(code.value, "", ", ".join(code.targets))
        return code

    def _place(self, code: Any, call: str, argument: str | int) -> None:
        for each in within(code):
            if isinstance(each, _Marked):
                self.places.setdefault(each.number, (call, argument))


def carriers_of(statements: Sequence[Statement], source: str) -> tuple[Carrier, ...]:
    """Return what carries the fields of ops, in the order of the file.

    statements: the functions or classes as data; source: the whole file, formatted. Raises
    ValueError where the file has other tokens than they.
    """
    named = {each.name: each for each in ast.parse(source).body if hasattr(each, "name")}
    file, found = source.splitlines(keepends=True), list[Carrier]()
    for each in statements:
        assert isinstance(each, (Class, Function))
        node: Any = named[each.name]
        part = "".join(file[node.lineno - 1 : node.end_lineno])
        found += _carriers(each, part, node.lineno - 1)
    return tuple(sorted(found, key=lambda carrier: (carrier.start, carrier.stop)))


def _carriers(statement: Statement, part: str, before: int) -> Iterator[Carrier]:
    """Yield the carriers of a class or function; `before`: lines of the file before its part."""
    marks = _Marks()
    marked = "\n".join(lines([changed(statement, marks.marked)])) + "\n"
    own, every = list(_tokens(_MARKS.sub("", marked))), list(_tokens(part))
    kept = [i for i, each in enumerate(every) if each.string not in _ADDED]
    said = [each for each in own if each.string not in _ADDED]
    if [_name(each) for each in said] != [_name(every[i]) for i in kept]:
        raise ValueError(f"{statement.line()} the file has other tokens than its statements")
    starts = [each.start for each in said]
    for number, (first, stop) in _spans(marked).items():
        inside = [i for i, start in zip(kept, starts) if first <= start < stop]
        words = [each.string for each in own if first <= each.start < stop]
        opening, closing = _around(words, "("), _around(words[::-1], ")")
        last = _behind(every, inside[-1], 1, ")", closing)
        widest = every[_behind(every, inside[0], -1, "(", opening)].start, every[last].end
        at = [(line + before, column) for line, column in widest]
        each = marks.fields[number]
        place = marks.places.get(number, ("", ""))
        yield Carrier(each.names, each.steps, each.rule, *place, *at)


def _spans(marked: str) -> dict[int, tuple[Place, Place]]:
    """Return number -> where it starts and stops in the text without marks."""
    found: dict[int, tuple[Place, Place]] = {}
    opened: list[tuple[int, Place]] = []
    for number, line in enumerate(marked.splitlines(), start=1):
        shed = 0
        for each in _MARKS.finditer(line):
            at = (number, each.start() - shed)
            if each[0] == CLOSE:
                own, start = opened.pop()
                found[own] = start, at
            else:
                opened.append((int(each[0][1:-1]), at))
            shed += len(each[0])
    return found


def _tokens(source: str) -> Iterator[Token]:
    for each in tokenize.generate_tokens(io.StringIO(source).readline):
        if each.type not in _BLANK:
            yield each


def _name(token: Token) -> str:
    """Return what a formatter leaves of a token: it changes the quotes and indents of strings."""
    return "" if token.type == tokenize.STRING else token.string


def _around(words: Sequence[str], parenthesis: str) -> int:
    """Return how many of the first words, commas aside, are a parenthesis."""
    others = (each for each in words if each != ",")
    return len(list(takewhile(lambda each: each == parenthesis, others)))


def _behind(tokens: Sequence[Token], index: int, step: int, parenthesis: str, count: int) -> int:
    """Return the index of the last of so many parentheses that come next, in steps of 1 or -1."""
    found = index
    while count:
        index += step
        if tokens[index].string == parenthesis:
            found, count = index, count - 1
    return found
