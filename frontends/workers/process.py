"""One worker process of a framework: how it is started, asked, stopped and ended."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

from common import machine
from common.errors import TriptychError
from frontends.workers.channel import Channel
from frontends.workers.encoding import ProtocolError
from frontends.workers.environments import ROOT, interpreter
from frontends.workers.outcomes import CRASHED, NOT_INSTALLED, TIMED_OUT, Outcome, WorkerError
from frontends.workers.protocol import AnswerType, Failure, Request, Stage

LOG_TAIL = 1 << 12  # bytes of what a worker printed that are read back
# glibc's malloc keeps what is freed, as TensorFlow's own allocator does. By its defaults each step
# gives large blocks back and faults their pages in anew: PyTorch's eager inference of
# se_resnext_mnist, batch 64, gave 650 to 676 images/s so, and 1,072 to 1,325 with these (three runs
# each, in turn, on two cores).
ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": "1073741824",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "268435456",
}
# The MKL that Paddle and Fluid bring, of 2019, takes a slow way on CPUs that are not Intel's, but
# for those that it is told have AVX2: float32 products of 1,024 rows reach 74 GFLOP/s by themselves
# and 175 so in Paddle, 61 to 76 and 185 in Fluid (AMD EPYC, two cores). Later ones do not read it.
MKL = {"MKL_DEBUG_CPU_TYPE": "5"}
# How many threads work: within an op, and, in TensorFlow, on how many ops at once, as gradients of
# kernel and input are.
THREADS = (
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
)  # fmt: skip
LOOK_S = 1.0  # how often a silent worker is looked after
# Linux ends a worker with the thread that started it (see common.signals): with this one,
# which lives as long as the program.
_STARTER = ThreadPoolExecutor(1, "starts-workers")


def environment(
    device: str = "cpu", threads: int | None = None, spin: bool = False
) -> dict[str, str]:
    """Return the variables of a worker: set before any import, since imports read them.

    device: "cpu" hides every GPU, "gpu" leaves them. threads: of the framework's own pools, None
    leaves it to the framework. spin: for timing, threads that wait do so as the framework has it
    by default, but for one bound: GNU OpenMP's spin some 20 µs and then sleep. Its default of
    milliseconds makes PyTorch five times slower as soon as another program wants a core, and
    gains little else. Memory that is freed stays with the process, see ALLOCATOR. Timed or not,
    an old MKL is told of AVX2, see MKL.
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
        **(MKL if slow_in_mkl() else {}),
    }
    if spin:
        variables |= ALLOCATOR | {"GOMP_SPINCOUNT": variables.get("GOMP_SPINCOUNT", "10000")}
    else:  # idle workers take no time from others
        variables |= {"KMP_BLOCKTIME": "0", "OMP_WAIT_POLICY": "PASSIVE"}
    if device == "cpu":
        variables["CUDA_VISIBLE_DEVICES"] = "-1" if "CUDA_VISIBLE_DEVICES" not in variables else ""
    if threads:
        variables |= dict.fromkeys(THREADS, str(threads))
    return variables


def slow_in_mkl() -> bool:
    """Return whether the CPU is one that an MKL of 2019 is slow on, and need not be."""
    return machine.cpu("vendor_id") == "AuthenticAMD" and "avx2" in machine.cpu("flags").split()


def spin_variables(threads: int) -> dict[str, str]:
    """Return the variables of a worker that is timed by which its threads and its memory behave."""
    names = ("MALLOC", "GOMP", "OMP", "KMP", "MKL", "TF_NUM", "LD_PRELOAD", "NVIDIA_TF32")
    found = environment("cpu", threads, spin=True)
    return {name: value for name, value in sorted(found.items()) if name.startswith(names)}


class WorkerProcess:
    """A worker of one framework; it answers one request at a time, whoever asks.

    Its standard input is empty, what it prints goes to a log, and messages have pipes of their
    own. Closing it ends its process.
    """

    def __init__(
        self,
        framework: str,
        device: str = "cpu",
        threads: int | None = None,
        spin: bool = False,
        temporary: Path | None = None,
        changed: Mapping[str, str | None] | None = None,
        runner: str = "runner",
    ) -> None:
        """Start a process. Raises WorkerError, "not installed", if it has no interpreter.

        device, threads, spin: see `environment`. temporary: the folder for what frameworks leave
        behind, None the system's. changed: variables of its own, None for those it is not to have.
        runner: the module in the framework's folder that does the work.
        """
        self.framework = framework
        self._stage = "start"
        variables = environment(device, threads, spin)
        for name, value in (changed or {}).items():
            variables.pop(name, None)
            variables |= {name: value} if value is not None else {}
        if temporary:
            variables["TMPDIR"] = str(temporary)
            if not _home_takes_files():  # where Paddle makes a folder as it is imported
                variables["HOME"] = str(temporary)
        self._log = tempfile.TemporaryFile(mode="w+b")  # noqa: SIM115 - closed with the worker
        try:
            python = interpreter(framework)
            self._process, self._channel = _start(python, (framework, runner), variables, self._log)
            if device == "cpu":
                _bound_memory(self.pid)
        except (TriptychError, OSError) as error:
            self._log.close()
            raise self._error(NOT_INSTALLED, str(error)) from None
        self._owner = threading.RLock()  # whoever holds it has the worker to itself
        self._number, self._closed, self._heard = 0, False, 0

    @property
    def pid(self) -> int:
        """The id of the process, and of its group."""
        return self._process.pid

    def request(self, request: Request[AnswerType], timeout: float = 600) -> AnswerType:
        """Return the answer to a request, after those of others who asked earlier.

        timeout: seconds from one sign of life to the next. Raises WorkerError; after it the worker
        is closed, unless it answered with a failure of its own.
        """
        with self._owner:
            self._number += 1
            self._stage = type(request).__name__.lower()
            if self._closed:
                raise self._error(CRASHED, "the worker was closed")
            try:
                self._channel.send(self._number, request)
            except BrokenPipeError:
                raise self._crashed() from None
            return cast(AnswerType, self._answer(request, timeout))

    def _answer(self, request: Request[Any], timeout: float) -> Any:
        """Return the answer to the request that was sent last."""
        while True:
            message = self._receive(timeout)
            if isinstance(message, Stage):
                self._stage = message.name
            elif isinstance(message, Failure):
                self._stage = message.stage
                raise self._error(message.kind, message.message)
            elif isinstance(message, request.answer):
                return message
            else:
                self.close()
                raise self._error(CRASHED, f"answered with {message}")

    def _receive(self, timeout: float) -> Any:
        """Return the next message that belongs to the request that was sent last."""
        ends = time.monotonic() + timeout
        while True:
            left = ends - time.monotonic()
            try:
                received = self._channel.receive(max(0.0, min(left, LOOK_S)))
            except TimeoutError:
                if not self.alive():  # what it started may hold the pipe open
                    raise self._crashed() from None
                if left <= LOOK_S:
                    self.close()
                    message = f"no answer within {timeout:.0f} s"
                    raise self._error(TIMED_OUT, message) from None
                continue
            except ProtocolError as error:
                self.close()
                raise self._error(CRASHED, str(error)) from None
            if received is None:
                raise self._crashed()
            number, message = received
            if number == self._number:
                return message

    def printed(self) -> str:
        """Return what was printed since this was last asked, its end where it is long."""
        with self._owner:
            if self._closed:
                return ""
            since, self._heard = self._heard, os.fstat(self._log.fileno()).st_size
            return _tail(self._log, since)

    def suspend(self) -> None:
        """Stop the process where it stands, so that it takes no time from others."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a suspended process go on."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGCONT)

    def alive(self) -> bool:
        """Return whether the process runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process and whatever it started; who waits for an answer gets a WorkerError."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        with self._owner:
            if not self._closed:
                self._closed = True
                self._channel.close()
                self._log.close()

    def _crashed(self) -> WorkerError:
        try:
            code = self._process.wait(LOOK_S)
            how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        except subprocess.TimeoutExpired:
            how = "it closed its end of the channel"
        said = (_tail(self._log).splitlines() or ["nothing"])[-1]
        self.close()
        return self._error(CRASHED, f"{how}; it said last: {said}")

    def _error(self, kind: str, message: str) -> WorkerError:
        return WorkerError(Outcome(self.framework, kind, self._stage, message))


def _start(
    python: str, which: tuple[str, str], variables: dict[str, str], log: IO[bytes]
) -> tuple[subprocess.Popen[bytes], Channel]:
    """Start a worker; return its process and this end of its channel. Raises OSError."""
    its_reads, our_writes = os.pipe()
    our_reads, its_writes = os.pipe()
    channel, ends = Channel(our_reads, our_writes), (str(its_reads), str(its_writes))
    try:
        process = _STARTER.submit(
            subprocess.Popen,
            [python, "-m", "frontends.workers.worker", which[0], *ends, which[1]],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(its_reads, its_writes),
            cwd=ROOT,
            env=variables,
            start_new_session=True,
        ).result()
    except OSError:
        channel.close()
        raise
    finally:
        os.close(its_reads)
        os.close(its_writes)
    return process, channel


def _home_takes_files() -> bool:
    try:
        with tempfile.TemporaryFile(dir=Path.home()):
            return True
    except (OSError, RuntimeError):
        return False


def _bound_memory(pid: int) -> None:
    """Let a process take as much memory as there is, where Linux can: what asks for more fails
    with an error of its own, and no other process is killed for it."""
    there = machine.memory()
    if there is not None and hasattr(resource, "prlimit"):
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_DATA, (there, there))


def _tail(log: IO[bytes], since: int = 0) -> str:
    """Return the end of a log, nothing before the byte `since`."""
    size = os.fstat(log.fileno()).st_size
    end = os.pread(log.fileno(), LOG_TAIL, max(since, size - LOG_TAIL))
    return end.decode(errors="replace").strip()
