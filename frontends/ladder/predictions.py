"""A divergence of Paddle's: the gradient of an average pool is scaled by a rounded 1/n.

Paddle 3.3 and Fluid 1.8 divide a float64 gradient by the window's size n as a product with
float32(1/n) (found by random networks; the forward pass is not affected). Where 1/n is not a
float32, their gradients are off by up to 6e-8. The ladder does not tolerate this, it predicts it:
the network's gradients are computed in numpy with and without the same factor.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.network import Network
from common.ops import Op, Shape

Array = NDArray[Any]


def gradient_scales(network: Network, pools: tuple[type[Op], ...]) -> dict[str, Array]:
    """Return, per layer, n · float32(1/n) of every window, (H, W), where it is not all 1.

    `pools`: the average pools that a panel rounds so.
    """
    found = {}
    for step in network.elaboration.steps:
        if isinstance(step.op, pools):
            sizes = _window_sizes(step.op, step.inputs[0])
            scale = sizes * np.float64(np.float32(1.0) / sizes.astype(np.float32))
            if not (scale == 1).all():
                found[step.layer] = scale
    return found


def _window_sizes(op: Any, shape: Shape) -> Array:
    """Return by how much each window's sum is divided, (H, W); `op` is an average pool."""
    rows, columns = op.divisors(shape)
    return np.outer(rows, columns).astype(np.float64)
