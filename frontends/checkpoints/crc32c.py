"""CRC-32C (Castagnoli), the checksum of TensorFlow's checkpoints, fast in numpy.

The checksum is linear: stretches of equal length are reckoned at once, a word of each at a time,
and joined by what so many zero bytes make of a sum.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]

POLYNOMIAL = 0x82F63B78  # reflected
_MASK = 0xA282EAD8


def crc32c(data: Any) -> int:
    """Return the checksum of bytes.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    given = np.frombuffer(data, np.uint8)
    if len(given) < 4:
        return _of_few(given.tobytes())
    whole = np.zeros(-len(given) % 4 + len(given), np.uint8)  # zeros in front change nothing
    whole[len(whole) - len(given) :] = given
    start = len(whole) - len(given)
    whole[start : start + 4] ^= 0xFF
    words = whole.view("<u4").astype(np.uint32)
    length = 1 << max(0, (len(words).bit_length()) // 2)
    padded = np.zeros(-len(words) % length + len(words), np.uint32)
    padded[len(padded) - len(words) :] = words
    stretches = _stretches(padded.reshape(-1, length))
    advance, total = _advance(length), 0
    for each in stretches.tolist():
        total = _applied(advance, total) ^ each
    return total ^ 0xFFFFFFFF


def masked(crc: int) -> int:
    """Return a checksum as TensorFlow stores it: of a file of checksums none is its own."""
    return ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF


@lru_cache(1)
def _tables() -> tuple[Words, Words, Words, Words]:
    """Return what each byte of a word makes of a sum of zero."""
    first = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        first = np.where(first & 1, first >> 1 ^ np.uint32(POLYNOMIAL), first >> 1)
    found = [first]
    for _ in range(3):
        found.append(first[found[-1] & 0xFF] ^ found[-1] >> 8)
    return tuple(found)  # type: ignore[return-value]


def _step(sums: Words) -> Words:
    """Return sums after a word of zeros."""
    one, two, three, four = _tables()
    mixed = four[sums & 0xFF] ^ three[sums >> 8 & 0xFF] ^ two[sums >> 16 & 0xFF]
    return np.asarray(mixed ^ one[sums >> 24])


def _stretches(words: Words) -> Words:
    sums = np.zeros(len(words), np.uint32)
    for column in np.ascontiguousarray(words.T):
        sums = _step(sums ^ column)
    return sums


@lru_cache(64)
def _advance(length: int) -> list[list[int]]:
    """Return, for each byte of a sum, what a power of two of zero words makes of its values."""
    bits = np.uint32(1) << np.arange(32, dtype=np.uint32)
    images = _step(bits)
    while length > 1:
        images, length = _combined(images, images), length // 2
    values = np.arange(256, dtype=np.uint32)
    return [_combined(images[8 * i : 8 * i + 8], values).tolist() for i in range(4)]


def _combined(images: Words, values: Words) -> Words:
    found = np.zeros(len(values), np.uint32)
    for bit, image in enumerate(images):
        found ^= np.where(values >> np.uint32(bit) & 1, image, np.uint32(0))
    return found


def _applied(tables: list[list[int]], crc: int) -> int:
    one, two, three, four = tables
    return one[crc & 255] ^ two[crc >> 8 & 255] ^ three[crc >> 16 & 255] ^ four[crc >> 24]


def _of_few(data: bytes) -> int:
    table, crc = _tables()[0].tolist(), 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return int(crc ^ 0xFFFFFFFF)
