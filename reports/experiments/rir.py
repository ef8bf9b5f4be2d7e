"""RiR-18 against its ResNet-18: cost, learning curves, predictions as pictures; two identities."""

from __future__ import annotations

import time
from itertools import product
from typing import Annotated, Any, TypedDict

import numpy as np

from common.datasets.batches import Batches
from common.experiments import RIR_OR_RESNET, Scale
from common.networks.trials import TRIALS
from reports.experiments.identities import IDENTITIES
from reports.experiments.lab import Course, Lab
from reports.schema import Count, Ratio, Whole
from reports.training.schema import Share
from reports.validation import Sized

NETWORKS = {"rir18": "RiR-18", "resnet18_rir": "ResNet-18"}
STAGE = RIR_OR_RESNET.stages["training"]
PICTURES, TESTS = 18, 10  # as many pictures as the source shows; tests within a training
Losses = Annotated[list[float], Sized(1, 100_000)]


class Identity(TypedDict):
    """How far a block with streams or weights of zeros is from the simpler block, of the largest
    value: results and gradients of what is left."""

    results: Ratio
    gradients: Ratio


class _Curve(TypedDict):
    losses: Losses
    tested: list[tuple[Count, Ratio, Share]]  # step, loss, accuracy
    seconds: Ratio  # of training steps
    loaded: Ratio  # of the same with the making of batches
    images: Count


class Curve(_Curve, total=False):
    """A training. pictures: what the network says of the first test images, of one seed alone."""

    pictures: list[Whole]
    labels: list[Whole]
    images_shown: list[list[Whole]]


def plan(scale: Scale) -> list[str]:
    """Return the parts."""
    cases = product(scale.seeds, scale.panels, NETWORKS)
    return [
        *(f"identity/{name}" for name in IDENTITIES),
        *(f"curve/{panel}/{name}/{seed}" for seed, panel, name in cases),
    ]


def run(lab: Lab, part: str) -> dict[str, Any]:
    """Run a part."""
    kind, *words = part.split("/")
    if kind == "identity":
        return dict(zip(("results", "gradients"), IDENTITIES[words[0]].apart()))
    return _curve(lab, *words)


def _curve(lab: Lab, panel: str, name: str, seed: str) -> dict[str, Any]:
    network = TRIALS[f"{name}_mnist"]()
    course = Course(lab, panel, network, STAGE, seed=int(seed))
    steps, seconds, images = lab.scale.steps, 0.0, 0
    losses: list[float] = []
    tested: list[tuple[int, float, float]] = []
    every = max(1, steps // TESTS)
    loaded = 0.0
    while len(losses) < steps:
        began = time.perf_counter()
        found = course.step(min(every, steps - len(losses)))
        loaded += time.perf_counter() - began
        losses += found.losses
        seconds += found.seconds
        images += sum(found.samples)
        right = course.evaluate()
        tested.append((len(losses), right.loss, right.accuracy))
    values: dict[str, Any] = {
        "losses": losses, "tested": tested, "seconds": seconds, "loaded": loaded, "images": images,
    }  # fmt: skip
    return values | (_pictures(lab, panel, course) if seed == "0" else {})


def _pictures(lab: Lab, panel: str, course: Course) -> dict[str, Any]:
    """Return what the network says of the first test images, and these as bytes."""
    network, split = course.made.network, course.dataset.test
    images, labels = next(iter(Batches(split, network.input_shape, PICTURES, shuffle=False)))
    outputs = lab.outputs(panel, network, course.weights(), images)
    shown = np.rint(255 * images).astype(int).reshape(len(images), -1)
    return {
        "pictures": outputs.argmax(1).tolist(),
        "labels": labels.tolist(),
        "images_shown": shown.tolist(),
    }


KINDS = {"identity": Identity, "curve": Curve}
