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
from benchmarks.beside import beside, chosen
from benchmarks.lanes import Settings
from benchmarks.matrix import MODES, Case, Wanted, cases
from benchmarks.options import command
from benchmarks.presets import PRESETS
from benchmarks.progress import Display
from benchmarks.proofs import Proofs
from benchmarks.resume import Earlier
from benchmarks.timing import Session, put_outcome
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
from frontends.workers.gpu import sees_gpu
from frontends.workers.outcomes import NOT_COMPARABLE, Outcome
from frontends.workers.process import spin_variables
from frontends.workers.scratch import scratch
from reports.records import COMPLETE, INTERRUPTED
from reports.schema import SCHEMA

Refused = dict[str, Outcome | None]  # framework -> why it is not timed
References = dict[int, gate.Reference | Outcome]  # by batch


class Benchmark:
    """One run: its options checked, its records open.

    earlier: what a run that goes on has measured. Raises TriptychError for options that mean
    nothing, before anything is measured.
    """

    def __init__(self, options: argparse.Namespace, earlier: Earlier | None = None) -> None:
        self.options, self.earlier = options, earlier
        selected = select(options.framework, options.legacy)
        network = with_settings(load(options.network), options.settings)
        gpu = options.device != "cpu" and (options.device == "gpu" or machine.may_have_gpu())
        wanted = Wanted(options.style, options.mode, options.precision, options.batch_size)
        written = cases(selected, wanted, gpu)
        more = beside(written, chosen(options.beside), network.name, options.plant)
        self.cases = written + more
        self.frameworks = list(dict.fromkeys(case.framework for case in self.cases))
        self.modes = [mode for mode in MODES if any(case.mode == mode for case in self.cases)]
        self.workloads = {size: Workload(network, size) for size in options.batch_size}
        self.workload = next(iter(self.workloads.values()))
        check_memory(self.workload.network, max(options.batch_size))
        output = self.workload.network.elaboration.output
        if len(output) != 1 and self.modes != ["inference"]:
            raise TriptychError(
                f"training needs one output per class, got {output}; --mode inference"
            )
        self.settings = Settings(
            processes=options.processes,
            rounds=options.rounds,
            round_s=PRESETS[options.preset].round_s,
            budget_s=options.budget,
            threads=options.threads,
        )
        self._open()

    def _open(self) -> None:
        if self.earlier:
            self.records = RecordFile.continued(self.earlier.path)
            self.out = self.earlier.path.parent.parent
            self.records.put("resumed", commit=environment.commit(), load=environment.load())
            return
        self.out = folder_for(self.options.out)
        started = datetime.now(timezone.utc)
        stem = f"{started:%Y%m%d-%H%M%S}-{self.workload.network.name}"
        self.records = RecordFile(self.out / "data", stem)
        self._put_header(started)

    def measure(self) -> None:
        """Prove, check and time."""
        groups = len({(case.mode, case.batch) for case in self.cases})
        each = len(self.cases) + self.settings.rounds * groups + groups
        with scratch() as folder, Display(3 + self.settings.processes * each) as display:
            refused = self._prove(display)
            device = self._device(refused)
            for why in filter(None, refused.values()):
                display.note(str(why))
            display.stage("the first steps in float64, to compare with")
            exact = self._references(refused, folder, device)
            self._put_refusals(refused, exact)
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
        recipe = self.workload.recipe
        self.records.put(
            "run",
            schema=SCHEMA,
            started=started.isoformat(timespec="seconds"),
            command=command(self.options),
            commit=environment.commit(),
            machine=environment.machine(),
            load_before=environment.load(),
            threads=self.settings.threads,
            preset=self.options.preset,
            processes=self.settings.processes,
            rounds=self.settings.rounds,
            round_s=self.settings.round_s,
            planted=self.options.plant,
            variables=spin_variables(self.settings.threads),
            cases=self.cases,
            **self.workload.record(),
            **method.words(gate.panels(self.frameworks), self.cases, recipe),
        )

    def _prove(self, display: Display) -> Refused:
        """Climb the ladder, or find that it was; return what it refuses."""
        network, rounding = self.workload.network, not self.options.quick_proof
        display.stage(f"verify {network.name} in {', '.join(self.frameworks)}")
        kept = Proofs(Path(self.options.proofs)) if self.options.proofs else None
        panels = gate.panels(self.frameworks)
        found = kept.find(network, panels, rounding) if kept else None
        report = found or gate.prove(network, self.frameworks, rounding)
        if kept and not found:
            kept.keep(network, panels, rounding, report)
        self._put_proof(report, found is not None)
        return {name: gate.refusal(report, name) for name in self.frameworks}

    def _put_proof(self, report: Report, kept: bool) -> None:
        worst = report.worst_float64
        self.records.put(
            "proof",
            panels=report.frameworks,
            passed=report.passed,
            worst_float64=worst if math.isfinite(worst) else None,
            seconds=round(report.seconds, 1),
            versions=report.versions,
            bounds={"update": gate.UPDATE_BOUND},
            kept=kept,
            rounding=not self.options.quick_proof,
        )

    def _device(self, refused: Refused) -> str:
        """Return the device of all; refuse frameworks without a GPU where others have one."""
        wanted = self.options.device
        asks = wanted == "gpu" or (wanted == "auto" and machine.may_have_gpu())
        seeing = {n for n in self.frameworks if asks and not refused[n] and sees_gpu(n)}
        device = "gpu" if wanted == "gpu" or seeing else "cpu"
        for name in self.frameworks:
            if device == "gpu" and not refused[name] and name not in seeing:
                message = "its build sees no GPU"
                refused[name] = Outcome(name, NOT_COMPARABLE, "device", message)
        return device

    def _references(self, refused: Refused, folder: Path, device: str) -> References:
        proved = [name for name, why in refused.items() if not why]
        found: References = {}
        for size, workload in self.workloads.items():
            of_size = [case for case in self.cases if case.batch == size]
            workload.write(folder / f"batch{size}", gate.bits(of_size))
            threads = self.settings.threads
            found[size] = gate.reference(workload, proved, of_size, folder, threads, device)
        return found

    def _put_refusals(self, refused: Refused, exact: References) -> None:
        """Record why cases are not timed; without a reference none is."""
        for case in self.cases:
            why, reference = refused[case.framework], exact[case.batch]
            if why is None and isinstance(reference, Outcome):
                message = f"no float64 reference: {reference}"
                why = Outcome(case.framework, NOT_COMPARABLE, "reference", message)
            if why is not None:
                put_outcome(self.records, case, why)

    def _time(
        self, refused: Refused, device: str, exact: References, folder: Path, display: Display
    ) -> None:
        def check(case: Case, out: Path) -> dict[str, float]:
            reference = exact[case.batch]
            assert isinstance(reference, gate.Reference)
            return reference.check(case, out)

        first = self.earlier.processes if self.earlier else 0
        lanes = self.workloads, self.settings, self.records, folder
        session = Session(*lanes, check, display.stage, first)
        done = self.earlier.passes if self.earlier else {}
        timed = self._left(refused, exact)
        if timed:
            session.copy(timed[0].framework, device)
        for group in dict.fromkeys((case.mode, case.batch) for case in self.cases):
            left = [case for case in timed if (case.mode, case.batch) == group]
            processes = max(self.settings.processes - done.get(group, 0), 0)
            if left:
                session.measure(left, device, processes)

    def _left(self, refused: Refused, exact: References) -> list[Case]:
        ended = self.earlier.ended if self.earlier else set()
        return [
            case
            for case in self.cases
            if case not in ended
            and not refused[case.framework]
            and isinstance(exact[case.batch], gate.Reference)
        ]
