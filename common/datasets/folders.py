"""A folder of images by class: train/CLASS/*.png, and test/CLASS/*.png or val/CLASS/*.png."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from common.datasets.dataset import Dataset, Split
from common.datasets.pictures import SCALING, Pictures
from common.errors import TriptychError

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".webp", ".gif", ".tif", ".tiff")
TESTS = ("test", "val")


def holds(path: Path) -> bool:
    """Return whether a folder has a folder `train`."""
    return (path / "train").is_dir()


def read(folder: Path) -> Dataset:
    """Return the images of a folder; classes are those of train, by name. Raises TriptychError."""
    classes = tuple(sorted(each.name for each in (folder / "train").iterdir() if each.is_dir()))
    if not classes:
        raise TriptychError(f"{folder / 'train'}: holds no folders; expected one of each class")
    test = next((folder / name for name in TESTS if (folder / name).is_dir()), None)
    if test is None:
        raise TriptychError(f"{folder}: holds neither {TESTS[0]} nor {TESTS[1]}")
    train = _split(folder / "train", classes)
    return Dataset(folder.resolve().name, train, _split(test, classes), classes)


def _split(folder: Path, classes: tuple[str, ...]) -> Split:
    unknown = sorted({each.name for each in folder.iterdir() if each.is_dir()} - set(classes))
    if unknown:
        raise TriptychError(f"{folder / unknown[0]}: no class of train: {', '.join(classes)}")
    files, labels = [], []
    for label, name in enumerate(classes):
        paths = sorted((folder / name).glob("*"))
        found = [str(each) for each in paths if each.suffix.lower() in ENDINGS]
        files += found
        labels += [label] * len(found)
    return Split(Pictures(tuple(files)), np.array(labels, np.int64), SCALING, str(folder))
