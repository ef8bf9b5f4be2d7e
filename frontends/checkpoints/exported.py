"""The weights within what `torch.export.save` writes, read without PyTorch.

The archive has a member for each weight, its numbers as they are, and one in JSON that says of each
name its member, type, shape and strides. From the schema of torch.export (2.9 and later).
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from frontends.checkpoints.hdf5 import data_of
from frontends.checkpoints.stored import FileError, Stored, nbytes, shown
from frontends.checkpoints.strided import Storage, View, check_order, strided

STRIDED = 7  # Layout of the schema: numbers where shape and strides say
FOLDER, CONFIG = "data/weights/", "model_weights_config.json"
# ScalarType of the schema -> numpy's name
TYPES = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32",
    8: "float64", 10: "complex64", 12: "bool", 13: "bfloat16",
}  # fmt: skip


def config_of(archive: zipfile.ZipFile) -> str | None:
    """Return the member that tells of the weights; None: the archive is no exported program."""
    return next((n for n in archive.namelist() if n.endswith(f"/{FOLDER}{CONFIG}")), None)


def tensors(archive: zipfile.ZipFile, path: Path, config: str) -> Iterator[Stored]:
    """Yield the weights that a member of an archive tells of. Raises FileError."""
    folder = config[: -len(CONFIG)]
    check_order(archive, folder[: -len(FOLDER)])
    try:
        told = json.loads(archive.read(config))["config"].items()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise FileError(f"its {CONFIG} tells of no weights") from None
    for name, each in told:
        yield _tensor(archive, path, folder, name, each)


def _tensor(
    archive: zipfile.ZipFile, path: Path, folder: str, name: str, told: Mapping[str, Any]
) -> Stored:
    try:
        if told["use_pickle"]:
            raise FileError(f"{shown(name)} is pickled within it")
        member = archive.getinfo(f"{folder}{told['path_name']}")
        meta = told["tensor_meta"]
        if meta["layout"] != STRIDED:
            raise FileError(f"{shown(name)} is sparse, or of another layout that no array has")
        dtype, first = TYPES[meta["dtype"]], _whole(meta["storage_offset"])
        shape, strides = (tuple(map(_whole, meta[key])) for key in ("sizes", "strides"))
    except (KeyError, TypeError, AttributeError):
        raise FileError(f"{shown(name)} has no member, or is of a type that no array has") from None
    there = member.file_size
    view = View(Storage(name, dtype, there // nbytes(name, dtype, (1,))), first, shape, strides)
    return strided(name, view, path, data_of(path, member), there, lambda: archive.read(member))


def _whole(told: Mapping[str, Any]) -> int:
    found = told["as_int"]
    if type(found) is not int:
        raise TypeError
    return found
