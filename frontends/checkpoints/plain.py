"""Safetensors as a file of tensors: what its header says, and where they lie.

Eight bytes with the length of a header, the header in JSON, the numbers: the safetensors library
checks that the header is one and that tensors fill the file without a gap.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from frontends.checkpoints.stored import FileError, Stored, lying

# The format's name of a type -> numpy's
TYPES = {
    "F32": "float32", "F64": "float64", "F16": "float16", "BF16": "bfloat16", "I64": "int64",
    "I32": "int32", "I16": "int16", "I8": "int8", "U64": "uint64", "U32": "uint32",
    "U16": "uint16", "U8": "uint8", "BOOL": "bool", "C64": "complex64",
}  # fmt: skip
METADATA = "__metadata__"


def metadata(path: Path) -> dict[str, str]:
    """Return the texts that a file holds beside its tensors. Raises FileError."""
    return dict(header(path)[0].get(METADATA) or {})


def tensors(path: Path) -> Iterator[Stored]:
    """Yield the tensors of a file. Raises FileError."""
    found, start = header(path)
    for name, each in found.items():
        if name == METADATA:
            continue
        if each["dtype"] not in TYPES:
            raise FileError(f"{name[:100]!r} holds {each['dtype']}, which is no array's")
        shape = tuple(each["shape"])
        yield lying(name, TYPES[each["dtype"]], shape, path, start + each["data_offsets"][0])


def header(path: Path) -> tuple[dict[str, Any], int]:
    """Return the header, checked by the library, and where the numbers begin."""
    try:
        with safe_open(str(path), "np"), path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            found: dict[str, Any] = json.loads(stream.read(length))
    except (SafetensorError, ValueError, OSError) as error:
        raise FileError(f"is no safetensors file: {error}") from None
    return found, 8 + length
