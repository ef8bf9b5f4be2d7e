"""The repaired network with one difference of the published pair, in the frameworks of the two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Annotated, Any, TypedDict

import numpy as np

from common.experiments import SE_RESNEXT_PAIR, Scale, Stage
from common.network import Network
from common.networks.trials import DIFFERENCES, published
from common.ops import Softmax
from common.recipes.named import SE_RESNEXT_FLUID
from common.recipes.recipe import Loss, Recipe
from frontends.frameworks import HISTORICAL, TABLE
from reports.experiments.carrying import Trained, accuracy, all_tests, carried, trained
from reports.experiments.lab import Course, Lab
from reports.schema import Ratio
from reports.validation import Sized

REPAIRED = frozenset({"activation", "loss"})  # of DIFFERENCES, what TensorFlow's file has right
RATE = 0.01  # at the files' own, 0.1, a short training of so few samples learns nothing
LONGER = 8  # a short training, in the steps of the experiment
RIGHT = "none"
# Difference -> what is planted, and whose it is.
PLANTED = {
    RIGHT: ("the repaired network and its recipe", ""),
    "activation": ("conv → ReLU → BN → ReLU, not conv → BN → ReLU", "fluid"),
    "loss": ("a softmax, and the cross-entropy of its probabilities", "fluid"),
    "nesterov": ("momentum without Nesterov", "fluid"),
    "l2": ("L2 of 1e-4 in the optimizer, not of 5e-4 in the loss", "fluid"),
    "padding": (DIFFERENCES["padding"], "tensorflow1"),
    "epsilon": (DIFFERENCES["epsilon"], "tensorflow1"),
    "bias": (DIFFERENCES["bias"], "tensorflow1"),
    "debias": (DIFFERENCES["debias"], "tensorflow1"),
    "initialization": (DIFFERENCES["initialization"], "tensorflow1"),
    "fluid file": ("all that the Fluid file has", "fluid"),
    "tensorflow file": ("all that the TensorFlow file has", "tensorflow1"),
}


class Planted(TypedDict):
    """The repaired network with a difference. losses: of every step of the short training;
    accuracy: behind it, on the test samples. apart: how far the outputs for these are from the
    repaired network's with the same weights, its trained ones, |y − y′| / |y′|; carried: their
    accuracy."""

    losses: Annotated[list[float], Sized(1, 100_000)]
    accuracy: Ratio
    apart: Ratio
    carried: Ratio


def plan(scale: Scale) -> Iterator[str]:
    """Yield the parts: difference, panel, seed."""
    panels = [panel for panel in HISTORICAL if panel in scale.panels]
    for seed, panel, name in product(scale.seeds, panels, PLANTED):
        if name != "debias" or TABLE[panel].zero_debias:
            yield f"planted/{name}/{panel}/{seed}"


def variant(name: str) -> tuple[Network, Recipe]:
    """Return the repaired network and its recipe, with one difference, or as one of the files."""
    differences = REPAIRED ^ ({name} & set(DIFFERENCES))
    if name == "tensorflow file":
        differences = frozenset(DIFFERENCES)
    elif name == "fluid file":
        differences = frozenset()
    recipe = replace(SE_RESNEXT_PAIR.stages["training"].recipe, learning_rate=RATE)
    if name in ("nesterov", "fluid file"):
        recipe = replace(recipe, optimizer=SE_RESNEXT_FLUID.optimizer)
    if name in ("l2", "fluid file"):
        recipe = replace(recipe, l2=SE_RESNEXT_FLUID.l2)
    if "loss" not in differences:
        recipe = replace(recipe, loss=Loss(on="probabilities"))
    return published(differences), recipe


def run(lab: Lab, name: str, panel: str, seed: int) -> dict[str, Any]:
    """Train with a difference, and carry the repaired network's weights over to it."""
    right, own = (_trained(lab, each, panel, seed) for each in (RIGHT, name))
    network, repaired = variant(name)[0], variant(RIGHT)[0]
    outputs = carried(lab, panel, network, right.weights)
    others = carried(lab, panel, repaired, right.weights)
    return {
        "losses": own.losses,
        "accuracy": own.accuracy,
        "apart": _apart(outputs, others, network),
        "carried": accuracy(outputs, all_tests(lab, network)[1]),
    }


def _trained(lab: Lab, name: str, panel: str, seed: int) -> Trained:
    """Return a short training; the repaired network's is kept for the parts that follow."""
    kept = f"planted/{panel}/{seed}"
    if name == RIGHT and kept in lab.kept:
        found: Trained = lab.kept[kept]
        return found
    network, recipe = variant(name)
    made = trained(Course(lab, panel, network, Stage(recipe), seed=seed), LONGER * lab.scale.steps)
    if name == RIGHT:
        lab.kept[kept] = made
    return made


def _apart(outputs: Any, others: Any, network: Network) -> float:
    """Return |y − y′| / |y′|, of probabilities where the network gives these."""
    if isinstance(network.elaboration.steps[-1].op, Softmax):
        powers = np.exp(others - others.max(1, keepdims=True))
        others = powers / powers.sum(1, keepdims=True)
    return float(np.linalg.norm(outputs - others) / np.linalg.norm(others))
