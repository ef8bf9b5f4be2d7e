"""A worker and its channel: nothing that a file prints meets it, and nobody gets another's answer.

PyTorch's worker stands for all: what is tested knows of no framework.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from common import machine
from frontends.workers.outcomes import CRASHED, WorkerError
from frontends.workers.pool import Workers
from frontends.workers.process import LOG_TAIL, WorkerProcess, environment
from frontends.workers.protocol import Describe, Hello, Matmul, NetworkFile, Stage, Steps
from parity_tests.rows import rows

READERS = Path(__file__).parents[1] / "cases" / "readers"
SHAPES = {"fc.kernel": (2, 3), "fc.bias": (2,)}


@pytest.fixture
def worker() -> Iterator[WorkerProcess]:
    own = WorkerProcess("torch")
    yield own
    own.close()


CPUS = {
    "of AMD": ("AuthenticAMD", "sse2 avx avx2", "5"),
    "of AMD, without AVX2": ("AuthenticAMD", "sse2 avx", None),
    "of Intel": ("GenuineIntel", "sse2 avx avx2 avx512f", None),
    "unknown": ("", "", None),
}


@rows("maker, flags, told", CPUS)
def test_an_old_mkl_is_told_of_avx2(
    maker: str, flags: str, told: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MKL_DEBUG_CPU_TYPE", raising=False)
    monkeypatch.setattr(machine, "cpu", {"vendor_id": maker, "flags": flags}.__getitem__)
    assert environment().get("MKL_DEBUG_CPU_TYPE") == told


def _file(path: Path) -> Describe:
    return Describe(NetworkFile(str(path), "Network", (3,)))


def _written(folder: Path, program: str) -> Describe:
    """Return the request to load a file that does something before it has a network."""
    path = folder / "network.py"
    network = "from torch import nn\n\nclass Network(nn.Module):\n    pass\n"
    path.write_text(f"import os, sys, time\n{program}\n{network}", encoding="utf-8")
    return _file(path)


def test_what_a_file_prints_meets_no_answer(worker: WorkerProcess) -> None:
    for _ in range(2):
        assert worker.request(_file(READERS / "torch_noisy.py")).shapes == SHAPES
        assert worker.request(Hello()).pid == worker.pid


def test_what_it_said_last_is_told_in_bounds(worker: WorkerProcess, tmp_path: Path) -> None:
    program = "print('first\\n' + 'x' * 10_000_000 + 'last', flush=True)\nos._exit(3)"
    with pytest.raises(WorkerError, match="exit code 3; it said last: xxx") as stop:
        worker.request(_written(tmp_path, program))
    assert stop.value.outcome.message.endswith("last")
    assert len(stop.value.outcome.message) < 2 * LOG_TAIL


# A file that finds the channel's own descriptor: the last argument of the worker.
STRAY = "os.write(int(sys.argv[3]), b'%s\\n')"
TENSOR = '{"shape": [1], "kind": "", "trains": true, "layer": ""}'
ANSWER = '{"number": %d, "kind": "Parameters", "message": {"tensors": {"stray": ' + TENSOR + "}}}"


def test_an_answer_to_another_request_is_passed_over(worker: WorkerProcess, tmp_path: Path) -> None:
    worker.request(Hello())
    for number in (0, 1, 99):
        assert worker.request(_written(tmp_path, STRAY % (ANSWER % number))).shapes == {}


@rows(
    "line, said",
    {
        "no message": ("Epoch 1", "not a message: 'Epoch 1'"),
        "no answer to it": (
            '{"number": 1, "kind": "Seconds", "message": {"seconds": [], "faults": 0}}',
            r"answered with Seconds\(seconds=\(\), faults=0\)",
        ),
    },
)
def test_what_is_no_answer_ends_the_worker(
    line: str, said: str, worker: WorkerProcess, tmp_path: Path
) -> None:
    with pytest.raises(WorkerError, match=said) as stop:
        worker.request(_written(tmp_path, STRAY % line))
    assert stop.value.outcome.kind == CRASHED
    assert not worker.alive()
    with pytest.raises(WorkerError, match="the worker was closed"):
        worker.request(Hello())


def test_a_dead_worker_is_noticed_though_its_child_holds_the_pipe(
    worker: WorkerProcess, tmp_path: Path
) -> None:
    """A thread of its file forks: what its main thread forks ends with it."""
    does = "os.fork() or (os.setsid(), time.sleep(30), os._exit(0))"
    thread = f"import threading\nother = threading.Thread(target=lambda: {does})"
    forks = f"{thread}\nother.start()\nother.join()\nos._exit(3)"
    started = time.monotonic()
    with pytest.raises(WorkerError, match="exit code 3"):
        worker.request(_written(tmp_path, forks))
    assert time.monotonic() - started < 20


@pytest.mark.skipif(sys.platform != "linux", reason="Linux ends processes with their parent")
def test_what_a_file_forks_ends_with_a_killed_worker(worker: WorkerProcess, tmp_path: Path) -> None:
    mark = tmp_path / "forked"
    writes = f"os.setsid(); open({str(mark)!r}, 'w').write(str(os.getpid()) + '.')"
    forks = f"if os.fork() == 0:\n    {writes}; time.sleep(600)\ntime.sleep(600)"
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(worker.request, _written(tmp_path, forks))
        while not (mark.exists() and mark.read_text().endswith(".")):
            time.sleep(0.01)
        os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(WorkerError, match="SIGKILL"):
            waiting.result(timeout=20)
    ends = time.monotonic() + 20
    while _runs(int(mark.read_text()[:-1])):
        assert time.monotonic() < ends
        time.sleep(0.01)


def _runs(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_a_worker_that_closes_its_channel_is_not_waited_for(
    worker: WorkerProcess, tmp_path: Path
) -> None:
    with pytest.raises(WorkerError, match="it closed its end of the channel"):
        worker.request(_written(tmp_path, "os.closerange(3, 100)\ntime.sleep(600)"))
    assert not worker.alive()


def test_closing_a_worker_ends_the_wait_of_another_thread(
    worker: WorkerProcess, tmp_path: Path
) -> None:
    mark = tmp_path / "waits"
    waits = _written(tmp_path, f"open({str(mark)!r}, 'w').close()\ntime.sleep(600)")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(worker.request, waits)
        while not mark.exists():
            time.sleep(0.01)
        worker.close()
        with pytest.raises(WorkerError, match="SIGKILL"):
            waiting.result(timeout=20)


def test_many_threads_get_each_their_own_answer() -> None:
    """A number of products is asked for, and so many seconds come back."""
    with Workers() as own, ThreadPoolExecutor(8) as pool:
        counts = [1 + number % 13 for number in range(200)]
        found = pool.map(lambda count: own.request("torch", Matmul(8, count), 60), counts)
        assert [len(each.seconds) for each in found] == counts


def test_many_threads_of_one_process_get_each_their_own_answer(worker: WorkerProcess) -> None:
    with ThreadPoolExecutor(8) as pool:
        counts = [1 + number % 13 for number in range(200)]
        found = pool.map(lambda count: worker.request(Matmul(8, count), 60), counts)
        assert [len(each.seconds) for each in found] == counts


def test_threads_that_need_a_new_worker_start_one() -> None:
    with Workers() as own, ThreadPoolExecutor(8) as pool:
        barrier = threading.Barrier(8)

        def ask(number: int) -> int:
            barrier.wait()
            return own.request("torch", Hello()).pid

        assert len(set(pool.map(ask, range(8)))) == 1


def test_a_failure_of_its_own_leaves_the_next_request_its_answer(worker: WorkerProcess) -> None:
    with pytest.raises(WorkerError, match="crashed at stage steps") as stop:
        worker.request(Steps(least=1))  # nothing was prepared
    assert stop.value.outcome.stage == Stage("steps").name
    assert worker.request(Hello()).pid == worker.pid


@pytest.mark.complete
def test_a_home_that_takes_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paddle makes a folder in it as it is imported."""
    monkeypatch.setenv("HOME", "/proc")
    with Workers() as own:
        assert own.request("paddle", Hello()).versions
