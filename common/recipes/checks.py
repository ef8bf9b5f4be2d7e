"""What fields of a recipe may hold. Python 3.7."""

from __future__ import annotations

import math
from typing import Any, Callable, Iterable  # noqa: UP035 - Python 3.7

from common import errors
from common.errors import SpecificationError, TriptychError

LEAST, MOST = 2.0**-126, (2 - 2.0**-23) * 2.0**127  # what float32 holds to its full precision


def choose(what: str, given: Any, available: Iterable[str]) -> None:
    """Raise a SpecificationError for a word that is not among those available."""
    try:
        errors.choose(what, given, available)
    except TriptychError as error:
        raise SpecificationError(f"recipe: {error}") from None


def check(what: str, given: Any, expected: str, holds: Callable[[float], bool]) -> None:
    """Raise a SpecificationError for what is no finite number of float32, or one out of range."""
    number = isinstance(given, (int, float)) and not isinstance(given, bool)
    if number and given and not LEAST <= abs(given) <= MOST:
        expected, number = f"{expected}, and 0 or from {LEAST:.3g} to {MOST:.3g}", False
    if not (number and math.isfinite(given) and holds(given)):
        raise SpecificationError(f"recipe: {what} {given!r}, expected a number {expected}")


def whole(what: str, given: Any, least: int) -> None:
    """Raise a SpecificationError for what is no whole number of at least `least`."""
    if type(given) is not int or given < least:
        raise SpecificationError(f"recipe: {what} {given!r}, expected a whole number >= {least}")


def ascending(boundaries: Iterable[int]) -> None:
    """Raise a SpecificationError for numbers that do not ascend."""
    given = list(boundaries)
    if sorted(set(given)) != given:
        raise SpecificationError(f"recipe: schedule.boundaries {given}, expected ascending ones")
