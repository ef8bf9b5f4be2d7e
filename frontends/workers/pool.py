"""Workers, one process per framework and lane, started when needed and again after they died."""

from __future__ import annotations

import threading
from collections import defaultdict
from contextlib import AbstractContextManager, ExitStack, nullcontext

from frontends.workers.outcomes import CRASHED, Outcome, WorkerError
from frontends.workers.process import WorkerProcess
from frontends.workers.protocol import AnswerType, Request
from frontends.workers.scratch import scratch


class Workers:
    """One worker per framework and lane, started when first needed and again after it died.

    What runs in one lane cannot change what runs in another: a reader's file may patch its
    framework. May be asked from several threads: a worker serves one request after the other.
    """

    def __init__(self, device: str = "cpu", threads: int | None = None, spin: bool = False) -> None:
        """device, threads, spin: see `frontends.workers.process.environment`."""
        self._device, self._threads, self._spin = device, threads, spin
        self._workers: dict[tuple[str, str], WorkerProcess] = {}
        self._turns: dict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)
        self._finding = threading.Lock()
        self._closed = False
        self._open = ExitStack()
        self._temporary = self._open.enter_context(scratch())  # killed workers leave files behind

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *exception: object) -> None:
        self._closed = True
        for worker in list(self._workers.values()):
            worker.close()
        self._workers.clear()
        self._open.close()

    def request(
        self, framework: str, request: Request[AnswerType], timeout: float = 600, lane: str = ""
    ) -> AnswerType:
        """Return a framework's answer to a request, after those of others who asked earlier.

        timeout: seconds from one sign of life of the worker to the next. Raises WorkerError.
        """
        with self._finding:
            turn = self._turns[framework, lane]
        with turn:
            return self._living(framework, lane).request(request, timeout)

    def printed(self, framework: str, lane: str) -> str:
        """Return what a lane's worker printed since this was last asked, its end if it is long."""
        worker = self._workers.get((framework, lane))
        return worker.printed() if worker else ""

    def end(self, framework: str, lane: str) -> None:
        """End a lane's worker, so that the next request meets a process that ran nothing."""
        worker = self._workers.pop((framework, lane), None)
        if worker is not None:
            worker.close()

    def pid(self, framework: str, lane: str = "") -> int | None:
        """Return the process id of a framework's worker, None if it has none."""
        worker = self._workers.get((framework, lane))
        return worker.pid if worker else None

    def _living(self, framework: str, lane: str) -> WorkerProcess:
        """Return the worker of a framework in a lane, a new one if there is none or it died."""
        worker = self._workers.get((framework, lane))
        if worker is None or not worker.alive():
            if worker is not None:
                worker.close()
            worker = self._workers[framework, lane] = WorkerProcess(
                framework, self._device, self._threads, self._spin, self._temporary
            )
        if self._closed:  # by another thread, which may not have seen this one
            worker.close()
            raise WorkerError(Outcome(framework, CRASHED, "start", "the workers were closed"))
        return worker


def kept(workers: Workers | None) -> AbstractContextManager[Workers]:
    """Return a context of workers: those that are given go on after it, new ones end with it."""
    return Workers() if workers is None else nullcontext(workers)
