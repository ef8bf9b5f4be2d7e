"""Messages as lines of JSON and back, field by field as they are declared. Python 3.7.

A line is {"number": of the request, "kind": name of the message's class, "message": its fields}.
"""
# ruff: noqa: UP006, UP035 - what Python 3.7 can evaluate

from __future__ import annotations

import json
from dataclasses import asdict, fields, is_dataclass
from typing import Any, Tuple, Union, get_type_hints

from frontends.workers.protocol import ANSWERS, REQUESTS, Message

_KINDS = {each.__name__: each for each in (*REQUESTS, *ANSWERS)}


class ProtocolError(ValueError):
    """What arrived is no message; the text says in one line what is wrong with it."""


def encode(number: int, message: Message) -> str:
    """Return a message of a request's exchange as one line of JSON, without its end."""
    kind = type(message).__name__
    return json.dumps({"number": number, "kind": kind, "message": asdict(message)})


def decode(line: str) -> Tuple[int, Any]:
    """Return the number and the message of a line.

    Raises ProtocolError if it is none, lacks a field, has one too many or one of another type.
    """
    try:
        envelope = json.loads(line)
    except ValueError:
        raise ProtocolError(f"not a message: {line[:80]!r}") from None
    if not isinstance(envelope, dict) or set(envelope) != {"number", "kind", "message"}:
        raise ProtocolError(f"not a message: {line[:80]!r}")
    kind = envelope["kind"]
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ProtocolError("unknown message {!r}; known: {}".format(kind, ", ".join(_KINDS)))
    number = _read(int, envelope["number"], "number")
    return number, _construct(_KINDS[kind], envelope["message"], kind)


def _construct(kind: Any, data: Any, where: str) -> Any:
    """Return a dataclass from a dict that has every field of it and no other."""
    if not isinstance(data, dict):
        raise ProtocolError(f"{where}: {data!r}, expected an object")
    names = [each.name for each in fields(kind)]
    missing = sorted(set(names) - set(data))
    unknown = sorted(set(data) - set(names))
    if missing or unknown:
        raise ProtocolError(f"{where}: missing fields {missing}, unknown fields {unknown}")
    hints = get_type_hints(kind)
    return kind(**{name: _read(hints[name], data[name], f"{where}.{name}") for name in names})


def _read(hint: Any, value: Any, where: str) -> Any:
    """Return a value as its annotation has it."""
    origin: Any = getattr(hint, "__origin__", None)
    inner: Any = getattr(hint, "__args__", None)
    if is_dataclass(hint):
        return _construct(hint, value, where)
    if origin is Union and value is None:
        return None
    if origin is Union:
        return _read(inner[0], value, where)
    if origin is dict and isinstance(value, dict):
        return {key: _read(inner[1], each, f"{where}[{key!r}]") for key, each in value.items()}
    if origin is tuple and isinstance(value, list):
        return tuple(_read(inner[0], each, where) for each in value)
    if type(value) is hint or (hint is float and type(value) is int):
        return hint(value)
    raise ProtocolError(f"{where}: {value!r}, expected {getattr(hint, '__name__', hint)}")
