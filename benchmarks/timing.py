"""Time cases in several processes each, rounds interleaved in random order.

What is fixed by a process, the places of its memory say, differs from one to the next by more than
rounds do: so every case has several, one after another, and the cases of one pass stand side by
side. A round is a turn of every case, in an order that is drawn anew.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks.beside import PLAIN, variant
from benchmarks.clocks import Clocks
from benchmarks.lanes import Lane, PlainLane, Settings, copied
from benchmarks.matrix import Case
from benchmarks.workloads import Workload
from common import environment, machine
from common.records import RecordFile
from frontends.workers.outcomes import Outcome, WorkerError
from reports.records import MEASURED
from reports.schema import MOST_TEXT

LEAST_MEMORY = 8e9  # bytes that the workers of one group may take together; half of what there is

Check = Callable[[Case, Path], dict[str, Any]]  # raises WorkerError: not comparable
Tell = Callable[[str], None]


class Session:
    """Times the cases of one mode and batch at a time and records everything as it is taken.

    first: the number of the first process, 0 but for a run that goes on.
    """

    def __init__(
        self,
        workloads: Mapping[int, Workload],
        settings: Settings,
        records: RecordFile,
        folder: Path,
        check: Check,
        tell: Tell,
        first: int = 0,
    ) -> None:
        self._workloads, self._settings, self._records = workloads, settings, records
        self._folder, self._check, self._tell = folder, check, tell
        self._lanes: list[Lane] = []
        self._process = first
        self._memory = max(LEAST_MEMORY, (machine.memory() or 0) / 2)

    def copy(self, framework: str, device: str) -> None:
        """Measure how fast memory is copied, where it can be."""
        self._tell("memory's bandwidth")
        with suppress(WorkerError):
            found = copied(framework, device, self._settings, self._folder)
            self._records.put("copy", process=self._process, **found)

    def measure(self, cases: list[Case], device: str, processes: int) -> None:
        """Time the cases on a device, "cpu" or "gpu", each in so many processes, as many cases
        side by side as there is memory for."""
        left = list(cases)
        for number in range(processes):
            self._tell(f"{cases[0].mode} of {cases[0].batch}: {number + 1} of {processes}")
            self._pass(left, device)
        for case in left:
            self._records.put("outcome", case=case, outcome=MEASURED, stage="", message="")

    def _pass(self, left: list[Case], device: str) -> None:
        """Time each case in one process; those that stop are not `left` for the next."""
        waiting, group = list(left), 0
        random.Random(self._process).shuffle(waiting)
        try:
            while waiting:
                while waiting and self._has_room():
                    self._add(waiting.pop(0), device, group, left)
                self._take_rounds(device, left)
                self._close()
                group += 1
        finally:
            self._close()
        if left:
            kind = {"mode": left[0].mode, "batch": left[0].batch}
            self._records.put("pass", process=self._process, load=environment.load(), **kind)
        self._process += 1

    def _has_room(self) -> bool:
        taken = [lane.memory for lane in self._lanes]
        return sum(taken) + max(taken, default=0) <= self._memory

    def _add(self, case: Case, device: str, group: int, left: list[Case]) -> None:
        self._tell(f"{case}: first steps")
        with self._outcomes(case, left):
            lane = (PlainLane if case.variant == PLAIN else Lane)(
                case, device, self._settings, self._folder
            )
            self._lanes.append(lane)
            about = {"case": case, "process": self._process}
            with lane.turn():
                out = self._folder / "out.npz"
                step = {"slowed": variant(case).slowed}
                prepared = lane.prepare(
                    self._workloads[case.batch].request(case, out, device, step)
                )
                if prepared:
                    self._records.put("prepared", **about, **prepared, **self._check(case, out))
                warm = lane.warm_up()
                if warm:
                    self._records.put("warm", **about, group=group, **warm)

    def _take_rounds(self, device: str, left: list[Case]) -> None:
        clocks, order = Clocks(device), random.Random(-1 - self._process)
        for number in range(self._settings.rounds):
            self._tell(f"round {number + 1} of {self._settings.rounds}")
            for lane in order.sample(self._lanes, len(self._lanes)):
                with self._outcomes(lane.case, left), lane.turn():
                    found = lane.round()
                    about = {"case": lane.case, "process": self._process, "round": number}
                    self._records.put("round", **about, **found, clocks=clocks.sample())

    @contextmanager
    def _outcomes(self, case: Case, left: list[Case]) -> Iterator[None]:
        """Turn what stops a case into its outcome; the others go on."""
        try:
            yield
        except WorkerError as error:
            put_outcome(self._records, case, error.outcome)
            self._tell(f"{case}: {error.outcome.kind}: {error.outcome.message}")
            left.remove(case)
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
