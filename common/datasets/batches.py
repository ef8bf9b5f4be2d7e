"""The batches of an epoch, in the order of the written programs, and a digest of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.datasets.dataset import Split
from common.errors import TriptychError

Batch = tuple[NDArray[np.float32], NDArray[np.int64]]


def order(count: int, epoch: int, seed: int = 0) -> NDArray[np.int64]:
    """Return the indices 0 … count - 1 as an epoch (0, 1, …) has them; seed 0 is the programs'."""
    found = np.arange(count)
    np.random.RandomState([seed, epoch] if seed else epoch).shuffle(found)
    return found


class Digest:
    """A SHA-256 of a series of batches, which can be taken up again from its value.

    After each batch: the hash of the value before it, the batch's shape, and its bytes.
    """

    def __init__(self, value: str = "") -> None:
        self.value = value

    def update(self, images: NDArray[np.float32], labels: NDArray[np.int64]) -> None:
        """Add a batch, as little-endian numbers."""
        found = hashlib.sha256(f"{self.value}{images.shape}".encode())
        found.update(np.ascontiguousarray(images, "<f4").data)
        found.update(np.ascontiguousarray(labels, "<i8").data)
        self.value = found.hexdigest()


@dataclass(frozen=True)
class Batches:
    """The batches of one epoch: images float32 (N, C, H, W) and labels int64 (N,).

    shape: the (C, H, W) of the network. size: samples of a batch; the last has what is left.
    epoch, seed: of the order; shuffle: False leaves the samples in theirs. first: the batch to
    begin with. Raises TriptychError, one line, where the images have another shape.
    """

    split: Split
    shape: tuple[int, ...]
    size: int
    epoch: int = 0
    seed: int = 0
    shuffle: bool = True
    first: int = 0

    def __post_init__(self) -> None:
        if self.split.shape not in (None, tuple(self.shape)):
            said = f"images of shape {self.split.shape}"
            raise TriptychError(f"{self.split.where}: {said}; the network takes {self.shape}")

    def __len__(self) -> int:
        return max(0, -(-len(self.split) // self.size) - self.first)

    def __iter__(self) -> Iterator[Batch]:
        count = len(self.split)
        found = order(count, self.epoch, self.seed) if self.shuffle else np.arange(count)
        for start in range(self.first * self.size, count, self.size):
            chosen = found[start : start + self.size]
            yield self._images(chosen), self.split.labels[chosen]

    def _images(self, chosen: NDArray[np.int64]) -> NDArray[np.float32]:
        images: Any = self.split.images
        return self.split.fitted.apply(images[chosen])
