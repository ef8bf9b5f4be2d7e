"""CIFAR-10: the archive cifar-10-python.tar.gz, or the folder that is in it.

A batch is a pickle of bytes (N, 3072), red, green and blue planes of 32 × 32, and of labels.
"""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.datasets.dataset import Dataset, Split
from common.errors import TriptychError
from common.pickles import ArraysOnly
from common.text import one_line

ARCHIVE, FOLDER = "cifar-10-python.tar.gz", "cifar-10-batches-py"
BATCHES = {  # of the genuine one -> MD5
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}
CLASSES = tuple("airplane automobile bird cat deer dog frog horse ship truck".split())
SHAPE = (3, 32, 32)
PER_CLASS = {"train": 5000, "test": 1000}  # of the genuine one
_NAME = re.compile(r"(data_batch_\d+|test_batch)$")
_LARGEST = 1 << 28  # bytes of a batch; the genuine ones have 31 million


def holds(path: Path) -> bool:
    """Return whether a path is such an archive, or a folder with it or with its batches."""
    if path.is_dir():
        return any((path / name).exists() for name in (ARCHIVE, FOLDER, *BATCHES))
    return path.name.endswith((".tar.gz", ".tar")) and path.is_file()


def read(path: Path, genuine: bool = False) -> Dataset:
    """Return what an archive holds, or a folder with it or its batches.

    genuine: it is CIFAR-10 itself, or an error. Raises TriptychError that names the batch.
    """
    found: dict[str, list[tuple[NDArray[np.uint8], NDArray[np.int64]]]] = {"train": [], "test": []}
    for where, text in _batches(path):
        name = where.rpartition("/")[2]
        if genuine and hashlib.md5(text, usedforsecurity=False).hexdigest() != BATCHES.get(name):
            raise TriptychError(f"{where}: MD5 is not {BATCHES.get(name)}: damaged or changed")
        found["test" if name == "test_batch" else "train"].append(_batch(where, text))
    splits = {name: _split(path, name, parts) for name, parts in found.items()}
    for name, split in splits.items():
        counts = np.bincount(split.labels, minlength=10).tolist()
        if genuine and counts != [PER_CLASS[name]] * 10:
            raise TriptychError(f"{path}: {name}: {counts} of the classes; expected {PER_CLASS}")
    return Dataset("cifar10", splits["train"], splits["test"], CLASSES)


def _batches(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield where each batch lies and its bytes, in the order of their names."""
    if path.is_dir():
        folder = path / FOLDER if (path / FOLDER).is_dir() else path
        names = sorted(each.name for each in folder.iterdir() if _NAME.match(each.name))
        if names or not (path / ARCHIVE).exists():
            for name in names:
                yield str(folder / name), (folder / name).read_bytes()
            return
        path = path / ARCHIVE
    yield from sorted(_members(path))


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    last = "its first member"
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                last = f"after {member.name}"
                if not (member.isfile() and _NAME.match(member.name.rpartition("/")[2])):
                    continue
                last = member.name
                if member.size > _LARGEST:
                    raise TriptychError(f"{path}: {last}: {member.size:,} bytes are no batch")
                stream = archive.extractfile(member)
                assert stream is not None  # it is a file
                yield f"{path}: {last}", stream.read()
    except (OSError, EOFError, ValueError, tarfile.TarError, zlib.error) as error:
        raise TriptychError(f"{path}: cannot be read at {last}: {error}") from None


def _batch(where: str, text: bytes) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    try:
        batch: Any = ArraysOnly(io.BytesIO(text), encoding="bytes").load()
    except Exception as error:  # pickles that are damaged raise whatever they like
        raise TriptychError(f"{where}: cannot be read: {one_line(str(error))[:300]}") from None
    data, labels = (batch.get(key) if isinstance(batch, dict) else None for key in _KEYS)
    images: NDArray[Any] = data if isinstance(data, np.ndarray) else np.zeros(0)
    if images.dtype != np.uint8 or images.ndim != 2 or images.shape[1] != 3072:
        said = f"data: {images.dtype} of shape {images.shape}"
        raise TriptychError(f"{where}: {said}; expected uint8 of shape (N, 3072)")
    if not (isinstance(labels, list) and all(type(each) is int for each in labels)):
        raise TriptychError(f"{where}: labels: expected a list of whole numbers")
    if len(labels) != len(images):
        raise TriptychError(f"{where}: {len(images):,} images, {len(labels):,} labels")
    wrong = next((each for each in labels if not 0 <= each < len(CLASSES)), None)
    if wrong is not None:
        raise TriptychError(f"{where}: label {wrong}; expected 0 to {len(CLASSES) - 1}")
    return images, np.array(labels, np.int64)


_KEYS = (b"data", b"labels")


def _split(
    path: Path, name: str, parts: list[tuple[NDArray[np.uint8], NDArray[np.int64]]]
) -> Split:
    wanted = "data_batch_1, …" if name == "train" else "test_batch"
    if not parts:
        raise TriptychError(f"{path}: holds no {wanted}")
    images = np.concatenate([each for each, _ in parts]).reshape(-1, *SHAPE)
    labels = np.concatenate([each for _, each in parts])
    return Split(images.transpose(0, 2, 3, 1), labels, None, f"{path} ({name})")
