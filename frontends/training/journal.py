"""What is recorded of a training as it goes (fields: reports.training.schema)."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from pathlib import Path

from common.environment import load as machine_load
from common.errors import TriptychError
from common.records import RecordFile
from frontends.ladder.report import Report
from frontends.training.experiment import Experiment, panel_words
from frontends.training.history import RECORDS
from frontends.workers.outcomes import NOT_COMPARABLE, Outcome
from frontends.workers.protocol import Advanced, Evaluated

COMPLETE, INTERRUPTED, TRAINED = "complete", "interrupted", "trained"


class Journal:
    """The records of a training in its folder, new or gone on with. Raises TriptychError where they
    cannot be written."""

    def __init__(self, folder: Path, experiment: Experiment, command: str, resumes: bool) -> None:
        started = datetime.now(timezone.utc).isoformat(timespec="seconds")
        if not resumes:
            self._file = RecordFile(folder, Path(RECORDS).stem)
            if self._file.path.name != RECORDS:  # another began since the folder was looked at
                self._file.close()
                self._file.path.unlink()
                raise TriptychError(f"{folder}: holds a training; --resume goes on with it")
            fields = experiment.record()
            self._file.put("training", started=started, command=command, **fields)
        else:
            self._file = RecordFile.continued(folder / RECORDS)
            panels = {name: panel_words(name) for name in experiment.panels}
            fields = {"end": experiment.end, "panels": panels, **experiment.place()}
            self._file.put("resumed", started=started, command=command, **fields)

    def proved(self, report: Report, passed: bool) -> None:
        """Record what the ladder said of the panels."""
        self._file.put(
            "proof",
            panels=report.frameworks,
            passed=passed,
            worst_float64=_finite(report.worst_float64),
            uncompared=sorted({r.rung for r in report.rows if r.outcome == NOT_COMPARABLE}),
            seconds=round(report.seconds, 1),
            versions=report.versions,
        )

    def started(
        self, panel: str, step: int, source: str, versions: dict[str, str], seconds: float
    ) -> None:
        """Record that a panel began behind a step."""
        told = {"source": source, "versions": versions, "seconds": round(seconds, 3)}
        self._file.put("started", panel=panel, step=step, **told)

    def losses(self, panel: str, first: int, found: Advanced) -> None:
        """Record the steps of a turn."""
        self._file.put(
            "losses",
            panel=panel,
            first=first,
            losses=[_finite(loss) for loss in found.losses],
            correct=found.correct,
            samples=found.samples,
            rates=found.rates,
            digest=found.digest,
            seconds=found.seconds,
        )

    def validated(self, panel: str, step: int, found: Evaluated) -> None:
        """Record a validation."""
        told = {"accuracy": found.accuracy, "samples": found.samples, "seconds": found.seconds}
        self._file.put("validation", panel=panel, step=step, loss=_finite(found.loss), **told)

    def apart(self, panel: str, other: str, step: int, distance: float, furthest: str) -> None:
        """Record how far a panel's parameters are from another's."""
        told = {"other": other, "step": step, "distance": _finite(distance)}
        self._file.put("distance", panel=panel, furthest=furthest, **told)

    def kept(self, panel: str, step: int, best: bool) -> None:
        """Record that a checkpoint was written."""
        self._file.put("checkpoint", panel=panel, step=step, best=best)

    def trained(self, panel: str) -> None:
        """Record that a panel came to the end."""
        self._file.put("outcome", panel=panel, outcome=TRAINED, stage="", message="")

    def stopped(self, panel: str, why: Outcome) -> None:
        """Record why a panel trains no more."""
        told = {"outcome": why.kind, "stage": why.stage, "message": why.message}
        self._file.put("outcome", panel=panel, **told)

    def end(self, state: str, seconds: float, loading: dict[str, float] | None) -> None:
        """Record how the training ended, and how batches came, None where none did; close the
        file."""
        told = {} if loading is None else {"loading": loading}
        took = round(seconds, 1)
        self._file.put("end", state=state, seconds=took, load_after=machine_load(), **told)
        self._file.close()


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
