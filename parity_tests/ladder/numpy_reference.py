"""The obvious numpy meaning of some ops in eval mode: slow, and nobody's framework."""

from __future__ import annotations

import numpy as np

from common.elaborate import Step
from common.network import Network
from common.ops import Conv2d, Op, pair, sides
from common.weights import Array, Weights


def forward(network: Network, weights: Weights, batch: Array) -> list[Array]:
    """Return the result of every step, in order, for inputs (N, *input_shape)."""
    results: list[Array] = []
    for step in network.elaboration.steps:
        taken = [results[source] if source >= 0 else batch for source in step.sources]
        own = {
            k.rpartition(".")[2]: v for k, v in weights.items() if k.startswith(f"{step.layer}.")
        }
        results.append(_apply(step, taken, own))
        assert results[-1].shape[1:] == tuple(step.output)
    return results


def _apply(step: Step, taken: list[Array], weights: Weights) -> Array:
    op, x = step.op, taken[0]
    if isinstance(op, Conv2d):
        return convolve(x, weights["kernel"], op) + _channels(weights.get("bias", np.zeros(1)))
    if op.symbol == "batch_norm":
        mean, variance = _channels(weights["mean"]), _channels(weights["variance"])
        normal = (x - mean) / np.sqrt(variance + op.epsilon)  # type: ignore[attr-defined]
        return normal * _channels(weights["gamma"]) + _channels(weights["beta"])
    if op.symbol == "dense":
        return x @ weights["kernel"].T + weights["bias"]
    if op.symbol == "max_pool2d":
        return np.max(_windows(x, op, -np.inf), axis=(4, 5))
    simple = {
        "relu": lambda: np.maximum(x, 0),
        "add": lambda: sum(taken[1:], x),
        "concat": lambda: np.concatenate(taken, 1),
        "global_avg_pool2d": lambda: x.mean((2, 3)),
    }
    return simple[op.symbol]()


def convolve(x: Array, kernel: Array, op: Conv2d) -> Array:
    """Return the cross-correlation of (N, C, H, W) with an OIHW kernel, group by group."""
    windows = _windows(x, op, 0.0)  # (N, C, H', W', kh, kw)
    groups = int(op.groups)
    pieces = zip(np.split(windows, groups, 1), np.split(kernel, groups))
    parts = [np.tensordot(w, k, ((1, 4, 5), (1, 2, 3))) for w, k in pieces]  # (N, H', W', O / g)
    return np.moveaxis(np.concatenate(parts, -1), -1, 1)


def _windows(x: Array, op: Op, fill: float) -> Array:
    around = ((0, 0), (0, 0), *sides(op.padding))  # type: ignore[attr-defined]
    padded = np.pad(x, around, constant_values=fill)
    size, stride = pair(op.kernel_size), pair(op.stride)  # type: ignore[attr-defined]
    windows = np.lib.stride_tricks.sliding_window_view(padded, size, (2, 3))
    return windows[:, :, :: stride[0], :: stride[1]]


def _channels(vector: Array) -> Array:
    return vector[:, None, None]
