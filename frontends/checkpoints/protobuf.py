"""The wire format of protocol buffers, as far as checkpoints need it.

Each field is a key (its number and its type) and a value: a varint, eight or four bytes, or a
length and so many bytes (protobuf.dev/programming-guides/encoding).
"""

from __future__ import annotations

from collections.abc import Iterator

from frontends.checkpoints.stored import FileError


def take_varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number at a place, and the place behind it. Raises FileError."""
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise FileError("a number in a header does not end")
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return value, at


def varint(value: int) -> bytes:
    """Return a number of at least 0 as a varint."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield (number of a field, its value): an int, or bytes. Raises FileError."""
    at = 0
    while at < len(data):
        key, at = take_varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = take_varint(data, at)
            yield key >> 3, value
            continue
        if kind not in (1, 2, 5):
            raise FileError(f"a field of type {kind} in a header")
        size = {1: 8, 5: 4}.get(kind, 0)
        if kind == 2:
            size, at = take_varint(data, at)
        if at + size > len(data):
            raise FileError("a header ends within a field")
        part, at = data[at : at + size], at + size
        yield key >> 3, part if kind == 2 else int.from_bytes(part, "little")


def field(number: int, value: int | bytes) -> bytes:
    """Return a field: an int as a varint, or bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def fixed32(number: int, value: int) -> bytes:
    """Return a field of four bytes."""
    return varint(number << 3 | 5) + value.to_bytes(4, "little")


def signed(value: int) -> int:
    """Return the int64 that a varint stands for."""
    return value - (1 << 64) if value >> 63 else value
