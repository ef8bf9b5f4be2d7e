"""State dicts of PyTorch and Paddle: pickles, read by unpicklers that can build tensors, no more.

PyTorch keeps the numbers beside the pickle: in an archive, a member a storage, or, before 1.6,
behind it. Paddle's are numpy arrays within the pickle.
"""

from __future__ import annotations

import pickle
import pickletools
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from common.pickles import ArraysOnly
from frontends.checkpoints import exported
from frontends.checkpoints.hdf5 import data_of
from frontends.checkpoints.sets import Sets
from frontends.checkpoints.stored import Array, FileError, Stored, nbytes, shown
from frontends.checkpoints.strided import MARKS, Storage, View, check_order, strided

_STORAGES = {
    "Float": "float32", "Double": "float64", "Half": "float16", "BFloat16": "bfloat16",
    "Long": "int64", "Int": "int32", "Short": "int16", "Char": "int8", "Byte": "uint8",
    "Bool": "bool", "ComplexFloat": "complex64", "ComplexDouble": "complex128",
}  # fmt: skip
MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001  # that a file from before PyTorch 1.6 begins with
OF_PADDLE = "StructuredToParameterName@@"  # what paddle.save puts beside a state dict's arrays


def paddle(path: Path, sets: Sets) -> Iterator[Stored]:
    """Yield what `paddle.save` of a state dict wrote: arrays, or pairs of a name and an array."""
    with path.open("rb") as stream:
        state = sets.weights(ArraysOnly(stream).load(), lambda each: _array(each) is not None)
    if OF_PADDLE in state or any(_is_pair(each) for each in state.values()):
        sets.framework = "paddle"
    places = _places(path)
    for name, value in state.items():
        array = value[1] if _is_pair(value) else value
        if isinstance(array, dict) and not array:
            continue  # OF_PADDLE of a layer without parameters
        if isinstance(array, dict) and all(isinstance(each, str) for each in array.values()):
            continue  # likewise, of one with them
        found = _array(value)
        if found is None:
            raise FileError(f"{shown(name)} is {type(array).__name__}, no array")
        yield _held(name, found, path, places)


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], np.ndarray)


def _array(value: Any) -> Array | None:
    array = value[1] if _is_pair(value) else value
    return np.asarray(array) if isinstance(array, (np.ndarray, np.generic)) else None


def _held(name: str, array: Array, path: Path, places: dict[int, list[int]]) -> Stored:
    offset = None
    if array.size and array.flags.c_contiguous and array.dtype.isnative:
        offset = next((at for at in places.get(array.nbytes, []) if _is_at(path, at, array)), None)
    return Stored(name, str(array.dtype), array.shape, path, offset, array.nbytes, lambda: array)


def _is_at(path: Path, offset: int, array: Array) -> bool:
    return bool(
        np.array_equal(
            np.fromfile(path, np.uint8, array.nbytes, "", offset), array.reshape(-1).view(np.uint8)
        )
    )


def _places(path: Path) -> dict[int, list[int]]:
    """Return length -> where bytes of it lie in a pickle; nothing of it is run."""
    head = {"SHORT_BINBYTES": 2, "BINBYTES": 5, "BINBYTES8": 9}
    found: dict[int, list[int]] = {}
    with path.open("rb") as stream:
        for opcode, value, at in pickletools.genops(stream):
            if opcode.name in head and isinstance(value, bytes):
                found.setdefault(len(value), []).append(int(at or 0) + head[opcode.name])
    return found


def _rebuild(
    storage: Any, first: Any, shape: Any, strides: Any, grad: Any, hooks: Any, marks: Any = None
) -> View:
    """Return a tensor; marks: what its storage's numbers are yet to undergo, as _rebuild_tensor_v2
    has it. Raises FileError for a mark that is not known here."""
    whole = [first, *shape, *strides]
    if not isinstance(storage, Storage) or not all(type(each) is int for each in whole):
        raise FileError("a tensor that is made of no storage")
    given = {} if marks is None else marks
    if not isinstance(given, dict) or not all(type(each) is bool for each in given.values()):
        raise FileError(f"a tensor that is marked {shown(given)}, expected truths of {MARKS}")
    if not set(given) <= set(MARKS):
        raise FileError(f"a tensor that is marked {shown(given)}; known are {', '.join(MARKS)}")
    return View(storage, first, tuple(shape), tuple(strides), **given)


def _parameter(data: Any, grad: Any, hooks: Any) -> Any:
    return data


class _TensorsOnly(pickle.Unpickler):
    """Knows how to say where tensors lie and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch._utils" and name in ("_rebuild_tensor_v2", "_rebuild_parameter"):
            return _rebuild if name == "_rebuild_tensor_v2" else _parameter
        kind = name.removesuffix("Storage")
        if module == "torch" and name.endswith("Storage") and kind in _STORAGES:
            return _Kind(_STORAGES[kind])
        raise pickle.UnpicklingError(f"holds {module}.{name}, which is no tensor")

    def persistent_load(self, pid: Any) -> Storage:
        tag, kind, key, _, count, *rest = pid
        if tag != "storage" or not isinstance(kind, _Kind) or rest not in ([], [None]):
            raise FileError("a tensor that is made of no storage")
        if type(count) is not int or not isinstance(key, str):
            raise FileError("a storage without a length")
        return Storage(key, kind.dtype, count)


@dataclass(frozen=True)
class _Kind:
    dtype: str


def torch(path: Path, budget: int, sets: Sets | None = None) -> Iterator[Stored]:
    """Yield what `torch.save` of a state dict wrote, now or before PyTorch 1.6, or the weights of
    what `torch.export.save` wrote.

    `budget`: bytes that may be unpacked of an archive. Raises FileError.
    """
    sets = sets or Sets()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from _zipped(archive, path, budget, sets)
        return
    with path.open("rb") as stream:
        yield from _legacy(stream, path, sets)


def _zipped(archive: zipfile.ZipFile, path: Path, budget: int, sets: Sets) -> Iterator[Stored]:
    members = {each.filename: each for each in archive.infolist()}
    size = sum(each.file_size for each in members.values())
    if size > budget:
        raise FileError(f"the archive declares {size:,} bytes; at most {budget:,} are expected")
    if (found := exported.config_of(archive)) is not None:
        yield from exported.tensors(archive, path, found)
        return
    pickles = [name for name in members if name.endswith("/data.pkl") or name == "data.pkl"]
    if len(pickles) != 1:
        raise FileError(f"holds {len(pickles)} members data.pkl, expected one")
    folder = pickles[0][: -len("data.pkl")]
    check_order(archive, folder)
    with archive.open(pickles[0]) as stream:
        state = _TensorsOnly(stream).load()
    places: dict[str, int | None] = {}
    for name, view in _views(state, sets):
        key = view.storage.key
        member = members.get(f"{folder}data/{key}")
        if member is None:
            raise FileError(f"{shown(name)} lies in {shown(key)}, which the archive lacks")
        if key not in places:
            places[key] = data_of(path, member)

        def data(member: zipfile.ZipInfo = member) -> bytes:
            return archive.read(member)

        yield strided(name, view, path, places[key], member.file_size, data)


def _legacy(stream: IO[bytes], path: Path, sets: Sets) -> Iterator[Stored]:
    if (_TensorsOnly(stream).load(), _TensorsOnly(stream).load()) != (MAGIC, PROTOCOL):
        raise FileError("is no file that torch.save wrote")
    system = _TensorsOnly(stream).load()
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise FileError("its numbers are big-endian")
    views = list(_views(_TensorsOnly(stream).load(), sets))
    storages = {view.storage.key: view.storage for _, view in views}
    places, there = {}, path.stat().st_size
    for key in _TensorsOnly(stream).load():
        head = stream.read(8)
        storage = storages.get(key) if isinstance(key, str) else None
        if storage is None or len(head) < 8 or struct.unpack("<q", head)[0] != storage.count:
            raise FileError(f"the storage {shown(key)} is not the one that its tensor speaks of")
        size = nbytes(key, storage.dtype, (storage.count,))
        places[key] = stream.tell()
        if places[key] + size > there:
            raise FileError(f"the file ends within the storage {shown(key)}")
        stream.seek(size, 1)
    for name, view in views:
        if view.storage.key not in places:
            raise FileError(f"{shown(name)} lies in a storage that the file lacks")
        at = places[view.storage.key]
        size = nbytes(name, view.storage.dtype, (view.storage.count,))

        def data(at: int = at, size: int = size) -> bytes:
            with path.open("rb") as opened:
                opened.seek(at)
                return opened.read(size)

        yield strided(name, view, path, at, size, data)


def _views(state: Any, sets: Sets) -> Iterator[tuple[str, View]]:
    for name, value in sets.weights(state, lambda each: isinstance(each, View)).items():
        if not isinstance(value, View):
            raise FileError(f"{shown(name)} is {type(value).__name__}, no tensor")
        yield name, value
