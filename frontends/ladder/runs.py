"""Run a network's subjects on one set of probe weights and inputs, each job once."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from common import transform, weights
from common.elaborate import Elaboration
from common.network import Network
from common.ops import BatchNorm, Op
from common.probe import Probe, probe
from common.recipes.recipe import Recipe
from frontends.ladder import calls
from frontends.ladder.predictions import gradient_scales
from frontends.ladder.reference import Reference
from frontends.ladder.subjects import Subject, Written
from frontends.workers.arrays import ArrayReader, write_arrays
from frontends.workers.outcomes import WorkerError
from frontends.workers.pool import Workers
from frontends.workers.protocol import (
    ArrayFiles,
    NetworkFile,
    Observe,
    Run,
    Structure,
    Train,
    Trained,
)
from frontends.writing.draft import Source

LEAST_VALUES = 16  # per channel that a BN sees; with fewer its own sensitivity exceeds the bounds
BOTH = ("evaluate", "train")
INITIAL = "initial"
Steps = tuple[int, ...]
Given = TypeVar("Given")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Job:
    """What a subject's file is run for, and how.

    want: "evaluate", "train", or calls of frontends.ladder.calls, on its inputs; or INITIAL alone,
    what a fresh construction starts from. taps: run the file whose every step passes its result
    through a tap. keep_steps, keep_cotangents, keep_blocks: results of steps, the gradients with
    respect to them, and results of blocks are kept, too. dropping: see protocol.NetworkFile.
    """

    subject: str
    dtype: str = "float64"
    want: tuple[str, ...] = BOTH
    taps: bool = False
    keep_steps: bool = False
    keep_cotangents: bool = False
    keep_blocks: bool = False
    dropping: bool = False


@dataclass(frozen=True)
class Result:
    """What one job told, and the file with the arrays that it gave."""

    told: Structure
    arrays: Path

    def read(self) -> ArrayReader:
        """Open the arrays: `<mode>/output`, `<mode>/step/<path>`, `train/gradient/<name>` …"""
        return ArrayReader(self.arrays)


class Jobs(ABC):
    """The results of jobs. Each job is run once; a subject that stopped is not asked again."""

    def __init__(
        self, subjects: Iterable[Subject], workers: Workers, folder: Path, timeout: float
    ) -> None:
        self.subjects = {each.name: each for each in subjects}
        self._workers, self._folder, self._timeout = workers, folder, timeout
        self._results: dict[Job, Result] = {}
        self._stops: dict[str, WorkerError] = {}

    def run(self, job: Job) -> Result:
        """Return the result of a job. Raises WorkerError."""
        if job not in self._results:
            if job.subject in self._stops:
                raise self._stops[job.subject]
            try:
                self._results[job] = self._run(job)
            except WorkerError as stop:
                self._stops[job.subject] = stop
                raise
        return self._results[job]

    def run_all(self, plan: list[list[Job]]) -> list[Exception | None]:
        """Run lists of jobs side by side; return, per list, what stopped it."""

        def run_list(jobs: list[Job]) -> Exception | None:
            try:
                for job in jobs:
                    self.run(job)
            except Exception as error:
                return error
            return None

        return side_by_side(run_list, plan, len(plan))

    def drop(self, job: Job) -> None:
        """Remove the arrays of a job, if it was run; what it told is kept."""
        if job in self._results:
            self._results[job].arrays.unlink(missing_ok=True)

    @abstractmethod
    def _run(self, job: Job) -> Result:
        """Run a job. Raises WorkerError."""

    @abstractmethod
    def expected(self, kind: str, *panels: str) -> list[str]:
        """Return the parameters of which every one of the panels has to give a kind of result.

        kind: "gradient" or "statistics".
        """

    @abstractmethod
    def rounded_pools(self, name: str) -> tuple[type[Op], ...]:
        """Return the average pools whose gradients a subject scales by a rounded 1/n."""

    @abstractmethod
    def moves_alike(self, panels: tuple[str, str]) -> bool:
        """Return whether training moves the running statistics of both in the same way."""

    @property
    @abstractmethod
    def gradient_terms(self) -> Mapping[str, float]:
        """Return, per parameter and of "input", the largest sum of absolute terms of a gradient."""

    def outputs(self, mode: str) -> list[str]:
        """Return what the outputs in a mode are called among the results."""
        return ["output"]


class Runs(Jobs):
    """The jobs of a network's subjects.

    `batch` samples are drawn from `seed`, as are the probe weights unless `values` are given.
    """

    def __init__(
        self,
        network: Network,
        subjects: Iterable[Subject],
        workers: Workers,
        folder: Path,
        batch: int,
        *,
        seed: int = 0,
        timeout: float = 600,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(subjects, workers, folder, timeout)
        self.network, self.batch = network, batch
        self._writing = Lock()
        self.probe = probe(network, seed) if values is None else Probe(dict(values))
        self.parameters = self.probe.weights
        self._given = {
            "input": weights.inputs(network, batch, seed),
            "cotangent": weights.cotangent(network, batch, seed),
        }
        self._files = {name: folder / f"{name}.npz" for name in ("weights", "inputs")}
        write_arrays(self._files["weights"], self.parameters)
        write_arrays(self._files["inputs"], self._given)

    def batch_of(self, name: str) -> Any:
        """Return what every subject is given: the "input" or the "cotangent" of the output."""
        return self._given[name]

    @cached_property
    def reference(self) -> Reference:
        """Return the network in numpy, in training, on what every subject is given."""
        return Reference(self.network, self.parameters, self.batch_of("input"), training=True)

    @cached_property
    def gradient_terms(self) -> dict[str, float]:
        """Return, per parameter and of "input", the largest sum of absolute terms of a gradient."""
        return self.reference.gradient_terms(self.batch_of("cotangent"))

    @property
    def elaboration(self) -> Elaboration:
        """The elaboration of the network as it is run."""
        return self.network.elaboration

    def subject(self, name: str) -> Subject:
        """Return a subject; a framework that is none stands for the file it writes."""
        return self.subjects.get(name) or Written(name, name)

    def rounded_pools(self, name: str) -> tuple[type[Op], ...]:
        """Return the average pools whose gradients a subject scales by a rounded 1/n."""
        subject = self.subject(name)
        if not subject.row.rounds_pool_gradients:
            return ()
        found = subject.rounded_pools(self.network, self.run(Job(name)).told.average_pools)
        return found if gradient_scales(self.network, found) else ()  # every 1/n is exact

    def is_unbiased(self, name: str, op: BatchNorm) -> bool:
        """Is a subject's running variance of a layer that of the estimate, with n / (n - 1)?"""
        subject = self.subject(name)
        if subject.row.unbiased_from is None:
            return False
        return subject.is_unbiased(self.network, op, self.run(Job(name)).told.fused_norms)

    def moves_alike(self, panels: tuple[str, str]) -> bool:
        """Return whether both take the same variance for the running one."""
        ops = [step.op for step in self.elaboration.steps if isinstance(step.op, BatchNorm)]
        return all(len({self.is_unbiased(panel, op) for panel in panels}) == 1 for op in ops)

    def expected(self, kind: str, *panels: str) -> list[str]:
        """Return the parameters of which every one of the panels has to give a kind of result.

        kind: "gradient" or "statistics". It is what the specification declares, less what a
        subject is exempt from, never what panels happen to give.
        """
        absent = set().union(*(self.subject(panel).absent(self.network) for panel in panels))
        return [
            name
            for name, each in self.elaboration.parameters.items()
            if each.trainable == (kind == "gradient") and name not in absent
        ]

    def _inputs(self, job: Job) -> Path:
        """Return the file of the inputs that a job wants, written when first wanted."""
        if not set(job.want) - {*BOTH, INITIAL}:
            return self._files["inputs"]
        with self._writing:
            if "calls" not in self._files:
                self._files["calls"] = self._folder / "calls.npz"
                write_arrays(self._files["calls"], calls.inputs(self.network, self.batch))
        return self._files["calls"]

    def train(
        self, name: str, recipe: Recipe, files: ArrayFiles, steps: int, epochs: int, recorded: Steps
    ) -> Trained:
        """Have a subject's file train, in float64; see protocol.Train. Raises WorkerError."""
        subject = self.subject(name)
        source = subject.source(self.network, False, recipe)
        file = self._file(subject, source, f"{name}_trains", "float64")
        request = Train(file, files, steps, steps // epochs, recorded)
        return self._workers.request(subject.framework, request, self._timeout, lane=subject.lane)

    def _file(self, subject: Subject, source: Source, stem: str, dtype: str) -> NetworkFile:
        path = subject.file
        if path is None:
            path = self._folder / f"{stem}.py"
            path.write_text(source.text, encoding="utf-8")
        return NetworkFile(
            str(path),
            source.entry,
            self.network.input_shape,
            dtype,
            official_names={**source.names, **source.own.parameters},
            step_names=dict(source.own.steps),
            block_names=dict(source.own.blocks),
            matched_names=None if subject.names is None else dict(subject.names),
            absent=tuple(sorted(subject.absent(self.network))),
            import_folder=None if subject.file is None else str(subject.file.parent),
            brought=subject.file is not None,
        )

    def _run(self, job: Job) -> Result:
        subject = self.subject(job.subject)
        source = subject.source(self.network, job.taps)
        stem = f"{job.subject}_{len(self._results)}_{abs(hash(job)):x}"
        arrays = self._folder / f"{stem}.npz"
        file = self._file(subject, source, stem, job.dtype)
        inputs = self._inputs(job)
        files = ArrayFiles(str(self._files["weights"]), str(inputs), str(arrays))
        observe = Observe(job.keep_blocks, job.keep_steps, job.keep_cotangents)
        request = Run(file, files, job.want, observe)
        answer = self._workers.request(subject.framework, request, self._timeout, lane=subject.lane)
        return Result(answer, arrays)


def side_by_side(do: Callable[[Given], Found], items: Iterable[Given], most: int) -> list[Found]:
    """Return what a function gives for each item, in `most` threads."""
    pool = ThreadPoolExecutor(max(1, most))
    try:
        return list(pool.map(do, items))
    finally:  # an interrupt does not wait for jobs: their workers are about to be ended
        pool.shutdown(wait=False, cancel_futures=True)


def comparable(network: Network) -> Network:
    """Return the network as panels can agree on it: no dropout, reals at their float32 values."""
    return transform.float32_exact(transform.without_dropout(network))


def batch_for(network: Network, wanted: int = 2) -> int:
    """Return the batch size at which every BN sees at least 16 values per channel."""
    sizes = [
        math.prod(step.inputs[0][1:])
        for step in network.elaboration.steps
        if isinstance(step.op, BatchNorm)
    ]
    return max(wanted, math.ceil(LEAST_VALUES / min(sizes, default=LEAST_VALUES)))
