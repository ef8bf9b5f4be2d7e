"""A data set by its name, or from a path that says by its files what it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from common.datasets import arrays, cifar10, flowers102, folders, mnist
from common.datasets.dataset import Dataset
from common.errors import TriptychError

# Name -> what reads it from its folder, knowing that it is the genuine one.
NAMED: dict[str, Callable[[Path], Dataset]] = {
    "mnist": lambda folder: mnist.read(folder, genuine=True),
    "cifar10": lambda folder: cifar10.read(folder, genuine=True),
    "flowers102": flowers102.read,
    "flowers102-paddle": lambda folder: flowers102.read(folder, paddle=True),
}
# What tells by a path whether it can read it, and what reads it then.
FORMATS: tuple[tuple[Callable[[Path], bool], Callable[[Path], Dataset]], ...] = (
    (mnist.holds, mnist.read),
    (cifar10.holds, cifar10.read),
    (flowers102.holds, flowers102.read),
    (arrays.holds, arrays.read),
    (folders.holds, folders.read),
)


def data_folder(data_dir: str | None = None) -> Path:
    """Return where data sets are kept: `data_dir`, or in the user's cache."""
    if data_dir:
        return Path(data_dir)
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "triptych" / "data"


def folder_of(name: str, data_dir: str | None = None) -> Path:
    """Return where the files of a named data set are, or would be."""
    return data_folder(data_dir) / name.removesuffix("-paddle")


def absolute(name_or_path: str, data_dir: str) -> tuple[str, str]:
    """Return a data set's name or path, and its `data_dir`, as they mean the same anywhere."""
    data = name_or_path if name_or_path in NAMED else str(Path(name_or_path).absolute())
    return data, str(Path(data_dir).absolute()) if data_dir else ""


def load(name_or_path: str, data_dir: str | None = None) -> Dataset:
    """Return a data set: by name, from its folder in `data_dir`; or what lies at a path.

    Raises TriptychError, one line that says what was found and what was expected.
    """
    if name_or_path in NAMED:
        folder = folder_of(name_or_path, data_dir)
        if not folder.is_dir() or not any(holds(folder) for holds, _ in FORMATS):
            name, above = folder.name, folder.parent
            if any(holds(above) for holds, _ in FORMATS):
                raise TriptychError(
                    f"{above}: is a data set, not the folder of data sets: give it as the data "
                    "set's path, or the folder above it as --data-dir"
                )
            raise TriptychError(
                f"{folder}: holds no {name}: run `triptych data fetch {name}`, which also says "
                "which files to put there where there is no network"
            )
        return NAMED[name_or_path](folder)
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
        f"{path}: no data set: expected the files of MNIST, CIFAR-10 or Flowers-102, train.npz and "
        "test.npz, or folders of images, train/CLASS and test/CLASS"
    )
