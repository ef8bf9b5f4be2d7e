"""Text that a file brings: checked as it is loaded, and shown as one line of what prints."""

from __future__ import annotations

from common.errors import SpecificationError
from common.limits import LONGEST_TEXT


def check_text(what: str, text: str) -> None:
    """Raise a SpecificationError for a text that no source file can hold, or that is too long."""
    if not isinstance(text, str):
        raise SpecificationError(f"{what}: {type(text).__name__}, expected a string")
    if len(text) > LONGEST_TEXT:
        raise SpecificationError(
            f"{what}: {len(text):,} characters; at most {LONGEST_TEXT:,} may be"
        )
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise SpecificationError(f"{what}: holds a NUL or a lone surrogate, which is no text")


def one_line(text: str) -> str:
    """Return a text on one line: spaces for white space, escapes for what does not print.

    >>> one_line("two\\nlines, \\x1b[31mred")
    'two lines, \\\\x1b[31mred'
    """
    line = " ".join(text.split())
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
