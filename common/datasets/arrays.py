"""A folder with train.npz and test.npz, of images (N, C, H, W) and labels (N,), as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from common.datasets.dataset import Dataset, Split
from common.errors import TriptychError
from common.files import read_array

FILES = ("train.npz", "test.npz")
MEMBERS = ("images", "labels")


def holds(path: Path) -> bool:
    """Return whether a folder has one of the files."""
    return any((path / name).is_file() for name in FILES)


def read(folder: Path) -> Dataset:
    """Return what the two files of a folder hold; classes are 0 to the largest label.

    Raises TriptychError.
    """
    train, test = (_split(folder / name) for name in FILES)
    largest = max(int(train.labels.max()), int(test.labels.max()))
    return Dataset(folder.resolve().name, train, test, tuple(map(str, range(largest + 1))))


def _split(path: Path) -> Split:
    arrays = read_array(path)
    if not isinstance(arrays, dict):
        raise TriptychError(f"{path}: holds one array; expected {' and '.join(MEMBERS)} of savez")
    missing = [name for name in MEMBERS if name not in arrays]
    if missing:
        raise TriptychError(f"{path}: holds no {missing[0]}, but {', '.join(arrays)}")
    images, labels = (arrays[name] for name in MEMBERS)
    if images.ndim != 4 or images.dtype.kind not in "fiu":
        said = f"{images.dtype} of shape {images.shape}"
        raise TriptychError(f"{path}: images: {said}; expected numbers of shape (N, C, H, W)")
    if not np.isfinite(images).all():
        raise TriptychError(f"{path}: images: not all numbers are finite")
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        said = f"{labels.dtype} of shape {labels.shape}"
        raise TriptychError(f"{path}: labels: {said}; expected whole numbers of shape (N,)")
    return Split(images.transpose(0, 2, 3, 1), labels.astype(np.int64), where=str(path))
