"""One benchmark: what is asked for is checked, proved, timed; every stage leaves its records."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from benchmarks import gate, method
from benchmarks.matrix import MODES, Case, cases
from benchmarks.options import command
from benchmarks.progress import Display
from benchmarks.timing import Session, Settings, put_outcome
from benchmarks.workloads import Workload
from common import environment, machine
from common.errors import TriptychError
from common.files import folder_for
from common.memory import check_memory
from common.networks import load
from common.networks.settings import with_settings
from common.records import RecordFile
from frontends.frameworks import select
from frontends.ladder.report import Report
from frontends.workers.outcomes import NOT_COMPARABLE, Outcome
from frontends.workers.scratch import scratch
from reports.records import COMPLETE, INTERRUPTED
from reports.schema import SCHEMA

Refused = dict[str, Outcome | None]  # framework -> why it is not timed


class Benchmark:
    """One run: its options checked, its records open.

    Raises TriptychError for options that mean nothing, before anything is measured.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        selected = select(options.framework, options.legacy)
        self.cases = cases(selected, options.style, options.mode)
        self.frameworks = list(dict.fromkeys(case.framework for case in self.cases))
        self.modes = [mode for mode in MODES if any(case.mode == mode for case in self.cases)]
        network = with_settings(load(options.network), options.settings)
        self.workload = Workload(network, options.batch_size)
        check_memory(self.workload.network, options.batch_size)
        output = self.workload.network.elaboration.output
        if len(output) != 1 and "training" in self.modes:
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

    def measure(self) -> None:
        """Prove, check and time."""
        total = 2 + len(self.cases) + self.settings.rounds * len(self.modes)
        with scratch() as folder, Display(total) as display:
            refused = self._prove(display)
            device = self._device(refused)
            for why in filter(None, refused.values()):
                display.note(str(why))
            display.stage("the first steps in float64, to compare with")
            exact = self._reference(refused, folder)
            self._put_refusals(refused, exact)
            if isinstance(exact, gate.Reference):
                self._time(refused, device, exact, folder, display)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Close the records with how the run ended, whatever ends it."""
        started, state = time.perf_counter(), INTERRUPTED
        try:
            yield
            state = COMPLETE
        finally:
            seconds = round(time.perf_counter() - started, 1)
            self.records.put("end", state=state, seconds=seconds, load_after=environment.load())
            self.records.close()

    def _put_header(self, started: datetime) -> None:
        self.records.put(
            "run",
            schema=SCHEMA,
            started=started.isoformat(timespec="seconds"),
            command=command(self.options),
            commit=environment.commit(),
            machine=environment.machine(),
            load_before=environment.load(),
            threads=self.settings.threads,
            rounds=self.settings.rounds,
            cases=self.cases,
            **self.workload.record(),
            **method.words(gate.panels(self.frameworks), self.modes, self.workload.recipe),
        )

    def _prove(self, display: Display) -> Refused:
        """Climb the ladder; return what it refuses."""
        network = self.workload.network
        display.stage(f"verify {network.name} in {', '.join(self.frameworks)}")
        report = gate.prove(network, self.frameworks)
        self._put_proof(report)
        return {name: gate.refusal(report, name) for name in self.frameworks}

    def _put_proof(self, report: Report) -> None:
        worst = report.worst_float64
        self.records.put(
            "proof",
            panels=report.frameworks,
            passed=report.passed,
            worst_float64=worst if math.isfinite(worst) else None,
            seconds=round(report.seconds, 1),
            versions=report.versions,
            bounds={"update": gate.UPDATE_BOUND},
        )

    def _device(self, refused: Refused) -> str:
        """Return the device of all; refuse frameworks without a GPU where others have one."""
        wanted = self.options.device
        asks = wanted == "gpu" or (wanted == "auto" and machine.may_have_gpu())
        seeing = {n for n in self.frameworks if asks and not refused[n] and gate.sees_gpu(n)}
        device = "gpu" if wanted == "gpu" or seeing else "cpu"
        for name in self.frameworks:
            if device == "gpu" and not refused[name] and name not in seeing:
                message = "its build sees no GPU"
                refused[name] = Outcome(name, NOT_COMPARABLE, "device", message)
        return device

    def _reference(self, refused: Refused, folder: Path) -> gate.Reference | Outcome:
        self.workload.write(folder)
        proved = [name for name, why in refused.items() if not why]
        return gate.reference(self.workload, proved, set(self.modes), folder, self.settings.threads)

    def _put_refusals(self, refused: Refused, exact: gate.Reference | Outcome) -> None:
        """Record why cases are not timed; without a reference none is."""
        for case in self.cases:
            why = refused[case.framework]
            if why is None and isinstance(exact, Outcome):
                message = f"no float64 reference: {exact}"
                why = Outcome(case.framework, NOT_COMPARABLE, "reference", message)
            if why is not None:
                put_outcome(self.records, case, why)

    def _time(
        self,
        refused: Refused,
        device: str,
        exact: gate.Reference,
        folder: Path,
        display: Display,
    ) -> None:
        session = Session(
            self.workload, self.settings, self.records, folder, exact.check, display.stage
        )
        for mode in self.modes:
            session.measure([case for case in self._left(refused) if case.mode == mode], device)

    def _left(self, refused: Refused) -> list[Case]:
        return [case for case in self.cases if not refused[case.framework]]
