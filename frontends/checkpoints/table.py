"""Sorted string tables, LevelDB's format, as far as TensorFlow's checkpoints use it.

Blocks of (key, value) rows, each with a checksum behind it; a last block of rows says where the
others lie, and the footer where that one does (leveldb/doc/table_format.md).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from frontends.checkpoints.crc32c import crc32c, masked
from frontends.checkpoints.protobuf import take_varint, varint
from frontends.checkpoints.stored import FileError

MAGIC = struct.pack("<Q", 0xDB4775248B80FB57)
FOOTER, TRAILER = 48, 5  # bytes
LARGEST = 1 << 26  # bytes of a table that are read: ResNet-152's has 60 kB
MOST_BYTES = 1 << 28  # of keys and values, which rows may share


def read_table(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Yield the rows of a table. Raises FileError."""
    size = path.stat().st_size
    if not FOOTER <= size <= LARGEST:
        raise FileError(f"{path.name} has {size:,} bytes; a table has {FOOTER} to {LARGEST:,}")
    data = path.read_bytes()
    if data[-8:] != MAGIC:
        raise FileError(f"{path.name} does not end as a table does")
    _, at = _handle(data[-FOOTER:], 0)
    index, _ = _handle(data[-FOOTER:], at)
    left = MOST_BYTES
    for _, handle in _rows(_block(data, index)):
        for key, value in _rows(_block(data, _handle(handle, 0)[0])):
            left -= len(key) + len(value)
            if left < 0:
                raise FileError(f"{path.name} holds more than {MOST_BYTES:,} bytes of rows")
            yield key, value


def _handle(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    """Return (offset, size) of a block, and the place behind it."""
    offset, at = take_varint(data, at)
    size, at = take_varint(data, at)
    return (offset, size), at


def _block(data: bytes, handle: tuple[int, int]) -> bytes:
    """Return a block without what stands behind its rows."""
    offset, size = handle
    end = offset + size
    if size < 4 or end + TRAILER > len(data):
        raise FileError("a block of the index lies beyond its end")
    kind, crc = struct.unpack("<BI", data[end : end + TRAILER])
    if masked(crc32c(data[offset : end + 1])) != crc:
        raise FileError("the index is not what its checksum says")
    if kind:
        raise FileError("the index is compressed, which TensorFlow's are not")
    (restarts,) = struct.unpack("<I", data[end - 4 : end])
    if 4 * restarts + 4 > size:
        raise FileError("a block of the index has more restarts than bytes")
    return data[offset : end - 4 - 4 * restarts]


def _rows(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, key = 0, b""
    while at < len(block):
        shared, at = take_varint(block, at)
        own, at = take_varint(block, at)
        length, at = take_varint(block, at)
        if shared > len(key) or at + own + length > len(block):
            raise FileError("a row of the index is longer than its block")
        key = key[:shared] + block[at : at + own]
        yield key, block[at + own : at + own + length]
        at += own + length


def table(rows: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return a table of rows whose keys ascend: one block of them."""
    body, handle = _written(0, rows)
    empty, none = _written(len(body), [])
    index, where = _written(len(body) + len(empty), [(rows[-1][0], handle)])
    return body + empty + index + (none + where).ljust(FOOTER - 8, b"\0") + MAGIC


def _written(offset: int, rows: Sequence[tuple[bytes, bytes]]) -> tuple[bytes, bytes]:
    """Return a block with what stands behind it, and its handle."""
    parts = [varint(0) + varint(len(k)) + varint(len(v)) + k + v for k, v in rows]
    starts, at = [], 0
    for part in parts:
        starts.append(at)
        at += len(part)
    starts = starts or [0]
    block = b"".join(parts) + struct.pack(f"<{len(starts) + 1}I", *starts, len(starts))
    crc = masked(crc32c(block + b"\0"))
    return block + struct.pack("<BI", 0, crc), varint(offset) + varint(len(block))
