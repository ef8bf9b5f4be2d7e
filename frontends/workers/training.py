"""A training in a worker: steps on batches from files, evaluation, what is kept. Python 3.7."""
# ruff: noqa: UP006, UP035 - what Python 3.7 can evaluate

from __future__ import annotations

import hashlib
import time
from typing import Any, Dict, Iterator, List, Mapping

import numpy as np

from frontends.workers import protocol
from frontends.workers.arrays import ArrayReader, ArrayWriter, Part

# Optimizer of a recipe -> key of its state (common.recipes.recipe.STATE) -> what the formulas of
# written files call it (frontends.writing.updates), in their order.
WRITTEN: Mapping[str, Mapping[str, str]] = {
    "sgd": {},
    "momentum": {"v": "velocity"},
    "adam": {"m": "mean", "v": "square"},
    "adamw": {"m": "mean", "v": "square"},
    "rmsprop": {"v": "square"},
    "adagrad": {"v": "square"},
}


class Batches:
    """The batches of a file: <step>/input, <step>/labels of each step, in their order."""

    def __init__(self, reader: ArrayReader, digest: str = "") -> None:
        names = (name.partition("/")[0] for name in reader.names())
        self._steps: List[str] = list(dict.fromkeys(names))
        self._reader, self.digest = reader, digest

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        for step in self._steps:
            part = Part(self._reader, step + "/")
            batch: Dict[str, Any] = {name: part.get(name) for name in ("input", "labels")}
            self._add(batch)
            yield batch

    def _add(self, batch: Mapping[str, Any]) -> None:
        """Take a batch into the digest, as common.datasets.batches has it."""
        found = hashlib.sha256((self.digest + str(batch["input"].shape)).encode())
        found.update(np.ascontiguousarray(batch["input"], "<f4").data)
        found.update(np.ascontiguousarray(batch["labels"], "<i8").data)
        self.digest = found.hexdigest()


class Training:
    """A training under way. trainer: of a framework's folder, see its `trainer` module."""

    def __init__(self, runner: Any, trainer: Any, step: int) -> None:
        self._runner, self._trainer, self.step = runner, trainer, step

    def advance(self, request: protocol.Advance) -> protocol.Advanced:
        """Take the steps of a file of batches."""
        losses: List[float] = []
        correct: List[int] = []
        samples: List[int] = []
        rates: List[float] = []
        seconds = 0.0
        with ArrayReader(request.batches) as reader:
            batches = Batches(reader, request.digest)
            for batch in batches:
                rate = float(self._runner.module.learning_rate(self.step, request.steps_per_epoch))
                started = time.perf_counter()
                loss, right = self._trainer.step(batch, rate)
                seconds += time.perf_counter() - started
                losses.append(loss)
                correct.append(right)
                samples.append(len(batch["labels"]))
                rates.append(rate)
                self.step += 1
        return protocol.Advanced(
            tuple(losses), tuple(correct), tuple(samples), tuple(rates), batches.digest, seconds
        )

    def evaluate(self, request: protocol.Evaluate) -> protocol.Evaluated:
        """Return the mean loss and the accuracy over files of batches."""
        started, counted = time.perf_counter(), []

        def batches() -> Iterator[Mapping[str, Any]]:
            for path in request.batches:
                with ArrayReader(path) as reader:
                    for batch in Batches(reader):
                        counted.append(len(batch["labels"]))
                        yield batch

        loss, accuracy = self._trainer.evaluate(batches())
        seconds = time.perf_counter() - started
        return protocol.Evaluated(float(loss), float(accuracy), sum(counted), seconds)

    def keep(self, request: protocol.Keep) -> protocol.Kept:
        """Write every parameter, and what the optimizer keeps."""
        with ArrayWriter(request.results) as results:
            for name, array in self._runner.values():
                results.put(name, array)
            for key, name, array in self._trainer.state() if self.step else ():
                results.put("optimizer/%s/%s" % (key, name), array)
        return protocol.Kept(self.step)
