"""What is timed: a network on a batch, as the files that workers read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks.beside import ZOO, ZOOS
from benchmarks.matrix import Case
from common import weights
from common.counting import macs, trainable
from common.datasets import COUNT, mnist_test
from common.errors import TriptychError
from common.network import Network
from common.ops import Softmax
from common.recipes.named import THROUGHPUT
from common.recipes.recipe import Loss, Recipe
from common.transform import without_dropout
from frontends.workers.arrays import write_arrays
from frontends.workers.protocol import ArrayFiles, NetworkFile, Prepare, TimedStep
from frontends.writing.draft import Source
from frontends.writing.emit import emit

MNIST_SHAPE = (1, 28, 28)
LOOP = "batches, create_optimizer, learning_rate, train_step"  # of a written file that trains
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class MnistImages:
    """The first images of MNIST's test set, with their labels. Raises TriptychError."""

    count: int

    def __post_init__(self) -> None:
        if self.count > COUNT:
            raise TriptychError(f"--batch-size {self.count}: MNIST has {COUNT:,} test images")

    def __str__(self) -> str:
        return f"the first {self.count} of MNIST's test images"

    def arrays(self, network: Network) -> Arrays:
        """Return `input` (N, 1, 28, 28), float32 in [0, 1], and `labels` (N,)."""
        images, labels = mnist_test(self.count)
        return {"input": images, "labels": labels}


@dataclass(frozen=True)
class RandomNumbers:
    """Random numbers of the normal distribution, with random labels, from a seed."""

    count: int
    seed: int

    def __str__(self) -> str:
        return f"random numbers (normal, seed {self.seed})"

    def arrays(self, network: Network) -> Arrays:
        """Return `input` (N, C, H, W) and `labels` (N,)."""
        classes = network.elaboration.output[0]
        labels = np.random.default_rng(self.seed).integers(0, classes, self.count)
        return {"input": weights.inputs(network, self.count, self.seed), "labels": labels}


@dataclass
class Workload:
    """A network with the batch that it is timed on, and the files that workers read.

    Dropout is at rate 0, since its random numbers are no part of what is compared.
    """

    network: Network
    batch: int
    seed: int = 0
    recipe: Recipe = THROUGHPUT
    input: MnistImages | RandomNumbers = field(init=False)
    _sources: dict[tuple[str, bool], tuple[Path, Source]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.network = without_dropout(self.network)
        if isinstance(self.network.elaboration.steps[-1].op, Softmax):
            self.recipe = replace(self.recipe, loss=Loss(on="probabilities"))
        mnist = self.network.input_shape == MNIST_SHAPE
        self.input = MnistImages(self.batch) if mnist else RandomNumbers(self.batch, self.seed)

    def write(self, folder: Path, bits: Iterable[int]) -> None:
        """Write what workers read: weights, the same with kernels of fewer bits, and the batch."""
        folder.mkdir(exist_ok=True)
        self._folder = folder
        with threadpool_limits(limits=1, user_api="blas"):  # see frontends.ladder.verify
            values = weights.probe(self.network, self.seed)
        write_arrays(folder / "weights.npz", values)
        for each in bits:
            kept = {n: rounded(v, each) if n.endswith(".kernel") else v for n, v in values.items()}
            write_arrays(folder / f"weights{each}.npz", kept)
        write_arrays(folder / "inputs.npz", self.input.arrays(self.network))

    def request(
        self,
        case: Case,
        out: Path,
        device: str,
        step: Mapping[str, Any] | None = None,
        dtype: str = "float32",
        bits: int | None = None,
    ) -> Prepare:
        """Return the request that prepares a worker for a timing.

        step: further fields of its TimedStep. bits: of the kernels, None for all.
        """
        # Keras' own training functions import TensorFlow, which Keras on PyTorch has not.
        trains = case.mode != "inference" and case.variant != "keras_torch"
        path, source = self._written(case.framework, trains)
        unused = [p.name for p in self.network.elaboration.parameters.values() if not p.used]
        entry = source.entry
        if case.variant == ZOO:
            path, entry = self._zoo(case.framework, path, trains), "network"
        file = NetworkFile(
            str(path),
            entry,
            self.network.input_shape,
            dtype,
            device,
            official_names={**source.names, **source.own.parameters},
            absent=() if source.classes else tuple(unused),  # functions have no place for these
        )
        weights = self._folder / f"weights{'' if bits is None else bits}.npz"
        files = ArrayFiles(str(weights), str(self._folder / "inputs.npz"), str(out))
        return Prepare(file, files, TimedStep(case.mode, case.style, case.precision, **step or {}))

    def _written(self, framework: str, trains: bool) -> tuple[Path, Source]:
        if (framework, trains) not in self._sources:
            source = emit(self.network, framework, recipe=self.recipe if trains else None)
            kind = "training" if trains else "network"
            path = self._folder / f"{self.network.name}_{framework}_{kind}.py"
            path.write_text(source.text, encoding="utf-8")
            self._sources[framework, trains] = path, source
        return self._sources[framework, trains]

    def _zoo(self, framework: str, written: Path, trains: bool) -> Path:
        """Return a file of the zoo's own network, trained by the loop of the written file."""
        softmax = isinstance(self.network.elaboration.steps[-1].op, Softmax)
        text = ZOOS[framework, self.network.name]
        text = text.replace("{activation}", repr("softmax" if softmax else None))
        text += f"from .{written.stem} import {LOOP}\n" if trains else ""
        path = written.with_name(f"zoo_{written.name}")
        path.write_text(text, encoding="utf-8")
        return path

    def record(self) -> dict[str, Any]:
        """Return the network and the batch as plain data, for the run's record."""
        return {
            "network": self.network.name,
            "title": " ".join((self.network.title or self.network.name).split()),
            "parameters": trainable(self.network),
            "macs": macs(self.network),
            "input_shape": list(self.network.input_shape),
            "traffic": traffic(self.network),
            "batch": self.batch,
            "input": str(self.input),
        }


def rounded(values: NDArray[Any], bits: int) -> NDArray[Any]:
    """Return values with so many bits behind the first one, rounded to nearest even."""
    fraction, exponent = np.frexp(values)
    found: NDArray[Any] = np.ldexp(np.round(np.ldexp(fraction, bits + 1)), exponent - bits - 1)
    return found


def traffic(network: Network) -> int:
    """Return the bytes in float32 that one image's steps read and write, each on its own: what
    fusion can save."""
    steps = network.elaboration.steps
    values = sum(math.prod(s.output) + sum(map(math.prod, s.inputs)) for s in steps)
    return 4 * values
