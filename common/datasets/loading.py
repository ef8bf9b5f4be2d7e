"""A data set by its name, or from a path that says by its files what it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from common.datasets import arrays, mnist
from common.datasets.dataset import Dataset
from common.errors import TriptychError

# Name -> what reads it from its folder, knowing that it is the genuine one.
NAMED: dict[str, Callable[[Path], Dataset]] = {
    "mnist": lambda folder: mnist.read(folder, genuine=True),
}
# What tells by a path whether it can read it, and what reads it then.
FORMATS: tuple[tuple[Callable[[Path], bool], Callable[[Path], Dataset]], ...] = (
    (mnist.holds, mnist.read),
    (arrays.holds, arrays.read),
)


def data_folder(data_dir: str | None = None) -> Path:
    """Return where data sets are kept: `data_dir`, or in the user's cache."""
    if data_dir:
        return Path(data_dir)
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "triptych" / "data"


def load(name_or_path: str, data_dir: str | None = None) -> Dataset:
    """Return a data set: by name, from its folder in `data_dir`; or what lies at a path.

    Raises TriptychError, one line that says what was found and what was expected.
    """
    if name_or_path in NAMED:
        return NAMED[name_or_path](data_folder(data_dir) / name_or_path)
    path = Path(name_or_path)
    if not path.exists():
        raise TriptychError(
            f"unknown data set {name_or_path!r}: neither a file or folder nor one of "
            f"{', '.join(NAMED)}"
        )
    for holds, read in FORMATS:
        if holds(path):
            return read(path)
    raise TriptychError(
        f"{path}: no data set: expected MNIST's four files, or train.npz and test.npz"
    )
