"""Where an experiment runs: its data, its workers, and trainings that are taken step by step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from common.datasets import Dataset, load
from common.datasets.batches import Batch, Batches, Digest
from common.datasets.dataset import Split
from common.datasets.mnist import mnist_test
from common.experiments import Experiment, Scale, Stage
from common.network import Network
from common.recipes.recipe import Recipe
from frontends.training.batches import Chunk
from frontends.training.experiment import Experiment as Training
from frontends.training.panel import Panel
from frontends.training.start import Start, initial
from frontends.workers.arrays import ArrayReader, ArrayWriter, write_arrays
from frontends.workers.pool import Workers
from frontends.workers.protocol import Advanced, ArrayFiles, Evaluated, NetworkFile, Run
from frontends.writing.emit import emit

DATA = "mnist"
SIGN = 30.0  # seconds: what takes longer says how far it is


def _nobody(text: str) -> None:
    """Tell nobody."""


@dataclass
class Lab:
    """What an experiment is run with. scratch: a folder for what is gone when it ends. device,
    threads: those of the workers. timeout: seconds until a panel that gives no sign is given up.
    say: where lines go that tell how far it is."""

    experiment: Experiment
    scale: Scale
    workers: Workers
    scratch: Path
    data_dir: str = ""
    device: str = "cpu"
    threads: int | None = None
    timeout: float = 600.0
    say: Callable[[str], None] = _nobody
    kept: dict[str, Any] = field(default_factory=dict)  # what parts hand on to later ones
    _data: dict[tuple[int, ...], tuple[str, Dataset]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)
    _told: float = 0.0

    def tell(self, text: str) -> None:
        """Say something."""
        self._told = time.perf_counter()
        self.say(text)

    def sign(self, text: str) -> None:
        """Say something, where nothing was said for half a minute."""
        if time.perf_counter() - self._told > SIGN:
            self.tell(text)

    def data(self, labels: tuple[int, ...] = ()) -> tuple[str, Dataset]:
        """Return the samples of some labels, () for all, by name or path, and as they are read.

        Raises TriptychError where MNIST is not there.
        """
        if labels not in self._data:
            scale = self.scale
            if not (labels or scale.shipped or scale.samples or scale.tests):
                self._data[labels] = DATA, load(DATA, self.data_dir or None)
            else:
                folder = self.scratch / f"data_{'_'.join(map(str, labels)) or 'all'}"
                folder.mkdir()
                for name, (images, given) in self._splits(labels).items():
                    np.savez(folder / f"{name}.npz", images=images, labels=given)
                self._data[labels] = str(folder), load(str(folder))
        return self._data[labels]

    def _splits(self, labels: tuple[int, ...]) -> dict[str, Batch]:
        if self.scale.shipped:
            images, given = mnist_test()
            parts = {"train": (images[:8000], given[:8000]), "test": (images[8000:], given[8000:])}
        else:
            found = load(DATA, self.data_dir or None)
            parts = {"train": _scaled(found.train), "test": _scaled(found.test)}
        most = {"train": self.scale.samples, "test": self.scale.tests}
        return {name: _chosen(*each, labels, most[name]) for name, each in parts.items()}

    def path(self, name: str) -> Path:
        """Return a new file in the scratch folder."""
        return self.scratch / f"{next(self._numbers)}_{name}"

    def outputs(self, panel: str, network: Network, weights: Mapping[str, Any], images: Any) -> Any:
        """Return what a network gives for images in inference, in one panel, in float32; a
        training that is under way there ends. Raises WorkerError."""
        source = emit(network, panel)
        file, *names = (self.path(each) for each in ("given.py", "w.npz", "x.npz", "y.npz"))
        file.write_text(source.text, encoding="utf-8")
        wanted = network.elaboration.parameters
        unused = tuple(name for name, each in wanted.items() if not each.used)
        write_arrays(names[0], {name: weights[name] for name in wanted})
        write_arrays(names[1], {"input": images})
        written = NetworkFile(
            str(file), source.entry, network.input_shape, "float32", self.device,
            official_names={**source.names, **source.own.parameters},
            absent=() if source.classes else unused,
        )  # fmt: skip
        request = Run(written, ArrayFiles(*map(str, names)), ("evaluate",))
        self.workers.request(panel, request, self.timeout)
        with ArrayReader(names[2]) as reader:
            return reader.get("evaluate/output")

    def file(self, batches: Sequence[Batch], name: str = "batches.npz") -> str:
        """Write batches as a worker reads them; return the file."""
        path = self.path(name)
        with ArrayWriter(path) as writer:
            for step, batch in enumerate(batches):
                _put(writer, step, batch)
        return str(path)


def _scaled(split: Split) -> Batch:
    return split.fitted.apply(np.asarray(split.images)), split.labels


def _chosen(images: Any, given: Any, labels: tuple[int, ...], most: int) -> Batch:
    at = np.flatnonzero(np.isin(given, labels)) if labels else np.arange(len(given))
    at = at[:most] if most else at
    return images[at], np.searchsorted(labels, given[at]) if labels else given[at]


def _put(writer: ArrayWriter, step: int, batch: Batch) -> None:
    writer.put(f"{step}/input", batch[0])
    writer.put(f"{step}/labels", batch[1])


class Course:
    """A training of one network in one panel, from weights that are drawn by the laws of the
    specification from the seed, or given; given ones may lack some. Ends as another begins.

    The batches are the same in every panel. Raises WorkerError where the panel cannot.
    """

    def __init__(
        self,
        lab: Lab,
        panel: str,
        network: Network,
        stage: Stage,
        *,
        seed: int = 0,
        precision: str = "float32",
        weights: Mapping[str, Any] | None = None,
    ) -> None:
        self._lab, self._epoch = lab, 0
        data, self.dataset = lab.data(stage.labels)
        self.made = Training(
            network, _open(stage.recipe), data, (panel,), lab.data_dir, precision, seed,
            device=lab.device, threads=lab.threads, timeout=lab.timeout,
        )  # fmt: skip
        self._stream = self._batches()
        self._panel = Panel(panel, self.made, lab.scratch, lab.scratch, lab.workers)
        self.first: dict[str, Any] = {**initial(self.made), **(weights or {})}
        path = lab.path("start.npz")
        write_arrays(path, self.first)
        self.versions = self._panel.begin(Start(path))

    def step(self, count: int = 1) -> Advanced:
        """Take steps, each on the next batch. Raises WorkerError, also for a loss that is none."""
        panel, start = self._panel, self._panel.step
        digest, path = Digest(panel.digest), self._lab.path("steps.npz")
        with ArrayWriter(path) as writer:
            for step in range(start, start + count):
                batch = next(self._stream)
                digest.update(*batch)
                _put(writer, step, batch)
        chunk = Chunk(start, start + count, panel.digest, digest.value, path)
        found = panel.advance(chunk)
        path.unlink()
        panel.check(found)
        self._lab.sign(f"  step {panel.step}, training loss {found.losses[-1]:.4f}")
        return found

    def evaluate(self, files: Sequence[str] = ()) -> Evaluated:
        """Evaluate it on files of batches, on the test samples where there are none."""
        if not files:
            key = f"tests of {self.made.data} at {self.made.tested_at_once}"
            if key not in self._lab.kept:
                size, split = self.made.tested_at_once, self.dataset.test
                batches = list(Batches(split, self.made.network.input_shape, size, shuffle=False))
                self._lab.kept[key] = [self._lab.file([each], "tests.npz") for each in batches]
            files = self._lab.kept[key]
        return self._panel.evaluate(tuple(files))

    def weights(self) -> dict[str, Any]:
        """Return every parameter by its canonical name."""
        names = self.made.network.elaboration.parameters
        return {name: each for name, each in self._panel.tensors().items() if name in names}

    @property
    def digest(self) -> str:
        """The SHA-256 of all batches so far."""
        return self._panel.digest

    def _batches(self) -> Iterator[Batch]:
        made = self.made
        shape, size, shuffles = made.network.input_shape, made.recipe.batch, made.recipe.shuffle
        every = partial(Batches, self.dataset.train, shape, size, seed=made.seed, shuffle=shuffles)
        for epoch in count():
            yield from every(epoch)


def _open(recipe: Recipe) -> Recipe:
    """Return a recipe that ends when its training is left."""
    return replace(recipe, epochs=10**6, steps=0)
