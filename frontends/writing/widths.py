"""How many channels (or features) every value has, as an expression over its block's arguments.

PyTorch and Paddle are told the inputs of a layer, Keras, Fluid and TensorFlow 1 infer them. Where
a block does not declare its input's channels they become an implicit argument, `in_channels`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

from common.elaborate import BlockInstance, Elaboration
from common.expressions import evaluate, names, spliced, substitute
from common.network import Network
from common.prune import Unwritten, open_arguments
from common.sizes import product
from common.spec import Block, Chain, Parallel, Plain, Use, When, plain
from common.wiring import REQUIRED, Call
from frontends.writing.text import EmitError


@dataclass
class KindChannels:
    """What one kind knows: its implicit arguments, each layer's inputs, and its outputs."""

    symbols: list[Any] = field(default_factory=list)
    layers: dict[str, list[Any]] = field(default_factory=dict)
    outputs: list[Any] = field(default_factory=list)
    implicit: list[str] = field(default_factory=list)

    def scope(self, instance: BlockInstance) -> dict[str, Any]:
        """Return the values of an instance's arguments, and of what stands for its channels."""
        channels = {
            symbol: shape[0]
            for symbol, shape in zip(self.symbols, instance.inputs)
            if isinstance(symbol, str) and symbol.isidentifier()
        }
        return channels | dict(instance.arguments)


class Channels:
    """The channels in every kind of a network. Raises EmitError where they cannot be written."""

    def __init__(self, network: Network, elaboration: Elaboration) -> None:
        self._elaboration, self._root = elaboration, network.root
        self._open = open_arguments(network)
        self._kinds: dict[str, KindChannels] = {}
        for block in network.blocks().values():
            if elaboration.instances(block):
                self._kinds[block.kind] = self._kind(block)

    def __getitem__(self, block: Block) -> KindChannels:
        return self._kinds[block.kind]

    def given(self, use: Use, inputs: list[Any]) -> list[Any]:
        """Return the implicit arguments that a call of `use` passes for these inputs."""
        kind = self[use.block]
        values = dict(zip(kind.symbols, inputs))
        return [values[name] for name in kind.implicit]

    def outputs(
        self,
        layer: Plain,
        inputs: list[Any],
        block: Block,
        name: str,
        known: KindChannels | None = None,
    ) -> list[Any]:
        """Return the channels of the outputs of a layer that is there."""
        known = known or self[block]
        if isinstance(layer, Use):
            return self._of_use(layer, inputs)
        if isinstance(layer, Chain):
            for use, count in layer.links:
                inputs = self._after(use, count, inputs, block, known)
            return inputs
        if isinstance(layer, Parallel):
            (each,) = self._of_use(layer.path, inputs)
            return [each if layer.merge == "sum" else product(layer.count, each)]
        return [layer.width(*inputs, area=self._area(block, name))]

    def _after(
        self, use: Use, count: Any, inputs: list[Any], block: Block, known: KindChannels
    ) -> list[Any]:
        """Return the channels behind a block that is repeated, perhaps 0 times."""
        found = self._of_use(use, inputs) if count != 0 else inputs
        if not isinstance(count, str) or self.equal(found, inputs, block, known):
            return found
        if None in [*found, *inputs]:
            return [None for _ in found]
        some = spliced("count > 0", count=count)
        return [spliced("a if some else b", a=a, some=some, b=b) for a, b in zip(found, inputs)]

    def equal(self, left: list[Any], right: list[Any], block: Block, known: KindChannels) -> bool:
        """Are two lists of channels equal in every instance, whatever the file is called with?"""
        if left == right:
            return True
        both = (*left, *right)
        if None in both or names(both) & self._open[block.kind]:
            return False
        return all(
            evaluate(tuple(left), scope) == evaluate(tuple(right), scope)
            for scope in (known.scope(each) for each in self._elaboration.instances(block))
        )

    def _kind(self, block: Block) -> KindChannels:
        instances = self._elaboration.instances(block)
        known = KindChannels(_symbols(block, instances, block is self._root))
        values = dict(zip(block.inputs, known.symbols))
        first = dict(values)  # an unused layer is told of a value as it is first given
        for call in block.wiring:
            inputs = [values[name] for name in call.inputs]
            known.layers.setdefault(call.layer, inputs)
            layer = block.layers[call.layer]
            passed = [values[name] for name in call.passed]
            if isinstance(plain(layer), Unwritten):
                outputs = passed
            else:
                outputs = self.outputs(plain(layer), inputs, block, call.layer, known)
            if isinstance(layer, When):
                outputs = self._either(layer, call, outputs, passed, block)
            for value, channels in zip(call.outputs, outputs):
                values[value] = channels
                first.setdefault(value, channels)
        for name, value in block.unused.items():
            known.layers[name] = [first[value]]
        known.outputs = [values[name] for name in block.outputs]
        self._check(block, known, instances)
        known.implicit = self._implicit(block, known)
        return known

    def _implicit(self, block: Block, known: KindChannels) -> list[str]:
        needed: set[str] = set()
        for name, inputs in known.layers.items():
            layer = block.layers[name]
            needed |= self._needed(plain(layer), inputs)
        undeclared = dict.fromkeys(s for s in known.symbols if s not in dict(block.arguments))
        return [symbol for symbol in undeclared if symbol in needed]

    def _needed(self, layer: Plain, inputs: list[Any]) -> set[str]:
        if isinstance(layer, Use):
            return set().union(set(), *map(names, self.given(layer, inputs)))
        if isinstance(layer, Chain):
            found: set[str] = set()
            for use, count in layer.links:
                found |= self._needed(use, inputs)
                if count != 0:
                    inputs = self._of_use(use, inputs)
            return found
        if isinstance(layer, Parallel):
            return self._needed(layer.path, inputs)
        told = layer.has_parameters and inputs[0] is not None
        return names(inputs[0]) if told else set()

    def _of_use(self, use: Use, inputs: list[Any]) -> list[Any]:
        kind = self[use.block]
        replacements = {k: v for k, v in use.block.arguments if v is not REQUIRED}
        replacements |= dict(use.arguments)
        for symbol, value in zip(kind.symbols, inputs):
            if isinstance(symbol, str) and symbol not in replacements:
                replacements[symbol] = value
        unknown = {name for name, value in replacements.items() if value is None}
        return [
            None if out is None or names(out) & unknown else substitute(out, replacements)
            for out in kind.outputs
        ]

    def _area(self, block: Block, name: str) -> int | None:
        """Return height times width of a layer's input, None where instances differ in it."""
        sizes = {each.layer_inputs[name][0][1:] for each in self._elaboration.instances(block)}
        return prod(sizes.pop()) if len(sizes) == 1 else None

    def _either(
        self, layer: When, call: Call, applied: list[Any], passed: list[Any], block: Block
    ) -> list[Any]:
        """Return the channels of what an optional layer gives, or passes where it is not there."""
        if applied == passed:
            return applied
        there = [each for each in self._elaboration.instances(block) if self._is(layer, each)]
        position = block.wiring.index(call)
        if all(self._keeps(call, each, position) for each in there):
            return passed
        if None in applied + passed:
            return [None] * len(applied)
        parts = {"when": layer.when}
        return [
            own if own == other else spliced("a if when else b", a=own, b=other, **parts)
            for own, other in zip(applied, passed)
        ]

    @staticmethod
    def _is(layer: When, instance: BlockInstance) -> bool:
        """Does an optional layer stand in an instance?"""
        return bool(evaluate(layer.when, instance.arguments))

    @staticmethod
    def _keeps(call: Call, instance: BlockInstance, position: int) -> bool:
        """Does a layer keep the number of channels in an instance?"""
        known = dict(zip(instance.block.inputs, instance.inputs))
        for each, results in zip(instance.block.wiring[:position], instance.results):
            known |= dict(zip(each.outputs, results))
        given = instance.results[position]
        return [known[name][0] for name in call.passed] == [shape[0] for shape in given]

    @staticmethod
    def _check(block: Block, known: KindChannels, instances: list[BlockInstance]) -> None:
        for each in instances:
            scope = known.scope(each)
            for layer, inputs in known.layers.items():
                for expression, shape in zip(inputs, each.layer_inputs[layer]):
                    if expression is not None and evaluate(expression, scope) != shape[0]:
                        raise EmitError(
                            f"block {block.kind}, layer {layer}: {expression} is "
                            f"{evaluate(expression, scope)} channels, expected {shape[0]}"
                        )


def _symbols(block: Block, instances: list[BlockInstance], is_root: bool) -> list[Any]:
    """Return, per input, its declared channels or the name of an implicit argument.

    The network's own input is of one shape, so its channels are a number.
    """
    symbols: list[Any] = []
    for index, (name, declared) in enumerate(block.inputs.items()):
        if declared is not None:
            symbols.append(declared)
        elif is_root:
            symbols.append(instances[0].inputs[index][0])
        elif index == 0:
            symbols.append("in_channels")
        elif all(each.inputs[index][0] == each.inputs[0][0] for each in instances):
            symbols.append(symbols[0])
        else:
            symbols.append(f"{name}_channels")
    return symbols
