"""Networks as JSON, without loss: what a person writes who brings a network of their own.

A layer is {"op": "conv2d", …its fields}, {"block": kind, "arguments": {…}}, {"chain": [links]} or
{"parallel": {"block": …}, "count": n, "merge": "sum"}; "when" makes it optional. A link is a block
with an optional "repeat". Strings are expressions over the arguments of the block around them.
"kernel_initializer" and its kin are {"law": "normal", "std": 0.01} or any other of
`common.initializers`; one that is not stated is its op's default.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from common.initializers import Initializer
from common.network import Member, Network
from common.parsing import from_json
from common.spec import Block, Chain, Layer, Parallel, Use, When
from common.wiring import write_signature

__all__ = ["from_json", "to_json"]

WIDTH = 80


def to_json(network: Network) -> str:
    """Return the text that `from_json` reads back as an equal network."""
    data = {
        "name": network.name,
        "title": network.title,
        "source": network.source,
        "naming": network.naming,
        "flat": network.flat,
        "members": [_member(each) for each in network.members],
        "input_shape": network.input_shape,
        "root": network.root.kind,
        "arguments": dict(network.arguments),
        "blocks": {kind: _block(block) for kind, block in network.blocks().items()},
    }
    return _render({key: value for key, value in data.items() if value}, 0) + "\n"


def _member(member: Member) -> dict[str, Any]:
    data = {"name": member.name, "title": member.title, "arguments": dict(member.arguments)}
    return {key: value for key, value in data.items() if value}


def _block(block: Block) -> dict[str, Any]:
    named = any(size is not None for size in block.inputs.values())
    data = {
        "about": block.about,
        "arguments": write_signature(block.arguments),
        "inputs": dict(block.inputs) if named else list(block.inputs),
        "layers": {name: _layer(layer) for name, layer in block.layers.items()},
        "wiring": [str(call) for call in block.wiring],
        "outputs": block.outputs if block.outputs != block.wiring[-1].outputs else (),
        "unused": dict(block.unused),
    }
    return {key: value for key, value in data.items() if value}


def _layer(layer: Layer) -> dict[str, Any]:
    if isinstance(layer, When):
        return {**_layer(layer.layer), "when": layer.when}
    if isinstance(layer, Use):
        return _use(layer)
    if isinstance(layer, Chain):
        repeats = [{} if count == 1 else {"repeat": count} for _, count in layer.links]
        return {"chain": [_use(use) | repeat for (use, _), repeat in zip(layer.links, repeats)]}
    if isinstance(layer, Parallel):
        return {"parallel": _use(layer.path), "count": layer.count, "merge": layer.merge}
    stated = {each.name: getattr(layer, each.name) for each in fields(layer)}
    defaults = {each.name: each.default for each in fields(layer)}
    return {"op": layer.symbol} | {k: _value(v) for k, v in stated.items() if v != defaults[k]}


def _value(value: Any) -> Any:
    return {"law": value.law, **vars(value)} if isinstance(value, Initializer) else value


def _use(use: Use) -> dict[str, Any]:
    data: dict[str, Any] = {"block": use.block.kind}
    return data | ({"arguments": dict(use.arguments)} if use.arguments else {})


def _render(value: Any, depth: int) -> str:
    """Return JSON on one line where it fits, else one item a line."""
    line = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if len(line) + depth <= WIDTH and depth > 0:
        return line
    inner = " " * (depth + 2)
    if isinstance(value, Mapping):
        items = [f"{json.dumps(k)}: {_render(v, depth + 2)}" for k, v in value.items()]
    elif isinstance(value, (list, tuple)) and value:
        items = [_render(item, depth + 2) for item in value]
    else:
        return line
    opening, closing = "{}" if isinstance(value, Mapping) else "[]"
    return f"{opening}\n{inner}" + f",\n{inner}".join(items) + f"\n{' ' * depth}{closing}"
