"""Prove that the panels are one network, then time them: `python -m benchmarks.run`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from benchmarks import environment, gate
from benchmarks.options import command, parse
from benchmarks.progress import Display
from benchmarks.timing import Session, Settings, put_outcome
from benchmarks.workloads import Workload, cases
from common.errors import TriptychError, run_command
from common.files import folder_for
from common.networks import load
from frontends.frameworks import select
from frontends.ladder.report import Report
from frontends.workers.outcomes import NOT_COMPARABLE, Outcome
from frontends.workers.pool import scratch
from reports.build import build
from reports.records import MODES, RecordFile, Run, read_run
from reports.tables import text_tables


class Job:
    """One run: its options checked, its records open."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        selected = select(options.framework, options.legacy)
        self.cases = cases(selected, options.style, options.mode)
        self.frameworks = list(dict.fromkeys(case.framework for case in self.cases))
        self.workload = Workload(load(options.network), options.batch_size)
        output = self.workload.network.elaboration.output
        if len(output) != 1 and any(case.mode == "training" for case in self.cases):
            raise TriptychError(
                f"training needs one output per class, got {output}; --mode inference"
            )
        self.settings = Settings(
            rounds=options.rounds, budget_s=options.budget, threads=options.threads
        )
        self.out = folder_for(options.out)
        started = datetime.now(timezone.utc)
        stem = f"{started:%Y%m%d-%H%M%S}-{self.workload.network.name}"
        self.records = RecordFile(self.out / "data", stem)
        self._put_header(started)

    def _put_header(self, started: datetime) -> None:
        self.records.put(
            "run",
            schema=1,
            started=started.isoformat(timespec="seconds"),
            command=command(self.options),
            commit=environment.commit(),
            machine=environment.machine(),
            load_before=environment.load(),
            threads=self.settings.threads,
            rounds=self.settings.rounds,
            cases=self.cases,
            **self.workload.record(),
        )

    def measure(self) -> None:
        """Prove, check and time; every stage leaves its records."""
        total = 2 + len(self.cases) + self.settings.rounds * len({c.mode for c in self.cases})
        with scratch() as folder, Display(total) as display:
            display.stage(f"verify {self.workload.network.name} in {', '.join(self.frameworks)}")
            report = gate.prove(self.workload.network, self.frameworks)
            self._put_proof(report)
            refused = {name: gate.refusal(report, name) for name in self.frameworks}
            devices = self._devices(refused)
            for name in [name for name, why in refused.items() if why]:
                display.note(f"{name}: {refused[name]}")
            display.stage("the first steps in float64, to compare with")
            self.workload.write(folder)
            proved = [name for name in self.frameworks if not refused[name]]
            modes = {case.mode for case in self.cases}
            exact = gate.reference(self.workload, proved, modes, folder, self.settings.threads)
            self._refuse(refused, exact)
            if isinstance(exact, gate.Reference):
                session = Session(
                    self.workload, self.settings, self.records, folder, exact.check, display.stage
                )
                for mode in MODES:
                    mine = [c for c in self.cases if c.mode == mode and not refused[c.framework]]
                    session.measure(mine, devices)

    def _put_proof(self, report: Report) -> None:
        worst = report.worst_float64
        self.records.put(
            "proof",
            panels=report.frameworks,
            passed=report.passed,
            worst_float64=worst if worst == worst else None,
            seconds=round(report.seconds, 1),
            versions=report.versions,
            bounds={"forward": gate.FORWARD_BOUND, "update": gate.UPDATE_BOUND},
        )

    def _devices(self, refused: dict[str, Outcome | None]) -> dict[str, str]:
        """Return each framework's device; refuse those without a GPU where others have one."""
        wanted = self.options.device
        asks = wanted == "gpu" or (wanted == "auto" and environment.may_have_gpu())
        seeing = {n for n in self.frameworks if asks and not refused[n] and gate.sees_gpu(n)}
        device = "gpu" if wanted == "gpu" or seeing else "cpu"
        for name in self.frameworks:
            if device == "gpu" and not refused[name] and name not in seeing:
                message = "its build sees no GPU"
                refused[name] = Outcome(name, NOT_COMPARABLE, "device", message)
        return dict.fromkeys(self.frameworks, device)

    def _refuse(self, refused: dict[str, Outcome | None], exact: gate.Reference | Outcome) -> None:
        for case in self.cases:
            why = refused[case.framework]
            if why is None and isinstance(exact, Outcome):
                message = f"no float64 reference: {exact}"
                why = Outcome(case.framework, NOT_COMPARABLE, "reference", message)
            if why is not None:
                put_outcome(self.records, case, why)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Close the records with how the run ended, whatever ends it."""
        started, state = time.perf_counter(), "interrupted"
        try:
            yield
            state = "complete"
        finally:
            seconds = round(time.perf_counter() - started, 1)
            self.records.put("end", state=state, seconds=seconds, load_after=environment.load())
            self.records.close()


def show(run: Run, out: Path) -> int:
    """Print the table, write the page, and return the exit code."""
    print(text_tables(run))
    print(f"\n{build(out, run.name)}")
    return 0 if all(timing.measured for timing in run.timings.values()) else 1


def main() -> int:
    """Run the job; an interrupt keeps what was measured."""
    job = Job(parse())
    try:
        with job.recording():
            job.measure()
    except KeyboardInterrupt:
        show(read_run(job.records.path), job.out)
        raise
    return show(read_run(job.records.path), job.out)


if __name__ == "__main__":
    run_command(main)
