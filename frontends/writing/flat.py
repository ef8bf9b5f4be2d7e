"""Blocks that a zoo has no module for, written as layers of the block around them.

Of conv1, a convolution with batch normalization and ReLU, come conv1, bn1 and relu: inner names
with the layer's number, 1 where it bears none; what holds no parameters is shared with its like.
An optional one becomes an nn.Sequential. Steps stay the same, in the same order, so that paths of
the written file and of the specification pair by the order of execution.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from common.elaborate import BlockInstance, Elaboration
from common.expressions import names as names_in
from common.expressions import substitute
from common.network import Network
from common.ops import Op
from common.spec import Block, Layer, Use, When, mapped, plain
from common.wiring import REQUIRED, Call, write_signature
from frontends.writing.names import fresh
from frontends.writing.text import EmitError

Steps = tuple[str, ...]  # of the specification: block.layer


@dataclass(frozen=True)
class OwnNames:
    """What a file calls by another path than the specification: own name -> canonical one.

    parameters: <path>.<kind>. steps: their paths. blocks: path of the call of a layer -> the block
    whose result it gives, "" where it gives none.
    """

    parameters: Mapping[str, str] = field(default_factory=dict)
    steps: Mapping[str, str] = field(default_factory=dict)
    blocks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Flat:
    """A network as it is written.

    sequences: kinds that are written as an nn.Sequential where they stand. said: (kind, position
    in the wiring or name of a layer) -> the steps of the specification that it says.
    """

    network: Network
    sequences: frozenset[str] = frozenset()
    said: Mapping[tuple[str, int | str], Steps] = field(default_factory=dict)
    names: OwnNames = field(default_factory=OwnNames)

    def steps(self, block: Block, place: int | str) -> Steps:
        """Return the steps that a call, by its position, or a layer, by its name, says."""
        layer = block.wiring[place].layer if isinstance(place, int) else place
        return self.said.get((block.kind, place), (f"{block.kind}.{layer}",))


def flattened(network: Network) -> Flat:
    """Return a network with its flat kinds as layers of the blocks around them.

    Raises EmitError for a flat block that is no row of ops.
    """
    if not network.flat:
        return Flat(network)
    work = _Flattening(network)
    written = replace(network, root=work.root(), flat=())
    names = own_names(network, written, work.sequences)
    return Flat(written, frozenset(work.sequences), work.said, names)


class _Flattening:
    def __init__(self, network: Network) -> None:
        self._network, self._kinds = network, set(network.blocks())
        self._done: dict[str, Block] = {}
        self.sequences: set[str] = set()
        self.said: dict[tuple[str, int | str], Steps] = {}

    def root(self) -> Block:
        for kind, block in self._network.blocks().items():
            self._done[kind] = self._block(block)
        return self._done[self._network.root.kind]

    def _is_flat(self, layer: Layer) -> bool:
        return isinstance(layer, Use) and layer.block.kind in self._network.flat

    def _block(self, block: Block) -> Block:
        layers: dict[str, Layer] = {}
        parts: dict[str, dict[str, str]] = {}  # flat layer -> inner layer -> its name here
        for name, layer in block.layers.items():
            if self._is_flat(layer) and name not in block.unused:
                assert isinstance(layer, Use)
                parts[name] = _put_in(block, name, layer, layers)
            elif isinstance(layer, When) and self._is_flat(layer.layer):
                assert isinstance(layer.layer, Use)
                use = self._sequence(block, name, layer.layer)
                layers[name] = When(use, layer.when)
            elif layers.get(name) != layer:  # else it is there by a like one
                layers[name] = mapped(layer, lambda op: op, self._use, lambda value: value)
        return block.but(layers=layers, wiring=map(str, self._wiring(block, parts)))

    def _use(self, use: Use) -> Use:
        return Use(self._done[use.block.kind], use.arguments)

    def _wiring(self, block: Block, parts: Mapping[str, Mapping[str, str]]) -> list[Call]:
        """Return the calls, and note which steps each says, and each layer."""
        found: list[Call] = []
        for call in block.wiring:
            own = f"{block.kind}.{call.layer}"
            layer, taken = plain(block.layers[call.layer]), call.inputs
            if not isinstance(layer, Use) or layer.block.kind not in self._network.flat:
                self._say(block, len(found), call.layer, (own,))
                found.append(call)
                continue
            inside = f"{layer.block.kind}."
            if call.layer not in parts:
                items = (f"{inside}{inner}" for inner, _ in _inner_layers(layer))
                self._say(block, len(found), call.layer, (own, *items))
                found.append(call)
            for inner, name in parts.get(call.layer, {}).items():
                self._say(block, len(found), name, (own, f"{inside}{inner}"))
                found.append(Call(call.outputs, name, taken))
                taken = call.outputs
        return found

    def _say(self, block: Block, position: int, layer: str, steps: Steps) -> None:
        self.said[block.kind, position] = steps
        known = self.said.get((block.kind, layer), ())
        self.said[block.kind, layer] = tuple(dict.fromkeys((*known, *steps)))

    def _sequence(self, block: Block, name: str, use: Use) -> Use:
        """Return a use of a kind of its own, whose arguments are those of the block around it."""
        layers = dict(_inner_layers(use))
        needed = set().union(*(layer.arguments() for layer in layers.values()))
        taken = [argument for argument, _ in block.arguments if argument in needed]
        kind = fresh(f"{block.kind}_{name}", self._kinds)
        self._kinds.add(kind)
        self.sequences.add(kind)
        inside = f"{use.block.kind}."
        for inner in layers:
            self.said[kind, inner] = (f"{block.kind}.{name}", f"{inside}{inner}")
        signature = write_signature((argument, REQUIRED) for argument in taken)
        return Block(kind, signature, layers=layers)(*taken)


def _put_in(block: Block, name: str, use: Use, layers: dict[str, Layer]) -> dict[str, str]:
    """Add the layers of a flat block to those of the block around it; return inner name -> own."""
    number = (re.findall(r"\d+$", name) or ["1"])[0]
    named: dict[str, str] = {}
    for inner, op in _inner_layers(use):
        own = f"{inner}{number}" if op.has_parameters else inner
        others = {**block.layers, **layers}
        others.pop(name, None)
        if others.get(own, op) != op:
            raise EmitError(f"block {block.kind}, layer {name}: {own} is another layer's name")
        named[inner] = own
        layers[own] = op
    return named


def _inner_layers(use: Use) -> Iterator[tuple[str, Op]]:
    """Yield the ops of a flat block that are there, over the arguments of the block around it."""
    block = use.block
    scope = {n: d for n, d in block.arguments if d is not REQUIRED} | dict(use.arguments)
    last = tuple(block.inputs)
    for call in block.wiring:
        layer = block.layers[call.layer]
        when: Any = substitute(layer.when, scope) if isinstance(layer, When) else True
        op = layer.layer if isinstance(layer, When) else layer
        is_row = call.inputs == last and len(last) == len(call.outputs) == 1
        if not is_row or not isinstance(op, Op) or names_in(when) or block.calls_of(call.layer) > 1:
            raise EmitError(f"block {block.kind}: cannot be flat, as it is no row of ops")
        if when:
            fields: Any = {n: substitute(getattr(op, n), scope) for n in op.expressions()}
            yield call.layer, replace(op, **fields)
        last = call.outputs
    if block.outputs != last or block.unused:
        raise EmitError(f"block {block.kind}: cannot be flat, as it is no row of ops")


def own_names(network: Network, written: Network, sequences: set[str]) -> OwnNames:
    """Return what a written network calls by other paths, paired by the order of execution."""
    canonical, own = network.elaboration, written.elaboration
    in_file = _items(own, sequences)
    steps: dict[str, str] = {}
    for mine, theirs in zip(own.steps, canonical.steps, strict=True):
        assert (mine.op, mine.inputs, mine.output, mine.sources) == (
            theirs.op,
            theirs.inputs,
            theirs.output,
            theirs.sources,
        )
        steps[in_file.get(mine.layer, mine.layer) + mine.path[len(mine.layer) :]] = theirs.path
    parameters: dict[str, str] = {}
    for each, other in zip(own.parameters.values(), canonical.parameters.values(), strict=True):
        assert (each.kind, each.shape, each.used) == (other.kind, other.shape, other.used)
        parameters[f"{in_file.get(each.layer, each.layer)}.{each.kind}"] = other.name
    there = {each.path for each in own.blocks if each.block.kind not in sequences}
    missing = [each for each in canonical.blocks if each.used and each.path not in there]
    return OwnNames(_differing(parameters), _differing(steps), _results(missing, steps))


def _items(own: Elaboration, sequences: set[str]) -> dict[str, str]:
    """Return path of a layer in a sequence -> what the file calls it, by its index."""
    return {
        f"{each.layer}.{name}": f"{each.layer}.{index}"
        for each in own.blocks
        if each.block.kind in sequences
        for index, name in enumerate(each.block.layers)
    }


def _results(missing: list[BlockInstance], steps: Mapping[str, str]) -> dict[str, str]:
    """Return path of a call in the file -> the block whose result it gives, for blocks that are no
    modules; "" for other calls of the same layers."""
    own = {theirs: mine for mine, theirs in steps.items()}
    found: dict[str, str] = {}
    for each in missing:
        number = each.path[len(each.layer) :]
        paths = [f"{each.layer}.{call.layer}{number}" for call in each.block.wiring]
        found[own[[path for path in paths if path in own][-1]]] = each.path
    layers = {path.partition("#")[0] for path in found}
    others = {path: "" for path in steps if path.partition("#")[0] in layers}
    return {**others, **found}


def _differing(names: Mapping[str, str]) -> dict[str, str]:
    return {own: canonical for own, canonical in names.items() if own != canonical}
