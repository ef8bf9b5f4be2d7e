"""Code as HTML: highlighted, a line at a time, with the arguments that say an op's fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from markupsafe import Markup, escape
from pygments.lexers import PythonLexer
from pygments.token import STANDARD_TYPES

from reports.handbook.networks.file import Mark, Part

PLAIN = frozenset(["", "w", "p", "n", "o", "nn", "bp"])  # token classes that have no colour
LONG = 40  # characters of a line that may have to wrap in a column
Token = tuple[str, str]  # class, text


@lru_cache(maxsize=4096)
def tokens(code: str) -> tuple[tuple[Token, ...], ...]:
    """Return the tokens of every line."""
    rows: list[list[Token]] = [[]]
    for kind, text in PythonLexer(stripnl=False).get_tokens(code):
        name = STANDARD_TYPES.get(kind) or STANDARD_TYPES.get(kind.parent, "")
        for number, part in enumerate(text.split("\n")):
            if number:
                rows.append([])
            if part:
                rows[-1].append(("" if name in PLAIN else name, part))
    return tuple(tuple(_indented(row)) for row in rows[: len(code.split("\n"))])


def _indented(row: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens of a line, its indent first, in a token of its own: strings of several lines
    have it within."""
    text = "".join(part for _, part in row)
    lead = len(text) - len(text.lstrip())
    if lead:
        yield "", text[:lead]
    for kind, part in row:
        kept, lead = part[lead:], max(lead - len(part), 0)
        if kept:
            yield kind, kept


def highlighted(part: Part) -> Markup:
    """Return a part of code as a `pre`."""
    rows, lines = [], part.code.split("\n")
    for number, row in enumerate(tokens(part.code)):
        marks = [mark for mark in part.marks if mark.line == number]
        line = "".join(_row(row, marks))
        lead = len(lines[number]) - len(lines[number].lstrip())
        solid = " " not in lines[number].strip() and len(lines[number]) > LONG
        kind = "l solid" if solid else "l"  # solid: it breaks where the column ends, nowhere before
        rows.append(f'<span class="{kind}" style="--hang:{lead + 4}ch">{line}</span>')
    return Markup(f'<pre class="code">{"".join(rows)}</pre>')


def _row(row: Sequence[Token], marks: Sequence[Mark]) -> Iterator[str]:
    """Yield the spans of a line; an argument is a span around its tokens."""
    column, opened = 0, ""
    for kind, text in row:
        for piece, field in _cut(text, column, marks):
            if field != opened:
                yield "</span>" if opened else ""
                yield f'<span class="arg" data-arg="{escape(field)}">' if field else ""
                opened = field
            yield f'<span class="{kind}">{escape(piece)}</span>' if kind else str(escape(piece))
        column += len(text)
    yield "</span>" if opened else ""


def _cut(text: str, column: int, marks: Sequence[Mark]) -> Iterator[tuple[str, str]]:
    """Yield the pieces of a token with the field that each says, "" for none."""
    ends = {column, column + len(text)}
    for mark in marks:
        ends |= {c for c in (mark.start, mark.stop) if column < c < column + len(text)}
    bounds = sorted(ends)
    for start, stop in pairwise(bounds):
        field = next((m.field for m in marks if m.start <= start and stop <= m.stop), "")
        yield text[start - column : stop - column], field


def listing(code: str) -> Markup:
    """Return a whole file as a `pre` with a line of its own for each line."""
    rows = []
    for row in tokens(code.rstrip("\n")):
        spans = (f'<span class="{k}">{escape(t)}</span>' if k else escape(t) for k, t in row)
        rows.append(f'<span class="l">{"".join(map(str, spans))}</span>')
    return Markup(f'<pre class="file">{"".join(rows)}</pre>')
