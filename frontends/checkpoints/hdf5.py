"""Keras' weights: .weights.h5, .keras, the legacy .h5, read with h5py alone.

A variable is <layer>/<number>: a layer numbers its own, kernel and bias, or gamma, beta and the
moving mean and variance. Numbers that lie in the file as they are have a place in it, in an archive
too.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from frontends.checkpoints.stored import Array, FileError, Stored, nbytes, shown

WEIGHTS = "model.weights.h5"  # within a .keras archive
LOCAL_HEADER = 30  # bytes of a zip's, before the name and what else there is


def tensors(path: Path, budget: int) -> Iterator[Stored]:
    """Yield the variables of a file. Raises FileError; `budget`: bytes that may be unpacked."""
    import h5py

    opened: Any = path
    start: int | None = 0
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            member = archive.getinfo(WEIGHTS)
            if member.file_size > budget:
                raise FileError(
                    f"{WEIGHTS} declares {member.file_size:,} bytes; at most {budget:,} are "
                    "expected"
                )
            opened = io.BytesIO(archive.read(member))
        start = data_of(path, member)
    with h5py.File(opened, "r") as file:
        for name, variable in _variables(file):
            yield _stored(name, variable, path, start)


def data_of(path: Path, member: zipfile.ZipInfo) -> int | None:
    """Return where a member of an archive lies in its file, None if it is compressed."""
    if member.compress_type != zipfile.ZIP_STORED:
        return None
    with path.open("rb") as stream:
        stream.seek(member.header_offset)
        header = stream.read(LOCAL_HEADER)
    name, extra = struct.unpack("<HH", header[26:30])
    return member.header_offset + LOCAL_HEADER + int(name) + int(extra)


def _variables(file: Any) -> Iterator[tuple[str, Any]]:
    """Yield (<layer>/<number>, dataset) pairs, nothing of them read."""
    legacy = _linked(file, "model_weights") if "model_weights" in file else file
    if "layer_names" in legacy.attrs:
        for layer in legacy.attrs["layer_names"]:
            group = _linked(legacy, _text(layer))
            for number, name in enumerate(group.attrs["weight_names"]):
                yield f"{_text(layer)}/{number}", _linked(group, _text(name))
        return
    groups: list[Any] = []
    file.visititems(lambda name, group: groups.append(group) if "name" in group.attrs else None)
    for group in groups:
        for number in group:
            yield f"{_text(group.attrs['name'])}/{number}", _linked(group, number)


def _linked(group: Any, path: str) -> Any:
    """Return what a path leads to within the file. Raises FileError for a link out of it."""
    import h5py

    for part in path.split("/"):
        if not isinstance(group, h5py.Group):
            raise FileError(f"{shown(path)} leads through {group!r}, no group")
        link = group.get(part, getlink=True)
        if not isinstance(link, h5py.HardLink):
            raise FileError(f"{shown(path)} is a link to elsewhere, {type(link).__name__}")
        group = group[part]
    return group


def _stored(name: str, variable: Any, path: Path, start: int | None) -> Stored:
    """Return a variable. Raises FileError for what is no array within the file."""
    import h5py

    if not isinstance(variable, h5py.Dataset):
        raise FileError(f"{shown(name)} is no dataset")
    if variable.external or variable.is_virtual:
        raise FileError(f"{shown(name)} is stored outside the file")
    shape, dtype = tuple(variable.shape or ()), variable.dtype
    size = nbytes(name, "uint8", shape) * dtype.itemsize
    offset = variable.id.get_offset()
    plain = offset is not None and start is not None and dtype.newbyteorder("=") == dtype
    at = int(start or 0) + int(offset) if plain else None

    def read() -> Array:
        if variable.chunks is None and variable.id.get_storage_size() < size:
            raise FileError(f"{shown(name)} declares {size:,} bytes, which it lacks")
        return np.asarray(variable[()])

    return Stored(name, str(dtype), shape, path, at, size, read)


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)
