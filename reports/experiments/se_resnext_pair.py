"""SE-ResNeXt in several panels: how far they part, by what the published pair parts, SE before and
behind the addition, and the repaired network with one difference at a time."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Annotated, Any, TypedDict

import numpy as np

from common import weights as weights_of
from common.datasets.batches import Batches
from common.experiments import SE_RESNEXT_PAIR, Scale, Stage
from common.network import Network
from common.networks.se_resnext import se_resnext_mnist
from common.networks.trials import DIFFERENCES, GATES, gated, published
from common.recipes import reference
from common.recipes.named import SE_RESNEXT_FLUID
from common.recipes.recipe import Loss, Recipe
from frontends.ladder.reference import Reference
from frontends.training.start import distance
from frontends.workers.outcomes import WorkerError
from reports.experiments import planted
from reports.experiments.lab import Course, Lab
from reports.schema import Ratio, Text
from reports.validation import Sized

PRECISIONS = ("float64", "float32")
STAGE = SE_RESNEXT_PAIR.stages["training"]
SAMPLES = 16  # of the batch whose gradients are looked at
Losses = Annotated[list[float], Sized(1, 100_000)]
Distances = Annotated[list[Ratio], Sized(1, 100_000)]

# What the TensorFlow file's recipe has and the Fluid file's has not.
RECIPES = {
    "nesterov": "Nesterov's momentum",
    "l2": "L2 of 5e-4 in the loss, not of 1e-4 in the optimizer",
    "rate": "the rate divided by 10 at epochs 30, 60 and 90, not constant",
}
WHOLE = {
    "whole": "all of these: the pair as published",
    "whole from one start": "all of these, but from the same initial weights",
}
ALL_DIFFERENCES = {**DIFFERENCES, **RECIPES, **WHOLE}
ROUNDING = {"float32": "nothing but float32 in place of float64"}


class Together(TypedDict):
    """A panel's training beside that of the first: its losses, the distance of its parameters
    behind each step, |w − w′| / |w′|; why a panel could not train, "" if it could."""

    losses: list[float]
    distances: list[Ratio]
    why: Text


class Pair(TypedDict):
    """Trainings from the same weights on the same batches; first: the panel that is w′."""

    first: Text
    panels: dict[str, Together]


class Difference(TypedDict):
    """A training of the published Fluid network with one of TensorFlow's ways, in one panel."""

    losses: Losses
    distances: Distances
    numbers: Ratio  # parameters that both have
    panel: Text


class Gradients(TypedDict):
    """Norms of the gradient of the loss with respect to the result of every block, from the input
    on; and of the results. start: at drawn weights."""

    gradients: Distances
    results: Distances
    loss: float


class Learning(TypedDict):
    """A training with gates at one place."""

    losses: Losses
    accuracy: Ratio


def plan(scale: Scale) -> list[str]:
    """Return the parts."""
    return [
        *(f"pair/{precision}" for precision in PRECISIONS),
        *(f"difference/{name}" for name in (*ROUNDING, *ALL_DIFFERENCES)),
        *(f"gradients/{where}/{seed}" for seed, where in product(scale.seeds, GATES)),
        *(f"learning/{where}/{seed}" for seed, where in product(scale.seeds, GATES)),
        *planted.plan(scale),
    ]


def run(lab: Lab, part: str) -> dict[str, Any]:
    """Run a part."""
    kind, *words = part.split("/")
    if kind == "pair":
        return _pair(lab, words[0])
    if kind == "difference":
        return _difference(lab, words[0])
    if kind == "planted":
        return planted.run(lab, words[0], words[1], int(words[2]))
    where, seed = words[0], int(words[1])
    return _gradients(lab, where, seed) if kind == "gradients" else _learning(lab, where, seed)


def _trained(course: Course, steps: int) -> tuple[list[float], list[dict[str, Any]]]:
    """Take steps; return their losses, and the weights behind each."""
    losses: list[float] = []
    found = []
    for _ in range(steps):
        losses += course.step().losses
        found.append(course.weights())
    return losses, found


def _names(network: Network) -> list[str]:
    parameters = network.elaboration.parameters.values()
    return [each.name for each in parameters if each.trainable and each.used]


def _pair(lab: Lab, precision: str) -> dict[str, Any]:
    """Train the repaired network in every panel."""
    network, first = se_resnext_mnist(), ""
    names, panels, one = _names(network), dict[str, Any](), list[dict[str, Any]]()
    for panel in lab.scale.panels:
        try:
            course = Course(lab, panel, network, STAGE, precision=precision)
            losses, found = _trained(course, lab.scale.steps)
        except WorkerError as error:
            panels[panel] = {"losses": [], "distances": [], "why": str(error.outcome)}
            continue
        first, one = (first, one) if first else (panel, found)
        apart = [distance(mine, other, names)[0] for mine, other in zip(found, one)]
        panels[panel] = {"losses": losses, "distances": apart, "why": ""}
    return {"first": first, "panels": panels}


def variant(name: str) -> tuple[Network, Recipe]:
    """Return the published Fluid network and its recipe, with one of TensorFlow's ways, or all."""
    chosen = frozenset(DIFFERENCES if name in WHOLE else {name} & set(DIFFERENCES))
    recipe, tensorflow = replace(SE_RESNEXT_FLUID, batch=STAGE.recipe.batch), STAGE.recipe
    if "loss" in chosen:
        recipe = replace(recipe, loss=Loss())
    if name in ("nesterov", *WHOLE):
        recipe = replace(recipe, optimizer=tensorflow.optimizer)
    if name in ("l2", *WHOLE):
        recipe = replace(recipe, l2=tensorflow.l2)
    if name in ("rate", *WHOLE):
        recipe = replace(recipe, schedule=tensorflow.schedule)
    return published(chosen), recipe


def _difference(lab: Lab, name: str) -> dict[str, Any]:
    """Train a variant, and hold it against the published Fluid network, which starts the same but
    for what the variant says of initial weights."""
    panel = "torch" if "torch" in lab.scale.panels else lab.scale.panels[0]
    own, one = _published(lab, panel)
    network, recipe = variant(name)
    redrawn = name in ("initialization", "whole")
    drawn = weights_of.initial(network) if redrawn else weights_of.initial(own)
    start = {n: each for n, each in drawn.items() if n in network.elaboration.parameters}
    precision = "float32" if name in ROUNDING else "float64"
    course = Course(lab, panel, network, Stage(recipe), precision=precision, weights=start)
    losses, found = _trained(course, lab.scale.steps)
    common = [n for n in _names(network) if n in own.elaboration.parameters]
    apart = [distance(mine, other, common)[0] for mine, other in zip(found, one)]
    size = sum(int(np.prod(network.elaboration.parameters[n].shape)) for n in common)
    return {"losses": losses, "distances": apart, "numbers": size, "panel": panel}


def _published(lab: Lab, panel: str) -> tuple[Network, list[dict[str, Any]]]:
    """Return the published Fluid network and its weights behind each step, in float64."""
    network, recipe = variant("")
    if "published" not in lab.kept:
        start = weights_of.initial(network)
        course = Course(lab, panel, network, Stage(recipe), precision="float64", weights=start)
        lab.kept["published"] = _trained(course, lab.scale.steps)[1]
    return network, lab.kept["published"]


def _gradients(lab: Lab, where: str, seed: int) -> dict[str, Any]:
    """Return the gradients by depth at drawn weights, in numpy and float64."""
    network = gated(where)
    split = lab.data()[1].train
    images, labels = next(iter(Batches(split, network.input_shape, SAMPLES, seed=seed)))
    values = weights_of.initial(network, seed)
    found = Reference(network, values, images.astype(float), training=True)
    loss, cotangent = reference.loss_and_gradient(STAGE.recipe.loss, found.results[-1], labels)
    norms = {path: float(np.linalg.norm(g)) for path, g in found.cotangents(cotangent).items()}
    results = {s.path: float(np.linalg.norm(r)) for s, r in zip(found.steps, found.results)}
    ends = [path for path in norms if path.startswith("stage") and path.count(".") == 2]
    ends = [each.path for each in found.steps if each.path in ends and each.path.endswith(".relu")]
    return {
        "gradients": [norms[path] for path in ends],
        "results": [results[path] for path in ends],
        "loss": loss,
    }


def _learning(lab: Lab, where: str, seed: int) -> dict[str, Any]:
    """Train with gates at one place, in one panel."""
    panel = "torch" if "torch" in lab.scale.panels else lab.scale.panels[0]
    course = Course(lab, panel, gated(where), STAGE, seed=seed)
    losses = [loss for _ in range(lab.scale.steps) for loss in course.step().losses]
    return {"losses": losses, "accuracy": course.evaluate().accuracy}


KINDS = {
    "pair": Pair, "difference": Difference, "gradients": Gradients, "learning": Learning,
    "planted": planted.Planted,
}  # fmt: skip
