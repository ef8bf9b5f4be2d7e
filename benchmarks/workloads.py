"""What is timed: a network on a batch, in a framework, a style and a mode."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from common import weights
from common.counting import macs, trainable
from common.datasets import COUNT, mnist_test
from common.errors import TriptychError, choose
from common.network import Network
from common.recipes.recipe import THROUGHPUT, Recipe
from common.transform import without_dropout
from frontends.frameworks import TABLE
from frontends.workers.arrays import write_arrays
from frontends.workers.protocol import ArrayFiles, NetworkFile, Prepare, TimedStep
from frontends.writing.draft import Source
from frontends.writing.emit import emit
from reports.records import MODES


class Case(NamedTuple):
    """One timing."""

    framework: str
    style: str
    mode: str

    def __str__(self) -> str:
        return f"{self.framework} {self.style}, {self.mode}"


def cases(frameworks: Iterable[str], styles: str, modes: str) -> list[Case]:
    """Return the timings that the options name. Raises TriptychError for an unknown name."""
    chosen = list(frameworks)
    known = sorted({style for framework in chosen for style in TABLE[framework].styles})
    wanted = _split("style", styles, known)
    return [
        Case(framework, style, mode)
        for mode in MODES
        if mode in _split("mode", modes, MODES)
        for framework in chosen
        for style in TABLE[framework].styles
        if style in wanted
    ]


def _split(kind: str, text: str, known: Iterable[str]) -> list[str]:
    names = list(known)
    if text == "all":
        return names
    return [choose(kind, name.strip(), [*names, "all"]) for name in text.split(",")]


@dataclass
class Workload:
    """A network with the batch that it is timed on, and the files that workers read.

    Dropout is at rate 0, since its random numbers are no part of what is compared.
    """

    network: Network
    batch: int
    seed: int = 0
    recipe: Recipe = THROUGHPUT
    source: str = field(init=False)
    _sources: dict[str, tuple[Path, Source]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.network = without_dropout(self.network)
        real = self.network.input_shape == (1, 28, 28)
        if real and self.batch > COUNT:
            raise TriptychError(f"--batch-size {self.batch}: MNIST has {COUNT:,} test images")
        self.source = (
            f"the first {self.batch} of MNIST's test images"
            if real
            else f"random numbers (normal, seed {self.seed})"
        )

    def write(self, folder: Path) -> None:
        """Write the weights and the batch for the workers."""
        self._folder = folder
        write_arrays(folder / "weights.npz", weights.probe(self.network, self.seed))
        write_arrays(folder / "inputs.npz", self._batch())

    def _batch(self) -> dict[str, Any]:
        if self.source.startswith("the first"):
            images, labels = mnist_test(self.batch)
            return {"input": images, "labels": labels}
        classes = self.network.elaboration.output[0]
        labels = np.random.default_rng(self.seed).integers(0, classes, self.batch)
        return {"input": weights.inputs(self.network, self.batch, self.seed), "labels": labels}

    def request(self, case: Case, out: Path, device: str, dtype: str = "float32") -> Prepare:
        """Return the request that prepares a worker for a timing."""
        path, source = self._written(case.framework)
        unused = [p.name for p in self.network.elaboration.parameters.values() if not p.used]
        file = NetworkFile(
            str(path),
            source.entry,
            self.network.input_shape,
            dtype,
            device,
            official_names=dict(source.names),
            absent=() if source.classes else tuple(unused),  # functions have no place for these
        )
        weights, inputs = (str(self._folder / name) for name in ("weights.npz", "inputs.npz"))
        step = TimedStep(case.mode, case.style, self.recipe)
        return Prepare(file, ArrayFiles(weights, inputs, str(out)), step)

    def _written(self, framework: str) -> tuple[Path, Source]:
        if framework not in self._sources:
            source = emit(self.network, framework)
            path = self._folder / f"{self.network.name}_{framework}.py"
            path.write_text(source.text, encoding="utf-8")
            self._sources[framework] = path, source
        return self._sources[framework]

    def record(self) -> dict[str, Any]:
        """Return the network and the batch as plain data."""
        return {
            "network": self.network.name,
            "title": self.network.title or self.network.name,
            "parameters": trainable(self.network),
            "macs": macs(self.network),
            "input_shape": list(self.network.input_shape),
            "batch": self.batch,
            "input": self.source,
            "dtype": "float32",
            "recipe": self.recipe.words(),
        }
