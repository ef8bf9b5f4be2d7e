"""What is timed: the matrix of frameworks, styles and modes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from common.errors import choose
from frontends.frameworks import TABLE

MODES = ("inference", "training")


class Case(NamedTuple):
    """One timing: a framework in one of its styles, in a mode."""

    framework: str
    style: str
    mode: str

    def __str__(self) -> str:
        return f"{self.framework} {self.style}, {self.mode}"


def cases(frameworks: Iterable[str], styles: str, modes: str) -> list[Case]:
    """Return the timings that the options name, mode by mode.

    `styles` and `modes` are "all" or lists with commas; a framework without a style that is named
    is left out in it. Raises TriptychError for a name that no framework has.
    """
    chosen = list(frameworks)
    known = sorted({style for framework in chosen for style in TABLE[framework].styles})
    wanted, timed = _named("style", styles, known), _named("mode", modes, MODES)
    return [
        Case(framework, style, mode)
        for mode in MODES
        if mode in timed
        for framework in chosen
        for style in TABLE[framework].styles
        if style in wanted
    ]


def _named(kind: str, text: str, known: Iterable[str]) -> list[str]:
    names = list(known)
    if text == "all":
        return names
    return [choose(kind, name.strip(), [*names, "all"]) for name in text.split(",")]
