"""Images with labels, and how bytes become the numbers that a network sees."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from common.errors import TriptychError

_CHUNK = 1000  # images at a time


class Decoded(Protocol):
    """Images that are decoded when they are asked for, each of its own size."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> NDArray[np.uint8]:
        """Return an image (H, W, C). Raises TriptychError with the name of its file."""
        ...


@dataclass(frozen=True)
class Scaling:
    """A channel x of an image becomes (x - mean) / deviation, rounded to float32 each time.

    mean, deviation: one number, or one of each channel. bgr: channels are given blue first.
    """

    mean: tuple[float, ...] = (0.0,)
    deviation: tuple[float, ...] = (1.0,)
    bgr: bool = False

    def apply(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """Return images (N, H, W, C) as float32 (N, C, H, W)."""
        turned = images.transpose(0, 3, 1, 2)
        found = (turned[:, ::-1] if self.bgr else turned).astype(np.float32, order="C")
        if any(self.mean):
            found -= np.array(self.mean).reshape(-1, 1, 1)
        if self.deviation != (1.0,):
            found /= np.array(self.deviation).reshape(-1, 1, 1)
        return found


@dataclass(frozen=True)
class Split:
    """The samples that a network is trained on, or those that it is tested on.

    images: uint8 (N, H, W, C), or of another type if they are not bytes; or what decodes them by
    index. labels: int64 (N,). scaling: None where a split is scaled by its own mean and deviation.
    where: the file or folder that messages name. Raises TriptychError.
    """

    images: NDArray[Any] | Decoded
    labels: NDArray[np.int64]
    scaling: Scaling | None = field(default_factory=Scaling)
    where: str = "images"

    def __post_init__(self) -> None:
        if len(self.labels) == 0:
            raise TriptychError(f"{self.where}: holds no images")
        if len(self.images) != len(self.labels):
            found = f"{len(self.images):,} images, {len(self.labels):,} labels"
            raise TriptychError(f"{self.where}: {found}; expected as many of both")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shape(self) -> tuple[int, int, int] | None:
        """The (C, H, W) of every image, None where each has its own."""
        if not isinstance(self.images, np.ndarray):
            return None
        height, width, channels = self.images.shape[1:]
        return channels, height, width

    @cached_property
    def fitted(self) -> Scaling:
        """The scaling; where it is the split's own, its mean and deviation of each channel.

        Raises TriptychError if all pixels of a channel are alike.
        """
        if self.scaling is not None:
            return self.scaling
        assert isinstance(self.images, np.ndarray)
        assert self.images.dtype == np.uint8
        total, square = np.zeros((2, self.images.shape[3]), np.int64)
        for start in range(0, len(self), _CHUNK):
            images = self.images[start : start + _CHUNK].astype(np.int64)
            total += images.sum((0, 1, 2))
            square += (images**2).sum((0, 1, 2))
        count = math.prod(self.images.shape[:3])
        mean = total / count  # of sums that are exact, in whatever order
        deviation = np.sqrt(square / count - mean**2)
        if not deviation.all():
            raise TriptychError(f"{self.where}: all pixels of a channel are alike")
        return Scaling(tuple(mean.tolist()), tuple(deviation.tolist()))

    def fingerprint(self) -> str:
        """Return the SHA-256 of the images and labels, in their order, and of their shapes."""
        found = hashlib.sha256(f"{self.shape} {len(self)}".encode())
        found.update(np.ascontiguousarray(self.labels, "<i8").data)
        if isinstance(self.images, np.ndarray):
            found.update(np.ascontiguousarray(self.images).data)
            return found.hexdigest()
        for index in range(len(self)):
            image = self.images[index]
            found.update(str(image.shape).encode() + image.tobytes())
        return found.hexdigest()

    def check(self, classes: int) -> None:
        """Raises TriptychError, one line, if a label is none of the classes 0, 1, …."""
        wrong = np.flatnonzero((self.labels < 0) | (self.labels >= classes))
        if len(wrong):
            said = f"label {self.labels[wrong[0]]} of image {wrong[0]}"
            raise TriptychError(f"{self.where}: {said}; expected 0 to {classes - 1}")


@dataclass(frozen=True)
class Dataset:
    """Samples to train on and to test on. classes: their names, in the order of labels.

    Raises TriptychError if a label is none of them.
    """

    name: str
    train: Split
    test: Split
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        for split in (self.train, self.test):
            split.check(len(self.classes))
