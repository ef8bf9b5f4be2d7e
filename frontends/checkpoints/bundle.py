"""TensorFlow's checkpoints, read and written without it: PREFIX.index and PREFIX.data-00000-of-…

`tf.train.Saver` of TensorFlow 1 and `tf.train.Checkpoint` of TensorFlow 2 write this one format.
The index is a sorted string table (frontends.checkpoints.table): name -> BundleEntryProto, "" ->
BundleHeaderProto; the data files hold the numbers, one tensor behind the other. From
tensor_bundle.proto and tensor_bundle.cc of TensorFlow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from frontends.checkpoints.crc32c import crc32c, masked
from frontends.checkpoints.protobuf import field, fields, fixed32, signed, take_varint
from frontends.checkpoints.stored import Array, FileError, Stored, lying, shown
from frontends.checkpoints.table import read_table, table

GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"  # of TensorFlow 2: which object holds which tensor
VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
SAVED_MODEL = "saved_model.pb"  # of a folder with a graph, and a checkpoint of its variables
# DataType -> numpy's name
TYPES = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "text",
    8: "complex64", 9: "int64", 10: "bool", 14: "bfloat16", 17: "uint16", 18: "complex128",
    19: "float16", 22: "uint32", 23: "uint64",
}  # fmt: skip
MOST_SHARDS = 10_000


@dataclass(frozen=True)
class _Entry:
    kind: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    crc: int


def index_of(path: Path) -> Path:
    """Return the index of a checkpoint, which its prefix, its index, its data or the folder of a
    SavedModel stands for."""
    if (path / SAVED_MODEL).is_file():
        return path / "variables" / "variables.index"
    name = path.name.partition(".data-")[0].removesuffix(".index")
    return path.with_name(f"{name}.index")


def tensors(path: Path) -> Iterator[Stored]:
    """Yield the variables of a checkpoint; those of objects under the names of their variables.

    Raises FileError for what is no checkpoint, or is not as long as it says.
    """
    prefix = str(index_of(path)).removesuffix(".index")
    entries, shards = _entries(Path(prefix + ".index"))
    names = dict.fromkeys(entries, "")
    if GRAPH in entries:
        file = _shard(prefix, entries[GRAPH], shards)
        names |= _variables(_text(file, entries.pop(GRAPH)))
    for key, each in _once(entries, names).items():
        if each.kind not in TYPES:
            raise FileError(f"{shown(key)} is of type {each.kind}, which is no array's")
        file = _shard(prefix, each, shards)
        yield _stored(names[key] or key.removesuffix(VALUE), each, file)


def _once(entries: Mapping[str, _Entry], names: Mapping[str, str]) -> dict[str, _Entry]:
    """Return the entries, of those with the same numbers under one variable's name the first: an
    export of Keras holds each weight twice."""
    found: dict[object, str] = {}
    for key, each in entries.items():
        same = (names[key] or key, each.kind, each.shape, each.size, each.crc)
        found.setdefault(same, key)
    return {key: entries[key] for key in found.values()}


def _stored(name: str, entry: _Entry, file: Path) -> Stored:
    dtype = TYPES[entry.kind]
    if dtype == "text":
        return Stored(name, dtype, entry.shape, file, entry.offset, entry.size, _no_numbers)
    found = lying(name, dtype, entry.shape, file, entry.offset)
    if found.nbytes != entry.size:
        raise FileError(f"{shown(name)} is {entry.size:,} bytes; its shape takes {found.nbytes:,}")

    def read() -> Array:
        array = found.read()
        if masked(crc32c(array.tobytes())) != entry.crc:
            raise FileError(f"{shown(name)} is not what its checksum says")
        return array

    return Stored(name, dtype, found.shape, file, entry.offset, entry.size, read)


def _no_numbers() -> Array:
    raise FileError("text is no array")


def _entries(index: Path) -> tuple[dict[str, _Entry], int]:
    """Return the entries of an index, and how many files of data there are."""
    found, shards = {}, 0
    for key, value in read_table(index):
        if not key:
            header = dict(fields(value))
            shards = _whole(header.get(1, 0))
            if header.get(2, 0) or not 1 <= shards <= MOST_SHARDS:
                raise FileError(f"{index.name} is of big-endian numbers or of {shards:,} files")
            continue
        try:
            name = key.decode()
        except UnicodeDecodeError:
            raise FileError(f"a key {shown(key)}, which is no name") from None
        found[name] = _entry(name, value)
    if not shards:
        raise FileError(f"{index.name} has no header")
    return found, shards


def _entry(name: str, data: bytes) -> _Entry:
    given: dict[int, Any] = {}
    for number, value in fields(data):
        if number == 7:
            raise FileError(f"{shown(name)} is saved in slices, which are not read here")
        given[number] = value
    numbers = [_whole(given.get(number, 0)) for number in (1, 3, 4, 5, 6)]
    shape = given.get(2, b"")
    if not isinstance(shape, bytes):
        raise FileError(f"{shown(name)} has no shape")
    return _Entry(numbers[0], _shape(shape), *numbers[1:])


def _shape(data: bytes) -> tuple[int, ...]:
    parts = [dict(fields(part)) for n, part in fields(data) if n == 2 and isinstance(part, bytes)]
    return tuple(signed(_whole(part.get(1, 0))) for part in parts)


def _whole(value: int | bytes) -> int:
    if not isinstance(value, int):
        raise FileError("bytes in a header where a number is expected")
    return value


def _shard(prefix: str, entry: _Entry, shards: int) -> Path:
    file = Path(f"{prefix}.data-{entry.shard:05d}-of-{shards:05d}")
    if not file.is_file():
        raise FileError(f"there is no {file.name}, which the index speaks of")
    return file


def _text(file: Path, entry: _Entry) -> bytes:
    """Return the one string of a tensor: its length, a checksum of that, its bytes."""
    if entry.offset + entry.size > file.stat().st_size:
        raise FileError(f"{file.name} ends before {GRAPH} does")
    with file.open("rb") as stream:
        stream.seek(entry.offset)
        data = stream.read(entry.size)
    length, at = take_varint(data, 0)
    if length != len(data) - at - 4:
        raise FileError(f"{GRAPH} is not as long as it says")
    return data[at + 4 :]


def _variables(graph: bytes) -> dict[str, str]:
    """Return key -> name of the variable, where an object of the graph says it."""
    found = {}
    for number, node in fields(graph):
        for inner, attribute in fields(node) if number == 1 and isinstance(node, bytes) else ():
            if inner == 2 and isinstance(attribute, bytes):
                given = dict(fields(attribute))
                name, key = given.get(2, b""), given.get(3, b"")
                if isinstance(name, bytes) and isinstance(key, bytes):
                    found[key.decode(errors="replace")] = name.decode(errors="replace")
    return found


def files_of(prefix: str, arrays: Mapping[str, Array]) -> dict[str, bytes]:
    """Return the files of a checkpoint that `Saver.restore` reads: name -> what is in it.

    The index comes last: without it there is no checkpoint. Raises FileError.
    """
    kinds = {name: kind for kind, name in TYPES.items()}
    rows = [(b"", field(1, 1) + field(3, field(1, 1)))]
    parts, offset = [], 0
    for name in sorted(arrays, key=str.encode):
        little = arrays[name].astype(arrays[name].dtype.newbyteorder("<"), copy=False)
        data = np.ascontiguousarray(little).tobytes()
        shape = b"".join(field(2, field(1, size)) for size in little.shape)
        entry = field(1, kinds[little.dtype.name]) + field(2, shape)
        entry += field(4, offset) + field(5, len(data)) + fixed32(6, masked(crc32c(data)))
        rows.append((name.encode(), entry))
        parts.append(data)
        offset += len(data)
    return {f"{prefix}.data-00000-of-00001": b"".join(parts), f"{prefix}.index": table(rows)}
