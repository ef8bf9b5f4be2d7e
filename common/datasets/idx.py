"""The IDX format of the MNIST files: two zero bytes, element type, number of dimensions, each
dimension as four big-endian bytes, then the elements, the last index fastest.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.errors import TriptychError

ELEMENTS = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: Path, md5: str | None = None) -> NDArray[Any]:
    """Return the array of an IDX file, packed by gzip or not.

    Raises TriptychError if the file cannot be read, is not IDX, is longer or shorter than its
    dimensions say, or if its unpacked bytes have another MD5 than the one given.
    """
    data = _unpacked(path)
    if md5 and hashlib.md5(data, usedforsecurity=False).hexdigest() != md5:
        raise TriptychError(f"{path}: the unpacked file's MD5 is not {md5}: damaged or changed")
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in ELEMENTS:
        raise TriptychError(f"{path}: not an IDX file: it starts with {data[:4].hex(' ')!r}")
    element, dimensions = np.dtype(ELEMENTS[data[2]]), data[3]
    start = 4 + 4 * dimensions
    if len(data) < start:
        raise TriptychError(f"{path}: truncated: {dimensions} dimensions, {len(data)} bytes")
    shape = tuple(int(size) for size in np.frombuffer(data, ">u4", dimensions, 4))
    expected = start + math.prod(shape) * element.itemsize
    if len(data) != expected:
        how = "truncated" if len(data) < expected else "too long"
        raise TriptychError(f"{path}: {how}: {len(data)} bytes, shape {shape} takes {expected}")
    return (
        np.frombuffer(data, element, offset=start).reshape(shape).astype(element.newbyteorder("="))
    )


def _unpacked(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except (OSError, EOFError, zlib.error) as error:  # BadGzipFile is an OSError
        raise TriptychError(f"{path}: cannot be read: {error}") from None
