"""A small training that tests run: its data, its network, its panels without a feed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from common.datasets.batches import Batches, Digest
from common.network import Network
from common.recipes.recipe import Optimizer, Recipe
from frontends.training.batches import Chunk
from frontends.training.experiment import Experiment
from frontends.training.panel import Panel
from frontends.workers.arrays import ArrayWriter
from frontends.workers.pool import Workers
from parity_tests.cases import small

TRAIN, TEST, BATCH = 44, 10, 8  # the last of 6 batches has 4 samples
MOMENTUM = Recipe(Optimizer("momentum", momentum=0.9), 0.05, batch=BATCH, epochs=2)


def write_data(folder: Path, classes: int = 10) -> Path:
    """Write train.npz and test.npz of random images (N, 3, 16, 16); return their folder."""
    draw = np.random.default_rng(7)
    for name, count in (("train", TRAIN), ("test", TEST)):
        images = draw.standard_normal((count, 3, 16, 16)).astype(np.float32)
        labels = draw.integers(0, classes, count)
        labels[:classes] = np.arange(classes)[:count]
        np.savez(folder / f"{name}.npz", images=images, labels=labels)
    return folder


def experiment(
    folder: Path,
    panels: Iterable[str],
    recipe: Recipe = MOMENTUM,
    network: Network | None = None,
    **options: Any,
) -> Experiment:
    """Return a training of a small network on data that are written into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    data = write_data(folder)
    how = {"timeout": 120.0, "threads": 1} | options
    given = network or small.se_resnext()
    return Experiment(given, replace(recipe, batch=BATCH), str(data), tuple(panels), **how)


def chunk(made: Experiment, start: int, stop: int, folder: Path) -> Chunk:
    """Return the file of some steps of the first epoch."""
    digest, path = Digest(), folder / f"steps_{start}_{stop}.npz"
    before = ""
    batches = Batches(made.dataset.train, made.network.input_shape, made.recipe.batch)
    with ArrayWriter(path) as writer:
        for step, (images, labels) in enumerate(batches):
            before = digest.value if step == start else before
            if step < stop:
                digest.update(images, labels)
            if start <= step < stop:
                writer.put(f"{step}/input", images)
                writer.put(f"{step}/labels", labels)
    return Chunk(start, stop, before, digest.value, path)


def panel(name: str, made: Experiment, folder: Path, workers: Workers) -> Panel:
    """Return a panel that trains in a shared worker."""
    (folder / "scratch").mkdir(parents=True, exist_ok=True)
    return Panel(name, made, folder / "checkpoints", folder / "scratch", workers)
