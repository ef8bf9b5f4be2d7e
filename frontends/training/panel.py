"""One panel of a training: its worker, where it is, what it keeps."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from frontends.checkpoints import hub
from frontends.checkpoints.hub import Checkpoint
from frontends.frameworks import TABLE
from frontends.training.batches import Chunk
from frontends.training.experiment import Experiment
from frontends.training.start import Start, initial
from frontends.workers.arrays import ArrayReader
from frontends.workers.outcomes import MISMATCHED, NOT_WRITABLE, Outcome, WorkerError
from frontends.workers.pool import Workers
from frontends.workers.process import WorkerProcess
from frontends.workers.protocol import (
    Advance,
    Advanced,
    AnswerType,
    Begin,
    Evaluate,
    Evaluated,
    Hello,
    Keep,
    NetworkFile,
    Request,
)
from frontends.writing.emit import emit
from frontends.writing.text import EmitError

DIVERGED = "diverged"
LAST, BEST = "last", "best"
AT_ONCE = 8  # files that are evaluated in one request


class Panel:
    """A framework that trains, in a process of its own, started by `begin`; or by one of `pool`.

    step: how many updates were made. digest: of their batches. saved: the step of its last
    checkpoint. Whatever it is asked for raises WorkerError where the panel cannot.
    """

    def __init__(
        self,
        name: str,
        experiment: Experiment,
        checkpoints: Path,
        scratch: Path,
        pool: Workers | None = None,
    ) -> None:
        self.name, self._experiment, self._scratch = name, experiment, scratch
        self._folder, self._pool = checkpoints / name, pool
        self._worker: WorkerProcess | None = None
        self.step, self.digest, self.saved = 0, "", -1

    @property
    def label(self) -> str:
        """Its name in tables."""
        return TABLE[self.name].label

    @property
    def pid(self) -> int | None:
        """The id of its process, None before it has one."""
        return self._worker.pid if self._worker else None

    def begin(self, start: Start) -> dict[str, str]:
        """Start the process, once, and the training; return the versions of what runs."""
        experiment, recipe = self._experiment, self._experiment.recipe
        file = self._file()
        if self._pool is None and self._worker is None:
            how = experiment.device, experiment.threads
            self._worker = WorkerProcess(self.name, *how, spin=True, temporary=self._scratch)
        versions = self._ask(Hello()).versions
        begin = Begin(
            file,
            recipe.optimizer.name,
            recipe.loss.reduction == "sum",
            None if start.weights is None else str(start.weights),
            None if start.state is None else str(start.state),
            start.step,
            experiment.debiased() if TABLE[self.name].zero_debias else {},
        )
        self.step = self._ask(begin).step
        self.digest = start.digest
        return versions

    def advance(self, chunk: Chunk) -> Advanced:
        """Take the steps of a chunk; losses that are no finite number end the panel's training."""
        request = Advance(str(chunk.path), self._experiment.steps_per_epoch, self.digest)
        found = self._ask(request)
        if found.digest != chunk.digest or len(found.losses) != chunk.stop - chunk.start:
            said = f"other batches than the panels before it in steps from {chunk.start + 1}"
            raise self._stopped(MISMATCHED, "batches", f"it was given {said}")
        self.step, self.digest = chunk.stop, found.digest
        return found

    def check(self, found: Advanced) -> None:
        """Raise a WorkerError, outcome "diverged", where a loss is no finite number."""
        for number, loss in enumerate(found.losses, self.step - len(found.losses) + 1):
            if not math.isfinite(loss):
                raise self._stopped(DIVERGED, f"step {number}", f"the loss is {loss}")

    def evaluate(self, tests: tuple[str, ...]) -> Evaluated:
        """Evaluate it on files of batches, a few at a time: each is a sign of life."""
        parts = [self._ask(Evaluate(tests[i : i + AT_ONCE])) for i in range(0, len(tests), AT_ONCE)]
        samples = sum(each.samples for each in parts)
        return Evaluated(
            sum(each.loss * each.samples for each in parts) / samples,
            sum(each.accuracy * each.samples for each in parts) / samples,
            samples,
            sum(each.seconds for each in parts),
        )

    def keep(self, best: bool = False) -> dict[str, Any]:
        """Write the last checkpoint, and that it is the best; return the weights in it.

        Raises TriptychError if it cannot be written.
        """
        tensors = self.tensors()
        notes = hub.Notes(self._experiment.network, self._experiment.recipe, self.step)
        checkpoint = notes.checkpoint(tensors, self.name)
        for name in (LAST, BEST) if best else (LAST,):
            self._write(name, checkpoint)
        self.saved = self.step
        return dict(checkpoint.weights)

    def tensors(self) -> dict[str, Any]:
        """Return every parameter by its canonical name, and optimizer/<key>/<name> behind a first
        step."""
        path = self._scratch / f"{self.name}_kept.npz"
        self._ask(Keep(str(path)))
        with ArrayReader(path) as reader:
            found: dict[str, Any] = dict(reader.items())
        path.unlink()
        missing = set(self._experiment.network.elaboration.parameters) - set(found)
        if missing:  # functions have no place for what is never called
            drawn = initial(self._experiment)
            found |= {n: drawn[n].astype(self._experiment.precision) for n in missing}
        return found

    def path(self, name: str) -> Path:
        """Return the file of its LAST or BEST checkpoint."""
        return self._folder / f"{name}.safetensors"

    def close(self) -> None:
        """End the process."""
        if self._worker:
            self._worker.close()

    def _write(self, name: str, checkpoint: Checkpoint) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        hub.write(self.path(name), checkpoint)

    def _ask(self, request: Request[AnswerType]) -> AnswerType:
        timeout = self._experiment.timeout
        if self._pool is not None:
            return self._pool.request(self.name, request, timeout)
        assert self._worker is not None
        return self._worker.request(request, timeout)

    def _stopped(self, kind: str, stage: str, message: str) -> WorkerError:
        return WorkerError(Outcome(self.name, kind, stage, message))

    def _file(self) -> NetworkFile:
        """Write the program that trains; return it as a worker takes it."""
        experiment = self._experiment
        network = experiment.run_network
        try:
            source = emit(network, self.name, recipe=experiment.run_recipe)
        except EmitError as error:
            raise self._stopped(NOT_WRITABLE, "write", str(error)) from None
        path = self._scratch / f"train_{self.name}.py"
        path.write_text(source.text, encoding="utf-8")
        unused = [n for n, each in network.elaboration.parameters.items() if not each.used]
        return NetworkFile(
            str(path),
            source.entry,
            network.input_shape,
            experiment.precision,
            experiment.device,
            official_names={**source.names, **source.own.parameters},
            absent=() if source.classes else tuple(unused),
            seed=experiment.seed,
        )
