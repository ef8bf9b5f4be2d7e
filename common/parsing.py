"""Reads the JSON of `common.serialize`; every mistake is one line that says where it is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import MISSING, fields
from itertools import islice
from typing import Any, TypeVar, cast

from common.errors import SpecificationError
from common.expressions import Size, evaluate
from common.hints import of_op
from common.initializers import LAWS, Initializer
from common.limits import MOST_IN_TUPLE, MOST_JSON, MOST_KINDS, MOST_NESTED
from common.network import Member, Network
from common.ops import OPS, Op
from common.spec import Block, Chain, Layer, Parallel, Plain, Use, When
from common.text import one_line

LAYERS = ("op", "block", "chain", "parallel")
LONGEST = 600
MOST_LISTED = 100  # names in a message
NAMES = {dict: "an object", list: "a list", str: "a string"}
Kind = TypeVar("Kind", dict[str, Any], list[Any], str)


def from_json(text: str, where: str = "JSON") -> Network:
    """Return the network that a JSON text writes; `where` names the text in messages.

    Raises SpecificationError, one line with the place of the mistake, whatever the text is.
    """
    if len(text) > MOST_JSON:
        raise SpecificationError(f"{where}: {len(text):,} characters; at most {MOST_JSON:,} may be")
    try:
        data = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
        return _Reader(data).network()
    except json.JSONDecodeError as error:
        message = f"line {error.lineno}, column {error.colno}: not JSON: {error.msg}"
    except SpecificationError as error:
        message = str(error)
    except RecursionError:
        message = "nested too deeply"
    except ValueError as error:  # an integer of thousands of digits
        message = f"not JSON: {error}"
    raise SpecificationError(_one_line(f"{where}: {message}"))


def _one_line(message: str) -> str:
    """Return a message that any terminal shows on a line or a few, whatever it quotes."""
    line = one_line(message)
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} …"


class _PlacedError(SpecificationError):
    """A mistake whose message already says where it is."""


@contextmanager
def _at(place: str) -> Iterator[None]:
    try:
        yield
    except _PlacedError:
        raise
    except SpecificationError as error:
        raise _PlacedError(f"{place}: {error}") from None


class _Reader:
    def __init__(self, data: Any) -> None:
        self._data = data
        self._definitions: dict[str, Any] = {}
        self._blocks: dict[str, Block] = {}
        self._open: list[str] = []

    def network(self) -> Network:
        data = _keys(
            self._data, "name input_shape root blocks", "title source naming flat members arguments"
        )
        with _at("blocks"):
            self._definitions = _is(data["blocks"], dict)
            if len(self._definitions) > MOST_KINDS:
                raise SpecificationError(f"more than {MOST_KINDS:,} kinds of blocks")
        for kind in self._definitions:
            self._block(kind)
        texts = {}
        for key in ("name", "source", "title", "naming"):
            with _at(key):
                texts[key] = _is(data.get(key, ""), str)
        with _at("flat"):
            flat = tuple(_texts(data.get("flat", [])))
            for kind in flat:
                self._block(kind)
        with _at("members"):
            members = tuple(map(_member, _is(data.get("members", []), list)))
        with _at("input_shape"):
            shape = _value(_is(data["input_shape"], list))
        with _at("arguments"):
            arguments = _values(data.get("arguments", {}))
        with _at("root"):
            root = self._block(data["root"])
        given = tuple(arguments.items())
        return Network(
            root=root, input_shape=shape, arguments=given, flat=flat, members=members, **texts
        )

    def _block(self, kind: Any) -> Block:
        if _is(kind, str) not in self._definitions:
            raise SpecificationError(_unknown("block", kind, self._definitions))
        if kind in self._open:
            raise SpecificationError(f"{' > '.join([*self._open, kind])}: contains itself")
        if len(self._open) >= MOST_NESTED:
            raise SpecificationError(f"more than {MOST_NESTED} blocks within each other")
        if kind not in self._blocks:
            self._open.append(kind)
            with _at(f"blocks.{kind}"):
                self._blocks[kind] = self._define(kind, self._definitions[kind])
            self._open.pop()
        return self._blocks[kind]

    def _define(self, kind: str, data: Any) -> Block:
        data = _keys(data, "layers", "about arguments inputs wiring outputs unused")
        layers: dict[str, Layer] = {}
        for name, layer in _is(data["layers"], dict).items():
            with _at(f"blocks.{kind}.layers.{name}"):
                layers[name] = self._layer(layer)
        inputs = data.get("inputs", ["x"])
        return Block(
            kind,
            _is(data.get("arguments", ""), str),
            layers=layers,
            wiring=_texts(data["wiring"]) if "wiring" in data else None,
            inputs=_sizes(inputs) if isinstance(inputs, dict) else _texts(inputs),
            outputs=_texts(data.get("outputs", [])),
            unused={name: _is(v, str) for name, v in _is(data.get("unused", {}), dict).items()},
            about=_is(data.get("about", ""), str),
        )

    def _layer(self, data: Any) -> Layer:
        layer = dict(_is(data, dict))
        optional, when = "when" in layer, _value(layer.pop("when", True))
        found = self._plain(layer)
        return When(found, when) if optional else found

    def _plain(self, data: dict[str, Any]) -> Plain:
        form = [key for key in LAYERS if key in data]
        if len(form) != 1:
            raise SpecificationError(
                f"a layer with keys {_list(data)}; expected one of {_list(LAYERS)}"
            )
        if form == ["op"]:
            return _op(data)
        if form == ["block"]:
            return self._use(data)
        if form == ["chain"]:
            links = _is(_keys(data, "chain", "")["chain"], list)
            return Chain(tuple(self._link(_is(link, dict)) for link in links))
        data = {"merge": "sum"} | _keys(data, "parallel count", "merge")
        path = self._use(_is(data["parallel"], dict))
        return Parallel(path, _value(data["count"]), data["merge"])

    def _link(self, data: dict[str, Any]) -> tuple[Use, Size]:
        repeat = _value(data.get("repeat", 1))
        return self._use({k: v for k, v in data.items() if k != "repeat"}), repeat

    def _use(self, data: dict[str, Any]) -> Use:
        data = _keys(data, "block", "arguments")
        return self._block(data["block"])(**_values(data.get("arguments", {})))


def _op(data: dict[str, Any]) -> Op:
    symbol = _is(data["op"], str)
    if symbol not in OPS:
        raise SpecificationError(_unknown("op", symbol, OPS) + of_op(symbol, OPS))
    required = [each.name for each in fields(OPS[symbol]) if each.default is MISSING]
    known = [each.name for each in fields(OPS[symbol])]
    given = {k: v for k, v in data.items() if k != "op"}
    if symbol == "batch_norm" and "zero_gamma" in given:
        given |= _of_older_files(given.pop("zero_gamma"))
    stated = _keys(given, " ".join(required), " ".join(known))
    laws = {each.name for each in fields(OPS[symbol]) if "law" in each.metadata}
    return OPS[symbol](
        **{n: _law(n, value) if n in laws else _value(value) for n, value in stated.items()}
    )


def _of_older_files(zero_gamma: Any) -> dict[str, Any]:
    """Return how a batch_norm that says "zero_gamma" is stated today."""
    if not isinstance(zero_gamma, bool):
        raise SpecificationError(f"zero_gamma {_short(zero_gamma)}; expected true or false")
    return {"gamma_initializer": {"law": "constant", "value": 0.0}} if zero_gamma else {}


def _law(name: str, data: Any) -> Initializer:
    """Return an initializer: {"law": "normal", "std": 0.01}."""
    stated = dict(_is(data, dict))
    law = stated.pop("law", None)
    if not isinstance(law, str) or law not in LAWS:
        raise SpecificationError(f"{name}: {_unknown('law', law, LAWS)}")
    known = {each.name: each for each in fields(LAWS[law])}
    required = [each.name for each in known.values() if each.default is MISSING]
    given = _keys(stated, " ".join(required), " ".join(known))
    return LAWS[law](**{name: _value(value) for name, value in given.items()})


def _keys(data: Any, required: str, optional: str) -> dict[str, Any]:
    """Return an object that has the required keys and no unknown one."""
    known = [*required.split(), *(key for key in optional.split() if key not in required.split())]
    for key in _is(data, dict):
        if key not in known:
            raise SpecificationError(_unknown("key", key, known))
    for key in required.split():
        if key not in data:
            raise SpecificationError(f"lacks {key!r}; has: {_list(data)}")
    return cast(dict[str, Any], data)


def _is(value: Any, kind: type[Kind]) -> Kind:
    if not isinstance(value, kind):
        raise SpecificationError(f"{_short(value)}; expected {NAMES[kind]}")
    return value


def _texts(value: Any) -> list[str]:
    return [_is(item, str) for item in _is(value, list)]


def _member(data: Any) -> Member:
    given = _keys(data, "name", "title arguments")
    arguments = tuple(_values(given.get("arguments", {})).items())
    return Member(_is(given["name"], str), _is(given.get("title", ""), str), arguments)


def _sizes(inputs: dict[str, Any]) -> dict[str, Size | None]:
    return {name: None if size is None else _value(size) for name, size in inputs.items()}


def _values(value: Any) -> dict[str, Any]:
    return {name: _value(item) for name, item in _is(value, dict).items()}


def _value(value: Any, depth: int = 0) -> Any:
    """Return a number, a truth value, an expression, or a tuple of such."""
    if isinstance(value, list):
        if depth >= MOST_IN_TUPLE:
            raise SpecificationError(f"more than {MOST_IN_TUPLE} lists within each other")
        return tuple(_value(item, depth + 1) for item in value)
    if not isinstance(value, (int, float, str)):
        raise SpecificationError(f"{_short(value)}; expected a number, an expression or a list")
    return value if isinstance(value, str) else evaluate(value, {})


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        twice = sorted(key for key, count in Counter(keys).items() if count > 1)
        raise SpecificationError(f"an object with equal keys: {_list(twice)}")
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise SpecificationError(f"{name} is not a number of JSON")


def _unknown(what: str, given: str, available: Iterable[str]) -> str:
    return f"unknown {what} {given!r}; available: {_list(available)}"


def _list(names: Iterable[str]) -> str:
    found = [_short(name) if len(name) > 60 else name for name in islice(names, MOST_LISTED + 1)]
    more = " …" if len(found) > MOST_LISTED else ""
    return ", ".join(found[:MOST_LISTED]) + more or "none"


def _short(value: Any) -> str:
    text = repr(value[:60] if isinstance(value, (str, list)) else value)
    return text if len(text) <= 60 else f"{text[:57]}..."
