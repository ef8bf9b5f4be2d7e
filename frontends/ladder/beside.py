"""Files that are compared with each other, without a specification: the ladder's jobs and rungs.

Parameters bear the names that they have in the first file. Probe weights are scaled by a training
step of the first file: its running statistics are near those of the batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import combinations
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from common.compare import difference
from common.ops import Op
from common.streams import draw, float32_exact
from frontends.ladder import calls
from frontends.ladder.aligned import Traced, apart, traced
from frontends.ladder.climb import given
from frontends.ladder.files import Brought
from frontends.ladder.gradients import CANCELLED
from frontends.ladder.locate import FLOAT64_BOUND
from frontends.ladder.moving import SHARE_ALIKE, TWICE, moves
from frontends.ladder.runs import BOTH, INITIAL, Job, Jobs, Result
from frontends.workers.arrays import ArrayReader, write_arrays
from frontends.workers.outcomes import WorkerError
from frontends.workers.pool import Workers
from frontends.workers.protocol import ArrayFiles, Call, Observe, Run, Structure
from frontends.workers.recording import DROPOUT, FUSED

# A result may be off by so many times what the error of float32 tells of how far it magnifies
# rounding: float64 rounds 2⁻²⁹ times as much.
MAGNIFIED = 16 * 2.0**-29
SAMPLES_VARIED = 12
Results = dict[str, Any]  # <mode>/<what>


class FileRuns(Jobs):
    """The jobs of files that are compared.

    values: the weights, by the first file's names. given: "input" and the cotangents.
    """

    def __init__(
        self,
        subjects: list[Brought],
        workers: Workers,
        folder: Path,
        timeout: float,
        shape: tuple[int, ...],
        values: Mapping[str, Any],
        given: Mapping[str, Any],
    ) -> None:
        super().__init__(subjects, workers, folder, timeout)
        self.brought = {each.name: each for each in subjects}
        self.first, self.shape, self.parameters = subjects[0], shape, dict(values)
        self.given, self._writing, self._written = dict(given), Lock(), False
        self._steps = 0
        self._files = {name: folder / f"{name}.npz" for name in ("weights", "twice", "calls")}
        write_arrays(self._files["weights"], self.parameters)
        again = {f"again/{name}": each for name, each in self.given.items()}
        write_arrays(self._files["twice"], {**self.given, **again})

    def absent(self, name: str) -> set[str]:
        """Return the parameters of the first file that a file has not."""
        return set(self.parameters) - set(self.brought[name].matched.values())

    def expected(self, kind: str, *panels: str) -> list[str]:
        absent = set().union(*(self.absent(panel) for panel in panels))
        frozen = set().union(*(self.frozen(panel) for panel in panels))
        moving = ("mean", "variance")
        return [
            name
            for name, each in self.first.seen.tensors.items()
            if name in self.parameters and name not in absent and name not in frozen
            if (name.rpartition(".")[2] not in moving) == (kind == "gradient")
            if each.trains or each.kind in moving
        ]

    def frozen(self, panel: str) -> set[str]:
        """Return the parameters that do not train in a file."""
        subject = self.brought[panel]
        return {
            subject.matched[own]
            for own, each in subject.seen.tensors.items()
            if own in subject.matched and not each.trains and each.kind not in ("mean", "variance")
        }

    def rounded_pools(self, name: str) -> tuple[type[Op], ...]:
        """None: a file that is compared has exact ones."""
        return ()

    def is_unbiased(self, name: str, layer: str) -> bool | None:
        """Is the running variance of a file's layer that of the estimate, with n / (n - 1)? None
        where its call is not seen."""
        row = self.brought[name].row
        if row.unbiased_from is None or row.unbiased_from == 0:
            return row.unbiased_from == 0
        fused = self.run(Job(name)).told.fused_norms
        if not fused:
            return False
        called = [call.name for _, call in self.calls_of(name, layer)]
        if any(FUSED in each for each in called):
            return True
        if called and not any("(Merge)" in each for each in called):  # of a switch, it may be
            return False
        return True if fused == len(self.statistics_layers(name)) else None

    def calls_of(self, name: str, layer: str) -> Iterator[tuple[int, Call]]:
        """Yield the numbered calls of a layer of the first file in a file, in training."""
        matched = self.brought[name].matched
        own = {mine for mine, first in matched.items() if first.startswith(f"{layer}.")}
        for number, call in enumerate(self.run(Job(name, taps=True)).told.calls.get("train", ())):
            if own & set(call.takes):
                yield number, call

    def moves_alike(self, panels: tuple[str, str]) -> bool:
        """Return whether both take the same variance for the running one."""
        layers = self.statistics_layers(*panels)
        if not layers:
            return True
        one, other = ([self.is_unbiased(panel, each) for each in layers] for panel in panels)
        kept = [[each[0] for each in moves(self, p, layers).values()] for p in panels]
        alike = bool(np.allclose(kept[0], kept[1], 0, SHARE_ALIKE))
        return alike and one == other and None not in one

    def statistics_layers(self, *panels: str) -> list[str]:
        """Return the layers whose running statistics all of the panels have."""
        names = self.expected("statistics", *panels)
        return list(dict.fromkeys(name.rpartition(".")[0] for name in names))

    def outputs(self, mode: str) -> list[str]:
        count = min(len(each.outputs.get(mode, ("",))) for each in self.brought.values())
        return [f"output/{i}" if i else "output" for i in range(count)]

    @cached_property
    def gradient_terms(self) -> Mapping[str, float]:
        """The least that gradients are judged against, by how far float32 is off."""
        found: defaultdict[str, float] = defaultdict(float)
        for name in self.brought:
            try:
                both = [self.run(Job(name, dtype=dtype)) for dtype in ("float64", "float32")]
            except WorkerError:  # which the row of float32 tells
                continue
            with both[0].read() as exact, both[1].read() as rounded:
                for each in ["input", *self.parameters]:
                    arrays = [
                        given(reader, f"train/gradient/{each}") for reader in (exact, rounded)
                    ]
                    off = _largest_difference(*arrays)
                    terms = MAGNIFIED * off / FLOAT64_BOUND / CANCELLED
                    found[each] = max(found.get(each, 0.0), terms)
        return found

    def dropped(self, name: str) -> list[Any]:
        """Return what every dropout of a file is given in training. Raises WorkerError."""
        with self.run(Job(name, taps=True)).read() as reader:
            prefix = f"train/given/{DROPOUT}"
            return [array for key, array in reader.items() if key.startswith(prefix)]

    def apart_in_evaluation(self) -> str:
        """Return where the first files whose outputs are not the same part, "" if none do; files
        that do not take the inputs are left out."""
        seen = []
        for name in self.brought:
            try:
                seen.append(self.traced(name, "evaluate", want=BOTH[:1]))
            except WorkerError:
                continue
        for one, other in combinations(seen, 2):
            if difference(one.output, other.output).relative > FLOAT64_BOUND:
                return apart(one, other)
        return ""

    def traced(self, name: str, mode: str, want: tuple[str, ...] = BOTH) -> Traced:
        """Return what a file calls in a mode. Raises WorkerError."""
        looked_at = self.run(Job(name, want=want, taps=True))
        with looked_at.read() as reader:
            return traced(name, looked_at.told.calls.get(mode, ()), reader, mode)

    def step(self, name: str, weights: Mapping[str, Any], given: Mapping[str, Any]) -> Results:
        """Return what a file gives in a call in training on other weights and inputs, all of it.

        given: "input" and the cotangents, without which there are no gradients. Raises WorkerError.
        """
        return self._given_by(name, weights, given, BOTH[1:])

    def started(self, name: str, seed: int) -> Results:
        """Return what a file starts from that is made with a seed. Raises WorkerError."""
        found = self._given_by(name, {}, {}, (INITIAL,), seed)
        return {key.partition("/")[2]: each for key, each in found.items()}

    def _given_by(
        self,
        name: str,
        weights: Mapping[str, Any],
        given: Mapping[str, Any],
        modes: tuple[str, ...],
        seed: int | None = None,
    ) -> Results:
        self._steps += 1
        paths = [str(self._folder / f"step_{self._steps}_{i}.npz") for i in range(3)]
        write_arrays(Path(paths[0]), weights)
        write_arrays(Path(paths[1]), given)
        file = self.brought[name].network_file(self.shape, absent=self.absent(name))
        request = Run(replace(file, seed=seed), ArrayFiles(*paths), modes, Observe())
        self._requested(name, request)
        with ArrayReader(paths[2]) as reader:
            return dict(reader.items())

    def _requested(self, name: str, request: Run) -> Structure:
        subject = self.brought[name]
        return self._workers.request(subject.framework, request, self._timeout, lane=subject.lane)

    def _inputs(self, job: Job) -> Path:
        if not set(job.want) - {*BOTH, INITIAL}:
            return self._files["twice"]
        with self._writing:
            if not self._written:
                write_arrays(self._files["calls"], self._calls())
                self._written = True
        return self._files["calls"]

    def _calls(self) -> dict[str, Any]:
        """Return the inputs of further calls."""
        first = self.given["input"]
        more = len(first) + 3
        larger = float32_exact(draw("larger", 0).standard_normal((more, *first.shape[1:])))
        found = calls.varied(first, larger, SAMPLES_VARIED)
        for name, each in self.given.items():
            if name.startswith("cotangent"):
                found.update({f"{again}/{name}": each for again in calls.AGAIN})
                shape = (more, *each.shape[1:])
                found[f"large/{name}"] = calls.LARGER * draw(name, 1).standard_normal(shape)
        return found

    def _run(self, job: Job) -> Result:
        subject = self.brought[job.subject]
        arrays = self._folder / f"{len(self._results)}_{abs(hash(job)):x}.npz"
        file = subject.network_file(self.shape, job.dtype, self.absent(job.subject))
        file = replace(file, dropping=job.dropping)
        files = ArrayFiles(str(self._files["weights"]), str(self._inputs(job)), str(arrays))
        again = job.want == BOTH and job.dtype == "float64" and not job.taps
        want = (*BOTH, TWICE[1]) if again else job.want  # for the rung of running statistics
        request = Run(file, files, want, Observe(keep_steps=job.taps, keep_calls=job.taps))
        return Result(self._requested(job.subject, request), arrays)


def _largest_difference(one: Any, another: Any) -> float:
    if one.shape != another.shape or not one.size:
        return 0.0
    off = np.abs(one - another.astype(np.float64))
    return float(off.max()) if np.isfinite(off).all() else 0.0
