"""The process that makes batches ahead: requests come as lines of JSON, frames go out.

A frame is a line of JSON, {"kind": "batch" | "end" | "error", "number": of the request, …}; behind
a batch, which says how many seconds it took to make, follow its numbers, those of the images and
then the labels.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from typing import IO, Any

from common.datasets.ahead import Order, Request
from common.datasets.batches import Batches
from common.datasets.dataset import Dataset
from common.datasets.loading import load
from common.errors import TriptychError
from common.typed import construct

AHEAD = 4  # batches that wait, at most, beside the one that is made and the one that is written


class _Writer:
    """Writes frames from a thread of its own, so that the next are made meanwhile."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._waiting: queue.Queue[list[Any]] = queue.Queue(AHEAD)
        threading.Thread(target=self._write, daemon=True).start()

    def put(self, *arrays: Any, **head: Any) -> None:
        """Have a frame written, once there is room for it."""
        self._waiting.put([json.dumps(head).encode() + b"\n", *arrays])

    def _write(self) -> None:
        try:
            while True:
                for part in self._waiting.get():
                    self._stream.write(part)
                self._stream.flush()
        except OSError:  # nobody reads on
            os._exit(0)


class _Requests:
    """The requests, read as they come; the process ends when no more can come."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.waiting: queue.Queue[Request] = queue.Queue()
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream: IO[bytes]) -> None:
        for line in stream:
            self.waiting.put(construct(Request, json.loads(line), "request"))
        os._exit(0)


def loaded(order: Order) -> Dataset:
    """Return the data set of an order, its labels checked. Raises TriptychError."""
    found = load(order.data, order.data_dir)
    for split in (found.train, found.test):
        split.check(order.classes)
    return found


def batches(order: Order, dataset: Dataset, request: Request) -> Batches:
    """Return what a request asks for."""
    training = request.split == "train"
    return Batches(
        dataset.train if training else dataset.test,
        order.shape,
        order.size,
        request.epoch,
        order.seed,
        order.shuffle and training,
        request.first,
        order.augmentation if training else order.augmentation.testing(),
    )


def main(order: Order) -> None:
    """Answer requests until the parent ends, or until an error is said."""
    writer, requests = _Writer(sys.stdout.buffer), _Requests(sys.stdin.buffer)
    try:
        dataset = loaded(order)
        while True:
            request = requests.waiting.get()
            began = time.perf_counter()
            for images, labels in batches(order, dataset, request):
                told = {"shape": images.shape, "seconds": time.perf_counter() - began}
                writer.put(images, labels, kind="batch", number=request.number, **told)
                if not requests.waiting.empty():
                    break
                began = time.perf_counter()
            writer.put(kind="end", number=request.number)
    except (TriptychError, MemoryError) as error:
        writer.put(kind="error", said=str(error) or "out of memory", number=0)
        threading.Event().wait()  # until it is read, and the parent closes the pipes


if __name__ == "__main__":
    main(construct(Order, json.loads(sys.argv[1]), "order"))
