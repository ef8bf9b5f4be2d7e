"""Padding "same" in numbers, for the layers that a dialect cannot write with that word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from common.network import Network
from common.ops import SAME, Op, Shape, padding_on
from common.spec import Block
from common.transform import map_layers
from frontends.writing.text import EmitError

Bound = list[tuple[Any, Shape]]  # an op as bound in every instance, with the shape of its input


def in_numbers(network: Network, says_same: Callable[[Op, Bound], bool]) -> Network:
    """Return the network with "same" in numbers, but where the dialect `says_same`.

    Raises EmitError if the numbers differ between the instances of a block.
    """

    def written(block: Block, name: str, op: Op) -> Op:
        if getattr(op, "padding", None) != SAME:
            return op
        bound = [(each, shapes[0]) for each, shapes in network.elaboration.bound(block, name)]
        if not bound or says_same(op, bound):
            return op
        found = {padding_on(each, shape) for each, shape in bound}
        if len(found) > 1:
            raise EmitError(
                f'block {block.kind}, layer {name}: "same" pads {len(found)} ways in its '
                f"instances, {sorted(found)}; state the padding as arguments of the block"
            )
        changed: Any = {"padding": found.pop()}
        return replace(op, **changed)

    return map_layers(network, written)
