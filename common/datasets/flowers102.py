"""Flowers-102 of Oxford: 8,189 images of 102 classes, and the numbers of each split.

A folder holds jpg/image_00001.jpg … or the archive of them, imagelabels.mat and setid.mat.
"""

from __future__ import annotations

import tarfile
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.datasets.dataset import Dataset, Scaling, Split
from common.datasets.matlab import read_mat
from common.datasets.pictures import SCALING, Pictures
from common.errors import TriptychError

ARCHIVE, LABELS, SETS = "102flowers.tgz", "imagelabels.mat", "setid.mat"
CLASSES = tuple(f"flower {number}" for number in range(1, 103))
# Who trains on what: `paddle.dataset.flowers` has the official test split to train on.
OFFICIAL, PADDLE = ("trnid", "tstid"), ("tstid", "trnid")
# What `paddle.dataset.flowers` makes of bytes: blue first, and no division.
PADDLE_SCALING = Scaling((103.94, 116.78, 123.68), bgr=True)

_LARGEST = 1 << 24  # bytes of an image's file


def holds(path: Path) -> bool:
    """Return whether a folder has one of the .mat files."""
    return (path / LABELS).exists() or (path / SETS).exists()


def read(folder: Path, paddle: bool = False) -> Dataset:
    """Return what a folder holds. paddle: splits and scaling are those of Paddle's own reader.

    Raises TriptychError.
    """
    labels = _numbers(folder / LABELS, "labels") - 1
    wrong = np.flatnonzero((labels < 0) | (labels >= len(CLASSES)))
    if len(wrong):
        said = f"label {labels[wrong[0]] + 1} of image {wrong[0] + 1}"
        raise TriptychError(f"{folder / LABELS}: {said}; expected 1 to {len(CLASSES)}")
    name, read_one = _reader(folder)
    splits = []
    for key in PADDLE if paddle else OFFICIAL:
        chosen = _numbers(folder / SETS, key)
        if not (len(chosen) and chosen.min() >= 1 and chosen.max() <= len(labels)):
            raise TriptychError(f"{folder / SETS}: {key}: expected 1 to {len(labels):,}")
        files = tuple(name.format(number) for number in chosen.tolist())
        scaling = PADDLE_SCALING if paddle else SCALING
        splits.append(Split(Pictures(files, read_one), labels[chosen - 1], scaling, str(folder)))
    return Dataset(f"flowers102{'-paddle' if paddle else ''}", splits[0], splits[1], CLASSES)


def _numbers(path: Path, key: str) -> NDArray[np.int64]:
    found = read_mat(path)
    if key not in found or found[key].dtype.kind not in "iu":
        raise TriptychError(
            f"{path}: holds no whole numbers {key}, but {', '.join(found) or 'none'}"
        )
    return found[key].ravel().astype(np.int64)


def _reader(folder: Path) -> tuple[str, Callable[[str], bytes]]:
    """Return how the file of an image is named, and what gives its bytes."""
    if (folder / "jpg").is_dir() or not (folder / ARCHIVE).exists():
        return f"{folder}/jpg/image_{{:05d}}.jpg", lambda name: Path(name).read_bytes()
    held = _held(folder / ARCHIVE)

    def read_one(name: str) -> bytes:
        member = name.rpartition(": ")[2]
        if member not in held:
            raise ValueError("the archive lacks it")
        return held[member]

    return f"{folder / ARCHIVE}: jpg/image_{{:05d}}.jpg", read_one


def _held(path: Path) -> dict[str, bytes]:
    """Return the files of an archive, which is read once, from its beginning to its end."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                stream: Any = archive.extractfile(member) if member.isfile() else None
                if member.size > _LARGEST:
                    raise ValueError(f"{member.name}: {member.size:,} bytes are no such image")
                if stream is not None:
                    found[member.name] = stream.read()
    except (OSError, EOFError, ValueError, tarfile.TarError, zlib.error) as error:
        last = next(reversed(found), "its first member")
        raise TriptychError(f"{path}: cannot be read beyond {last}: {error}") from None
    return found


def unpack(folder: Path) -> None:
    """Unpack the archive of a folder, so that images are read as they are needed.

    Raises TriptychError.
    """
    if (folder / "jpg").exists():
        return
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".jpg.") as beside:
            with tarfile.open(folder / ARCHIVE) as archive:
                archive.extractall(beside, filter="data")
            (Path(beside) / "jpg").rename(folder / "jpg")
    except (OSError, EOFError, ValueError, tarfile.TarError, zlib.error) as error:
        raise TriptychError(f"{folder / ARCHIVE}: cannot be unpacked: {error}") from None
