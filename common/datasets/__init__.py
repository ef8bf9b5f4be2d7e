"""The data that ships with the project: MNIST's 10,000 test images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.datasets.idx import read_idx
from common.errors import TriptychError

FOLDER = Path(__file__).parent / "mnist"
IMAGES = ("t10k-images-idx3-ubyte.gz", "2646ac647ad5339dbf082846283269ea")
LABELS = ("t10k-labels-idx1-ubyte.gz", "27ae3e4e09519cfbb04c329615203637")
COUNT = 10_000


def mnist_test(count: int | None = None) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the first `count` test images (N, 1, 28, 28) in [0, 1] and their labels (N,).

    Raises TriptychError if there are not so many, or if a file is missing or damaged.
    """
    if count is not None and not 1 <= count <= COUNT:
        raise TriptychError(f"{count} test images asked for; MNIST has {COUNT:,}")
    images, labels = (read_idx(FOLDER / name, md5)[:count] for name, md5 in (IMAGES, LABELS))
    return images[:, None].astype(np.float32) / np.float32(255), labels.astype(np.int64)
