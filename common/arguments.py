"""What the command lines share: a parser that refuses in one line, and types of numbers."""

from __future__ import annotations

import argparse
import math
import textwrap
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from common.errors import TriptychError

LONGEST = 86_400.0  # seconds: a day; sockets, queues and locks refuse what is far longer
NETWORK = "a network's name, FILE.json, or FILE.py:function"
RUNS = (
    "A Python file that you name is run, in a process of its own; a JSON or weights file is only "
    "read."
)


class Parser(argparse.ArgumentParser):
    """A parser whose errors are TriptychErrors, and whose long options are given in full."""

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **{"allow_abbrev": False} | named)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        raise TriptychError(f"{message} (--help says what is available)")

    def _print_message(self, message: str, file: Any = None) -> None:
        print(message, end="", file=file)  # argparse's own hides that it cannot


def named(kind: str, names: Iterable[str]) -> str:
    """Return names as a paragraph that stays as it is in a RawDescriptionHelpFormatter."""
    return textwrap.fill(f"{kind}: {', '.join(names)}", 100, break_on_hyphens=False)


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return the type of an option that is a whole number within bounds."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            expected = f"{least:,} to {most:,}"
            raise argparse.ArgumentTypeError(f"{text}: expected a whole number, {expected}")
        return value

    return read


def seconds(text: str) -> float:
    """Read a time limit: more than 0 and at most a day."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= LONGEST:
        expected = f"more than 0, at most {LONGEST:,.0f}"
        raise argparse.ArgumentTypeError(f"{text}: expected seconds, {expected}")
    return value
