"""Realize a network in several panels: write the files, run them in workers, read the results."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from common import transform, weights
from common.elaborate import Elaboration
from common.errors import TriptychError
from common.network import Network
from common.ops import BatchNorm, GlobalAvgPool2d
from frontends.frameworks import TABLE
from frontends.ladder.predictions import gradient_scales
from frontends.workers.arrays import ArrayReader, write_arrays
from frontends.workers.outcomes import NOT_WRITABLE, Outcome, WorkerError
from frontends.workers.pool import Workers
from frontends.writing.draft import Source
from frontends.writing.emit import emit
from frontends.writing.text import EmitError

MINE = "mine"
LEAST_VALUES = 16  # per channel that a BN sees; with fewer its own sensitivity exceeds the bounds
Fault = Callable[[str], str]


@dataclass(frozen=True)
class Result:
    """What one job gave: shapes of parameters and blocks, and the file with its arrays."""

    parameters: dict[str, tuple[int, ...]]
    blocks: dict[str, tuple[int, ...]]
    arrays: Path

    def read(self) -> ArrayReader:
        return ArrayReader(self.arrays)


@dataclass(frozen=True)
class Mine:
    """A reader's own file: its entry, its dialect, and {own name: canonical name}."""

    path: Path
    entry: str
    dialect: str
    names: Mapping[str, str]


@dataclass(frozen=True)
class Job:
    """Which twin of the network, in which panel, and how."""

    framework: str
    twin: str = "exact"  # "exact": float32-exact hyper-parameters; "smooth": and smooth activations
    dtype: str = "float64"
    want: tuple[str, ...] = ("evaluate", "train")
    taps: bool = False  # run the tapped twin, whose every step passes its result through a tap
    keep_steps: bool = False  # what passes the taps is a result, too
    rounded: bool = False
    keep_blocks: bool = False
    rounded_pools: bool = False  # average pools' gradients as Paddle scales them (pooling.py)


@dataclass
class Realizer:
    """Runs a network's twins on one set of probe weights and inputs, each job once.

    `faults` change the written text of a panel: the negative controls. Raises WorkerError.
    """

    network: Network
    workers: Workers
    folder: Path
    batch: int
    seed: int = 0
    timeout: float = 600
    faults: Mapping[str, Fault] = field(default_factory=dict)
    weights: Mapping[str, Any] | None = None
    mine: Mine | None = None  # what the panel "mine" runs; then nothing is made float32-exact

    def __post_init__(self) -> None:
        exact = transform.without_dropout(self.network)
        if self.mine is None:
            exact = transform.float32_exact(exact)
        self.twins = {"exact": exact, "smooth": transform.smooth(exact)}
        self._results: dict[Job, Result] = {}
        self._stops: dict[str, WorkerError] = {}
        self.parameters = dict(self.weights or weights.probe(exact, self.seed))
        self.scales = gradient_scales(exact)
        if self.mine:
            rounds = TABLE[self.mine.dialect].rounds_pool_gradients
            self.scales = gradient_scales(exact, GlobalAvgPool2d) if rounds else {}
        self._scales = self.folder / "scales.npz"
        write_arrays(self._scales, self.scales)
        self._weights, self._inputs = self.folder / "weights.npz", self.folder / "inputs.npz"
        write_arrays(self._weights, self.parameters)
        write_arrays(
            self._inputs,
            {
                "input": weights.inputs(exact, self.batch, self.seed),
                "cotangent": weights.cotangent(exact, self.batch, self.seed),
            },
        )

    def run(self, job: Job) -> Result:
        """Return the result of a job. Raises WorkerError; what stopped is not asked again."""
        if job not in self._results:
            if job.framework in self._stops:
                raise self._stops[job.framework]
            try:
                self._results[job] = self._run(job)
            except WorkerError as stop:
                self._stops[job.framework] = stop
                raise
        return self._results[job]

    def run_all(self, jobs: list[list[Job]]) -> list[Exception | None]:
        """Run lists of jobs side by side; return, per list, what stopped it."""

        def run_list(mine: list[Job]) -> Exception | None:
            try:
                for job in mine:
                    self.run(job)
            except Exception as error:
                return error
            return None

        with ThreadPoolExecutor(max(1, len(jobs))) as pool:
            return list(pool.map(run_list, jobs))

    def source(self, job: Job) -> Source:
        """Return the file that a job runs."""
        if self.mine and job.framework == MINE:
            text = self.mine.path.read_text(encoding="utf-8")
            return Source(self.mine.dialect, text, self.mine.entry, classes=False)
        try:
            source = emit(self.twins[job.twin], job.framework, job.taps)
        except EmitError as error:
            raise WorkerError(Outcome(job.framework, NOT_WRITABLE, "write", str(error))) from None
        fault = self.faults.get(job.framework)
        text = fault(source.text) if fault else source.text
        if fault and text == source.text:
            raise TriptychError(f"the fault for {job.framework} changed nothing")
        return replace(source, text=text)

    def dialect(self, framework: str) -> str:
        """Return the framework that a panel runs in: its own, or that of the reader's file."""
        return self.mine.dialect if self.mine and framework == MINE else framework

    def absent(self, classes: bool) -> list[str]:
        """Return the parameters that a panel has no place for: a function's unused layers."""
        found = self.twins["exact"].elaboration.parameters.values()
        return [] if classes else [p.name for p in found if not p.used]

    def _run(self, job: Job) -> Result:
        source = self.source(job)
        stem = f"{job.framework}_{len(self._results)}_{abs(hash(job)):x}"
        path, arrays = self.folder / f"{stem}.py", self.folder / f"{stem}.npz"
        path.write_text(source.text, encoding="utf-8")
        own: dict[str, Any] = {}
        if self.mine and job.framework == MINE:
            own = {"mine": str(self.mine.path.parent), "names": dict(self.mine.names)}
            missing = set(self.parameters) - set(self.mine.names.values())
            own["absent"] = sorted(missing)
        answer = self.workers.request(
            self.dialect(job.framework),
            {
                "action": "run",
                "source": str(path),
                "entry": source.entry,
                "official": dict(source.names),
                "input_shape": list(self.network.input_shape),
                "dtype": job.dtype,
                "want": list(job.want),
                "rounded": job.rounded,
                "keep_blocks": job.keep_blocks,
                "keep_steps": job.keep_steps,
                "scales": str(self._scales) if job.rounded_pools else None,
                "absent": self.absent(source.classes),
                "weights": str(self._weights),
                "inputs": str(self._inputs),
                "out": str(arrays),
                **own,
            },
            self.timeout,
        )
        parameters = {name: tuple(shape) for name, shape in answer["parameters"].items()}
        blocks = {name: tuple(shape) for name, shape in answer["blocks"].items()}
        return Result(parameters, blocks, arrays)


def batch_for(network: Network, wanted: int = 2) -> int:
    """Return the batch size at which every BN sees at least 16 values per channel."""
    sizes = [
        math.prod(step.inputs[0][1:])
        for step in network.elaboration.steps
        if isinstance(step.op, BatchNorm)
    ]
    return max(wanted, math.ceil(LEAST_VALUES / min(sizes, default=LEAST_VALUES)))


def named(elaboration: Elaboration, kind: str, readers: Mapping[str, ArrayReader]) -> list[str]:
    """Return the names of a kind of result that every panel has, in the network's order."""
    prefix = f"train/{kind}/"
    common = set.intersection(*(set(reader.names()) for reader in readers.values()))
    return [name for name in elaboration.parameters if prefix + name in common]


def by_layer(
    elaboration: Elaboration, readers: Mapping[str, ArrayReader]
) -> list[tuple[str, list[str]]]:
    """Return the layers, each with the parameters whose gradients every panel has."""
    layers: dict[str, list[str]] = {}
    for name in named(elaboration, "gradient", readers):
        layers.setdefault(name.rpartition(".")[0], []).append(name)
    return list(layers.items())
