"""Smaller networks from a network: for the smallest on which something still goes wrong.

Hypothesis shrinks the choices that drew a network; here its structure shrinks: steps are left out,
blocks are opened and their steps take their place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from common.errors import SpecificationError
from common.expressions import Value, evaluate
from common.network import Network
from common.ops import Op
from common.spec import Block, Chain, Layer, Parallel, Use, When
from common.wiring import Call

Named = tuple[Call, Layer]


@dataclass(frozen=True)
class Lines:
    """The outermost block as lines, every value with a name of its own."""

    lines: tuple[Named, ...]
    output: str

    def without(self, position: int) -> Lines:
        """Leave a line out: its first input stands for what it gave."""
        call, _ = self.lines[position]
        kept = self.lines[:position] + self.lines[position + 1 :]
        return Lines(kept, self.output).renamed(dict.fromkeys(call.outputs, call.inputs[0]))

    def renamed(self, names: Mapping[str, str]) -> Lines:
        lines = tuple(
            (replace(call, inputs=tuple(names.get(name, name) for name in call.inputs)), layer)
            for call, layer in self.lines
        )
        return Lines(lines, names.get(self.output, self.output))

    def opened(self, position: int) -> Lines:
        """Put the parts of a layer in its place."""
        call, layer = self.lines[position]
        inner, names = _opened(call, layer)
        after = Lines(self.lines[position + 1 :], self.output).renamed(names)
        return Lines((*self.lines[:position], *inner, *after.lines), after.output)


def shrunk(network: Network, fails: Callable[[Network], bool]) -> Network:
    """Return a network as small as leaving out and opening make it, on which `fails` holds."""
    while True:
        smaller = next((each for each in _candidates(network) if fails(each)), None)
        if smaller is None:
            return network
        network = smaller


def _candidates(network: Network) -> Iterator[Network]:
    known = _lines(network.root)
    count = len(known.lines)
    tried = [partial(known.without, i) for i in range(count)]
    tried += [partial(known.opened, i) for i in range(count) if _opens(known, i)]
    for candidate in tried:
        try:
            yield _network(network, candidate())
        except SpecificationError:
            continue  # shapes do not fit without that line


def _opens(known: Lines, position: int) -> bool:
    call, layer = known.lines[position]
    once = sum(other.layer == call.layer for other, _ in known.lines) == 1
    return once and not isinstance(layer, Op)


def _lines(root: Block) -> Lines:
    scope = dict(root.arguments)
    names = {name: name for name in root.inputs}
    found = list(_renamed(root, scope, names, ""))
    return Lines(tuple(found), names[root.outputs[0]])


def _renamed(
    block: Block, scope: Mapping[str, Any], names: dict[str, str], prefix: str
) -> Iterator[Named]:
    """Yield a block's lines with its layers bound; `names` follows what each value is called."""
    for number, call in enumerate(block.wiring):
        layer = _bound(block.layers[call.layer], scope)
        inputs = tuple(names[name] for name in call.inputs)
        names |= {name: f"{prefix}{name}{number + 1}" for name in call.outputs}
        outputs = tuple(names[name] for name in call.outputs)
        if layer is not None:
            yield Call(outputs, f"{prefix}{call.layer}", inputs), layer
        else:
            names |= dict(zip(call.outputs, inputs))


def _bound(layer: Layer, scope: Mapping[str, Any]) -> Layer | None:
    """Return a layer with its expressions evaluated, None for an optional one left out."""
    if isinstance(layer, When):
        return _bound(layer.layer, scope) if evaluate(layer.when, scope) else None
    if isinstance(layer, Use):
        return Use(layer.block, tuple((n, evaluate(v, scope)) for n, v in layer.arguments))
    if isinstance(layer, Chain):
        links = ((_bound(use, scope), evaluate(count, scope)) for use, count in layer.links)
        return Chain(tuple(links))  # type: ignore[arg-type]
    if isinstance(layer, Parallel):
        path: Any = _bound(layer.path, scope)
        count: Any = evaluate(layer.count, scope)
        return replace(layer, path=path, count=count)
    return layer.bind(scope)


def _opened(call: Call, layer: Layer) -> tuple[list[Named], dict[str, str]]:
    """Return the lines that a layer consists of, and what they call its outputs."""
    if isinstance(layer, Parallel):
        layer = layer.path
    if isinstance(layer, Chain):
        return _links(call, layer)
    assert isinstance(layer, Use)
    block = layer.block
    scope: dict[str, Value] = dict(block.arguments) | dict(layer.arguments)
    names = dict(zip(block.inputs, call.inputs))
    lines = list(_renamed(block, scope, names, f"{call.layer}_"))
    return lines, dict(zip(call.outputs, (names[name] for name in block.outputs)))


def _links(call: Call, layer: Chain) -> tuple[list[Named], dict[str, str]]:
    uses = [use for use, count in layer.links for _ in range(int(count))]
    lines: list[Named] = []
    inputs = call.inputs
    for number, use in enumerate(uses):
        outputs = tuple(f"{call.layer}_{name}{number}" for name in call.outputs)
        lines.append((Call(outputs, f"{call.layer}_{number}", inputs), use))
        inputs = outputs
    return lines, dict(zip(call.outputs, inputs))


def _network(network: Network, known: Lines) -> Network:
    layers = {call.layer: layer for call, layer in known.lines}
    wiring = [str(call) for call, _ in known.lines]
    root = Block(
        network.root.kind, layers=layers, wiring=wiring, inputs=list(network.root.inputs),
        outputs=(known.output,),
    )  # fmt: skip
    return replace(network, root=root, arguments=())
