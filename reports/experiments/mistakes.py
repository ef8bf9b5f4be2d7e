"""The pitfalls as the experiment plants them: in the network, in the recipe, in the first weights,
or in weights that are carried over."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from common.experiments import PITFALLS
from common.network import Network
from common.networks.pitfalls import CHANGES, LAYERS, pitfalls
from common.ops import BatchNorm, Op
from common.recipes.recipe import Loss, Optimizer, Penalty, Recipe
from common.streams import draw, float32_exact

Weights = dict[str, Any]  # by canonical name, in canonical layout
MOMENTUM, ADAM = (PITFALLS.stages[name].recipe for name in ("momentum", "adam"))
AT_EVALUATION = "trained is as ever: what is lost is lost at evaluation"
REORDERED = "trained so from scratch it is the same network with its weights in another order"
OF_TRAINING = "weights that are carried over bear nothing of it"


@dataclass(frozen=True)
class Mistake:
    """A pitfall, planted.

    layers: those of the network that are others. stage: of the experiment, the right training;
    recipe: the wrong one, None if it is the right one. start: what draws the first weights, from
    network and random seed. behind: what it makes of weights that training has left. carry: what it
    makes of weights that are carried over. by_image: batch normalization takes an image's own
    statistics. trains, carries: it has that figure; why: a line on the one that it has not.
    """

    layers: Mapping[str, Op] = field(default_factory=dict)
    stage: str = "momentum"
    recipe: Recipe | None = None
    start: Callable[[Network, int], Weights] | None = None
    behind: Callable[[Weights], Weights] | None = None
    carry: Callable[[Weights], Weights] = dict
    by_image: bool = False
    trains: bool = True
    carries: bool = True
    why: str = ""


def key(pitfall: str) -> str:
    """Return a pitfall's name as those of parts are written."""
    return re.sub(r"[^a-z0-9_ ]", "", pitfall.lower())


def _training(stage: str = "momentum", **how: Any) -> Mistake:
    return Mistake(stage=stage, carries=False, why=OF_TRAINING, **how)


def _recipe(stage: str = "momentum", **fields: Any) -> Mistake:
    right = PITFALLS.stages[stage].recipe
    return _training(stage, recipe=replace(right, **fields))


def _loading(carry: Callable[[Weights], Weights]) -> Mistake:
    return Mistake(carry=carry, trains=False, why=REORDERED)


def _axes_swapped(weights: Weights) -> Weights:
    return {n: a.swapaxes(2, 3) if a.ndim == 4 else a for n, a in weights.items()}


def _square_transposed(weights: Weights) -> Weights:
    return weights | {"square.kernel": weights["square.kernel"].T}


def _every_nth(weights: Weights) -> Weights:
    """Take the outputs of a grouped convolution in turn from its groups."""
    groups = getattr(LAYERS["strided"], "groups")  # noqa: B009 - an op of any kind
    count = len(weights["strided.bias"])
    order = np.arange(count).reshape(groups, -1).T.ravel()
    return weights | {n: weights[n][order] for n in ("strided.kernel", "strided.bias")}


def _unbiased(weights: Weights) -> Weights:
    """Return running variances as they are where each batch's is divided by n - 1."""
    steps = pitfalls().elaboration.steps
    values = {s.layer: math.prod(s.output[1:]) for s in steps if isinstance(s.op, BatchNorm)}
    counts = {f"{name}.variance": MOMENTUM.batch * each for name, each in values.items()}
    scales = {name: n / (n - 1) for name, n in counts.items()}
    return weights | {name: weights[name] * scale for name, scale in scales.items()}


def _unmoved(weights: Weights) -> Weights:
    """Return running statistics as they start."""
    starts = {"mean": 0.0, "variance": 1.0}
    kinds = {name: name.rpartition(".")[2] for name in weights}
    return {n: np.full_like(a, starts[kinds[n]]) if kinds[n] in starts else a
            for n, a in weights.items()}  # fmt: skip


def _one_stream(network: Network, seed: int) -> Weights:
    """Draw all kernels by one random seed: each begins with the numbers of the others."""
    return {
        each.name: float32_exact(each.law.draw(draw("one for all", seed), each.shape))
        for each in network.elaboration.parameters.values()
    }


_OF_TRAINING_ALONE = (
    "momentum", "eval_in_training", "evaluation while training", "double softmax", "fan", "gain",
    "distribution", "bias_of_zeros", "bias_of_its_own", "gamma",
)  # fmt: skip
MISTAKES: dict[str, Mistake] = {
    **{
        name: _training(layers=layers) if name in _OF_TRAINING_ALONE else Mistake(layers)
        for name, layers in CHANGES.items()
    },
    "kernel_axes": _loading(_axes_swapped),
    "transposed_square": _loading(_square_transposed),
    "order_of_groups": _loading(_every_nth),
    "training_at_eval": Mistake(by_image=True, trains=False, why=AT_EVALUATION),
    "variance": _training(behind=_unbiased),
    "statistics that do not move": _training(behind=_unmoved),
    "one_initializer_for_all": _training(start=_one_stream),
    "loss summed": _recipe(loss=replace(MOMENTUM.loss, reduction="sum")),
    "L2 in the loss and on the gradient": _recipe(
        l2=replace(MOMENTUM.l2, coefficient=2 * MOMENTUM.l2.coefficient)
    ),
    "L2 on batch normalization, too": _recipe(l2=replace(MOMENTUM.l2, on="all")),
    "Nesterov forgotten": _recipe(optimizer=replace(MOMENTUM.optimizer, nesterov=False)),
    "smoothing over the other classes": _recipe(loss=Loss(smoothing=0.1 * 10 / 9)),
    "the rate drops an epoch late": _recipe(
        schedule=replace(
            MOMENTUM.schedule, boundaries=tuple(b + 1 for b in MOMENTUM.schedule.boundaries)
        )
    ),
    "what is frozen trains": _recipe("frozen", frozen=()),
    "epsilon at another place": _recipe(
        "adam", optimizer=replace(ADAM.optimizer, epsilon_at="uncorrected")
    ),
    "L2 decoupled": _recipe(
        "adam",
        optimizer=Optimizer("adamw", epsilon=ADAM.optimizer.epsilon, decay=ADAM.l2.coefficient),
        l2=Penalty(),
    ),
}
NOT_RUN = {
    "rate within the velocity": "a recipe has one kind of velocity, without the rate in it",
    "clipped tensor by tensor": "a recipe clips by the norm of all gradients alone",
    "tf32": "it needs a GPU, and the experiment runs on any machine",
}
