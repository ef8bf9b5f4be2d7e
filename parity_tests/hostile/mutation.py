"""Specifications, and other plain data, with a few things in them changed."""

from __future__ import annotations

import json
import random
from typing import Any

from parity_tests.hostile.specifications import NASTY, ROLES, renamed, specification

WORDS: tuple[Any, ...] = (
    "", "x", "self", "torch", '"""; import os', "a\0", "\ud800", "\u2028", "a + a", "a, b",
    "c # d",
    "width * width * width", "not more", "ｗidth", "(" * 300, "-" * 3000, "x = conv(x)",
    "__class__", "1e999", "x" * 200, 0, 1, -1, 2, 10**9, 10**30, 1.5, 1e300, True,
    None, [], {}, [[1]], [1, 2],
    [[[[[[[[[[1]]]]]]]]]], "same", "relu", "conv2d", "unit", "whole", {"block": "unit"},
    {"op": "add"},
)  # fmt: skip
BREAKERS = (
    '"', '""', '"""', "\\", "\n", "\r", "\f", "\u2028", "\\N{DASH}", "import os",
    "os.system(1)", ";", " ", "\x1b", "\u202e", "{", "%s", "é",
)  # fmt: skip


def mutated(draw: random.Random) -> str:
    """Return a specification with a few things in it replaced, doubled, moved or left out."""
    form = draw.random()
    if form < 0.3:  # every role under another name, every text another text: most are accepted
        data = renamed(draw.choice(list(ROLES.values())), draw.choice(NASTY))
        data |= {"title": _text(draw), "source": _text(draw)}
        data["blocks"][draw.choice(list(data["blocks"]))]["about"] = _text(draw)
    else:
        data = specification()
        for _ in range(draw.choice((1, 1, 1, 2, 3, 5))):
            mutate(data, draw)
    text = json.dumps(data)
    if draw.random() < 0.08:
        at = draw.randrange(len(text))
        text = (
            text[:at] + draw.choice(("", "}", '"', "\\ud800", "[" * 2000, "NaN")) + text[at + 3 :]
        )
    return text


def _text(draw: random.Random) -> str:
    return "".join(draw.choice(BREAKERS) for _ in range(draw.randrange(8)))


def mutate(data: Any, draw: random.Random) -> None:
    places = [(holder, key) for holder in _holders(data) for key in _keys(holder)]
    holder, key = draw.choice(places)
    others = [h[k] for h, k in places]
    kind = draw.randrange(5)
    if kind == 0:
        del holder[key]
    elif kind == 1:
        holder[key] = json.loads(json.dumps(draw.choice(others)))
    elif kind == 2 and isinstance(holder, dict):
        new = draw.choice([w for w in WORDS if isinstance(w, str)] + list(map(str, _keys(holder))))
        holder[new] = holder.pop(key)
    elif kind == 3 and isinstance(holder[key], str):
        at = draw.randrange(len(holder[key]) + 1)
        word = str(draw.choice(WORDS))
        holder[key] = holder[key][:at] + word + holder[key][at:]
    else:
        holder[key] = json.loads(json.dumps(draw.choice(WORDS)))


def _holders(data: Any) -> list[Any]:
    inner = [data[key] for key in _keys(data)]
    return ([data] if inner else []) + [h for each in inner for h in _holders(each)]


def _keys(data: Any) -> list[Any]:
    if isinstance(data, dict):
        return list(data)
    return list(range(len(data))) if isinstance(data, list) else []
