"""Read a library's weights file into arrays: `python -m frontends.checkpoints.read keras FILE OUT
BYTES`.

In a process of its own, since reading may import a framework; nothing in a file is executed. BYTES
is what the specification's numbers take at most: a file that holds more is refused, a single array
or archive that declares more before it is unpacked, where the format tells; in any case the process
can take little more memory than that.
"""

from __future__ import annotations

import io
import math
import pickle
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from common.text import one_line
from frontends.checkpoints.libraries import LIBRARIES
from frontends.workers.arrays import ArrayWriter

# What a .pdparams file of numpy arrays is made of, in every version of numpy.
_ARRAYS = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.numeric", "_frombuffer"),
    ("numpy._core.numeric", "_frombuffer"),
    ("collections", "OrderedDict"),
    ("builtins", "tuple"),
    ("_codecs", "encode"),
}


ROOM = 1_000_000_000  # bytes beside the numbers: what a framework takes as it reads
MOST_KEYS = 100_000


class _ArraysOnly(pickle.Unpickler):
    """Knows how to build arrays and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ARRAYS:
            raise pickle.UnpicklingError(f"holds {module}.{name}, which is no array")
        return super().find_class(module, name)


def paddle_vision(path: Path, budget: int) -> Iterator[tuple[str, Any]]:
    """Yield what `paddle.save` of a state dict wrote: arrays, or pairs of a name and an array."""
    _bound_memory(budget)
    with path.open("rb") as stream:
        state = _ArraysOnly(stream).load()
    for name, value in _mapping(state).items():
        pair = isinstance(value, tuple) and len(value) == 2
        yield name, value[1] if pair else value


def torchvision(path: Path, budget: int) -> Iterator[tuple[str, Any]]:
    """Yield what `torch.save` of a state dict wrote."""
    import torch

    _bound_memory(budget)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            _check_size("the archive", sum(e.file_size for e in archive.infolist()), budget)
    state = torch.load(path, map_location="cpu", weights_only=True)
    for name, value in _mapping(state).items():
        if not isinstance(value, torch.Tensor):
            raise ValueError(f"{name[:100]!r} is {type(value).__name__}, no tensor")
        if value.dtype in (torch.bfloat16, torch.float16):
            raise ValueError(f"{name[:100]!r} holds {value.dtype}; expected float32 or float64")
        yield name, value.numpy()


def keras(path: Path, budget: int) -> Iterator[tuple[str, Any]]:
    """Yield the variables of a .weights.h5, .keras or legacy .h5 file as <layer>/<number>."""
    import h5py

    _bound_memory(budget)
    opened: Any = path
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            size = archive.getinfo("model.weights.h5").file_size
            _check_size("model.weights.h5", size, budget)
            opened = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(opened, "r") as file:
        for name, variable in _variables(file):
            _check_dataset(name, variable, budget)
            yield name, variable[()]


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
    """Return what a path leads to within the file. Raises ValueError for a link out of it."""
    import h5py

    for part in path.split("/"):
        if not isinstance(group, h5py.Group):
            raise ValueError(f"{path[:100]!r} leads through {group!r}, no group")
        link = group.get(part, getlink=True)
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"{path[:100]!r} is a link to elsewhere, {type(link).__name__}")
        group = group[part]
    return group


def _check_dataset(name: str, variable: Any, budget: int) -> None:
    """Raise a ValueError for what is no array of numbers in this file, of a size it can hold."""
    import h5py

    if not isinstance(variable, h5py.Dataset):
        raise ValueError(f"{name[:100]!r} is no dataset")
    if variable.external or variable.is_virtual:
        raise ValueError(f"{name[:100]!r} is stored outside the file")
    _check_numbers(name, variable.dtype)
    _check_size(name, math.prod(variable.shape or (0,)) * variable.dtype.itemsize, budget)
    if variable.chunks is None and variable.id.get_storage_size() < variable.nbytes:
        raise ValueError(f"{name[:100]!r} declares {variable.nbytes:,} bytes, which it lacks")


def _check_size(name: str, size: int, budget: int) -> None:
    if size > budget:
        raise ValueError(f"{name[:100]!r} declares {size:,} bytes; at most {budget:,} are expected")


def _check_numbers(name: str, dtype: Any) -> None:
    if dtype not in (np.dtype("float32"), np.dtype("float64")):
        raise ValueError(f"{name[:100]!r} holds {dtype}; expected float32 or float64")


def checked(
    library: str, pairs: Iterator[tuple[str, Any]], budget: int
) -> Iterator[tuple[str, Any]]:
    """Yield the arrays that are weights, of `budget` bytes in all at most; nothing is cast, left
    out or taken twice in silence."""
    seen: set[str] = set()
    left = budget
    for name, value in pairs:
        if not name.isprintable() or not name or len(name) > 500:
            raise ValueError(f"a key {name[:100]!r}, which is no name")
        if name in seen or len(seen) >= MOST_KEYS:
            raise ValueError(f"{name[:100]!r} is there twice, or one of more than {MOST_KEYS:,}")
        seen.add(name)
        if re.fullmatch(LIBRARIES[library].ignored, name):
            continue
        if not isinstance(value, np.ndarray) and not isinstance(value, np.generic):
            raise ValueError(f"{name!r} is {type(value).__name__}, no array")
        _check_numbers(name, value.dtype)
        left -= value.nbytes
        if left < 0:
            raise ValueError(f"holds more than the {budget:,} bytes that are expected in all")
        if not np.isfinite(value).all():
            raise ValueError(f"{name!r} holds NaN or infinity")
        yield name, value


def _bound_memory(budget: int) -> None:
    """Let this process take little more memory than it has and the numbers take."""
    pages = int(_STATM.read_text().split()[0]) if _STATM.exists() else 0
    if pages:
        most = pages * resource.getpagesize() + 3 * budget + ROOM
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))


_STATM = Path("/proc/self/statm")


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _mapping(state: Any) -> dict[str, Any]:
    if not isinstance(state, dict) or not all(isinstance(name, str) for name in state):
        raise ValueError(f"holds {type(state).__name__}, expected names with arrays")
    return state


READERS = {"keras": keras, "paddle.vision": paddle_vision, "torchvision": torchvision}


def main() -> int:
    """Read a library's file into a file of arrays; say in one line what is wrong."""
    library, path, out, budget = sys.argv[1:]
    try:
        with ArrayWriter(out) as writer:
            pairs = READERS[library](Path(path), int(budget))
            for name, array in checked(library, pairs, int(budget)):
                writer.put(name, array)
    except Exception as error:  # whatever a file that is none of the library's makes of its reader
        print(f"{type(error).__name__}: {one_line(str(error))[:200]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
