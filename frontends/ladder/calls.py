"""Further calls of one network, each after those before, on inputs that one batch does not show.

A reader's file may do with another batch, or when it is called again, what its first call does not
tell: a layer that acts on large batches or from the second call on, a value that is capped beyond
what was met, weights that a call changes, a branch that depends on the data, a clipped gradient.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from common import weights
from common.network import Network
from common.streams import draw, float32_exact

# In this order. "varied": samples of several magnitudes and signs. "unit": between 0 and 1, as
# images are, black and white ones too. "bright" and "dark": one sample, far above or below 0.
# "large": another batch size, large values and cotangents. "again" and behind it: the first batch.
CALLS = (
    "varied/evaluate",
    "unit/evaluate",
    "bright/evaluate",
    "dark/evaluate",
    "large/train",
    "again/evaluate",
    "again/train",
    "third/train",
    "fourth/train",
    "fourth/evaluate",
)
# Where running statistics do not move alike they are set anew before what is evaluated behind.
_BEHIND = ("again/evaluate", "fourth/evaluate")
SET_ANEW = tuple(e for call in CALLS for e in (["statistics"] * (call in _BEHIND) + [call]))
AGAIN = ("again", "third", "fourth")
WITH_GRADIENTS = ("large/train", "again/train")
MAGNITUDES = (2.0**-10, 1.0, 2.0**10, 2.0**20)
SIGNS = (np.asarray, np.abs, lambda values: -np.abs(values))
LARGE, LARGER = 32.0, 1024.0
MOST_SAMPLES = 33
MOST_VALUES = 4_000_000  # of the results of all steps together
MANY, FEW = 12, 4  # samples of several magnitudes: each with each sign, or each once


def inputs(network: Network, batch: int, seed: int = 0) -> dict[str, Any]:
    """Return <name>/input and <name>/cotangent of every call."""
    more = samples(network, batch)
    first, larger = (weights.inputs(network, *each) for each in ((batch, seed), (more, seed + 1)))
    return varied(first, larger, MANY if more == MOST_SAMPLES else FEW, seed) | {
        "large/cotangent": LARGER * weights.cotangent(network, more, seed + 1),
        **{f"{name}/cotangent": weights.cotangent(network, batch, seed) for name in AGAIN},
    }


def varied(first: Any, larger: Any, various: int, seed: int = 0) -> dict[str, Any]:
    """Return <name>/input of every call, of batches of normal numbers; of "varied" `various`
    samples."""
    drawn = draw("calls", seed).standard_normal((various, *first.shape[1:]))
    samples = [SIGNS[i % 3](MAGNITUDES[i % 4] * each) for i, each in enumerate(drawn)]
    return {
        "varied/input": float32_exact(np.stack(samples)),
        "unit/input": _between_0_and_1(first, seed),
        "large/input": LARGE * larger,
        "bright/input": LARGER * np.abs(first[:1]),
        "dark/input": -LARGER * np.abs(first[:1]),
        **{f"{again}/input": first for again in AGAIN},
    }


def _between_0_and_1(first: Any, seed: int) -> Any:
    """Return two samples of noise, a black and a white one."""
    noise = draw("unit", seed).uniform(0, 1, (2, *first.shape[1:]))
    return float32_exact(np.stack([*noise, np.zeros_like(noise[0]), np.ones_like(noise[0])]))


def samples(network: Network, batch: int) -> int:
    """Return how many samples the larger batch has: more than `batch`, as many as are cheap."""
    values = sum(math.prod(step.output) for step in network.elaboration.steps)
    return max(batch + 1, min(MOST_SAMPLES, MOST_VALUES // values))
