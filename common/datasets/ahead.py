"""Batches that a process of its own makes ahead of their use: `with Feed(…) as feed`.

The process ends with its feed, with the program that started it however that ends, and is not
reached by an interrupt from the keyboard, which the program unwinds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from common.datasets.augment import NONE, Augmentation
from common.datasets.batches import Batch
from common.datasets.loading import absolute
from common.errors import TriptychError

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Order:
    """What a feed is asked for: a data set, as `load` takes it, and its batches.

    shape: (C, H, W) of the network. classes: its outputs; the labels are checked against them.
    size: samples of a batch. seed, shuffle: of the training batches' order. augmentation: of their
    images; those of the test get what of it is not drawn.
    """

    data: str
    shape: tuple[int, ...]
    classes: int
    size: int
    data_dir: str = ""
    seed: int = 0
    shuffle: bool = True
    augmentation: Augmentation = NONE


@dataclass(frozen=True)
class Request:
    """An epoch of one split, from its batch `first` on; `number` stands on the frames of it."""

    number: int
    split: str
    epoch: int
    first: int


def _absolute(order: Order) -> Order:
    """Return an order that means the same in another folder."""
    data, data_dir = absolute(order.data, order.data_dir)
    return replace(order, data=data, data_dir=data_dir)


class Feed:
    """The batches of an order, made in a process of its own, a few of them ahead.

    samples: how many were taken. made: the seconds that the process took to make them. Raises
    TriptychError, one line, where the process says one, or ended.
    """

    def __init__(self, order: Order) -> None:
        self.order, self._number = order, 0
        self.samples, self.made = 0, 0.0
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the feed
        self._process = subprocess.Popen(
            [sys.executable, "-m", "common.datasets.making", json.dumps(asdict(_absolute(order)))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def train(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """Yield images float32 (N, C, H, W) and labels int64 (N,) of an epoch 0, 1, …, from its
        batch `first` on."""
        return self._batches("train", epoch, first)

    def test(self) -> Iterator[Batch]:
        """Yield the samples that the network is tested on, in their own order."""
        return self._batches("test", 0, 0)

    def _batches(self, split: str, epoch: int, first: int) -> Iterator[Batch]:
        """Ask for batches now, so that they are made before the first is taken."""
        self._number += 1
        self._send(Request(self._number, split, epoch, first))
        return self._frames(self._number)

    def _frames(self, number: int) -> Iterator[Batch]:
        while True:
            if number != self._number:
                raise TriptychError("other batches were asked for before these were taken")
            head = self._head()
            if head["number"] == number and head["kind"] == "end":
                return
            if head["kind"] == "batch":
                batch = self._taken(head["shape"])
                if head["number"] == number:
                    self.samples, self.made = (
                        self.samples + len(batch[1]),
                        self.made + head["seconds"],
                    )
                    yield batch

    def _head(self) -> dict[str, Any]:
        line = self._out.readline()
        if not line.endswith(b"\n"):
            raise self._ended()
        head: dict[str, Any] = json.loads(line)
        if head["kind"] == "error":
            self.close()
            raise TriptychError(head["said"])
        return head

    def _taken(self, shape: Sequence[int]) -> Batch:
        images = np.empty(shape, np.float32)
        labels = np.empty(shape[0], np.int64)
        for array in (images, labels):
            if self._out.readinto(array.data.cast("B")) != array.nbytes:
                raise self._ended()
        return images, labels

    def _send(self, request: Request) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(json.dumps(asdict(request)).encode() + b"\n")
            stdin.flush()
        except (BrokenPipeError, ValueError):  # closed, in the end, by whoever
            raise self._ended() from None

    @property
    def _out(self) -> BufferedReader:
        stdout = self._process.stdout
        assert isinstance(stdout, BufferedReader)
        return stdout

    def _ended(self) -> TriptychError:
        said = b""
        if not self._log.closed:
            self._process.wait()
            said = os.pread(self._log.fileno(), 1 << 12, 0).strip().rpartition(b"\n")[2]
        self.close()
        code, word = self._process.returncode, said.decode(errors="replace") or "no word"
        return TriptychError(f"the process that makes batches ended, exit code {code}: {word}")

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                with suppress(OSError):
                    stream.close()

    def __enter__(self) -> Feed:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
