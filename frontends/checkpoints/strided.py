"""Tensors of PyTorch's files: views of storages."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from frontends.checkpoints.stored import Array, FileError, Stored, nbytes, shown


@dataclass(frozen=True)
class Storage:
    """Where the numbers of tensors lie: in `file`, from `offset` on; or in a member, packed."""

    key: str
    dtype: str
    count: int


MARKS = ("neg", "conj")


@dataclass(frozen=True)
class View:
    """A tensor of a storage.

    neg, conj: the storage holds the negatives, or the conjugates, of its numbers.
    """

    storage: Storage
    first: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    neg: bool = False
    conj: bool = False


def check_order(archive: zipfile.ZipFile, folder: str) -> None:
    """Raise a FileError where an archive of PyTorch's says that its numbers are big-endian."""
    name = folder + "byteorder"
    if name in archive.namelist() and archive.read(name) != b"little":
        raise FileError("its numbers are big-endian")


def strided(
    name: str, view: View, path: Path, at: int | None, there: int, data: Callable[[], bytes]
) -> Stored:
    """Return a tensor of a storage that takes `there` bytes, from `at` on. Raises FileError."""
    size = nbytes(name, view.storage.dtype, view.shape)
    if len(view.shape) != len(view.strides) or min((view.first, *view.strides)) < 0:
        raise FileError(f"{shown(name)} has shape {view.shape} and strides {view.strides}")
    itemsize = nbytes(name, view.storage.dtype, (1,))
    reach = sum((n - 1) * step for n, step in zip(view.shape, view.strides)) if size else -1
    if view.storage.count * itemsize != there or (view.first + reach + 1) * itemsize > there:
        raise FileError(f"{shown(name)} reaches beyond its storage, which has {there:,} bytes")
    steps = zip(view.shape, view.strides, _contiguous(view.shape))
    plain = at is not None and all(n == 1 or step == own for n, step, own in steps)
    plain = plain and not view.neg and not view.conj

    def read() -> Array:
        flat = np.frombuffer(data(), np.dtype(view.storage.dtype))[view.first :]
        strides = [itemsize * step for step in view.strides]
        held = np.lib.stride_tricks.as_strided(flat, view.shape, strides, writeable=False)
        found = held.copy()
        for marked, undone in ((view.conj, np.conjugate), (view.neg, np.negative)):
            if marked:
                undone(found, out=found)
        return found

    offset = int(at or 0) + view.first * itemsize if plain else None
    return Stored(name, view.storage.dtype, view.shape, path, offset, size, read)


def _contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
