"""Messages as lines of JSON and back, field by field as they are declared. Python 3.7.

A line is {"number": of the request, "kind": name of the message's class, "message": its fields}.
"""
# ruff: noqa: UP006, UP035 - what Python 3.7 can evaluate

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Tuple

from common.typed import construct
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
    number = envelope["number"]
    if type(number) is not int:
        raise ProtocolError(f"number: {number!r}, expected int")
    try:
        return number, construct(_KINDS[kind], envelope["message"], kind)
    except ValueError as error:
        raise ProtocolError(str(error)) from None
