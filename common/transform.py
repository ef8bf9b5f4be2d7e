"""Networks from networks: the same structure with other ops or other reals."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from common.expressions import literal, parse
from common.initializers import Initializer
from common.network import Network
from common.ops import Dropout, Op
from common.spec import Block, Use, mapped
from common.wiring import REQUIRED, write_signature

Laws = Mapping[type[Op], Mapping[str, Initializer]]  # op -> "kernel_initializer", … -> law


def map_ops(network: Network, function: Callable[[Op], Op]) -> Network:
    """Return the network with every op replaced by function(op)."""
    return map_layers(network, lambda _block, _layer, op: function(op))


def map_layers(network: Network, function: Callable[[Block, str, Op], Op]) -> Network:
    """Return the network with every op replaced by function(its block, its layer, op)."""
    return _Rebuilding(function, lambda value: value).network(network)


def float32_exact(network: Network) -> Network:
    """Return the network with every real rounded to float32; nothing but literals differs.

    Paddle and Fluid hold epsilon and momentum in float32, so that float64 panels can agree only
    on such values.
    """

    def exact(op: Op) -> Op:
        rounded: Any = {name: _round(getattr(op, name)) for name in op.expressions()}
        return replace(op, **rounded)

    return _Rebuilding(lambda _block, _layer, op: exact(op), _round).network(network)


def initialized(network: Network, laws: Laws) -> Network:
    """Return the network with the laws of a table for what its ops start from."""

    def with_laws(op: Op) -> Op:
        found: Any = next((own for kind, own in laws.items() if isinstance(op, kind)), {})
        return replace(op, **found)

    return map_ops(network, with_laws)


def without_dropout(network: Network) -> Network:
    """Return the network with every dropout at rate 0."""
    return map_ops(network, lambda op: Dropout(0.0) if isinstance(op, Dropout) else op)


class _Rebuilding:
    """Rebuilds blocks from the inside out, each kind once."""

    def __init__(self, op: Callable[[Block, str, Op], Op], value: Callable[[Any], Any]) -> None:
        self._op = op
        self._value = value
        self._done: dict[str, Block] = {}

    def network(self, network: Network) -> Network:
        for kind, block in network.blocks().items():
            self._done[kind] = self._block(block)
        arguments = tuple((name, self._value(value)) for name, value in network.arguments)
        return replace(network, root=self._done[network.root.kind], arguments=arguments)

    def _block(self, block: Block) -> Block:
        defaults = [(n, d if d is REQUIRED else self._value(d)) for n, d in block.arguments]
        layers = {
            name: mapped(layer, partial(self._op, block, name), self._use, self._value)
            for name, layer in block.layers.items()
        }
        return block.but(arguments=write_signature(defaults), layers=layers)

    def _use(self, use: Use) -> Use:
        arguments = tuple((name, self._value(value)) for name, value in use.arguments)
        return Use(self._done[use.block.kind], arguments)


def _round(value: Any) -> Any:
    """Return a field with its reals rounded to float32, those within expressions too."""
    if isinstance(value, float):
        return float(np.float32(value))
    if isinstance(value, tuple):
        return tuple(map(_round, value))
    return _round_within(value) if isinstance(value, str) else value


def _round_within(text: str) -> str:
    constants = [node for node in ast.walk(parse(text)) if isinstance(node, ast.Constant)]
    for node in sorted(constants, key=lambda node: -node.col_offset):
        if isinstance(node.value, float):
            rounded = literal(_round(node.value))
            text = text[: node.col_offset] + rounded + text[node.end_col_offset :]
    return text
