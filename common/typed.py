"""Dataclasses from plain data as JSON has it, each field as its annotation says. Python 3.7."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Union, get_type_hints

LONGEST = 80  # of a value that is quoted


def construct(kind: Any, data: Any, where: str, defaults: bool = False) -> Any:
    """Return a dataclass from a dict with its fields and no other.

    defaults: fields that have one may be missing. Raises ValueError, one line that opens with the
    place, for anything else, or of another type.
    """
    if not isinstance(data, dict):
        raise ValueError(f"{where}: {_quoted(data)}, expected an object")
    known = {each.name: each for each in fields(kind)}
    wanted = [n for n, each in known.items() if not (defaults and _has_default(each))]
    missing, unknown = sorted(set(wanted) - set(data)), sorted(set(data) - set(known))
    if missing or unknown:
        raise ValueError(
            f"{where}: missing fields {missing}, unknown fields {_quoted(unknown)}; "
            f"expected: {', '.join(known)}"
        )
    hints = get_type_hints(kind)
    return kind(**{n: _read(hints[n], v, f"{where}.{n}", defaults) for n, v in data.items()})


def _has_default(each: Any) -> bool:
    return each.default is not MISSING or each.default_factory is not MISSING


def _read(hint: Any, value: Any, where: str, defaults: bool) -> Any:
    """Return a value as its annotation has it."""
    origin: Any = getattr(hint, "__origin__", None)
    inner: Any = getattr(hint, "__args__", None)
    if is_dataclass(hint):
        return construct(hint, value, where, defaults)
    if origin is Union and value is None:
        return None
    if origin is Union:
        return _read(inner[0], value, where, defaults)
    if origin is dict and isinstance(value, dict):
        return {k: _read(inner[1], v, f"{where}[{k!r}]", defaults) for k, v in value.items()}
    if origin is tuple and isinstance(value, list):
        return tuple(_read(inner[0], each, where, defaults) for each in value)
    if type(value) is hint or (hint is float and type(value) is int):
        return hint(value)
    expected = {tuple: "a list", dict: "an object"}.get(origin) or getattr(hint, "__name__", hint)
    raise ValueError(f"{where}: {_quoted(value)}, expected {expected}")


def _quoted(value: Any) -> str:
    return repr(value)[:LONGEST]
