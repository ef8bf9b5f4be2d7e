"""The batches of an epoch, in the order of the written programs, and a digest of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.datasets.augment import NONE, Augmentation, augmented, generator, mixed
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
    epoch, seed: of the order and of the augmentation; shuffle: False leaves the samples in theirs.
    first: the batch to begin with. augmentation: what is done to the images. Raises TriptychError,
    one line, where images have another shape.
    """

    split: Split
    shape: tuple[int, ...]
    size: int
    epoch: int = 0
    seed: int = 0
    shuffle: bool = True
    first: int = 0
    augmentation: Augmentation = NONE

    def __post_init__(self) -> None:
        shape, images = tuple(self.shape), self.split.images
        found = self.split.shape or (3, *shape[1:])  # pictures are brought to any size
        sized = shape[:1] + found[1:] if self.augmentation.stretch else shape
        if len(shape) != 3 or found != sized:
            raise TriptychError(
                f"{self.split.where}: images of shape {found}; the network takes {shape}"
            )
        if self._each and isinstance(images, np.ndarray) and images.dtype != np.uint8:
            raise TriptychError(f"{self.split.where}: {images.dtype}; only bytes can be augmented")
        means = len(self.augmentation.mean)
        if means not in (0, 1, shape[0]):
            raise TriptychError(f"augmentation.mean has {means} channels; the network {shape[0]}")

    def __len__(self) -> int:
        return max(0, -(-len(self.split) // self.size) - self.first)

    def __iter__(self) -> Iterator[Batch]:
        count = len(self.split)
        found = order(count, self.epoch, self.seed) if self.shuffle else np.arange(count)
        for start in range(self.first * self.size, count, self.size):
            yield self._batch(found[start : start + self.size], start)

    @property
    def _each(self) -> bool:
        """Whether something is done to each image."""
        same = self.split.shape == tuple(self.shape)
        return self.augmentation.draws or not same

    def _batch(self, chosen: NDArray[np.int64], start: int) -> Batch:
        how, labels = self.augmentation, self.split.labels[chosen]
        images: Any = self.split.images
        if self._each:
            size = (self.shape[1], self.shape[2])
            drawn = [
                augmented(images[index], size, how, generator(self.seed, self.epoch, index))
                for index in chosen.tolist()
            ]
            found = np.stack(drawn)
            if how.mixup:
                found = mixed(found, how.mixup, generator(self.seed, self.epoch, start, 1))
        else:
            found = images[chosen]
        return how.scaling(lambda: self.split.fitted).apply(found), labels
