"""Read a library's weights file into arrays: `python -m frontends.checkpoints.read keras FILE OUT`.

In a process of its own, since reading may import a framework; nothing in a file is executed.
"""

from __future__ import annotations

import io
import pickle
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


class _ArraysOnly(pickle.Unpickler):
    """Knows how to build arrays and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ARRAYS:
            raise pickle.UnpicklingError(f"holds {module}.{name}, which is no array")
        return super().find_class(module, name)


def paddle_vision(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield what `paddle.save` of a state dict wrote: arrays, or pairs of a name and an array."""
    with path.open("rb") as stream:
        state = _ArraysOnly(stream).load()
    for name, value in _mapping(state).items():
        if name != "StructuredToParameterName@@":  # Paddle's own list of names
            yield name, value[1] if isinstance(value, tuple) else value


def torchvision(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield what `torch.save` of a state dict wrote."""
    import torch

    state = torch.load(path, map_location="cpu", weights_only=True)
    for name, value in _mapping(state).items():
        yield name, value.numpy()


def keras(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield the variables of a .weights.h5, .keras or legacy .h5 file as <layer>/<number>."""
    import h5py

    opened: Any = path
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            opened = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(opened, "r") as file:
        legacy = file.get("model_weights", file)
        if "layer_names" in legacy.attrs:
            yield from _legacy(legacy)
            return
        groups: list[Any] = []
        file.visititems(lambda name, group: groups.append(group) if "name" in group.attrs else None)
        for group in groups:
            for number, variable in group.items():
                yield f"{group.attrs['name']}/{number}", variable[()]


def _legacy(file: Any) -> Iterator[tuple[str, Any]]:
    for layer in file.attrs["layer_names"]:
        group = file[layer]
        for number, name in enumerate(group.attrs["weight_names"]):
            yield f"{_text(layer)}/{number}", group[name][()]


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _mapping(state: Any) -> dict[str, Any]:
    if not isinstance(state, dict) or not all(isinstance(name, str) for name in state):
        raise ValueError(f"holds {type(state).__name__}, expected names with arrays")
    return state


READERS = {"keras": keras, "paddle.vision": paddle_vision, "torchvision": torchvision}


def main() -> int:
    """Read a library's file into a file of arrays; say in one line what is wrong."""
    library, path, out = sys.argv[1:]
    try:
        with ArrayWriter(out) as writer:
            for name, array in READERS[library](Path(path)):
                writer.put(name, array)
    except Exception as error:  # whatever a file that is none of the library's makes of its reader
        message = " ".join(str(error).split())
        print(f"{type(error).__name__}: {message[:200]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
