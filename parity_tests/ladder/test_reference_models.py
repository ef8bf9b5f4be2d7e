"""Checked by what no one here wrote: the networks that three libraries bring themselves.

They take our weights by a name map and give, within their own framework and in float64, the
outputs and the gradients of the written file, at full depth and width.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from common import weights
from common.compare import difference
from common.network import Network
from frontends.checkpoints import naming
from frontends.checkpoints.libraries import LIBRARIES, network_of
from frontends.checkpoints.naming import from_canonical
from frontends.checkpoints.stored import Arrays
from frontends.ladder.runs import Job, Runs
from frontends.ladder.subjects import Fault, written
from frontends.workers.pool import Workers
from frontends.workers.scratch import scratch
from parity_tests.checkpoints import libraries
from parity_tests.rows import rows, sampled

BOUND = 1e-10
SIZE, BATCH = 64, 4  # the last stage's maps are 2×2: 16 values a channel
REFERENCES = [
    ("torchvision", "resnet50"),  # first: the faults below are planted in it
    ("paddle.vision", "resnet18"),
    ("paddle.vision", "resnet50"),
    ("paddle.vision", "resnext50_32x4d"),
    ("keras", "resnet50"),
    ("paddle.vision", "resnet34"),
    ("torchvision", "resnet18"),
    ("torchvision", "resnext50_32x4d"),
]
DEEP = [
    ("paddle.vision", "resnet101"),
    ("torchvision", "resnet152"),
    ("torchvision", "resnext101_32x8d"),
]


def _network(library: str, name: str) -> Network:
    """Return our network at a lower resolution, as written: with its everyday reals."""
    return replace(network_of(library, name), input_shape=(3, SIZE, SIZE))


def _written(
    library: str, network: Network, workers: Workers, folder: Path, fault: Fault | None
) -> Arrays:
    faults = {LIBRARIES[library].framework: fault} if fault else {}
    runs = Runs(network, written(list(faults), faults), workers, folder, BATCH)
    with runs.run(Job(LIBRARIES[library].framework)).read() as arrays:
        return {name: arrays.get(name) for name in arrays.names() if "block/" not in name}


@lru_cache(maxsize=1)
def _theirs(library: str, name: str) -> Arrays:
    """Return what the library's own network gives with our weights and inputs."""
    network = _network(library, name)
    given = from_canonical(naming.library(library), network, weights.probe(network))
    given["input"] = weights.inputs(network, BATCH)
    given["cotangent"] = weights.cotangent(network, BATCH)
    with scratch() as folder:
        return libraries.run(library, name, given, folder)


def _agree(
    library: str, name: str, workers: Workers, folder: Path, fault: Fault | None = None
) -> None:
    network = _network(library, name)
    ours = _written(library, network, workers, folder, fault)
    theirs = _theirs(library, name)
    for mode in ("evaluate/output", "train/output"):
        assert difference(ours[mode], theirs[mode]).relative < BOUND, mode
    _gradients_agree(library, network, ours, theirs)


def _gradients_agree(library: str, network: Network, ours: Arrays, theirs: Arrays) -> None:
    """Each layer's gradients against the largest of the same layer."""
    table, prefix = naming.library(library), "train/gradient/"
    own, parameters = table.names(network), network.elaboration.parameters
    layers: dict[str, list[str]] = {}
    for name in own:
        if f"{prefix}{own[name]}" in theirs:
            layers.setdefault(name.rpartition(".")[0], []).append(name)
    trained = {name for each in layers.values() for name in each}
    assert trained == {name for name in own if f"{prefix}{name}" in ours}
    for each in layers.values():
        scale = max(float(np.abs(ours[prefix + name]).max()) for name in each)
        for name in each:
            found = table.canonical(parameters[name], theirs[prefix + own[name]])
            assert difference(ours[prefix + name], found, scale).relative < BOUND, name


KEPT = ("torchvision-resnet50", "paddle.vision-resnet18", "paddle.vision-resnext50_32x4d",
        "keras-resnet50")  # fmt: skip


@rows("library, name", sampled({"-".join(row): row for row in REFERENCES}, KEPT))
def test_agrees_with(library: str, name: str, workers: Workers, tmp_path: Path) -> None:
    _agree(library, name, workers, tmp_path)


@pytest.mark.exhaustive
@rows("library, name", {"-".join(row): row for row in DEEP})
def test_agrees_with_deep(library: str, name: str, workers: Workers, tmp_path: Path) -> None:
    _agree(library, name, workers, tmp_path)


FAULTS = {
    "Keras' epsilon": [("nn.BatchNorm2d(width)", "nn.BatchNorm2d(width, eps=1.001e-5)")],
    "stride on the first convolution": [
        ("(width, width, 3, stride=stride", "(width, width, 3"),
        ("(in_channels, width, 1", "(in_channels, width, 1, stride=stride"),
    ],
}


@pytest.mark.complete
@rows("edits", FAULTS)
def test_a_fault_is_seen(edits: list[tuple[str, str]], workers: Workers, tmp_path: Path) -> None:
    """Ours with what another library has."""

    def plant(text: str) -> str:
        for place, mistake in edits:
            assert place in text
            text = text.replace(place, mistake)
        return text

    with pytest.raises(AssertionError, match="evaluate/output"):
        _agree("torchvision", "resnet50", workers, tmp_path, plant)
