"""Variables of Paddle Fluid 1.x as it saves them: LoDTensor records, read and written without it.

A record is a version (uint32, 0), a count of levels of detail (uint64, 0 for parameters), a version
(uint32, 0), the length of a description (int32), the description (protobuf VarType.TensorDesc: type
and dimensions) and the numbers, little-endian, in C order. `save_vars` writes a file a variable,
named after it; with `filename=` the records one after another in the order of the sorted names,
which the file does not hold. From lod_tensor.cc, tensor_util.cc and io.py of Paddle 1.8.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from frontends.checkpoints.protobuf import fields, signed, varint
from frontends.checkpoints.stored import Array, FileError, Stored, lying, shown

PROGRAM = "__model__"  # what the network is, beside its variables
NUMPY = b"\x93NUMPY"  # what a program counts, in files of numpy's beside them
# VarType.Type -> numpy's name
TYPES = {
    0: "bool", 1: "int16", 2: "int32", 3: "int64", 4: "float16", 5: "float32", 6: "float64",
    20: "uint8", 21: "int8",
}  # fmt: skip
LONGEST = 200  # bytes of a description: 16 dimensions take 178
MOST_LEVELS = 16


def folder(path: Path) -> Iterator[Stored]:
    """Yield the variables of a folder, a file each; the program and what numpy wrote are left
    alone. Raises FileError."""
    for file in sorted(path.iterdir()):
        if file.name == PROGRAM:
            continue
        if not file.is_file():
            raise FileError(f"{shown(file.name)} is no file of a variable")
        with file.open("rb") as stream:
            if stream.read(len(NUMPY)) == NUMPY:
                continue
            stream.seek(0)
            found = _record(stream, file, file.name)
        ends = (found.offset or 0) + found.nbytes
        if ends != file.stat().st_size:
            raise FileError(
                f"{shown(file.name)} has {file.stat().st_size:,} bytes; its header says {ends:,} "
                "(a combined file is named itself, not its folder)"
            )
        yield found


def combined(path: Path) -> Iterator[Stored]:
    """Yield the variables of one file as #0, #1 …: it holds no names. Raises FileError."""
    size, number = path.stat().st_size, 0
    with path.open("rb") as stream:
        while stream.tell() < size:
            found = _record(stream, path, f"#{number}")
            yield found
            stream.seek((found.offset or 0) + found.nbytes)
            number += 1


def _record(stream: IO[bytes], file: Path, name: str) -> Stored:
    version, levels = struct.unpack("<IQ", _take(stream, 12, name))
    if version or levels > MOST_LEVELS:
        raise FileError(f"{shown(name)} does not begin as a variable of Fluid's does")
    for _ in range(levels):
        (length,) = struct.unpack("<Q", _take(stream, 8, name))
        if length > file.stat().st_size:
            raise FileError(f"{shown(name)} declares {length:,} bytes of levels of detail")
        stream.seek(length, 1)
    version, length = struct.unpack("<Ii", _take(stream, 8, name))
    if version or not 0 <= length <= LONGEST:
        raise FileError(f"{shown(name)} has no description of a tensor where Fluid's have one")
    kind, shape = _description(_take(stream, length, name), name)
    return lying(name, TYPES[kind], shape, file, stream.tell())


def _description(data: bytes, name: str) -> tuple[int, tuple[int, ...]]:
    kind, shape = -1, []
    for number, value in fields(data):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 2 and isinstance(value, int):
            shape.append(signed(value))
        else:
            raise FileError(f"{shown(name)} has a description that is no tensor's")
    if kind not in TYPES:
        raise FileError(f"{shown(name)} holds type {kind} of Fluid, which is no array's")
    return kind, tuple(shape)


def _take(stream: IO[bytes], count: int, name: str) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise FileError(f"{shown(name)} ends in its header")
    return data


def record(array: Array) -> bytes:
    """Return a variable's record: header and numbers. Raises FileError for a type Fluid lacks."""
    kinds = {name: kind for kind, name in TYPES.items()}
    if array.dtype.name not in kinds:
        raise FileError(f"Fluid has no {array.dtype}")
    description = b"\x08" + varint(kinds[array.dtype.name])
    description += b"".join(b"\x10" + varint(size) for size in array.shape)
    head = struct.pack("<IQIi", 0, 0, 0, len(description)) + description
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return head + np.ascontiguousarray(little).tobytes()
