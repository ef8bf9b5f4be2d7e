"""Files of `torch.save`, written without PyTorch: also such as it would not write today."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

KINDS = {"float32": "Float", "complex64": "ComplexFloat"}
REBUILD = "_rebuild_tensor_v2"
_Plain: Any = vars(pickle)["_Pickler"]  # the one in Python: what it saves can be looked into


class Call:
    """A call of a function of torch._utils, which the pickle has by its name."""

    def __init__(self, name: str, *arguments: Any) -> None:
        self.name, self.arguments = name, arguments


class _Global:
    def __init__(self, module: str, name: str) -> None:
        self.path = f"c{module}\n{name}\n".encode()


class _Storage:
    def __init__(self, array: Any) -> None:
        self.array = array


class _Pickler(_Plain):  # type: ignore[misc]
    """Writes storages by an identity, as PyTorch does, and functions by their names alone."""

    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream, 2)
        self.storages: list[Any] = []

    def persistent_id(self, found: Any) -> Any:
        if not isinstance(found, _Storage):
            return None
        self.storages.append(found.array)
        kind = _Global("torch", f"{KINDS[found.array.dtype.name]}Storage")
        return "storage", kind, str(len(self.storages) - 1), "cpu", found.array.size

    def save(self, found: Any, save_persistent_id: bool = True) -> None:
        if isinstance(found, _Global):
            self.write(found.path)
        elif isinstance(found, Call):
            self.save(_Global("torch._utils", found.name))
            self.save(found.arguments)
            self.write(pickle.REDUCE)
        elif isinstance(found, np.ndarray):
            self.save(tensor(found))
        else:
            super().save(found, save_persistent_id)


def tensor(array: Any, *marks: Any) -> Call:
    """Return a tensor with a storage of its own, with marks behind its other arguments."""
    strides = tuple(each // array.itemsize for each in array.strides)
    return Call(REBUILD, _Storage(array), 0, array.shape, strides, False, {}, *marks)


def save(path: Path, state: Any) -> Path:
    """Write an archive of `torch.save`; numpy's arrays in it become tensors."""
    stream = io.BytesIO()
    pickler = _Pickler(stream)
    pickler.dump(state)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", stream.getvalue())
        for number, array in enumerate(pickler.storages):
            archive.writestr(f"a/data/{number}", array.tobytes())
    return path
