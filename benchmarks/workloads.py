"""What is timed: a network on a batch, as the files that workers read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

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
from frontends.ladder.rounding import tf32
from frontends.workers.arrays import write_arrays
from frontends.workers.protocol import ArrayFiles, NetworkFile, Prepare, TimedStep
from frontends.writing.draft import Source
from frontends.writing.emit import emit

MNIST_SHAPE = (1, 28, 28)
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
    _sources: dict[tuple[str, str], tuple[Path, Source]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.network = without_dropout(self.network)
        if isinstance(self.network.elaboration.steps[-1].op, Softmax):
            self.recipe = replace(self.recipe, loss=Loss(on="probabilities"))
        mnist = self.network.input_shape == MNIST_SHAPE
        self.input = MnistImages(self.batch) if mnist else RandomNumbers(self.batch, self.seed)

    def write(self, folder: Path) -> None:
        """Write what workers read: weights, the same with kernels of 10 bits, and the batch."""
        self._folder = folder
        with threadpool_limits(limits=1, user_api="blas"):  # see frontends.ladder.verify
            values = weights.probe(self.network, self.seed)
        write_arrays(folder / "weights.npz", values)
        rounded = {n: tf32(v) if n.endswith(".kernel") else v for n, v in values.items()}
        write_arrays(folder / "rounded.npz", rounded)
        write_arrays(folder / "inputs.npz", self.input.arrays(self.network))

    def request(
        self, case: Case, out: Path, device: str, dtype: str = "float32", rounded: bool = False
    ) -> Prepare:
        """Return the request that prepares a worker for a timing; `rounded`: kernels of 10 bits."""
        path, source = self._written(case.framework, case.mode)
        unused = [p.name for p in self.network.elaboration.parameters.values() if not p.used]
        file = NetworkFile(
            str(path),
            source.entry,
            self.network.input_shape,
            dtype,
            device,
            official_names={**source.names, **source.own.parameters},
            absent=() if source.classes else tuple(unused),  # functions have no place for these
        )
        weights = self._folder / ("rounded.npz" if rounded else "weights.npz")
        files = ArrayFiles(str(weights), str(self._folder / "inputs.npz"), str(out))
        return Prepare(file, files, TimedStep(case.mode, case.style))

    def _written(self, framework: str, mode: str) -> tuple[Path, Source]:
        if (framework, mode) not in self._sources:
            recipe = self.recipe if mode == "training" else None
            source = emit(self.network, framework, recipe=recipe)
            path = self._folder / f"{self.network.name}_{framework}_{mode}.py"
            path.write_text(source.text, encoding="utf-8")
            self._sources[framework, mode] = path, source
        return self._sources[framework, mode]

    def record(self) -> dict[str, Any]:
        """Return the network and the batch as plain data, for the run's record."""
        return {
            "network": self.network.name,
            "title": " ".join((self.network.title or self.network.name).split()),
            "parameters": trainable(self.network),
            "macs": macs(self.network),
            "input_shape": list(self.network.input_shape),
            "batch": self.batch,
            "input": str(self.input),
            "dtype": "float32",
        }
