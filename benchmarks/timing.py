"""Time cases in workers of their own, rounds interleaved.

A worker that waits is stopped (SIGSTOP): it takes no time from the one that is measured. The clock
runs in the worker, around one step that waits for its result; all else is outside.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.matrix import Case
from benchmarks.workloads import Workload
from common.records import RecordFile
from frontends.workers.outcomes import TIMED_OUT, Outcome, WorkerError
from frontends.workers.process import WorkerProcess
from frontends.workers.protocol import (
    AnswerType,
    Hello,
    Matmul,
    Memory,
    Prepare,
    Request,
    Steps,
)
from reports.records import MEASURED
from reports.schema import MOST_TEXT
from reports.statistics import steady_from

WARM_STEPS, WARM_S = 10, 10.0  # at most, if steps do not become steady earlier
LEAST_STEPS, ROUND_S = 2, 0.5  # of a round
MATMUL = {"cpu": (1024, 5), "gpu": (8192, 5)}  # size and how many a round
MEMORY = 8e9  # bytes that the workers of one group may take together


@dataclass(frozen=True)
class Settings:
    """How long and with what each timing is done."""

    rounds: int
    budget_s: float  # for a worker's start, first steps and warm-up; again for each round
    threads: int


class Lane:
    """One case in a fresh worker. Raises WorkerError, also when a budget is spent."""

    def __init__(self, case: Case, device: str, settings: Settings, folder: Path) -> None:
        self.case, self.device, self._settings = case, device, settings
        self._spent = 0.0
        self.memory = 0
        temporary = folder / "_".join(case)  # a compiler's cache is empty, and goes with the run
        temporary.mkdir()
        self._worker = WorkerProcess(
            case.framework, device, settings.threads, spin=True, temporary=temporary
        )

    def request(self, request: Request[AnswerType]) -> AnswerType:
        """Return the worker's answer. Raises WorkerError."""
        left = self._settings.budget_s - self._spent
        started = time.perf_counter()
        try:
            return self._worker.request(request, max(left, 0.001))
        except WorkerError as error:
            if error.outcome.kind != TIMED_OUT:
                raise
            message = f"its budget of {self._settings.budget_s:.0f} s was spent"
            raise WorkerError(replace(error.outcome, message=message)) from None
        finally:
            self._spent += time.perf_counter() - started

    def prepare(self, request: Prepare) -> dict[str, Any]:
        """Load the file, take the first two steps and return their times as a record."""
        versions = self.request(Hello()).versions
        before = self.request(Memory()).rss
        found = asdict(self.request(request))
        return {"versions": versions, "rss_after_import": before, "device": self.device, **found}

    def warm_up(self) -> dict[str, Any]:
        """Take steps until two in a row take the same; return their seconds and the memory."""
        seconds: list[float] = []
        while steady_from(seconds) is None and len(seconds) < WARM_STEPS and sum(seconds) < WARM_S:
            seconds += self.request(Steps(least=1)).seconds
        memory = self.request(Memory())
        self.memory = memory.private
        size, _ = MATMUL[self.device]
        steady = steady_from(seconds)
        return {
            "seconds": seconds,
            "steady": steady,
            "memory": asdict(memory),
            "matmul_size": size,
        }

    def round(self) -> dict[str, Any]:
        """Take a round of steps and of matrix products; return the seconds of each."""
        size, products = MATMUL[self.device]
        self._spent = 0.0
        steps = self.request(Steps(LEAST_STEPS, ROUND_S))
        matmul = self.request(Matmul(size, products, self.device))
        return {"seconds": steps.seconds, "matmul_seconds": matmul.seconds}

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Let the worker run for as long as it has the turn."""
        self._worker.resume()
        try:
            yield
        finally:
            self._worker.suspend()

    def close(self) -> None:
        """End the worker."""
        self._worker.close()


Check = Callable[[Case, Path], dict[str, Any]]  # raises WorkerError: not comparable
Tell = Callable[[str], None]


class Session:
    """Times cases of one mode at a time and records everything as it is taken."""

    def __init__(
        self,
        workload: Workload,
        settings: Settings,
        records: RecordFile,
        folder: Path,
        check: Check,
        tell: Tell,
    ) -> None:
        self._workload, self._settings, self._records = workload, settings, records
        self._folder, self._check, self._tell = folder, check, tell
        self._lanes: list[Lane] = []

    def measure(self, cases: list[Case], device: str) -> None:
        """Time the cases on a device, "cpu" or "gpu", as many side by side as there is memory
        for."""
        waiting, group = list(cases), 0
        try:
            while waiting:
                while waiting and self._has_room():
                    self._add(waiting.pop(0), device, group)
                self._take_rounds()
                self._close()
                group += 1
        finally:
            self._close()

    def _has_room(self) -> bool:
        taken = [lane.memory for lane in self._lanes]
        return sum(taken) + max(taken, default=0) <= MEMORY

    def _add(self, case: Case, device: str, group: int) -> None:
        self._tell(f"{case}: first steps")
        with self._outcomes(case):
            lane = Lane(case, device, self._settings, self._folder)
            self._lanes.append(lane)
            out = self._folder / "out.npz"
            with lane.turn():
                prepared = lane.prepare(self._workload.request(case, out, device))
                checked = self._check(case, out)
                self._records.put("prepared", case=case, **prepared, **checked)
                self._records.put("warm", case=case, group=group, **lane.warm_up())

    def _take_rounds(self) -> None:
        for number in range(self._settings.rounds):
            self._tell(f"round {number + 1} of {self._settings.rounds}")
            # every other round the other way round: a drift of the machine meets all alike
            for lane in list(self._lanes)[:: -1 if number % 2 else 1]:
                with self._outcomes(lane.case), lane.turn():
                    self._records.put("round", case=lane.case, **lane.round())
        for lane in self._lanes:
            self._records.put("outcome", case=lane.case, outcome=MEASURED, stage="", message="")

    @contextmanager
    def _outcomes(self, case: Case) -> Iterator[None]:
        """Turn what stops a case into its outcome; the others go on."""
        try:
            yield
        except WorkerError as error:
            put_outcome(self._records, case, error.outcome)
            self._tell(f"{case}: {error.outcome.kind}: {error.outcome.message}")
            for lane in [lane for lane in self._lanes if lane.case == case]:
                lane.close()
                self._lanes.remove(lane)

    def _close(self) -> None:
        for lane in self._lanes:
            lane.close()
        self._lanes.clear()


def put_outcome(records: RecordFile, case: Case, outcome: Outcome) -> None:
    """Record why a case has no figures, in one line of what UTF-8 can say."""
    message = " ".join(outcome.message.encode(errors="replace").decode().split())[:MOST_TEXT]
    records.put("outcome", case=case, outcome=outcome.kind, stage=outcome.stage, message=message)
