"""A training in numpy, float64: the referee that is no framework.

The network is `frontends.ladder.reference`, loss and update `common.recipes.reference`, running
statistics are moved as the specification says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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
class Moments:
    """What a batch normalization met in one step: the mean and the variance of a channel's
    `count` values."""

    layer: str
    op: BatchNorm
    mean: Any
    variance: Any
    count: int


class Trajectory:
    """The parameters of a network as a recipe trains them, step by step, in EPOCHS of equal length.

    values: of every parameter, by canonical name; moved on by `step`. scales: factors of the
    gradients of average pools, by layer. noise: what every gradient is off by, of the largest one
    of its step, as a panel's rounding would have it. moments: of every step so far.
    """

    def __init__(
        self,
        network: Network,
        recipe: Recipe,
        values: Arrays,
        scales: Mapping[str, Any],
        noise: float = 0.0,
    ) -> None:
        self._network, self._recipe, self._scales, self._noise = network, recipe, scales, noise
        parameters = network.elaboration.parameters.values()
        self._trainable = [each.name for each in parameters if each.trainable and each.used]
        self.values = {each.name: values[each.name] for each in parameters if each.trainable}
        self._training = reference.Training(
            recipe, {name: values[name] for name in self._trainable}, STEPS // EPOCHS
        )
        self._statistics = {name: values[name] for name in values.keys() - self.values.keys()}
        self.moments: list[list[Moments]] = []

    def step(self, images: Any, labels: Any) -> float:
        """Take a step; return its loss."""
        held = {**self._statistics, **self.values}
        network = Reference(self._network, held, images, training=True)
        value, cotangent = reference.loss_and_gradient(
            self._recipe.loss, network.results[-1], labels
        )
        value += self._training.penalty()
        gradients = network.gradients(cotangent, self._scales)
        for name in self._trainable:  # what the output does not depend on
            gradients.setdefault(name, np.zeros_like(self.values[name]))
        if self._noise:
            gradients = self._noisy(gradients)
        self._training.update(gradients)
        self.values.update(self._training.weights)
        self.moments.append(list(_moments(network, images)))
        return value

    def _noisy(self, gradients: Arrays) -> Arrays:
        scale, step = self._noise * largest(gradients.values()), len(self.moments)
        return {
            name: each + scale * draw(f"{name} {step}", 0).standard_normal(each.shape)
            for name, each in gradients.items()
        }


def _moments(network: Reference, images: Any) -> Iterator[Moments]:
    for step in network.steps:
        if isinstance(step.op, BatchNorm):
            (source,) = step.sources
            x = network.results[source] if source >= 0 else images
            along = (0, *range(2, x.ndim))
            yield Moments(step.layer, step.op, x.mean(along), x.var(along), x.size // x.shape[1])


def running_statistics(
    start: Arrays,
    moments: list[list[Moments]],
    is_unbiased: Callable[[BatchNorm], bool],
    zero_debias: bool,
) -> list[Arrays]:
    """Return all running statistics behind every step, as a panel's conventions move them: whether
    the variance of a layer is unbiased, and whether means are rid of their start at zero."""
    values, sums, found = dict(start), dict[str, Any](), []
    for number, met in enumerate(moments, 1):
        for each in met:
            momentum = float(each.op.momentum)
            mean, variance = f"{each.layer}.mean", f"{each.layer}.variance"
            unbiased = each.count / (each.count - 1) if is_unbiased(each.op) else 1.0
            values[variance] = _moved(momentum, values[variance], each.variance * unbiased)
            if each.op.zero_debias and zero_debias:
                sums[mean] = _moved(momentum, sums.get(mean, 0.0), each.mean)
                values[mean] = sums[mean] / (1 - momentum**number)
            else:
                values[mean] = _moved(momentum, values[mean], each.mean)
        found.append(dict(values))
    return found


def _moved(momentum: float, before: Any, batch: Any) -> Any:
    return momentum * before + (1 - momentum) * batch


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
