"""Seeded weights, inputs and cotangents in numpy: the same numbers for every panel.

Arrays are float64 with values that float32 holds exactly, so that one file serves both precisions.
Every tensor has a stream of its own, seeded by its name: none depends on what else there is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from common import probe as probing
from common.elaborate import Parameter
from common.network import Network
from common.streams import draw, float32_exact

Array = NDArray[np.float64]
Weights = dict[str, Array]


def initial(network: Network, seed: int = 0) -> Weights:
    """Return weights to train from, drawn by the laws that the specification states."""

    def values(parameter: Parameter) -> Array:
        return parameter.law.draw(draw(parameter.name, seed), parameter.shape)

    parameters = network.elaboration.parameters.values()
    return {each.name: float32_exact(values(each)) for each in parameters}


def probe(network: Network, seed: int = 0) -> Weights:
    """Return generic weights, which no fault can hide behind (common.probe)."""
    return probing.probe(network, seed).weights


def inputs(network: Network, batch: int, seed: int = 0) -> Array:
    """Return a normal batch (N, *input_shape), channels first."""
    shape = (batch, *network.input_shape)
    return float32_exact(draw("inputs", seed).standard_normal(shape))


def cotangent(network: Network, batch: int, seed: int = 0) -> Array:
    """Return a normal (N, *output): gradients are those of ⟨network(x), cotangent⟩."""
    shape = (batch, *network.elaboration.output)
    return float32_exact(draw("cotangent", seed).standard_normal(shape))
