"""The rows of the official TensorFlow to Fluid table, block by block."""

from __future__ import annotations

from reports.handbook.official import (
    activations,
    creation,
    flow,
    layers,
    losses,
    maths,
    reductions,
    shapes,
    training,
)
from reports.handbook.rows import Row

BLOCKS = (activations, losses, layers, maths, reductions, shapes, creation, training, flow)


def blocks() -> dict[str, tuple[Row, ...]]:
    """Return the rows of every block, by what it is about."""
    return {str(each.__doc__).strip().rstrip("."): each.ROWS for each in BLOCKS}
