"""One worker process of a framework: how it is started, asked, stopped and ended."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from common.errors import TriptychError
from frontends.workers.environments import ROOT, interpreter
from frontends.workers.outcomes import (
    CRASHED,
    MISMATCHED,
    NOT_INSTALLED,
    TIMED_OUT,
    Outcome,
    WorkerError,
)


def environment(
    device: str = "cpu", threads: int | None = None, spin: bool = False
) -> dict[str, str]:
    """Return the variables of a worker: set before any import, since imports read them.

    With `spin`, for timing, threads that wait do so as the framework has it by default, but for
    one bound: GNU OpenMP's spin some 20 µs and then sleep. Its default of milliseconds makes
    PyTorch five times slower as soon as another program wants a core, and gains little else.
    """
    variables = dict(os.environ)
    variables.pop("PYTHONHOME", None)
    variables |= {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "GLOG_minloglevel": "3",
        "PYTHONWARNINGS": "ignore",
        "NVIDIA_TF32_OVERRIDE": "0",  # float32 is float32 in every framework
    }
    if spin:
        variables.setdefault("GOMP_SPINCOUNT", "10000")
    else:  # idle workers take no time from others
        variables |= {"KMP_BLOCKTIME": "0", "OMP_WAIT_POLICY": "PASSIVE"}
    if device == "cpu":
        variables["CUDA_VISIBLE_DEVICES"] = "-1" if "CUDA_VISIBLE_DEVICES" not in variables else ""
    if threads:
        variables |= dict.fromkeys(
            ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), str(threads)
        )
    return variables


class WorkerProcess:
    """A worker of one framework. Closing it ends its process."""

    def __init__(
        self,
        framework: str,
        device: str = "cpu",
        threads: int | None = None,
        spin: bool = False,
        temporary: Path | None = None,
    ) -> None:
        """Start a process; what frameworks leave behind goes into the folder `temporary`."""
        self.framework = framework
        self._stage = "start"
        try:
            python = interpreter(framework)
        except TriptychError as error:
            raise WorkerError(Outcome(framework, NOT_INSTALLED, "start", str(error))) from None
        self._log = tempfile.TemporaryFile(mode="w+b")  # noqa: SIM115 - closed with the worker
        self._process = subprocess.Popen(
            [python, "-m", "frontends.workers.worker", framework],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=ROOT,
            env=environment(device, threads, spin)
            | ({"TMPDIR": str(temporary)} if temporary else {}),
            text=True,
            start_new_session=True,
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def request(self, job: dict[str, Any], timeout: float = 600) -> dict[str, Any]:
        """Return the answer to a job. Raises WorkerError; after it the worker is closed,
        unless it answered with an error of its own."""
        self._stage = job["action"]
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._crashed() from None
        while True:
            try:
                line = self._lines.get(timeout=timeout)
            except queue.Empty:
                self.close()
                message = f"no answer within {timeout:.0f} s"
                raise self._error(TIMED_OUT, message) from None
            if line is None:
                raise self._crashed()
            answer = json.loads(line)
            if "ok" in answer:
                return dict(answer["ok"])
            self._stage = answer["stage"]
            if "error" in answer:
                outcome = MISMATCHED if answer["mismatched"] else CRASHED
                outcome = NOT_INSTALLED if answer["missing"] else outcome
                raise self._error(outcome, answer["error"])

    def suspend(self) -> None:
        """Stop the process where it stands, so that it takes no time from others."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGCONT)

    def alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        """End the process and whatever it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError, AttributeError):
                stream.close()  # type: ignore[union-attr]
        self._log.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with suppress(ValueError):
            for line in self._process.stdout:
                self._lines.put(line)
        self._lines.put(None)

    def _crashed(self) -> WorkerError:
        code = self._process.wait()
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        self._log.seek(0)
        said = self._log.read().decode(errors="replace").strip().splitlines()
        self.close()
        message = f"{how}; it said last: {said[-1] if said else 'nothing'}"
        return self._error(CRASHED, message)

    def _error(self, kind: str, message: str) -> WorkerError:
        return WorkerError(Outcome(self.framework, kind, self._stage, message))
