"""ResNet against SE-ResNet on MNIST: the test loss at each iteration, and activations by class."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, product
from pathlib import Path
from typing import Annotated, Any, TypedDict

import numpy as np

from common.datasets.batches import Batch, Batches
from common.experiments import RESNET_OR_SE, Scale
from common.networks.trials import TRIALS, headless
from reports.experiments.lab import Course, Lab
from reports.schema import Ratio, Text
from reports.training.schema import Digest, Share
from reports.validation import Sized

NETWORKS = {"resnet": "ResNet", "se_resnet": "SE-ResNet"}
SAMPLES = 300  # test images whose activations are looked at
Losses = Annotated[list[float], Sized(1, 100_000)]


class Curve(TypedDict):
    """A training: the loss on a batch of test images behind each iteration, the loss of the
    iteration; loss and accuracy on all test images at the end; SHA-256 of the batches."""

    tests: Losses
    training: Losses
    loss: float
    accuracy: Share
    digest: Digest
    versions: dict[str, Text]


class _Activations(TypedDict):
    explained: Annotated[list[Ratio], Sized(2, 10_000)]
    between: Annotated[list[Ratio], Sized(2, 10_000)]
    silent: Share


class Activations(_Activations, total=False):
    """Of every map behind the global average: which share of its variance is between classes, and
    the deviation of the classes' means; maps that are zero throughout. means: of each class and
    map, of the first seed alone."""

    means: list[list[float]]


def plan(scale: Scale) -> list[str]:
    """Return the parts: a training and its activations for each seed, panel and network."""
    cases = product(scale.seeds, scale.panels, NETWORKS)
    return [f"curve/{panel}/{name}/{seed}" for seed, panel, name in cases]


def run(lab: Lab, part: str) -> dict[str, Any]:
    """Train one network; return its curve and what its maps tell of classes."""
    _, panel, name, seed = part.split("/")
    course = Course(lab, panel, TRIALS[name](), RESNET_OR_SE.stages["training"], seed=int(seed))
    tests = _tests(course, int(seed))
    found: dict[str, Any] = {"tests": [], "training": []}
    for _ in range(lab.scale.steps):
        found["training"] += course.step().losses
        file = lab.file([next(tests)])
        found["tests"].append(course.evaluate([file]).loss)
        Path(file).unlink()
    whole = course.evaluate()
    found |= {"loss": whole.loss, "accuracy": whole.accuracy, "digest": course.digest}
    found["versions"] = course.versions
    found["maps"] = activations(lab, panel, course, means=seed == "0")
    return found


def _tests(course: Course, seed: int) -> Iterator[Batch]:
    """Yield batches of test images, in a new order each time round."""
    made, split = course.made, course.dataset.test
    for epoch in count():
        yield from Batches(split, made.network.input_shape, made.recipe.batch, epoch, seed + 1000)


def activations(lab: Lab, panel: str, course: Course, means: bool) -> dict[str, Any]:
    """Return what the maps behind the global average tell of the classes, in inference; it ends
    the training."""
    network, split = headless(course.made.network, "avgpool"), course.dataset.test
    images, labels = next(iter(Batches(split, network.input_shape, SAMPLES, shuffle=False)))
    return told(lab.outputs(panel, network, course.weights(), images), labels, means)


def told(maps: Any, labels: Any, means: bool) -> dict[str, Any]:
    """Return an Activations of maps (N, C) with labels (N,)."""
    classes = np.unique(labels)
    each = np.stack([maps[labels == one].mean(0) for one in classes])
    shares = np.array([(labels == one).mean() for one in classes])[:, None]
    variance = maps.var(0)
    between = (shares * (each - maps.mean(0)) ** 2).sum(0)
    explained = np.divide(between, variance, out=np.zeros_like(between), where=variance > 0)
    found: dict[str, Any] = {
        "explained": _rounded(np.minimum(explained, 1)),
        "between": _rounded(np.sqrt(between)),
        "silent": float((variance == 0).mean()),
    }
    return found | ({"means": [_rounded(one) for one in each]} if means else {})


def _rounded(values: Any) -> list[float]:
    return [float(f"{each:.3g}") for each in values]


class Trained(Curve):
    """A part: the curve and the maps."""

    maps: Activations


KINDS = {"curve": Trained}
