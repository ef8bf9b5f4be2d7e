"""Seeded weights, inputs and cotangents in numpy: the same numbers for every panel.

Arrays are float64 with values that float32 holds exactly, so that one file serves both precisions.
Every tensor has a stream of its own, seeded by its name: none depends on what else there is.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from common.elaborate import Parameter
from common.network import Network
from common.ops import BatchNorm, Spread

Array = NDArray[np.float64]
Weights = dict[str, Array]


def initial(network: Network, seed: int = 0) -> Weights:
    """Return weights to train from: He-normal kernels (arXiv:1502.01852), γ 1 or 0, the rest 0."""

    def values(parameter: Parameter) -> Array:
        if parameter.kind == "kernel":
            return _he_normal(parameter, seed)
        one = parameter.kind in ("gamma", "variance")
        if parameter.kind == "gamma" and isinstance(parameter.op, BatchNorm):
            one = not parameter.op.zero_gamma
        return np.full(parameter.shape, float(one))

    return _weights(network, values)


def probe(network: Network, seed: int = 0) -> Weights:
    """Return generic weights, which no fault can hide behind: nothing is 0, 1 or symmetric.

    γ in [0.5, 1.5], running variances in [0.5, 2], β, biases and running means of size 0.1; kernels
    such that neither depth nor sums make activations explode or vanish in eval mode; what feeds a
    ReLU6 is louder, so that it clips.
    """
    taken, clipped = _mean_squares(network), _clipped(network)

    def values(parameter: Parameter) -> Array:
        stream = _stream(parameter.name, seed)
        if parameter.kind == "kernel":
            gain = 0.5 / taken.get(parameter.layer, 0.5)  # He's rule expects a rectified input
            loud = 4 if parameter.layer in clipped else 1
            return loud * _he_normal(parameter, seed) * math.sqrt(gain)
        if parameter.kind == "gamma":
            loud = 4 if parameter.layer in clipped else 1
            return loud * stream.uniform(0.5, 1.5, parameter.shape)
        if parameter.kind == "variance":
            return stream.uniform(0.5, 2.0, parameter.shape)
        return 0.1 * stream.standard_normal(parameter.shape)

    return _weights(network, values)


def _clipped(network: Network) -> set[str]:
    """Return the layers that feed an op that clips."""
    steps = network.elaboration.steps
    return {
        steps[source].layer
        for step in steps
        if step.op.clips
        for source in step.sources
        if source >= 0
    }


def _mean_squares(network: Network) -> dict[str, float]:
    """Return roughly the mean square of what each layer takes, if convolutions give 1."""
    given: list[Spread] = []
    taken: dict[str, float] = {}
    for step in network.elaboration.steps:
        inputs = [given[source] if source >= 0 else Spread(1.0) for source in step.sources]
        taken.setdefault(step.layer, sum(inputs[0]))
        given.append(step.op.spread(*inputs))
    return taken


def inputs(network: Network, batch: int, seed: int = 0) -> Array:
    """Return a normal batch (N, *input_shape), channels first."""
    shape = (batch, *network.input_shape)
    return _float32_exact(_stream("inputs", seed).standard_normal(shape))


def cotangent(network: Network, batch: int, seed: int = 0) -> Array:
    """Return a normal (N, *output): gradients are those of ⟨network(x), cotangent⟩."""
    shape = (batch, *network.elaboration.output)
    return _float32_exact(_stream("cotangent", seed).standard_normal(shape))


def _weights(network: Network, values: Callable[[Parameter], Array]) -> Weights:
    parameters = network.elaboration.parameters.values()
    return {each.name: _float32_exact(values(each)) for each in parameters}


def _he_normal(parameter: Parameter, seed: int) -> Array:
    fan_in = math.prod(parameter.shape[1:])
    draw = _stream(parameter.name, seed).standard_normal(parameter.shape)
    return draw * math.sqrt(2 / fan_in)


def _stream(name: str, seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(name.encode())]))


def _float32_exact(values: Array) -> Array:
    return values.astype(np.float32).astype(np.float64)
