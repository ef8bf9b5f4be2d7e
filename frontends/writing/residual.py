"""The shortcut of a residual block under a name of its own, as the zoos of modules have it.

Of `x = downsample(x)`, `x = add(out, x)` comes `identity = downsample(x)`,
`out = add(out, identity)`: what goes on is the main branch. Steps and their order stay.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

from common.network import Network
from common.ops import Add
from common.spec import Block, Use, mapped
from common.wiring import Call, outputs_of
from frontends.writing.names import names_in

IDENTITY = "identity"


def with_identity(network: Network, taken: Container[str]) -> Network:
    """Return a network with the shortcuts of its residual blocks named; `taken` are other words."""
    done: dict[str, Block] = {}

    def use(each: Use) -> Use:
        return Use(done[each.block.kind], each.arguments)

    for kind, block in network.blocks().items():
        layers = {
            name: mapped(layer, lambda op: op, use, lambda value: value)
            for name, layer in block.layers.items()
        }
        done[kind] = _named(block.but(layers=layers), taken)
    return replace(network, root=done[network.root.kind])


def _named(block: Block, taken: Container[str]) -> Block:
    """Return a block with its shortcut named, or as it is where it has none of this form."""
    found = [i for i, call in enumerate(block.wiring) if _adds(block, call)]
    if len(found) != 1 or IDENTITY in names_in(block) or IDENTITY in taken:
        return block
    end = found[0]
    (x,) = block.wiring[end].outputs
    (out,) = set(block.wiring[end].inputs) - {x}
    before, after = block.wiring[:end], block.wiring[end + 1 :]
    if any(out in call.inputs for call in after) or any(
        x in call.inputs and x not in call.outputs for call in _since(before, x)
    ):
        return block
    named = IDENTITY if any(x in call.outputs for call in before) else x
    wiring = [*_shortcut(before, x), _renamed(block.wiring[end], {x: named}, {x: out})]
    wiring += [_renamed(call, {x: out}, {x: out}) for call in after]
    outputs = [out if name == x else name for name in block.outputs]
    return block.but(wiring=map(str, wiring), outputs=outputs)


def _adds(block: Block, call: Call) -> bool:
    """Is a call a sum of two values that an input of the block is named after?"""
    two = len(set(call.inputs)) == len(call.inputs) == 2 and call.outputs[0] in call.inputs
    return isinstance(block.layers[call.layer], Add) and two and call.outputs[0] in block.inputs


def _since(calls: tuple[Call, ...], x: str) -> tuple[Call, ...]:
    """Return the calls behind the first that sets a value anew."""
    first = next((i for i, call in enumerate(calls) if x in call.outputs), len(calls))
    return calls[first + 1 :]


def _shortcut(calls: tuple[Call, ...], x: str) -> list[Call]:
    """Return calls with what is set as `x` called the identity from there on."""
    found: list[Call] = []
    for call in calls:
        known = {x: IDENTITY} if x in outputs_of(calls[: len(found)]) else {}
        found.append(_renamed(call, known, {x: IDENTITY}))
    return found


def _renamed(call: Call, inputs: dict[str, str], outputs: dict[str, str]) -> Call:
    return Call(
        tuple(outputs.get(name, name) for name in call.outputs),
        call.layer,
        tuple(inputs.get(name, name) for name in call.inputs),
    )
