"""What pitfalls cost: trained so from scratch, and weights carried over into the wrong network."""

from __future__ import annotations

from itertools import product
from typing import Any, TypedDict

import numpy as np

from common.experiments import PITFALLS, Scale, Stage
from common.network import Network
from common.networks.pitfalls import pitfalls
from frontends.ladder.reference import Reference
from frontends.training.panel import DIVERGED
from frontends.workers.outcomes import WorkerError
from reports.experiments.carrying import accuracy, all_tests, carried, trained
from reports.experiments.lab import Course, Lab
from reports.experiments.mistakes import MISTAKES, Mistake, Weights, key
from reports.schema import Ratio, Text

BY_KEY = {key(name): mistake for name, mistake in MISTAKES.items()}


class Right(TypedDict):
    """The right training: the mean loss of its last tenth, and its accuracy."""

    loss: float
    accuracy: Ratio


class Wrong(TypedDict):
    """Accuracies with a mistake: trained so, and of the right weights carried over; None: not run,
    or diverged, and where: "" if it did not."""

    trained: Ratio | None
    carried: Ratio | None
    diverged: Text


def plan(scale: Scale) -> list[str]:
    """Return the parts: right and wrong trainings by their names, panel and seed."""
    kinds = [f"right/{name}" for name in PITFALLS.stages] + [f"wrong/{name}" for name in BY_KEY]
    return [f"{w}/{panel}/{seed}" for seed, panel, w in product(scale.seeds, scale.panels, kinds)]


def run(lab: Lab, part: str) -> dict[str, Any]:
    """Run a part."""
    kind, name, panel, seed = part.split("/")
    if kind == "right":
        return dict(_right(lab, name, panel, int(seed))[0])
    return dict(_wrong(lab, BY_KEY[name], panel, int(seed)))


def _right(lab: Lab, stage: str, panel: str, seed: int) -> tuple[Right, Weights]:
    """Return the right training and its weights; parts that need these find them again."""
    kept = f"right/{stage}/{panel}/{seed}"
    if kept not in lab.kept:
        course = Course(lab, panel, pitfalls(), PITFALLS.stages[stage], seed=seed)
        found = trained(course, lab.scale.steps)
        loss = float(np.mean(found.losses[-max(1, lab.scale.steps // 10) :]))
        lab.kept[kept] = Right(loss=loss, accuracy=found.accuracy), found.weights
    values: tuple[Right, Weights] = lab.kept[kept]
    return values


def _wrong(lab: Lab, mistake: Mistake, panel: str, seed: int) -> Wrong:
    network = pitfalls(mistake.layers)
    found = Wrong(trained=None, carried=None, diverged="")
    if mistake.behind:
        weights = mistake.behind(_right(lab, mistake.stage, panel, seed)[1])
        found["trained"] = _accuracy(lab, network, panel, weights)
    elif mistake.trains:
        try:
            found["trained"] = trained(
                _course(lab, mistake, network, panel, seed), lab.scale.steps
            ).accuracy
        except WorkerError as error:
            if error.outcome.kind != DIVERGED:
                raise
            found["diverged"] = error.outcome.stage
    if mistake.carries:
        weights = mistake.carry(_right(lab, mistake.stage, panel, seed)[1])
        measure = _accuracy_by_image if mistake.by_image else _accuracy
        found["carried"] = measure(lab, network, panel, weights)
    return found


def _course(lab: Lab, mistake: Mistake, network: Network, panel: str, seed: int) -> Course:
    right = PITFALLS.stages[mistake.stage]
    stage = Stage(mistake.recipe) if mistake.recipe else right
    start = mistake.start(network, seed) if mistake.start else None
    return Course(lab, panel, network, stage, seed=seed, weights=start)


def _accuracy(lab: Lab, network: Network, panel: str, weights: Weights) -> float:
    return accuracy(carried(lab, panel, network, weights), all_tests(lab, network)[1])


def _accuracy_by_image(lab: Lab, network: Network, panel: str, weights: Weights) -> float:
    """Return the accuracy with the batch's own statistics, of one image at a time, in numpy."""
    images, labels = all_tests(lab, network)
    found = [
        Reference(network, weights, image[None].astype(float), training=True).results[-1]
        for image in images
    ]
    return accuracy(np.concatenate(found), labels)


KINDS = {"right": Right, "wrong": Wrong}
