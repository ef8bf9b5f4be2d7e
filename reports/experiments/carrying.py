"""What a mistake does two ways: trained with it, and to weights that are carried over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from common.datasets.batches import Batch, Batches
from common.network import Network
from reports.experiments.lab import Course, Lab


class Trained(NamedTuple):
    """What steps of a training left. accuracy: on the test samples."""

    losses: list[float]
    accuracy: float
    weights: dict[str, Any]


def trained(course: Course, steps: int) -> Trained:
    """Take steps. Raises WorkerError, also for a loss that is no number."""
    losses = list(course.step(steps).losses)
    return Trained(losses, course.evaluate().accuracy, course.weights())


def all_tests(lab: Lab, network: Network) -> Batch:
    """Return all test samples as one batch: images (N, C, H, W) and labels (N,)."""
    split = lab.data()[1].test
    return next(iter(Batches(split, network.input_shape, len(split), shuffle=False)))


def carried(lab: Lab, panel: str, network: Network, weights: Mapping[str, Any]) -> Any:
    """Return what a network gives for all test samples with weights of another, of which it takes
    those that it has a place for. Raises WorkerError."""
    return lab.outputs(panel, network, weights, all_tests(lab, network)[0])


def accuracy(outputs: Any, labels: Any) -> float:
    """Return the share of samples whose largest output is that of their label."""
    return float(np.mean(np.argmax(outputs, 1) == labels))
