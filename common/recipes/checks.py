"""What fields of a recipe may hold. Python 3.7."""

from __future__ import annotations

import math
from typing import Any, Callable, Iterable  # noqa: UP035 - Python 3.7

from common.errors import SpecificationError


def choose(what: str, given: Any, available: Iterable[str]) -> None:
    """Raise a SpecificationError for a word that is not among those available."""
    words = list(available)
    if given not in words:
        known = ", ".join(words) or "none"
        raise SpecificationError(f"recipe: unknown {what} {given!r}; available: {known}")


def check(what: str, given: Any, expected: str, holds: Callable[[float], bool]) -> None:
    """Raise a SpecificationError for what is no finite number, or one out of range."""
    number = isinstance(given, (int, float)) and not isinstance(given, bool)
    if not (number and math.isfinite(given) and holds(given)):
        raise SpecificationError(f"recipe: {what} {given!r}, expected a number {expected}")


def whole(what: str, given: Any, least: int) -> None:
    """Raise a SpecificationError for what is no whole number of at least `least`."""
    if type(given) is not int or given < least:
        raise SpecificationError(f"recipe: {what} {given!r}, expected a whole number >= {least}")
