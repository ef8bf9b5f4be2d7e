"""How far a network on its probe weights magnifies a relative change of its input, in numpy."""

from __future__ import annotations

from typing import Any

import numpy as np

from common.network import Network
from common.probe import probe
from common.weights import cotangent, inputs
from frontends.ladder.reference import Reference
from frontends.ladder.runs import batch_for, comparable

CHANGE = 1e-8
FLOOR = 1e-4


def growth(network: Network, training: bool, seed: int = 0) -> float:
    """Return by how much a change has grown at the worst step."""
    one, other = (each.results for each in _pair(network, training, seed))
    return max(_norm(b - a) / _norm(a) for a, b in zip(one, other, strict=True)) / CHANGE


def kept(network: Network, training: bool, seed: int = 0) -> float:
    """Return how large a change still is in the output, relative to what it was."""
    one, other = (each.results[-1] for each in _pair(network, training, seed))
    return _norm(other - one) / _norm(one) / CHANGE


def gradient_growth(network: Network, seed: int = 0) -> float:
    """Return by how much a change has grown in the worst gradient.

    It is relative to the gradient's own size, but to no less than FLOOR of the largest: what is
    zero but for rounding has no size.
    """
    given = cotangent(comparable(network), batch_for(network), seed)
    one, other = (each.gradients(given) for each in _pair(network, True, seed))
    least = FLOOR * max(map(_norm, one.values()))
    return max(_norm(other[n] - one[n]) / max(_norm(one[n]), least) for n in one) / CHANGE


def _pair(network: Network, training: bool, seed: int) -> list[Reference]:
    """Return the network on a batch, and on one that is a little changed."""
    network = comparable(network)
    values, batch = probe(network, seed).weights, inputs(network, batch_for(network), seed)
    change = CHANGE * np.random.default_rng(seed).standard_normal(batch.shape)
    return [Reference(network, values, each, training) for each in (batch, batch + change)]


def _norm(array: Any) -> float:
    return float(np.linalg.norm(array))
