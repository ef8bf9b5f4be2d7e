"""The shipped images and their file format: every damage is one line."""

from __future__ import annotations

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from common.datasets import mnist, mnist_test
from common.datasets.idx import read_idx
from common.errors import TriptychError

GOOD = b"\0\0\x08\x02" + struct.pack(">2I", 2, 3) + bytes(range(6))


def _file(folder: Path, data: bytes) -> Path:
    path = folder / "some.idx"
    path.write_bytes(data)
    return path


def test_all_test_images_are_there() -> None:
    images, labels = mnist_test()
    assert images.shape == (10_000, 1, 28, 28) and images.dtype == np.float32
    assert images.min() == 0 and images.max() == 1
    assert labels.dtype == np.int64 and labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert np.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_the_first_images() -> None:
    images, labels = mnist_test(3)
    np.testing.assert_array_equal(images, mnist_test()[0][:3])
    assert labels.tolist() == [7, 2, 1]
    ink = (images[0, 0] * 255).round().astype(int)
    assert ink.sum() == 18_454  # the seven that opens the set


@pytest.mark.parametrize("count", [0, -1, 10_001])
def test_a_count_out_of_range(count: int) -> None:
    with pytest.raises(TriptychError, match=f"{count} test images.*10,000"):
        mnist_test(count)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("code", "dtype"),
    [(8, "u1"), (9, "i1"), (11, "i2"), (12, "i4"), (13, "f4"), (14, "f8")],
)
def test_every_element_type(tmp_path: Path, code: int, dtype: str, pack: type[bytes]) -> None:
    wanted = np.arange(24).reshape(2, 3, 4).astype(dtype)
    header = bytes([0, 0, code, 3]) + struct.pack(">3I", 2, 3, 4)
    data = header + wanted.astype(wanted.dtype.newbyteorder(">")).tobytes()
    found = read_idx(_file(tmp_path, pack(data)))
    assert found.dtype == wanted.dtype
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not an IDX file"),
        (b"PK\x03\x04" + GOOD, "not an IDX file: it starts with '50 4b 03 04'"),
        (b"\0\0\x07\x01" + GOOD[4:], "not an IDX file"),
        (GOOD[:7], "truncated: 2 dimensions, 7 bytes"),
        (GOOD[:-1], r"truncated: 17 bytes, shape \(2, 3\) takes 18"),
        (GOOD + b"\0", r"too long: 19 bytes, shape \(2, 3\) takes 18"),
        (gzip.compress(GOOD)[:-9], "cannot be read"),
        (gzip.compress(GOOD)[:12] + b"\xff" * 20, "cannot be read"),
    ],
    ids=[
        "empty",
        "zip",
        "unknown type",
        "half a header",
        "one byte short",
        "one byte long",
        "half a gzip",
        "a damaged gzip",
    ],  # names, since a gzip header holds the time, and workers must collect alike
)
def test_a_damaged_file(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(TriptychError, match=message) as caught:
        read_idx(_file(tmp_path, data))
    assert "some.idx" in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(TriptychError, match=r"absent\.idx: cannot be read"):
        read_idx(tmp_path / "absent.idx")


def test_one_changed_byte(tmp_path: Path) -> None:
    path = _file(tmp_path, GOOD[:-1] + b"\x07")
    read_idx(path, hashlib.md5(path.read_bytes()).hexdigest())
    with pytest.raises(TriptychError, match="MD5"):
        read_idx(path, hashlib.md5(GOOD).hexdigest())


def test_a_changed_image_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped files are checked each time: one pixel more is an error."""
    for name in mnist.TEST:
        data = bytearray(gzip.decompress((mnist.FOLDER / name).read_bytes()))
        data[-1] ^= 1
        (tmp_path / name).write_bytes(gzip.compress(data, 1))
    monkeypatch.setattr(mnist, "FOLDER", tmp_path)
    with pytest.raises(TriptychError, match=r"t10k-images.*MD5"):
        mnist_test()
