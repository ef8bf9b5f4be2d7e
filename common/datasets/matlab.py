"""Numbers of MATLAB's files of version 5, `.mat`: plain matrices, packed or not.

Such a file is 128 bytes of header and elements: type, length and data, at multiples of 8 bytes. A
matrix is an element of elements: flags, dimensions, name and numbers.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.errors import TriptychError

_NUMBERS = {
    1: "<i1", 2: "<u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 7: "<f4", 9: "<f8", 12: "<i8",
    13: "<u8",
}  # fmt: skip
_MATRIX, _PACKED = 14, 15
_MOST = 1 << 24  # bytes, unpacked


def read_mat(path: Path) -> dict[str, NDArray[Any]]:
    """Return name -> matrix. Raises TriptychError for what is damaged or no such file."""
    try:
        text = path.read_bytes()
        if text[124:128] != b"\x00\x01IM":
            raise ValueError("no MATLAB file of version 5, little-endian")
        matrices = [_unpacked(kind, data) for kind, data in _elements(text[128:])]
        return dict(_matrix(data) for kind, data in matrices if kind == _MATRIX)
    except (OSError, ValueError, KeyError, struct.error, zlib.error) as error:
        raise TriptychError(f"{path}: cannot be read: {error}") from None


def _elements(text: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(text):
        kind, length = struct.unpack_from("<II", text, at)
        start = at + 8
        if kind >> 16:  # both in four bytes, up to four of data behind
            kind, length, start = kind & 0xFFFF, kind >> 16, at + 4
        if start + length > len(text):
            raise ValueError(f"ends within an element of {length:,} bytes")
        yield kind, text[start : start + length]
        at = start + length
        at += 0 if kind == _PACKED else -at % 8


def _unpacked(kind: int, data: bytes) -> tuple[int, bytes]:
    if kind != _PACKED:
        return kind, data
    found = zlib.decompressobj()
    text = found.decompress(data, _MOST)
    if not found.eof:
        raise ValueError("ends within a packed element, or that is too large")
    return next(_elements(text), (0, b""))


def _matrix(data: bytes) -> tuple[str, NDArray[Any]]:
    parts = [*_elements(data)]
    if len(parts) != 4:
        raise ValueError("holds a matrix that is not of plain numbers")
    _, (_, shape), (_, name), (kind, numbers) = parts
    found = np.frombuffer(numbers, _NUMBERS[kind])
    return name.decode("ascii"), found.reshape(np.frombuffer(shape, "<i4").tolist(), order="F")
