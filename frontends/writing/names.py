"""One allocator of names for every role in a written file: what would clash is renamed.

Kinds of blocks, arguments and values are free to bear another name; layers are not, since their
names are the paths of the parameters: a dialect refuses those that it cannot write.
"""

from __future__ import annotations

import keyword
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from common.expressions import substitute
from common.network import Network
from common.ops import Op
from common.spec import Block, Chain, Layer, Parallel, Plain, Use, When
from common.wiring import Call, outputs_of, write_signature
from frontends.writing.text import class_name


@dataclass(frozen=True)
class Words:
    """What a dialect's files say by themselves: imports, helpers, builtins, names of their own.

    classes: kinds are written as classes, so arguments and values never meet. beside: what stands
    in the file beside the network, which no kind may hide; arguments and values, seen in their
    function alone, are free to be called so.
    """

    taken: frozenset[str] = frozenset()
    classes: bool = True
    beside: frozenset[str] = frozenset()

    @property
    def of_kinds(self) -> frozenset[str]:
        """What no kind may be called."""
        return self.taken | self.beside


def fresh(wanted: str, taken: Container[str], joint: str = "_") -> str:
    """Return a name that is free: `wanted`, or else `wanted_`, `wanted_2`, `wanted_3` …"""
    if wanted.startswith("__"):  # Python's own, or mangled within a class
        wanted = wanted.strip("_") or "name"
        wanted = f"{wanted}{joint}" if wanted in taken or not wanted[0].isalpha() else wanted
        wanted = wanted if wanted[0].isalpha() else f"name{joint}{wanted}"
    names = [wanted, f"{wanted}{joint}" if joint else f"{wanted}2"]
    number = 2
    while names[0] in taken:
        names = [*names[1:], f"{wanted}{joint}{number}"]
        number += 1
    return names[0]


@dataclass
class Locals:
    """The names of one function that are made up as it is written, each for a purpose."""

    taken: set[str]
    _given: dict[tuple[str, ...], str] = field(default_factory=dict)

    def name(self, *purpose: str) -> str:
        """Return the name for a purpose, the same at every call: its words, if that is free."""
        if purpose not in self._given:
            self._given[purpose] = fresh("_".join(purpose), self.taken)
            self.taken.add(self._given[purpose])
        return self._given[purpose]


def class_names(network: Network, taken: Iterable[str]) -> dict[str, str]:
    """Return the class of every kind; the network's own has the first choice."""
    known, found = set(taken), {}
    for kind in [network.root.kind, *network.blocks()]:
        if kind in found:
            continue
        wanted = class_name(kind)
        if not wanted.isidentifier() or keyword.iskeyword(wanted):
            wanted = f"Block{wanted}"
        found[kind] = fresh(wanted, known, joint="")
        known.add(found[kind])
    return found


def names_in(block: Block) -> set[str]:
    """Return the arguments and values of a block."""
    return {*(name for name, _ in block.arguments), *block.inputs, *outputs_of(block.wiring)}


def renamed(network: Network, words: Words) -> Network:
    """Return the network with no kind, argument or value that clashes in a file of these words."""
    renaming = _Renaming(network, words)
    return renaming.network() if renaming.is_needed else network


class _Renaming:
    def __init__(self, network: Network, words: Words) -> None:
        self._network, self._words = network, words
        blocks = network.blocks()
        self._kinds = {kind: kind for kind in blocks} if words.classes else self._functions(blocks)
        written = class_names(network, words.of_kinds) if words.classes else self._kinds
        self._arguments: dict[str, dict[str, str]] = {}
        self._values: dict[str, dict[str, str]] = {}
        for block in blocks.values():
            called = {written[use.block.kind] for use in block.children()}
            self._name(block, {*words.taken, *called})
        self._done: dict[str, Block] = {}

    @property
    def is_needed(self) -> bool:
        tables = [self._kinds, *self._arguments.values(), *self._values.values()]
        return any(old != new for table in tables for old, new in table.items())

    def network(self) -> Network:
        for kind, block in self._network.blocks().items():
            self._done[kind] = self._block(block)
        root = self._network.root.kind
        names, members = self._arguments[root], self._network.members
        renamed = [tuple((names[n], value) for n, value in each.arguments) for each in members]
        made = tuple(replace(each, arguments=own) for each, own in zip(members, renamed))
        return replace(self._network, root=self._done[root], members=made)

    def _functions(self, blocks: Mapping[str, Block]) -> dict[str, str]:
        """Return the function of every kind; the network's own has the first choice."""
        known = {*self._words.of_kinds, *self._network.root.inputs}
        found: dict[str, str] = {}
        for kind in [self._network.root.kind, *blocks]:
            if kind not in found:
                found[kind] = fresh(kind, known)
                known.add(found[kind])
        return found

    def _name(self, block: Block, taken: set[str]) -> None:
        """Name the arguments of a block, then its values: in a function they stand together."""
        arguments, values = dict.fromkeys(n for n, _ in block.arguments), names_in(block)
        self._arguments[block.kind] = given = _named(arguments, taken, values - set(arguments))
        apart = taken if self._words.classes else {*taken, *given.values()}
        others = dict.fromkeys([*block.inputs, *outputs_of(block.wiring)])
        self._values[block.kind] = _named(others, apart, set())

    def _block(self, block: Block) -> Block:
        names, values = self._arguments[block.kind], self._values[block.kind]
        defaults = [(names[name], default) for name, default in block.arguments]
        return Block(
            self._kinds[block.kind],
            write_signature(defaults),
            layers={name: self._layer(layer, names) for name, layer in block.layers.items()},
            wiring=[str(_call(call, values)) for call in block.wiring],
            inputs={values[n]: _in(size, names) for n, size in block.inputs.items()},
            outputs=[values[name] for name in block.outputs],
            unused={name: values[value] for name, value in block.unused.items()},
            about=block.about,
        )

    def _layer(self, layer: Layer, names: Mapping[str, str]) -> Layer:
        if isinstance(layer, When):
            return When(self._plain(layer.layer, names), _in(layer.when, names))
        return self._plain(layer, names)

    def _plain(self, layer: Plain, names: Mapping[str, str]) -> Plain:
        if isinstance(layer, Use):
            return self._use(layer, names)
        if isinstance(layer, Chain):
            return Chain(tuple((self._use(use, names), _in(n, names)) for use, n in layer.links))
        if isinstance(layer, Parallel):
            return Parallel(self._use(layer.path, names), _in(layer.count, names), layer.merge)
        assert isinstance(layer, Op)
        fields: Any = {name: _in(getattr(layer, name), names) for name in layer.expressions()}
        return replace(layer, **fields)

    def _use(self, use: Use, names: Mapping[str, str]) -> Use:
        own = self._arguments[use.block.kind]
        given = tuple((own[name], _in(value, names)) for name, value in use.arguments)
        return Use(self._done[use.block.kind], given)


def _named(wanted: Iterable[str], taken: set[str], kept: set[str]) -> dict[str, str]:
    """Return a free name for each wanted one; those that are free keep theirs, whatever comes."""
    wanted = list(wanted)
    found = {name: name for name in wanted if fresh(name, taken) == name}
    known = {*taken, *found, *kept}
    for name in wanted:
        if name not in found:
            found[name] = fresh(name, known)
            known.add(found[name])
    return found


def _call(call: Call, values: Mapping[str, str]) -> Call:
    outputs, inputs = (tuple(map(values.__getitem__, n)) for n in (call.outputs, call.inputs))
    return Call(outputs, call.layer, inputs)


def _in(value: Any, names: Mapping[str, str]) -> Any:
    """Return a field with its arguments renamed; one without any that is stays as it stands."""
    return substitute(value, names) if any(old != new for old, new in names.items()) else value
