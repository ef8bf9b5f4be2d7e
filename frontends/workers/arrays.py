"""Named arrays in a file, written and read one at a time (.npz without pickle). Python 3.7."""
# ruff: noqa: UP006, UP007, UP035 - what Python 3.7 can evaluate

from __future__ import annotations

import threading
import zipfile
from typing import TYPE_CHECKING, Any, Iterator, List, Mapping, Tuple

import numpy as np
from numpy.lib import format as npy

if TYPE_CHECKING:
    from os import PathLike
    from typing import Union

    from numpy.typing import NDArray

    Array = NDArray[Any]
    File = Union[str, PathLike[str]]


HEADERS = threading.Lock()  # parsed as Python, which two threads at once now and then fail at


class ArrayWriter:
    """Stream arrays into a file; use as a context manager."""

    def __init__(self, path: File) -> None:
        self._archive = zipfile.ZipFile(str(path), "w", zipfile.ZIP_STORED, allowZip64=True)

    def __enter__(self) -> ArrayWriter:
        return self

    def __exit__(self, *exception: object) -> None:
        self._archive.close()

    def put(self, name: str, array: Any) -> None:
        """Write one array under a name that has not been used."""
        with self._archive.open(name + ".npy", "w", force_zip64=True) as stream:
            npy.write_array(stream, np.asarray(array), allow_pickle=False)  # type: ignore[no-untyped-call]


class ArrayReader:
    """Read arrays by name from a file that ArrayWriter wrote; use as a context manager."""

    def __init__(self, path: File) -> None:
        self._archive = zipfile.ZipFile(str(path))
        self._names = {name[: -len(".npy")]: None for name in self._archive.namelist()}

    def __enter__(self) -> ArrayReader:
        return self

    def __exit__(self, *exception: object) -> None:
        self._archive.close()

    def names(self) -> List[str]:
        """Return the names in the order in which they were written."""
        return list(self._names)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def get(self, name: str) -> Array:
        """Return one array. Raises KeyError."""
        with self._archive.open(name + ".npy") as stream, HEADERS:
            return npy.read_array(stream, allow_pickle=False)  # type: ignore[no-untyped-call,no-any-return]

    def items(self) -> Iterator[Tuple[str, Array]]:
        """Yield (name, array) pairs."""
        for name in self.names():
            yield name, self.get(name)


class Part:
    """The arrays of a reader whose names begin with a prefix, without it."""

    def __init__(self, reader: ArrayReader, prefix: str) -> None:
        self._reader, self._prefix = reader, prefix

    def __contains__(self, name: str) -> bool:
        return self._prefix + name in self._reader

    def get(self, name: str) -> Array:
        """Return one array. Raises KeyError."""
        return self._reader.get(self._prefix + name)


class Replaced:
    """The arrays of a reader, some of which others stand for."""

    def __init__(self, reader: ArrayReader, others: Mapping[str, Array]) -> None:
        self._reader, self._others = reader, others

    def names(self) -> List[str]:
        """Return the names that the reader has."""
        return self._reader.names()

    def get(self, name: str) -> Array:
        """Return one array. Raises KeyError."""
        return self._others[name] if name in self._others else self._reader.get(name)


def write_arrays(path: File, arrays: Mapping[str, Any]) -> None:
    """Write a dict of arrays."""
    with ArrayWriter(path) as writer:
        for name, array in arrays.items():
            writer.put(name, array)
