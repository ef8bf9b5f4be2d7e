"""Every panel's last checkpoint, evaluated in every panel: do weights differ, or evaluations?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from common.errors import TriptychError
from common.records import RecordFile
from frontends.training.batches import Files
from frontends.training.experiment import Experiment
from frontends.training.history import CHECKPOINTS, RECORDS, read_settings
from frontends.training.panel import LAST, Panel
from frontends.training.start import continued
from frontends.workers.outcomes import WorkerError
from frontends.workers.pool import Workers
from frontends.workers.protocol import Evaluated
from frontends.workers.scratch import scratch


class Crossed(NamedTuple):
    """What a panel makes of the weights of another, of a step."""

    panel: str
    source: str
    step: int
    found: Evaluated


def cross_evaluate(folder: Path, workers: Workers | None = None) -> None:
    """Evaluate the checkpoints of a training's folder, and add what is found to its records.

    Raises TriptychError, one line, where a panel cannot.
    """
    experiment = read_settings(folder)
    sources = {
        name: folder / CHECKPOINTS / name / f"{LAST}.safetensors" for name in experiment.panels
    }
    sources = {name: path for name, path in sources.items() if path.is_file()}
    if not sources:
        raise TriptychError(f"{folder}: has no checkpoint to evaluate")
    records = RecordFile.continued(folder / RECORDS)
    try:
        for each in _crossed(experiment, sources, workers):
            told = {"loss": each.found.loss, "accuracy": each.found.accuracy}
            told |= {"samples": each.found.samples, "step": each.step}
            records.put("crossed", panel=each.panel, source=each.source, **told)
    except WorkerError as error:
        raise TriptychError(str(error.outcome)) from None
    finally:
        records.close()


def _crossed(
    experiment: Experiment, sources: dict[str, Path], workers: Workers | None
) -> Iterator[Crossed]:
    order, at_once = experiment.order(), experiment.tested_at_once
    with scratch() as temporary, Files(order, 1, at_once, temporary) as files:
        for name in experiment.panels:
            panel = Panel(name, experiment, temporary, temporary, workers)
            try:
                for source, path in sources.items():
                    panel.begin(continued(experiment, path, temporary, name))
                    found = panel.evaluate(files.tests())
                    yield Crossed(name, source, panel.step, found)
            finally:
                panel.close()
