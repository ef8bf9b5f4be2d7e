"""A recipe in numpy float64: the referee of training that is no framework.

Formulas are those of `common.recipes.recipe`, with their sources.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.recipes.recipe import KERNELS, STATE, Loss, Optimizer, Recipe, Schedule

Array = NDArray[np.float64]
Arrays = Mapping[str, Array]
State = dict[str, Array]  # what an optimizer keeps of one parameter


def targets(loss: Loss, labels: NDArray[Any], classes: int) -> Array:
    """Return what the outputs are held against, (N, classes), from class indices (N,)."""
    one_hot: Array = np.eye(classes)[labels]
    return (1 - loss.smoothing) * one_hot + loss.smoothing / classes


def loss_and_gradient(loss: Loss, outputs: Array, labels: NDArray[Any]) -> tuple[float, Array]:
    """Return the loss of outputs (N, K), and its gradient with respect to them."""
    wanted, samples = targets(loss, labels, outputs.shape[1]), len(outputs)
    if loss.on == "logits":
        shifted = outputs - outputs.max(1, keepdims=True)
        log = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
        gradient = np.exp(log) - wanted
    else:
        log = np.log(outputs)
        gradient = -wanted / outputs
    value = -float((wanted * log).sum())
    scale = 1 / samples if loss.reduction == "mean" else 1.0
    return value * scale, gradient * scale


def correct(outputs: Array, labels: NDArray[Any]) -> int:
    """Return how many samples have their largest output at their label.

    An accuracy over batches is the sum of these over the sum of the samples.
    """
    return int((outputs.argmax(1) == labels).sum())


def rate(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    """Return the learning rate of a step, counted from 0 over all epochs."""
    schedule = recipe.schedule
    t = step if schedule.per == "step" else step // steps_per_epoch
    factor = _FACTORS[schedule.kind](schedule, t)
    warm = min(1.0, (t + 1) / schedule.warmup) if schedule.warmup else 1.0
    return recipe.learning_rate * factor * warm


_FACTORS: dict[str, Callable[[Schedule, int], float]] = {
    "constant": lambda schedule, t: 1.0,
    "step": lambda schedule, t: schedule.factor ** sum(b <= t for b in schedule.boundaries),
    "cosine": lambda schedule, t: (
        (1 + math.cos(math.pi * min(t, schedule.length) / schedule.length)) / 2
    ),
}


def is_frozen(recipe: Recipe, name: str) -> bool:
    """Does a parameter of this canonical name not train?"""
    return any(fnmatchcase(name, pattern) for pattern in recipe.frozen)


class Training:
    """Weights as a recipe trains them, step by step.

    weights: of the parameters that have gradients, by canonical name. They are copied.
    """

    def __init__(self, recipe: Recipe, weights: Arrays, steps_per_epoch: int = 1) -> None:
        self.recipe, self.step = recipe, 0
        self.weights = {name: np.array(value, np.float64) for name, value in weights.items()}
        self._steps_per_epoch = steps_per_epoch
        trained = [name for name in self.weights if not is_frozen(recipe, name)]
        self.state: dict[str, State] = {
            name: _started(recipe.optimizer, self.weights[name]) for name in trained
        }

    def penalty(self) -> float:
        """Return what the L2 penalty adds to the loss, where the recipe has it in the loss."""
        l2 = self.recipe.l2
        if l2.at != "loss":
            return 0.0
        return sum(
            l2.coefficient / 2 * float((self.weights[n] ** 2).sum()) for n in self._decayed()
        )

    def update(self, gradients: Arrays) -> None:
        """Take a step along the gradients of the loss without its penalty, by canonical name.

        Raises KeyError for a parameter that trains and has none.
        """
        recipe = self.recipe
        found = {name: np.asarray(gradients[name], np.float64) for name in self.state}
        added = {name: recipe.l2.coefficient * self.weights[name] for name in self._decayed()}
        if recipe.l2.at == "loss":
            found = {name: each + added.get(name, 0.0) for name, each in found.items()}
        if recipe.clip_norm is not None:
            found = clipped(found, recipe.clip_norm)
        if recipe.l2.at == "gradient":
            found = {name: each + added.get(name, 0.0) for name, each in found.items()}
        speed = rate(recipe, self.step, self._steps_per_epoch)
        self.step += 1
        for name, gradient in found.items():
            self.weights[name] = updated(
                recipe.optimizer, self.weights[name], gradient, self.state[name], speed, self.step
            )

    def _decayed(self) -> list[str]:
        l2 = self.recipe.l2
        names = (n for n in self.state if l2.on != KERNELS or n.endswith(".kernel"))
        return list(names) if l2.coefficient else []


def clipped(gradients: Arrays, norm: float) -> dict[str, Array]:
    """Return gradients scaled by norm / max(norm, theirs), all together (arXiv:1211.5063)."""
    theirs = math.sqrt(sum(float((each**2).sum()) for each in gradients.values()))
    return {name: each * (norm / max(theirs, norm)) for name, each in gradients.items()}


def _started(optimizer: Optimizer, weight: Array) -> State:
    return {name: np.full(weight.shape, optimizer.start) for name in STATE[optimizer.name]}


def updated(
    optimizer: Optimizer, weight: Array, gradient: Array, state: State, speed: float, step: int
) -> Array:
    """Return a weight after a step, counted from 1, at a learning rate; `state` is moved on."""
    return _UPDATES[optimizer.name](optimizer, weight, gradient, state, speed, step)


def _momentum(o: Optimizer, w: Array, g: Array, state: State, speed: float, step: int) -> Array:
    state["v"] = o.momentum * state["v"] + g
    return w - speed * (g + o.momentum * state["v"] if o.nesterov else state["v"])


def _adam(o: Optimizer, w: Array, g: Array, state: State, speed: float, step: int) -> Array:
    state["m"] = o.beta1 * state["m"] + (1 - o.beta1) * g
    state["v"] = o.beta2 * state["v"] + (1 - o.beta2) * g * g
    first, second = 1 - o.beta1**step, 1 - o.beta2**step
    if o.epsilon_at == "corrected":
        return w - speed * (state["m"] / first) / (np.sqrt(state["v"] / second) + o.epsilon)
    return w - speed * math.sqrt(second) / first * state["m"] / (np.sqrt(state["v"]) + o.epsilon)


def _adamw(o: Optimizer, w: Array, g: Array, state: State, speed: float, step: int) -> Array:
    return _adam(o, w * (1 - speed * o.decay), g, state, speed, step)


def _rmsprop(o: Optimizer, w: Array, g: Array, state: State, speed: float, step: int) -> Array:
    state["v"] = o.rho * state["v"] + (1 - o.rho) * g * g
    return w - speed * g / _root(o, state["v"])


def _adagrad(o: Optimizer, w: Array, g: Array, state: State, speed: float, step: int) -> Array:
    state["v"] = state["v"] + g * g
    return w - speed * g / _root(o, state["v"])


def _root(optimizer: Optimizer, v: Array) -> Array:
    if optimizer.epsilon_at == "inside":
        return np.asarray(np.sqrt(v + optimizer.epsilon))
    return np.asarray(np.sqrt(v) + optimizer.epsilon)


_UPDATES: dict[str, Callable[..., Array]] = {
    "sgd": lambda o, w, g, state, speed, step: w - speed * g,
    "momentum": _momentum,
    "adam": _adam,
    "adamw": _adamw,
    "rmsprop": _rmsprop,
    "adagrad": _adagrad,
}
