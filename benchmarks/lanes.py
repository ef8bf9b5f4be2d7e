"""One case in a process of its own: prepared, warmed up, timed round by round.

A process that waits is stopped (SIGSTOP): it takes no time from the one that is measured.
"""

from __future__ import annotations

import json
import math
import os
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.beside import Variant, variant
from benchmarks.matrix import Case
from frontends.workers.environments import ROOT, interpreter
from frontends.workers.outcomes import CRASHED, TIMED_OUT, Outcome, WorkerError
from frontends.workers.process import WorkerProcess, environment
from frontends.workers.protocol import (
    AnswerType,
    Copy,
    Hello,
    Matmul,
    Memory,
    Prepare,
    Request,
    Steps,
    Under,
)
from reports.statistics import settled, steady_from

WARM_STEPS, WARM_S = 10, 10.0  # at most, if steps do not become steady earlier
GPU_BLOCK_S, GPU_WARM_S, GPU_SETTLE_S = 0.02, 10.0, 0.25  # a block; warm-up, and its parts
MATMUL = {"cpu": (1024, 5), "gpu": (8192, 5)}  # size and how often
COPY = {"cpu": (1 << 28, 5), "gpu": (1 << 31, 5)}  # bytes and how often


@dataclass(frozen=True)
class Settings:
    """How long and with what each timing is done."""

    processes: int
    rounds: int
    round_s: float
    budget_s: float  # for a worker's start, first steps and warm-up; again for each round
    threads: int


class Lane:
    """One case in a fresh worker. Raises WorkerError, also when a budget is spent."""

    def __init__(self, case: Case, device: str, settings: Settings, folder: Path) -> None:
        """folder: of what frameworks leave behind; a compiler's cache is empty in the first
        process of a case, and goes with the run."""
        self.case, self.device, self._settings = case, device, settings
        self._spent, self.memory, self._per = 0.0, 0, 1
        how = variant(case)
        temporary = folder / "_".join(map(str, case)).replace(" ", "-")
        temporary.mkdir(exist_ok=True)
        self._worker = WorkerProcess(
            case.framework,
            device,
            settings.threads,
            spin=True,
            temporary=temporary,
            changed=_changed(case, how),
            runner=how.runner,
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
        found = self.request(request)
        if self.device == "gpu":
            self._per = max(1, math.ceil(GPU_BLOCK_S / found.second_step_s))
        return {
            "versions": versions,
            "rss_after_import": before,
            "device": self.device,
            **asdict(found),
        }

    def warm_up(self) -> dict[str, Any]:
        """Take steps until they are steady; return their seconds, the memory, and the conditions
        under which they are taken."""
        seconds = self._steady() if self.device == "cpu" else self._settled()
        memory = self.request(Memory())
        self.memory = memory.private
        return {
            "seconds": seconds,
            "steady": steady_from(seconds),
            "per": self._per,
            "memory": asdict(memory),
            **self._product(),
            **asdict(self.request(Under())),
        }

    def _product(self) -> dict[str, Any]:
        """Return the size of matrices and how long their products took, in the case's precision."""
        size, count = MATMUL[self.device]
        precision = self.case.precision
        if precision not in ("bfloat16", "float16"):
            seconds = self.request(Matmul(size, count, self.device)).seconds
        elif self.case.framework == "torch":
            seconds = self.request(Matmul(size, count, self.device, precision)).seconds
        else:
            return {"matmul_size": size}
        return {"matmul_size": size, "matmul_seconds": seconds}

    def _steady(self) -> list[float]:
        seconds: list[float] = []
        while steady_from(seconds) is None and len(seconds) < WARM_STEPS and sum(seconds) < WARM_S:
            seconds += self.request(Steps(least=1)).seconds
        return seconds

    def _settled(self) -> list[float]:
        """Keep a GPU busy until its clocks have settled; return the median of each part."""
        seconds: list[float] = []
        started = time.perf_counter()
        while not settled(seconds) and time.perf_counter() - started < GPU_WARM_S:
            found = self.request(Steps(1, GPU_SETTLE_S, self._per))
            seconds.append(statistics.median(found.seconds))
        return seconds

    def round(self) -> dict[str, Any]:
        """Take a round of steps; return the seconds of each, and the page faults of a step."""
        self._spent = 0.0
        steps = self.request(Steps(1, self._settings.round_s, self._per))
        count = self._per * len(steps.seconds)
        return {"seconds": steps.seconds, "faults": round(steps.faults / count, 1)}

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


def copied(framework: str, device: str, settings: Settings, folder: Path) -> dict[str, Any]:
    """Return how long it takes to copy memory, as a record; in a process of its own, whose memory
    no timing takes over. Raises WorkerError."""
    size, count = COPY[device]
    worker = WorkerProcess(framework, device, settings.threads, spin=True, temporary=folder)
    try:
        seconds = worker.request(Copy(size, count, device), settings.budget_s).seconds
    finally:
        worker.close()
    return {"device": device, "bytes": size, "seconds": seconds}


def _changed(case: Case, how: Variant) -> dict[str, str | None]:
    tf32: dict[str, str | None] = {"NVIDIA_TF32_OVERRIDE": None}
    return {**how.changed, **(tf32 if case.precision == "tf32" else {})}


class PlainLane(Lane):
    """A loop as a person writes it, without a worker: the harness is held against it."""

    def __init__(self, case: Case, device: str, settings: Settings, folder: Path) -> None:
        self.case, self.device, self._settings = case, device, settings
        self.memory, self._per = 0, 1
        self._process: subprocess.Popen[str] | None = None

    def prepare(self, request: Prepare) -> dict[str, Any]:
        """Start the loop on the written file; its first steps are its own affair."""
        how = environment(self.device, self._settings.threads, spin=True)
        shape = map(str, request.file.input_shape)
        program = ROOT / "frontends" / "torch" / "plain.py"
        given = [request.file.path, request.file.entry, self.case.mode, self.device]
        self._process = subprocess.Popen(
            [interpreter("torch"), str(program), *given, str(self.case.batch), *shape],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=how,
            text=True,
            start_new_session=True,
        )
        return {}

    def warm_up(self) -> dict[str, Any]:
        """Take a round."""
        self._ask(0.0)
        return {}

    def round(self) -> dict[str, Any]:
        """Take a round of steps; return the seconds of each."""
        return {"seconds": self._ask(self._settings.round_s), "faults": None}

    def _ask(self, seconds: float) -> list[float]:
        process = self._process
        assert process and process.stdin and process.stdout
        timer = threading.Timer(self._settings.budget_s, self.close)
        timer.start()
        try:
            process.stdin.write(f"{seconds}\n")
            process.stdin.flush()
            return list(json.loads(process.stdout.readline()))
        except (OSError, ValueError):
            kind = TIMED_OUT if not timer.is_alive() else CRASHED
            raise WorkerError(Outcome("torch", kind, "plain loop", "gave no seconds")) from None
        finally:
            timer.cancel()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Let the loop run for as long as it has the turn."""
        self._signal(signal.SIGCONT)
        try:
            yield
        finally:
            self._signal(signal.SIGSTOP)

    def close(self) -> None:
        """End the loop."""
        self._signal(signal.SIGKILL)
        if self._process:
            self._process.wait()
            for pipe in filter(None, (self._process.stdin, self._process.stdout)):
                with suppress(OSError):
                    pipe.close()

    def _signal(self, number: signal.Signals) -> None:
        if self._process:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
