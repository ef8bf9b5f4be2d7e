"""Written source set for a column: signatures and lists are filled, long calls an argument a line.

It is the same code: `narrowed` holds the syntax trees against each other.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator, Sequence
from functools import lru_cache

from frontends.writing.draft import RUFF

OPEN, CLOSE = "([{", ")]}"
WIDEST, DEEPEST = 320, 8  # of ruff's lines; the indent of a method's body, which is not shown
SMALL = 8  # characters of brackets that are not broken
FEW = 4  # named arguments from which on each has a line of its own
Lines = list[tuple[int, str]]  # indent, text


@lru_cache(maxsize=64)
def narrowed(text: str, width: int) -> str:
    """Return source text in lines of up to `width` characters beside their body's indent."""
    found: list[str] = []
    within = False
    for line in _wide(text).splitlines():
        quotes = line.count('"""')
        own = len(line) - len(line.lstrip())
        room = width + min(own, DEEPEST)
        found += [line] if within or quotes else [" " * n + t for n, t in _set(line, own, room)]
        within ^= quotes == 1
    new = "\n".join(found) + "\n"
    assert ast.dump(ast.parse(new)) == ast.dump(ast.parse(text))
    return new


def _wide(text: str) -> str:
    """Return the text with every statement in one line."""
    command = [RUFF, "format", "--isolated", f"--config=line-length={WIDEST}",
               "--config=format.skip-magic-trailing-comma=true", "-"]  # fmt: skip
    return subprocess.run(
        command, input=text, capture_output=True, encoding="utf-8", check=True
    ).stdout


def _scan(text: str) -> Iterator[tuple[int, str, int]]:
    """Yield (index, character, depth) outside strings and remarks; depth is that outside a
    bracket."""
    depth, quote, index = 0, "", 0
    while index < len(text):
        char = text[index]
        if quote:
            if char == "\\":
                index += 1
            elif char == quote:
                quote = ""
        elif char in "\"'":
            quote = char
        elif char == "#" and depth == 0:
            return
        else:
            depth -= char in CLOSE
            yield index, char, depth
            depth += char in OPEN
        index += 1


def _split(text: str) -> list[str]:
    """Split at the commas of the outermost level."""
    cuts = [i for i, char, depth in _scan(text) if char == "," and depth == 0]
    bounds = zip([0, *(cut + 1 for cut in cuts)], [*cuts, len(text)])
    return [part for part in (text[a:b].strip() for a, b in bounds) if part]


def _group(text: str) -> tuple[int, int] | None:
    """Return where the brackets to break at open and shut: a function's arguments, else the
    longest of those that stand in no other."""
    opened, found = 0, list[tuple[int, int]]()
    for index, char, depth in _scan(text):
        if char in OPEN and depth == 0:
            opened = index
        elif char in CLOSE and depth == 0:
            found.append((opened, index))
    if text.startswith("def "):
        return found[0]
    widest = max(found, key=lambda each: each[1] - each[0], default=None)
    return widest if widest and widest[1] - widest[0] >= SMALL else None


def _set(line: str, indent: int, width: int) -> Lines:
    text = line.strip()
    code, remark = text, ""
    if "  # " in text and not text.startswith("#"):
        at = text.index("  # ")
        code, remark = text[:at], text[at + 2 :]
    if indent + len(code) <= width or text.startswith(("#", "@")):
        if remark and indent + len(text) > width:
            return [(indent, remark), (indent, code)]
        return [(indent, text)]
    above: Lines = [(indent, remark)] if remark else []
    chosen = re.match(r"(return|[\w., ]+ \+?=) (?=.)", code)
    if chosen and _at(code, " if "):  # a choice, between parentheses
        start = chosen.end()
        inner = _wrap(code[start:], indent + 4, width)
        return [*above, (indent, code[:start] + "("), *inner, (indent, ")")]
    return [*above, *_broken(code, indent, width)]


def _wrap(code: str, indent: int, width: int) -> Lines:
    """Return the lines of an expression within brackets."""
    if indent + len(code) <= width:
        return [(indent, code)]
    for word in (" for ", " if ", " else "):
        cuts = _at(code, word)
        if cuts:
            head, rest = code[: cuts[0]], code[cuts[0] + 1 :]
            return [*_wrap(head, indent, width), *_wrap(rest, indent, width)]
    return _broken(code, indent, width)


def _at(code: str, word: str) -> list[int]:
    """Return where a word stands outside brackets."""
    return [i for i, _, depth in _scan(code) if depth == 0 and code.startswith(word, i)]


def _broken(code: str, indent: int, width: int) -> Lines:
    group = _group(code)
    if group is None:
        return [(indent, code)]
    head, inner, tail = code[: group[0] + 1], code[group[0] + 1 : group[1]], code[group[1] :]
    if inner.endswith(","):  # a tuple of one
        return [(indent, code)]
    parts = [inner] if _at(inner, " for ") else _split(inner)
    said = [f"{part}," for part in parts[:-1]] + [parts[-1] + tail]
    if head.startswith("def "):
        filled = _filled(said, indent + 8, width, indent + len(head))
        return [(indent, head + filled[0]), *((indent + 8, each) for each in filled[1:])]
    named = sum("=" in part and part.split("=")[0].isidentifier() for part in parts)
    if len(parts) > 1 and named < FEW and all(indent + 4 + len(p) < width for p in said):
        filled = _filled(said, indent + 4, width, indent + 4)
        return [(indent, head), *((indent + 4, each) for each in filled)]
    rows: Lines = [(indent, head)]
    for part in parts:
        rows += _wrap(part + ("," if len(parts) > 1 else ""), indent + 4, width)
    return [*rows, (indent, tail)]


def _filled(parts: Sequence[str], indent: int, width: int, first: int) -> list[str]:
    """Return parts in as few lines as they fit in; the first one begins elsewhere."""
    lines = [""]
    for part in parts:
        room = width - (indent if len(lines) > 1 else first)
        if lines[-1] and len(lines[-1]) + 1 + len(part) > room:
            lines.append(part)
        else:
            lines[-1] = f"{lines[-1]} {part}".strip()
    return lines
