"""The runs of files that are compared: on weights that are given, or probed and calibrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from common.streams import draw, float32_exact
from frontends.ladder.asked import Asked, batch_for
from frontends.ladder.beside import FileRuns
from frontends.ladder.carried import carried
from frontends.ladder.drawn import calibrated, probe
from frontends.ladder.files import Brought
from frontends.ladder.runs import INITIAL, Job
from frontends.workers.pool import Workers


@dataclass(frozen=True)
class Making:
    """Makes runs. folder: where each has a folder of its own."""

    asked: Asked
    workers: Workers
    folder: Path

    def runs(self, subjects: list[Brought]) -> FileRuns:
        """Return the runs, on weights that are given or probed. Raises WorkerError."""
        first, asked = subjects[0], self.asked
        shape = first.seen.input_shape
        batch = batch_for(shape, asked.batch)
        inputs = asked.inputs
        if inputs is None:
            inputs = float32_exact(draw("inputs", asked.seed).standard_normal((batch, *shape)))
        given = {"input": inputs, **_cotangents(first, len(inputs), asked.seed)}
        start = self._started(first, shape, given)
        values = dict(start)
        if asked.weights is not None:
            values.update(carried(asked.weights, first.seen, first.framework, "--weights"))
        else:
            values.update(probe(first.seen.tensors, start, asked.seed))
            values = calibrated(self.made([first], "calibration", shape, values, given), asked.seed)
        return self.made(subjects, "runs", shape, values, given)

    def _started(
        self, first: Brought, shape: tuple[int, ...], given: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return what the first file starts from, where weights cannot be drawn for all of it."""
        if all(each.trains or each.kind for each in first.seen.tensors.values()):
            return {}
        runs = self.made([first], "start", shape, {}, given)
        with runs.run(Job(first.name, want=(INITIAL,))).read() as reader:
            return {
                name.partition("/")[2]: array.astype(np.float64) for name, array in reader.items()
            }

    def made(
        self,
        subjects: list[Brought],
        name: str,
        shape: tuple[int, ...],
        values: Mapping[str, Any],
        given: Mapping[str, Any],
    ) -> FileRuns:
        """Return runs on these weights and inputs; each has a name of its own."""
        folder = self.folder / name
        folder.mkdir()
        return FileRuns(subjects, self.workers, folder, self.asked.timeout, shape, values, given)


def _cotangents(first: Brought, batch: int, seed: int) -> dict[str, Any]:
    shapes = [first.seen.outputs["train"][key] for key in first.outputs["train"]]
    names = [f"cotangent/{i}" if i else "cotangent" for i in range(len(shapes))]
    return {
        name: float32_exact(draw(name, seed).standard_normal((batch, *shape[1:])))
        for name, shape in zip(names, shapes)
    }
