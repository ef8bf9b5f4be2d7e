"""Run the parts of an experiment that are not recorded yet, one after another."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from common.environment import commit, load, machine
from common.records import RecordFile
from frontends.workers.outcomes import WorkerError
from frontends.workers.protocol import Memory
from reports.experiments.lab import Lab
from reports.experiments.records import COMPLETE, INTERRUPTED, SCHEMA, Record
from reports.experiments.study import Study


def run(
    study: Study,
    lab: Lab,
    parts: Sequence[str],
    path: Path,
    done: Record | None,
    session: dict[str, Any],
) -> bool:
    """Run the parts that `done` lacks and record each as it ends; return whether all ran.

    session: "scale" and "command" of the record that opens the session. An interrupt leaves what
    was recorded. Raises TriptychError.
    """
    opening = _opening(study, lab)  # interrupted here, nothing is recorded
    file = RecordFile.continued(path) if done else RecordFile(path.parent, path.stem)
    began, state, whole = time.perf_counter(), INTERRUPTED, True
    file.put("session", **opening, **session)
    try:
        left = [each for each in parts if done is None or each not in done.parts]
        for number, part in enumerate(left, 1):
            lab.tell(f"{part}: begins ({number} of {len(left)})")
            whole &= _part(study, lab, part, file)
        state = COMPLETE
    finally:
        seconds = round(time.perf_counter() - began, 1)
        file.put("end", state=state, seconds=seconds, load_after=load())
        file.close()
    return whole


def _part(study: Study, lab: Lab, part: str, file: RecordFile) -> bool:
    """Run and record one part; return whether it could be run."""
    began = time.perf_counter()
    try:
        values = study.run(lab, part)
    except WorkerError as error:
        why = error.outcome
        lab.tell(f"{part}: stopped after {time.perf_counter() - began:,.0f} s: {why}")
        told = {"outcome": why.kind, "stage": why.stage, "message": why.message}
        file.put("stopped", part=part, **told)
        return False
    seconds = round(time.perf_counter() - began, 2)
    file.put("part", part=part, seconds=seconds, load=load(), values=values)
    lab.tell(f"{part}: ended in {seconds:,.0f} s")
    return True


def _opening(study: Study, lab: Lab) -> dict[str, Any]:
    dataset = lab.data()[1]
    return _gpu(lab) | {
        "schema": SCHEMA,
        "experiment": study.experiment.name,
        "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(),
        "load_before": load(),
        "threads": lab.threads,
        "device": lab.device,
        "train": len(dataset.train),
        "test": len(dataset.test),
    }


def _gpu(lab: Lab) -> dict[str, str]:
    """Return what the GPU is called, under "gpu"; nothing on a CPU, or where no panel says."""
    if lab.device != "gpu":
        return {}
    name = lab.workers.request(lab.scale.panels[0], Memory(), lab.timeout).device_name
    return {"gpu": name} if name else {}
