"""A training in numpy, float64: the referee that is no framework.

The network is `frontends.ladder.reference`, loss and update `common.recipes.reference`, running
statistics are moved as the specification says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from common import weights
from common.network import Network
from common.ops import BatchNorm
from common.recipes import reference
from common.recipes.recipe import Recipe
from common.recipes.serialize import float32_exact as float32_exact_recipe
from common.streams import draw, float32_exact
from frontends.ladder.reference import Reference

STEPS, EPOCHS = 20, 4
Arrays = dict[str, Any]


@dataclass(frozen=True)
class Conventions:
    """What of a panel is predicted: the factors of its average pools' gradients, by layer, whether
    the variance of a layer is unbiased, and whether it rids means of their start at zero."""

    scales: Mapping[str, Any]
    is_unbiased: Callable[[BatchNorm], bool]
    zero_debias: bool


class Trajectory:
    """A network as a recipe trains it, step by step, in EPOCHS of equal length.

    values: of every parameter and statistic, by canonical name; moved on by `step`. noise: what
    every gradient is off by, of the largest one of its step, as a panel's rounding would have it.
    """

    def __init__(
        self,
        network: Network,
        recipe: Recipe,
        values: Arrays,
        conventions: Conventions,
        noise: float = 0.0,
    ) -> None:
        self._noise = noise
        self._network, self._recipe, self._conventions = network, recipe, conventions
        self._trainable = [
            each.name
            for each in network.elaboration.parameters.values()
            if each.trainable and each.used
        ]
        self.values = dict(values)
        trained = {name: values[name] for name in self._trainable}
        self._training = reference.Training(recipe, trained, STEPS // EPOCHS)
        self._sums: dict[str, Any] = {}  # of means that start from zero
        self._steps = 0

    def step(self, images: Any, labels: Any) -> float:
        """Take a step; return its loss."""
        network = Reference(self._network, self.values, images, training=True)
        value, cotangent = reference.loss_and_gradient(
            self._recipe.loss, network.results[-1], labels
        )
        value += self._training.penalty()
        gradients = network.gradients(cotangent, self._conventions.scales)
        for name in self._trainable:  # what the output does not depend on
            gradients.setdefault(name, np.zeros_like(self.values[name]))
        if self._noise:
            gradients = self._noisy(gradients)
        self._training.update(gradients)
        self.values.update(self._training.weights)
        self._steps += 1
        self._move_statistics(network, images)
        return value

    def _noisy(self, gradients: Arrays) -> Arrays:
        scale = self._noise * largest(gradients.values())
        return {
            name: each + scale * draw(f"{name} {self._steps}", 0).standard_normal(each.shape)
            for name, each in gradients.items()
        }

    def _move_statistics(self, network: Reference, images: Any) -> None:
        for step in network.steps:
            if isinstance(step.op, BatchNorm):
                (source,) = step.sources
                self._move(step.layer, step.op, network.results[source] if source >= 0 else images)

    def _move(self, layer: str, op: BatchNorm, x: Any) -> None:
        along = (0, *range(2, x.ndim))
        count, momentum = x.size // x.shape[1], float(op.momentum)
        unbiased = count / (count - 1) if self._conventions.is_unbiased(op) else 1.0
        mean, variance = f"{layer}.mean", f"{layer}.variance"
        moved = {mean: x.mean(along), variance: x.var(along) * unbiased}
        for name, batch in moved.items():
            if name == mean and op.zero_debias and self._conventions.zero_debias:
                self._sums[name] = momentum * self._sums.get(name, 0.0) + (1 - momentum) * batch
                self.values[name] = self._sums[name] / (1 - momentum**self._steps)
            else:
                self.values[name] = momentum * self.values[name] + (1 - momentum) * batch


def rehearsal(recipe: Recipe) -> Recipe:
    """Return a recipe whose schedule takes place within STEPS steps of EPOCHS epochs, reals at
    their float32 values: drops one after another, a cosine to its end, a short warm-up."""
    schedule = recipe.schedule
    turns = STEPS if schedule.per == "step" else EPOCHS
    drops = len(schedule.boundaries)
    changed = replace(
        schedule,
        boundaries=tuple(dict.fromkeys(-(-turns * (i + 1) // (drops + 1)) for i in range(drops))),
        length=turns if schedule.kind == "cosine" else 0,
        warmup=min(schedule.warmup, turns // 2),
    )
    exact: Recipe = float32_exact_recipe(replace(recipe, schedule=changed))
    return exact


def batches(network: Network, size: int, seed: int = 0) -> Arrays:
    """Return <step>/input, normal numbers, and <step>/labels of every step."""
    classes = network.elaboration.output[0]
    found: Arrays = {}
    for step in range(STEPS):
        found[f"{step}/input"] = weights.inputs(network, size, seed + 1000 + step)
        drawn = draw("labels", seed + 1000 + step).integers(0, classes, size)
        found[f"{step}/labels"] = drawn
    return found


def start(network: Network, seed: int = 0) -> Arrays:
    """Return what a training starts from: drawn by the laws, and no parameter at zero.

    Zeros would hide what is multiplied with them: a penalty on a bias, say.
    """
    values: Arrays = dict(weights.initial(network, seed))
    for name, each in values.items():
        if not each.any():
            noise = draw(f"{name} at the start", seed).standard_normal(each.shape)
            values[name] = float32_exact(0.1 * noise)
    return values


def largest(arrays: Iterable[Any]) -> float:
    """Return the largest absolute value of several arrays."""
    return max((float(np.abs(each).max(initial=0)) for each in arrays), default=0.0)
