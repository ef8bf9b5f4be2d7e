"""A recipe: how a network is trained. Parents send it, workers follow it: Python 3.7."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from common.errors import SpecificationError

# Name -> in words, with their numbers as fields of the recipe.
OPTIMIZERS = {"momentum": "SGD with momentum {0.momentum:g}, learning rate {0.learning_rate:g}"}
LOSSES = {"softmax_cross_entropy": "softmax cross-entropy"}


@dataclass(frozen=True)
class Recipe:
    """The loss and the update of a training step.

    optimizer: "momentum", SGD with v = momentum · v + gradient and w = w - learning_rate · v,
    v zero at first. loss: "softmax_cross_entropy" of logits and class indices, averaged over the
    batch. Raises SpecificationError for an unknown name or a number out of range.
    """

    optimizer: str
    learning_rate: float
    momentum: float
    loss: str

    def __post_init__(self) -> None:
        _choose("optimizer", self.optimizer, OPTIMIZERS)
        _choose("loss", self.loss, LOSSES)
        _check("learning_rate", self.learning_rate, "more than 0", lambda number: number > 0)
        _check("momentum", self.momentum, "from 0 to below 1", lambda number: 0 <= number < 1)

    def words(self) -> str:
        """Return what the recipe is, as records and pages say it."""
        return "{}, {}".format(OPTIMIZERS[self.optimizer].format(self), LOSSES[self.loss])


def _choose(what: str, given: str, available: dict[str, str]) -> None:
    if given not in available:
        raise SpecificationError(
            "recipe: unknown {} {!r}; available: {}".format(what, given, ", ".join(available))
        )


def _check(what: str, given: Any, expected: str, holds: Callable[[float], bool]) -> None:
    number = isinstance(given, (int, float)) and not isinstance(given, bool)
    if not (number and math.isfinite(given) and holds(given)):
        raise SpecificationError(f"recipe: {what} {given!r}, expected a number {expected}")


# What benchmarks train by: small steps, so that outputs stay finite however long it takes.
THROUGHPUT = Recipe("momentum", learning_rate=1e-3, momentum=0.9, loss="softmax_cross_entropy")
