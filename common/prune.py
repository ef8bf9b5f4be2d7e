"""Leave out of a network what it does not need, so that written files hold no idle branches.

An optional layer that is always there is a plain one; one that never is goes. An argument of an
inner block that every use leaves at an idle default becomes that default, and one that nothing
refers to any more is dropped. The network itself stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from common.elaborate import Elaboration
from common.expressions import evaluate, literal, names, substitute
from common.network import Network
from common.ops import Identity, Op
from common.spec import Block, Chain, Layer, Plain, Use, When, mapped, plain, references, uses
from common.wiring import REQUIRED, Call, write_signature

IDLE = ("0", "1", "True", "False")  # defaults that say "nothing special": stride=1, relu=True


@dataclass(frozen=True)
class Unwritten(Identity):
    """An optional layer that is in no instance, and of kinds that are in none: what is known of
    kinds is known of their instances. A written file refuses its condition."""

    is_named = False


def prune(network: Network) -> Network:
    """Return the network without needless options and arguments."""
    network = _settled(network)
    while True:
        smaller = _Pruning(network).root()
        if smaller == network.root:
            return network
        network = replace(network, root=smaller)


def _settled(network: Network) -> Network:
    """Return the network with its arguments as the defaults of its root; the members of its family
    have others."""
    given, root = dict(network.arguments), network.root
    arguments = [(name, given.get(name, default)) for name, default in root.arguments]
    settled = root.but(arguments=write_signature(arguments))
    same = settled == root and not network.arguments
    return network if same else replace(network, root=settled, arguments=(), members=())


class _Pruning:
    def __init__(self, network: Network) -> None:
        self._network = network
        self._elaboration: Elaboration = network.elaboration
        self._done: dict[str, Block] = {}
        self._uses: dict[str, list[dict[str, Any]]] = {}
        for block in network.blocks().values():
            for use in block.children():
                self._uses.setdefault(use.block.kind, []).append(dict(use.arguments))
        self._defaults = {kind: self._idle(block) for kind, block in network.blocks().items()}
        self._open = open_arguments(network)

    def root(self) -> Block:
        return self._block(self._network.root)

    def _idle(self, block: Block) -> dict[str, Any]:
        """Return the arguments that every use of an inner block leaves at an idle default."""
        if block.kind == self._network.root.kind:
            return {}
        used = self._used(block)
        return {
            name: default
            for name, default in block.arguments
            if default is not REQUIRED
            and literal(default) in IDLE
            and all(literal(each.get(name, default)) == literal(default) for each in used)
        }

    def _used(self, block: Block) -> list[dict[str, Any]]:
        """Return the arguments of every use of a block, those that are repeated 0 times too."""
        return self._uses.get(block.kind, [])

    def _idle_states(self, block: Block, when: Any) -> set[bool]:
        """Return the states that uses alone show: a file stays right with other repeats."""
        defaults = {name: value for name, value in block.arguments if value is not REQUIRED}
        stated = [substitute(when, defaults | each) for each in self._used(block)]
        return {bool(evaluate(each, {})) for each in stated if not names(each)}

    def _block(self, block: Block) -> Block:
        if block.kind not in self._done:
            self._done[block.kind] = self._rebuilt(block)
        return self._done[block.kind]

    def _rebuilt(self, block: Block) -> Block:
        fixed = self._defaults[block.kind]
        layers = {name: self._layer(block, name, fixed) for name in block.layers}
        kept: dict[str, Layer] = {
            name: layer for name, layer in layers.items() if layer is not None
        }
        if not kept:  # an identity is all that is left
            kept = {next(iter(layers)): Identity()}
        wiring, renamed = _without(block.wiring, set(layers) - set(kept))
        inputs = {name: substitute(size, fixed) for name, size in block.inputs.items()}
        declared = self._kept(block, kept, inputs)
        return block.but(
            layers=kept,
            wiring=map(str, wiring),
            inputs=inputs,
            outputs=[renamed.get(name, name) for name in block.outputs],
            unused={k: v for k, v in block.unused.items() if k in kept},
            arguments=write_signature(
                (name, default) for name, default in block.arguments if name in declared
            ),
            about=_about(block, kept),
        )

    def _kept(self, block: Block, layers: dict[str, Layer], inputs: dict[str, Any]) -> set[str]:
        if block.kind == self._network.root.kind:
            return {name for name, _ in block.arguments}
        found = set().union(set(), *map(references, layers.values()))
        return found.union(*map(names, inputs.values()))

    def _layer(self, block: Block, name: str, fixed: dict[str, Any]) -> Layer | None:
        layer = block.layers[name]
        left = self._running(plain(layer))
        if left is None or not isinstance(layer, When):
            return left and self._substituted(left, fixed)
        instances = self._elaboration.instances(block)
        states = {bool(evaluate(layer.when, each.arguments)) for each in instances}
        states |= self._idle_states(block, layer.when)
        if names(layer.when) & self._open[block.kind]:
            kinds = [use.block for use in uses(left)]
            known = not kinds or any(map(self._elaboration.instances, kinds))
            left = left if known or states != {False} else Unwritten()
            states = {True, False}
        if states == {False}:
            return None
        return self._substituted(left if states <= {True} else When(left, layer.when), fixed)

    def _substituted(self, layer: Layer, fixed: dict[str, Any]) -> Layer:
        def value(expression: Any) -> Any:
            return substitute(expression, fixed)

        def op(each: Op) -> Op:
            fields: Any = {n: value(getattr(each, n)) for n in each.expressions()}
            return replace(each, **fields)

        return mapped(layer, op, lambda use: self._use(use, fixed), value)

    def _running(self, layer: Plain) -> Plain | None:
        """Return a layer without links that no instance runs, None where no link is left."""
        if not isinstance(layer, Chain):
            return layer
        links = tuple(each for each in layer.links if self._elaboration.instances(each[0].block))
        return Chain(links) if links else None

    def _use(self, use: Use, fixed: dict[str, Any]) -> Use:
        block = self._block(use.block)
        declared = {name for name, _ in block.arguments}
        arguments = tuple((n, substitute(v, fixed)) for n, v in use.arguments if n in declared)
        return Use(block, arguments)


def _about(block: Block, kept: dict[str, Layer]) -> str:
    """Return what a block says of itself, as it is left: of "A, B and, by default, C" the last is
    an optional layer, which may always be there now, or never."""
    optional = {name for name, layer in block.layers.items() if isinstance(layer, When)}
    always, default, option = block.about.partition(" and, by default, ")
    if not default or not optional or any(isinstance(each, When) for each in kept.values()):
        return block.about
    if optional & kept.keys():
        return f"{always} and {option}"
    return " and ".join(always.rsplit(", ", 1)) + "".join(option.partition(".")[1:])


def open_arguments(network: Network) -> dict[str, set[str]]:
    """Return, per kind, the arguments that a caller of the network's own can change."""
    blocks = network.blocks()
    found = {kind: set[str]() for kind in blocks}
    found[network.root.kind] = {name for name, _ in network.root.arguments}
    for kind, block in reversed(blocks.items()):  # those that use others stand behind them
        for use in block.children():
            handed = {name for name, value in use.arguments if names(value) & found[kind]}
            found[use.block.kind] |= handed
    return found


def _without(wiring: tuple[Call, ...], gone: set[str]) -> tuple[list[Call], dict[str, str]]:
    """Return the wiring without calls of the layers gone; their outputs are their inputs."""
    renamed: dict[str, str] = {}
    kept = []
    for call in wiring:
        renamed_before = dict(renamed)
        inputs = tuple(renamed.get(name, name) for name in call.inputs)
        for name in call.outputs:
            renamed.pop(name, None)
        if call.layer not in gone:
            kept.append(Call(call.outputs, call.layer, inputs))
            continue
        passed = [renamed_before.get(name, name) for name in call.passed]
        renamed |= {o: i for o, i in zip(call.outputs, passed) if o != i}
    return kept, renamed
