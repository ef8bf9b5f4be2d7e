"""A written file, set narrow enough for a column, and which of its lines belong to which step."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from frontends.writing.carriers import Carrier, carriers_of
from frontends.writing.draft import Source
from frontends.writing.lines import Lines, lines_of
from reports.handbook.networks.narrow import narrowed

WIDTH = 50  # characters of a column
HEAD = ""  # the layer of what stands before a kind's first step: its signature and guards


@dataclass(frozen=True)
class Piece:
    """Lines `first` to `last` of a column's file, in the role of "make", "call" or "" (head)."""

    role: str
    first: int
    last: int


@dataclass(frozen=True)
class Mark:
    """An argument in a part of code that says a field of an op: its line from 0, its columns."""

    line: int
    start: int
    stop: int
    field: str


@dataclass(frozen=True)
class Part:
    """A piece as it is shown: its role, its text without the common indent, its arguments."""

    role: str
    code: str
    marks: tuple[Mark, ...] = ()


class ColumnFile:
    """The file of a dialect at the width of a column; `marked`: with the arguments of ops."""

    def __init__(self, source: Source, marked: bool = True) -> None:
        self.dialect, self.source, self.marked = source.dialect, source, marked
        self.text = narrowed(source.text, WIDTH)
        self.rows = self.text.splitlines()
        self.lines = lines_of(source.statements, self.text)
        self.tree = ast.parse(self.text)

    @cached_property
    def nodes(self) -> dict[str, Any]:
        """The functions and classes, by name without underscores and in lower case."""
        return {plainly(n.name): n for n in self.tree.body if hasattr(n, "name")}

    @cached_property
    def carriers(self) -> tuple[Carrier, ...]:
        """What carries each field of an op, as this file is set."""
        return carriers_of(self.source.statements, self.text) if self.marked else ()

    def part(self, piece: Piece, indent: int | None = None) -> Part:
        """Return a piece as it is shown, without its own indent if no other is given."""
        rows = self.rows[piece.first - 1 : piece.last]
        while rows and not rows[0].strip():
            rows, piece = rows[1:], Piece(piece.role, piece.first + 1, piece.last)
        if indent is None:
            indent = self._indent(piece)
        code = "\n".join(row[indent:] for row in rows).rstrip("\n")
        return Part(piece.role, code, tuple(self._marks(piece, indent)))

    def parts(self, pieces: Iterable[Piece]) -> tuple[Part, ...]:
        """Return pieces as they are shown, without those of blank lines alone; what follows a
        signature stands indented below it."""
        found: list[Part] = []
        below: int | None = None
        for each in pieces:
            part = self.part(each, below if each.role == HEAD and each.first > 1 else None)
            if part.code.strip():
                found.append(part)
                opens = part.code.endswith(":") and part.code.startswith(("def ", "@"))
                below = self._indent(each) if opens else None
        return tuple(found)

    def _indent(self, piece: Piece) -> int:
        rows = self.rows[piece.first - 1 : piece.last]
        return min((len(r) - len(r.lstrip()) for r in rows if r.strip()), default=0)

    def _marks(self, piece: Piece, indent: int) -> Iterator[Mark]:
        for each in self.carriers:
            (first, start), (last, stop) = each.start, each.stop
            for number in range(max(first, piece.first), min(last, piece.last) + 1):
                row = self.rows[number - 1]
                begin = start if number == first else len(row) - len(row.lstrip())
                end = stop if number == last else len(row)
                field = each.fields[0]
                yield Mark(number - piece.first, max(begin - indent, 0), end - indent, field)

    def imports(self) -> Piece:
        """Return the lines between the docstring and the first function or class."""
        body = self.tree.body
        docstring: Any = body[0]
        first = next(n for n in body if hasattr(n, "name"))
        return Piece("", int(docstring.end_lineno) + 1, self.start(first) - 1)

    def demo(self) -> Piece:
        """Return the lines that a file ends with, without their `if`."""
        last: Any = self.tree.body[-1]
        return Piece("", last.body[0].lineno, last.end_lineno)

    @staticmethod
    def start(node: Any) -> int:
        """Return the first line of a function or class, decorators included."""
        return int(min([node.lineno, *(each.lineno for each in node.decorator_list)]))

    def whole(self, node: Any) -> Piece:
        """Return all lines of a function or class."""
        return Piece("", self.start(node), node.end_lineno)

    def pieces_of(self, node: Any, kind: str) -> dict[str, list[Piece]]:
        """Return layer -> its pieces, for all lines of a kind's function or class but docstrings.

        A line that says no step goes with the step that follows it, what stands before the first
        one of a method with the head.
        """
        found: dict[str, list[Piece]] = {HEAD: []}
        owners = self._owners(node, kind)
        for scope in _scopes(node):
            for layer, piece in self._of_scope(scope, owners):
                found.setdefault(layer, []).append(piece)
        return found

    def pieces_within(self, kind: str) -> tuple[str, dict[str, list[Piece]]]:
        """Return where a kind that has no class of its own is written, "block.layer", and layer ->
        its pieces there: the place that says most of its steps."""
        said: dict[str, list[Lines]] = {}
        for line in self.lines:
            if any(_block(step) == kind for step in line.steps):
                for step in line.steps:
                    if _block(step) != kind:
                        said.setdefault(step, []).append(line)
        if not said:
            return "", {}
        place = max(said, key=lambda step: len(_layers(said[step], kind)))
        found: dict[str, list[Piece]] = {}
        for line in said[place]:
            layer = next(_layer(step) for step in line.steps if _block(step) == kind)
            found.setdefault(layer, []).append(Piece(line.role, line.first, line.last))
        return place, {layer: _joined(pieces) for layer, pieces in found.items()}

    def fused(self, kind: str) -> dict[str, list[str]]:
        """Return layer -> the layers of a kind that share its lines, itself first."""
        found: dict[str, list[str]] = {}
        for line in self.lines:
            layers = [_layer(step) for step in line.steps if _block(step) == kind]
            if layers:
                found.setdefault(layers[0], []).extend(layers)
        return {layer: list(dict.fromkeys(each)) for layer, each in found.items()}

    def _owners(self, node: Any, kind: str) -> dict[int, tuple[str, str]]:
        """Return line -> (layer, role); where statements lie in one another the inner one says."""
        found: dict[int, tuple[str, str]] = {}
        for line in self.lines:
            layers = [_layer(step) for step in line.steps if _block(step) == kind]
            if layers and node.lineno <= line.first <= node.end_lineno:
                for number in range(line.first, line.last + 1):
                    found[number] = layers[0], line.role
        return found

    def _of_scope(
        self, scope: tuple[int, int, int, int], owners: dict[int, tuple[str, str]]
    ) -> Iterator[tuple[str, Piece]]:
        start, document, body, end = scope
        own = [number for number in range(body, end + 1) if number in owners]
        first = self._above(min(own), body) if own else end + 1
        yield HEAD, Piece("", start, document - 1)
        if "".join(self.rows[body - 1 : first - 1]).strip():
            yield HEAD, Piece("", body, first - 1)
        begun, at = first, owners.get(min(own)) if own else None
        for number in range(first, end + 1):
            now = owners.get(number)
            if now is not None and at is not None and now != at:
                cut = self._above(number, begun + 1)
                yield at[0], Piece(at[1], begun, cut - 1)
                begun, at = cut, now
        if at is not None:
            yield at[0], Piece(at[1], begun, end)

    def _above(self, number: int, least: int) -> int:
        """Return the first of the comments right above a line."""
        while number > least and self.rows[number - 2].strip().startswith("#"):
            number -= 1
        return number


def _scopes(node: Any) -> Iterator[tuple[int, int, int, int]]:
    """Yield of a function, or of a class's line and each of its methods: the first line, those
    where its docstring and what is behind it begin, and the last."""
    if not isinstance(node, ast.ClassDef):
        yield _scope(node)
        return
    yield ColumnFile.start(node), node.lineno + 1, node.lineno + 1, node.lineno
    for each in node.body:
        if isinstance(each, ast.FunctionDef):
            yield _scope(each)


def _scope(node: Any) -> tuple[int, int, int, int]:
    body, start = node.body[0].lineno, ColumnFile.start(node)
    if ast.get_docstring(node) is None:
        return start, body, body, node.end_lineno
    return start, body, node.body[0].end_lineno + 1, node.end_lineno


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Return pieces of one role that follow each other as one."""
    found: list[Piece] = []
    for each in pieces:
        if found and found[-1].role == each.role and found[-1].last + 1 >= each.first:
            each = Piece(each.role, found.pop().first, each.last)
        found.append(each)
    return found


def _layers(lines: Iterable[Lines], kind: str) -> set[str]:
    return {_layer(step) for line in lines for step in line.steps if _block(step) == kind}


def _block(step: str) -> str:
    return step.partition(".")[0]


def _layer(step: str) -> str:
    return step.partition(".")[2]


def plainly(name: str) -> str:
    """Return the name of a class or function so that the two are alike."""
    return name.replace("_", "").lower()
