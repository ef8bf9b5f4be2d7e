"""MNIST: handwritten digits, 28 × 28; the 10,000 test images ship with the project."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.datasets.dataset import Dataset, Scaling, Split
from common.datasets.idx import read_idx
from common.errors import TriptychError

FOLDER = Path(__file__).parent / "mnist"
# Name -> the MD5 of the unpacked file.
TRAIN = {
    "train-images-idx3-ubyte.gz": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte.gz": "a25bea736e30d166cdddb491f175f624",
}
TEST = {
    "t10k-images-idx3-ubyte.gz": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte.gz": "27ae3e4e09519cfbb04c329615203637",
}
COUNT = 10_000
CLASSES = tuple("0123456789")
SCALING = Scaling(deviation=(255.0,))


def mnist_test(count: int | None = None) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the first `count` test images (N, 1, 28, 28) in [0, 1] and their labels (N,).

    Raises TriptychError if there are not so many, or if a file is missing or damaged.
    """
    if count is not None and not 1 <= count <= COUNT:
        raise TriptychError(f"{count} test images asked for; MNIST has {COUNT:,}")
    images, labels = (read_idx(FOLDER / name, md5)[:count] for name, md5 in TEST.items())
    return images[:, None].astype(np.float32) / np.float32(255), labels.astype(np.int64)


def holds(path: Path) -> bool:
    """Return whether a folder has one of the files."""
    return any((path / name).exists() for name in (*TRAIN, *TEST))


def read(folder: Path, genuine: bool = False) -> Dataset:
    """Return what the four files of a folder hold; those of the test set may be the shipped ones.

    genuine: the files are MNIST's own, or an error. Raises TriptychError.
    """
    shipped = genuine and not any((folder / name).exists() for name in TEST)
    test = FOLDER if shipped else folder
    return Dataset("mnist", _split(folder, TRAIN, genuine), _split(test, TEST, genuine), CLASSES)


def _split(folder: Path, files: dict[str, str], genuine: bool) -> Split:
    paths = [folder / name for name in files]
    images, labels = (read_idx(path, files[path.name] if genuine else None) for path in paths)
    if images.dtype != np.uint8 or images.ndim != 3:
        said = f"{images.dtype} of shape {images.shape}"
        raise TriptychError(f"{paths[0]}: {said}; expected uint8 of shape (N, H, W)")
    if labels.dtype.kind not in "iu" or labels.ndim != 1:
        said = f"{labels.dtype} of shape {labels.shape}"
        raise TriptychError(f"{paths[1]}: {said}; expected whole numbers of shape (N,)")
    return Split(images[..., None], labels.astype(np.int64), SCALING, str(paths[1]))
