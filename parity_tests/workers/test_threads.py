"""A panel that is told how many threads to use keeps no more cores busy."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from common import weights
from common.networks import load
from frontends.frameworks import FRAMEWORKS
from frontends.workers.arrays import write_arrays
from frontends.workers.process import WorkerProcess
from frontends.workers.protocol import ArrayFiles, NetworkFile, Run
from frontends.writing.emit import emit
from parity_tests.rows import rows

NETWORK = load("batchflow_resnet")  # wide: gradients of kernels and inputs are worth two threads
BATCH, TIMES = 30, 3
SLACK = 1.1  # what reads arrays and answers is no thread of the framework


def busy_cores(panel: str, threads: int, folder: Path) -> float:
    """Return how many cores a worker keeps busy while it evaluates and takes gradients."""
    source = emit(NETWORK, panel)
    names = [folder / name for name in ("network.py", "weights.npz", "inputs.npz", "results.npz")]
    names[0].write_text(source.text, encoding="utf-8")
    write_arrays(names[1], weights.probe(NETWORK))
    more = {"cotangent": weights.cotangent(NETWORK, BATCH)}
    write_arrays(names[2], {"input": weights.inputs(NETWORK, BATCH), **more})
    file = NetworkFile(
        str(names[0]), source.entry, NETWORK.input_shape, "float32", "cpu",
        official_names={**source.names, **source.own.parameters},
    )  # fmt: skip
    request = Run(file, ArrayFiles(*map(str, names[1:])), ("evaluate", "train"))
    worker = WorkerProcess(panel, threads=threads, temporary=folder)
    try:
        worker.request(request)
        began, before = time.monotonic(), _seconds(worker.pid)
        for _ in range(TIMES):
            worker.request(request)
        return (_seconds(worker.pid) - before) / (time.monotonic() - began)
    finally:
        worker.close()


def _seconds(pid: int) -> float:
    """Return the time that all threads of a process have been running."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.complete
@rows("panel", {panel: panel for panel in FRAMEWORKS})
def test_one_thread_is_one_core(panel: str, tmp_path: Path) -> None:
    assert 0 < busy_cores(panel, 1, tmp_path) < SLACK
