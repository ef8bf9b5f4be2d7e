"""Named arrays in a file, written and read one at a time (.npz without pickle). Python 3.7."""

import zipfile

import numpy as np
from numpy.lib import format as npy


class ArrayWriter:
    """Stream arrays into a file; use as a context manager."""

    def __init__(self, path):
        self._archive = zipfile.ZipFile(str(path), "w", zipfile.ZIP_STORED, allowZip64=True)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._archive.close()

    def put(self, name, array):
        """Write one array under a name that has not been used."""
        with self._archive.open(name + ".npy", "w", force_zip64=True) as stream:
            npy.write_array(stream, np.asarray(array), allow_pickle=False)


class ArrayReader:
    """Read arrays by name from a file that ArrayWriter wrote."""

    def __init__(self, path):
        self._archive = zipfile.ZipFile(str(path))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._archive.close()

    def names(self):
        """Return the names in the order in which they were written."""
        return [name[: -len(".npy")] for name in self._archive.namelist()]

    def get(self, name):
        """Return one array. Raises KeyError."""
        with self._archive.open(name + ".npy") as stream:
            return npy.read_array(stream, allow_pickle=False)

    def items(self):
        """Yield (name, array) pairs."""
        for name in self.names():
            yield name, self.get(name)


def write_arrays(path, arrays):
    """Write a dict of arrays."""
    with ArrayWriter(path) as writer:
        for name, array in arrays.items():
            writer.put(name, array)
