"""Where an op may write its result over its input: what PyTorch and Paddle do "in place"."""

from __future__ import annotations

from common.ops import Add, BatchNorm, Conv2d, Dense, DepthwiseConv2d, Op, Scale
from common.spec import Block, Use

# Their backward passes have no need of their own results.
GIVING: tuple[type[Op], ...] = (Add, BatchNorm, Conv2d, Dense, DepthwiseConv2d, Scale)


def may_overwrite(block: Block, position: int, name: str) -> bool:
    """May the call at a position of a block's wiring write over the value of a name that it takes?

    Whatever the block's arguments, it has to be a fresh one of which nothing else makes use, the
    backward pass included.
    """
    call, before = block.wiring[position], block.wiring[:position]
    given = max((i for i, each in enumerate(before) if name in each.outputs), default=None)
    if given is None or not _gives_fresh(block, given) or call.inputs.count(name) > 1:
        return False
    after = block.wiring[position + 1 :] if name not in call.outputs else ()
    stays = name in block.outputs and name not in call.outputs
    return not stays and not any(name in each.inputs for each in (*before[given + 1 :], *after))


def may_always(block: Block, layer: str) -> bool:
    """May every call of a layer write over the value that it takes?"""
    calls = [(i, call) for i, call in enumerate(block.wiring) if call.layer == layer]
    return bool(calls) and all(may_overwrite(block, i, call.inputs[0]) for i, call in calls)


def _gives_fresh(block: Block, position: int) -> bool:
    """Does a call give one value, new in memory, that no backward pass reads?"""
    call = block.wiring[position]
    layer = block.layers[call.layer]
    if isinstance(layer, Use):
        inner = layer.block
        last = len(inner.wiring) - 1
        return inner.outputs == inner.wiring[last].outputs and _gives_fresh(inner, last)
    return type(layer) in GIVING and len(call.outputs) == 1
