"""A small index for full-text search in the browser: words, and the sections that have them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from typing import NamedTuple

SHORTEST, LONGEST = 2, 40  # characters of a word that is kept
_WORD = re.compile(r"[a-z0-9_][a-z0-9_.]*[a-z0-9_]|[a-z0-9]")
_HEAD = re.compile(r"<h([123])[^>]*?(?: id=\"([^\"]*)\")?[^>]*>(.*?)</h\1>", re.S)
COMMON = frozenset(
    "the and for are that with not has its one other than from this what where which see all "
    "by is it of on or to in an as at be no so was into them they there".split()
)


class Found(NamedTuple):
    """A section of a page: address, the page's title and its own, its text."""

    address: str
    title: str
    section: str
    text: str


def sections(name: str, title: str, page: str) -> Iterable[Found]:
    """Yield the sections of a page's HTML, a section from each heading with an anchor on."""
    start, anchor, section = 0, "", ""
    for head in _HEAD.finditer(page):
        yield _found(name, anchor, title, section, page[start : head.start()])
        start, anchor, section = head.start(), head[2] or "", _plain(head[3])
    yield _found(name, anchor, title, section, page[start:])


def _found(name: str, anchor: str, title: str, section: str, text: str) -> Found:
    return Found(f"{name}.html#{anchor}" if anchor else f"{name}.html", title, section,
                 _plain(text))  # fmt: skip


def _plain(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", text.replace("</span><span", "</span\n><span")))


def words(text: str) -> set[str]:
    """Return the words of a text; a dotted name counts as a whole and by its last part."""
    found = set()
    for word in _WORD.findall(text.lower()):
        for each in {word, word.rpartition(".")[2]}:
            if SHORTEST <= len(each) <= LONGEST and each not in COMMON and not each.isdigit():
                found.add(each)
    return found


def index(found: Iterable[Found]) -> str:
    """Return the index as a script that sets one variable: it loads from a disk, too."""
    places, table = list[list[str]](), dict[str, list[int]]()
    for each in found:
        own = words(f"{each.title} {each.section} {each.text}")
        if own:
            for word in own:
                table.setdefault(word, []).append(len(places))
            places.append([each.address, each.title, each.section])
    packed = {word: _packed(numbers) for word, numbers in sorted(table.items())}
    text = json.dumps([places, packed], ensure_ascii=False, separators=(",", ":"))
    return f"window.HANDBOOK={text};\n"


def _packed(numbers: Iterable[int]) -> str:
    """Return numbers as their differences in base 36, with spaces between."""
    before, found = 0, []
    for number in numbers:
        found.append(_base36(number - before))
        before = number
    return " ".join(found)


def _base36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = ""
    while number or not text:
        number, rest = divmod(number, 36)
        text = digits[rest] + text
    return text
