"""A tensor as a file tells it, before any number of it is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Arrays = dict[str, Array]

MOST_KEYS = 100_000
LARGEST = 1 << 62  # bytes or numbers that anything may declare
NUMBERS = ("float32", "float64")


class FileError(ValueError):
    """A file that is not what its format says; the message names the tensor where there is one."""


@dataclass(frozen=True)
class Stored:
    """A tensor of a file.

    name: its own. dtype: as numpy calls it, or the format where numpy has no such type. file: where
    its numbers are; offset: of the first, in bytes, None where they do not lie there one after the
    other. nbytes: that they take. read: gives the array, in its own layout.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    file: Path
    offset: int | None
    nbytes: int
    read: Callable[[], Array] = field(repr=False, compare=False)


def lying(name: str, dtype: str, shape: tuple[int, ...], file: Path, offset: int) -> Stored:
    """Return a tensor that lies in a file as it is: C order, little-endian.

    Raises FileError if the file ends before it does.
    """
    size = nbytes(name, dtype, shape)
    there = file.stat().st_size
    if offset + size > there:
        raise FileError(
            f"{shown(name)} takes {size:,} bytes from byte {offset:,}; {file.name} has {there:,}"
        )

    def read() -> Array:
        found = np.fromfile(file, np.dtype(dtype).newbyteorder("<"), math.prod(shape), "", offset)
        return found.reshape(shape).astype(dtype, copy=False)

    return Stored(name, dtype, shape, file, offset, size, read)


def nbytes(name: str, dtype: str, shape: tuple[int, ...]) -> int:
    """Return the bytes of an array. Raises FileError for a shape that no array has."""
    itemsize = {"bfloat16": 2, "text": 0}.get(dtype) or np.dtype(dtype).itemsize
    if len(shape) > 16 or any(not 0 <= size < LARGEST for size in shape):
        raise FileError(f"{shown(name)} has shape {str(shape)[:60]}, which no tensor has")
    size = math.prod(shape) * itemsize
    if size > LARGEST:
        raise FileError(f"{shown(name)} declares {size:,} bytes")
    return size


def shown(name: object) -> str:
    """Return a name as messages have it: quoted, short."""
    return repr(name)[:100]


def distinct(tensors: Iterator[Stored]) -> Iterator[Stored]:
    """Yield tensors whose names are names, each there once. Raises FileError."""
    seen: set[str] = set()
    for each in tensors:
        if not isinstance(each.name, str) or not each.name or len(each.name) > 500:
            raise FileError(f"a key {shown(each.name)}, which is no name")
        if not each.name.isprintable():
            raise FileError(f"a key {shown(each.name)}, which is no name")
        if each.name in seen or len(seen) >= MOST_KEYS:
            raise FileError(f"{shown(each.name)} is there twice, or one of over {MOST_KEYS:,}")
        seen.add(each.name)
        yield each


def numbers(tensor: Stored, left: int) -> Array:
    """Return a tensor's array: float32 or float64, finite, of `left` bytes at most.

    Nothing is cast in silence, nothing allocated before its size is checked. Raises FileError.
    """
    if tensor.dtype not in NUMBERS:
        raise FileError(f"{shown(tensor.name)} holds {tensor.dtype}; expected float32 or float64")
    if tensor.nbytes > left:
        raise FileError(
            f"{shown(tensor.name)} declares {tensor.nbytes:,} bytes; {left:,} are left of what is "
            "expected in all"
        )
    array = tensor.read()
    if not np.isfinite(array).all():
        raise FileError(f"{shown(tensor.name)} holds NaN or infinity")
    return array


def told(tensor: Stored) -> Mapping[str, Any]:
    """Return what is known of a tensor as plain data."""
    return {
        "name": tensor.name,
        "dtype": tensor.dtype,
        "shape": list(tensor.shape),
        "file": str(tensor.file),
        "offset": tensor.offset,
        "nbytes": tensor.nbytes,
    }
