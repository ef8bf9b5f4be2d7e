"""Check plain data, as JSON has it, against declared types: TypedDicts, lists, dicts, tuples,
unions, and Annotated with the bounds below. Fields that are not declared are let through."""

from __future__ import annotations

import math
import re
import types
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints, is_typeddict

SHOWN = 40  # characters of a wrong value


@dataclass(frozen=True)
class Within:
    """A number from `low` to `high`, both included."""

    low: float
    high: float

    def holds(self, value: Any) -> bool:
        return bool(self.low <= value <= self.high)

    def __str__(self) -> str:
        return f"a number from {self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class Matching:
    """A string that a regular expression describes from its start to its end."""

    pattern: str
    what: str

    def holds(self, value: Any) -> bool:
        return re.fullmatch(self.pattern, value, re.DOTALL) is not None

    def __str__(self) -> str:
        return self.what


@dataclass(frozen=True)
class Sized:
    """A text, list or dict of `least` to `most` elements."""

    least: int
    most: int

    def holds(self, value: Any) -> bool:
        return self.least <= len(value) <= self.most

    def __str__(self) -> str:
        return f"{self.least:,} to {self.most:,} elements"


def check(value: Any, declared: Any, where: str = "") -> None:
    """Raise ValueError with the place, what was expected and what arrived, if a value is not of
    the declared type."""
    origin, arguments = get_origin(declared), get_args(declared)
    if is_typeddict(declared):
        _check_fields(value, declared, where)
    elif origin is Annotated:
        check(value, arguments[0], where)
        for bound in arguments[1:]:
            _expect(bound.holds(value), value, str(bound), where)
    elif origin in (Union, types.UnionType):
        if value is not None:  # the only unions declared are those with None
            check(value, arguments[0], where)
    elif origin is list:
        _expect(isinstance(value, list), value, "a list", where)
        for index, each in enumerate(value):
            check(each, arguments[0], f"{where}[{index}]")
    elif origin is dict:
        _expect(isinstance(value, dict), value, "an object", where)
        for name, each in value.items():
            check(each, arguments[1], _below(where, name))
    elif origin is tuple:
        fits = isinstance(value, list) and len(value) == len(arguments)
        _expect(fits, value, f"a list of {len(arguments)}", where)
        for index, (each, type_) in enumerate(zip(value, arguments)):
            check(each, type_, f"{where}[{index}]")
    else:
        _check_scalar(value, declared, where)


def _check_fields(value: Any, declared: Any, where: str) -> None:
    _expect(isinstance(value, dict), value, "an object", where)
    missing = sorted(declared.__required_keys__ - set(value))
    if missing:
        raise ValueError(f"without {', '.join(_below(where, name) for name in missing)}")
    for name, type_ in get_type_hints(declared, include_extras=True).items():
        if name in value:
            check(value[name], type_, _below(where, name))


def _check_scalar(value: Any, declared: Any, where: str) -> None:
    if declared is float:
        fits = type(value) in (int, float) and -math.inf < value < math.inf
        _expect(fits, value, "a finite number", where)
    else:
        _expect(type(value) is declared, value, f"of type {declared.__name__}", where)


def _expect(fits: bool, value: Any, expected: str, where: str) -> None:
    if not fits:
        shown = ascii(value)
        shown = shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"
        raise ValueError(f"{where or 'a record'}: expected {expected}, got {shown}")


def _below(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
