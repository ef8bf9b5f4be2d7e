"""The batches of a training as files that all panels read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from common.datasets.ahead import Feed, Order
from common.datasets.batches import Batch, Digest
from frontends.workers.arrays import ArrayWriter

PART = 1 << 26  # bytes of a file


@dataclass(frozen=True)
class Chunk:
    """The batches of the steps from `start` to before `stop`, as a file; `before` and `digest` are
    the digests of all batches up to its start and up to its end."""

    start: int
    stop: int
    before: str
    digest: str
    path: Path


class Files:
    """Files of batches, made by a feed as they are asked for; use as a context manager.

    at_once: samples of a batch that is evaluated.
    """

    def __init__(self, order: Order, steps_per_epoch: int, at_once: int, folder: Path) -> None:
        self._feed, self._spe, self._folder = Feed(order), steps_per_epoch, folder
        self._batch_bytes = 4 * order.size * int(np.prod(order.shape))
        self._at_once, self._at = at_once, -1
        self._stream: Iterator[Batch] = iter(())
        self._last: Chunk | None = None
        self._tests: list[str] = []
        self._waited = 0.0

    def __enter__(self) -> Files:
        return self

    def __exit__(self, *exception: object) -> None:
        self._feed.close()

    @property
    def most(self) -> int:
        """How many steps a file has at most."""
        return max(1, PART // self._batch_bytes)

    def loading(self) -> dict[str, float]:
        """Return how many samples were taken of the feed, the seconds that it made them in, ahead,
        and those that were waited for them."""
        feed = self._feed
        return {"samples": feed.samples, "made": feed.made, "waited": self._waited}

    def chunk(self, start: int, stop: int, before: str) -> Chunk:
        """Return the file of some steps of one epoch, the last one if that is it. Raises
        TriptychError for what the feed says."""
        last = self._last
        if last and (last.start, last.stop, last.before) == (start, stop, before):
            return last
        if last:
            last.path.unlink(missing_ok=True)
        if start != self._at or start % self._spe == 0:
            self._stream = self._feed.train(*divmod(start, self._spe))
        path, digest = self._folder / f"batches_{start}.npz", Digest(before)
        with ArrayWriter(path) as writer:
            for step in range(start, stop):
                began = time.perf_counter()
                images, labels = next(self._stream)
                self._waited += time.perf_counter() - began
                digest.update(images, labels)
                _put(writer, step, images, labels)
        self._at = stop
        self._last = Chunk(start, stop, before, digest.value, path)
        return self._last

    def tests(self) -> tuple[str, ...]:
        """Return the files of the samples that networks are evaluated on, a batch each."""
        if not self._tests:
            self._at = -1  # the feed gives one series at a time
            for number, batch in enumerate(_joined(self._feed.test(), self._at_once)):
                path = self._folder / f"test_{number}.npz"
                with ArrayWriter(path) as writer:
                    _put(writer, number, *batch)
                self._tests.append(str(path))
        return tuple(self._tests)


def _put(writer: ArrayWriter, step: int, images: Any, labels: Any) -> None:
    writer.put(f"{step}/input", images)
    writer.put(f"{step}/labels", labels)


def _joined(batches: Iterator[Batch], size: int) -> Iterator[Batch]:
    """Yield batches of at least `size` samples, the last of what is left."""
    held: list[Batch] = []
    for batch in batches:
        held.append(batch)
        if sum(len(labels) for _, labels in held) >= size:
            yield _one(held)
            held = []
    if held:
        yield _one(held)


def _one(held: list[Batch]) -> Batch:
    return np.concatenate([each for each, _ in held]), np.concatenate([each for _, each in held])
