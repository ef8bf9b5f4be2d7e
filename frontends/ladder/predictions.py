"""A divergence of Paddle's: the gradient of an average pool is scaled by a rounded 1/n.

Paddle 3.3 and Fluid 1.8 divide a float64 gradient by the window's size n as a product with
float32(1/n) (found by random networks; the forward pass is not affected). Where 1/n is not a
float32, their gradients are off by up to 6e-8. The ladder does not tolerate this, it predicts it:
the referee's gradients are computed a second time with the same factor.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.network import Network
from common.ops import AdaptiveAvgPool2d, AvgPool2d, GlobalAvgPool2d, Op, Shape, padding_on, pair

AVERAGE_POOLS = (AvgPool2d, AdaptiveAvgPool2d)
Array = NDArray[Any]


def gradient_scales(network: Network, *pools: type[Op]) -> dict[str, Array]:
    """Return, per average pool where it is not all 1, n · float32(1/n) of every window, (H, W)."""
    found = {}
    for step in network.elaboration.steps:
        if isinstance(step.op, pools or AVERAGE_POOLS):
            sizes = window_sizes(step.op, step.inputs[0])
            scale = sizes * np.float64(np.float32(1.0) / sizes.astype(np.float32))
            if not (scale == 1).all():
                found[step.layer] = scale
    return found


def window_sizes(op: Op, shape: Shape) -> Array:
    """Return by how much each window's sum is divided, (H, W)."""
    rows, columns = (_along(op, shape, axis) for axis in (0, 1))
    return np.outer(rows, columns).astype(np.float64)


def _along(op: Any, shape: Shape, axis: int) -> list[int]:
    if isinstance(op, GlobalAvgPool2d):
        return [shape[1 + axis]]
    size, count = shape[1 + axis], op.output(shape)[1 + axis]
    if isinstance(op, AdaptiveAvgPool2d):
        return [-(-(i + 1) * size // count) - i * size // count for i in range(count)]
    before, after = padding_on(op, shape)[axis]
    kernel, stride = pair(op.kernel_size)[axis], pair(op.stride)[axis]
    least, most = (-before, size + after) if op.count_include_pad else (0, size)
    starts = [i * stride - before for i in range(count)]
    return [min(start + kernel, most) - max(start, least) for start in starts]
