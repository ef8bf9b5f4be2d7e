"""The clock of a worker: steps in blocks that are waited for, copies, what is loaded. Python 3.7.

A CPU step ends when its function returns. A device runs behind: then a block of steps is begun
before it is waited for, as a program does that looks at its loss now and then.
"""
# ruff: noqa: UP006, UP035 - what Python 3.7 can evaluate

from __future__ import annotations

import os
import resource
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Iterator, List, Tuple

import numpy as np

POOL = 8  # batches
LIBRARIES = ("gomp", "iomp", "libomp", "mkl", "openblas", "dnnl", "onednn", "cudnn", "cublas")


class Blocks:
    """Takes blocks of a step, whose results `wait` waits for.

    slowed: the share of its time that a block is busy afterwards for nothing. clock: in seconds.
    """

    def __init__(
        self,
        step: Callable[[], Any],
        wait: Callable[[], Any],
        slowed: float = 0.0,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._step, self._wait, self._slowed, self._clock = step, wait, slowed, clock

    def take(self, least: int, for_s: float, per: int) -> Tuple[Tuple[float, ...], int]:
        """Return the seconds a step of each block of `per`, and the page faults of all: at least
        `least` blocks, and until they took `for_s` seconds."""
        seconds: List[float] = []
        before = _faults()
        while len(seconds) < least or per * sum(seconds) < for_s:
            started = self._clock()
            for _ in range(per):
                self._step()
            self._wait()
            took = self._clock() - started
            ends = started + took * (1 + self._slowed)
            while self._slowed and self._clock() < ends:
                pass
            seconds.append((self._clock() - started if self._slowed else took) / per)
        return tuple(seconds), _faults() - before


def loading(batches: Callable[..., Any], images: Any, labels: Any) -> Iterator[Any]:
    """Yield (images, labels) by the `batches` of a written file, without end, of a batch's size.

    images, labels: arrays of one batch, POOL copies of which are what there is to draw from.
    """
    data, epoch = (np.concatenate([images] * POOL), np.concatenate([labels] * POOL)), 0
    while True:
        yield from batches(data, len(labels), seed=epoch)
        epoch += 1


def repeated(step: Callable[[], Any], count: int) -> Tuple[float, ...]:
    """Return the seconds of each of `count` calls, after one that is not counted."""
    step()
    seconds = []
    for _ in range(count):
        started = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - started)
    return tuple(seconds)


def copy_of(size: int) -> Callable[[], Any]:
    """Return a function that copies `size` bytes from memory to memory, a part on each core."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    parts = [np.ones(size // 8 // cores) for _ in range(cores)]
    into = [np.zeros_like(each) for each in parts]
    pool = ThreadPoolExecutor(cores)
    return lambda: list(pool.map(np.copyto, into, parts))


def runtimes() -> Tuple[str, ...]:
    """Return the names of the loaded libraries that bring threads or kernels."""
    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
    except OSError:
        return ()
    names = {line.rpartition("/")[2] for line in lines if "/" in line}
    return tuple(sorted(n for n in names if any(each in n.lower() for each in LIBRARIES)))


def _faults() -> int:
    """Return the page faults of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_minflt + usage.ru_majflt
