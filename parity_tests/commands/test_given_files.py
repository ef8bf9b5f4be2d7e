"""Files that a command line names: damaged, empty, no files at all; to read, and to write."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from common.datasets import arrays as datasets
from common.errors import TriptychError
from common.files import file_for, read_array, write_bytes, write_text
from common.networks import load
from frontends.checkpoints.files import write_folder
from frontends.ladder.asked import Asked, read_inputs, shape_of
from parity_tests.rows import rows

BATCH = np.zeros((2, 16), np.float32)


def _header(shape: tuple[int, ...]) -> bytes:
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


DAMAGED: dict[str, bytes] = {
    "of no bytes": b"",
    "no archive": b"PK\x03\x04",
    "an archive's end alone": b"PK\x05\x06",
    "a pickle": b"\x80\x02]q\x00.",
    "a text": b"1 2 3",
    "half a header": b"\x93NUMPY\x01\x00v",
    "a header alone": _header((4, 4)),
    "more than memory": _header((10**12, 10**3)),
    "a header of no data": b"\x93NUMPY\x01\x00\x05\x00{{{{\n",
}


@rows("data", DAMAGED)
@rows("read", {"inputs": lambda path: read_inputs(str(path), None), "a data set": datasets._split})
def test_a_damaged_array_is_one_line(
    data: bytes, read: Callable[[Path], Any], tmp_path: Path
) -> None:
    path = tmp_path / "train.npz"
    path.write_bytes(data)
    with pytest.raises(TriptychError, match=re.escape(f"{path}: cannot be read: ")) as caught:
        read(path)
    assert "\n" not in str(caught.value)


NO_ARRAY: dict[str, tuple[Callable[[Path], object], str]] = {
    "none": (lambda path: None, "no such file"),
    "a folder": (Path.mkdir, "not a file"),
    "a pipe": (os.mkfifo, "not a file"),
    "an archive": (lambda path: np.savez(path.open("wb"), a=BATCH), "expected numbers of shape"),
    "no samples": (lambda path: np.save(path.open("wb"), BATCH[:0]), "(0, 16) hold no sample"),
    "NaN": (lambda path: np.save(path.open("wb"), BATCH / 0), "inputs hold NaN or infinity"),
    "empty samples": (lambda path: np.save(path.open("wb"), BATCH[:, :0]), "hold no sample"),
}


@rows("make, message", NO_ARRAY)
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::RuntimeWarning")
def test_what_is_no_batch_is_refused(
    make: Callable[[Path], object], message: str, tmp_path: Path
) -> None:
    make(tmp_path / "a.npy")
    with pytest.raises(TriptychError, match=re.escape(message)) as caught:
        read_inputs(str(tmp_path / "a.npy"), None)
    assert str(caught.value).startswith(f"--input {tmp_path / 'a.npy'}: ")


def test_arrays_are_read(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", BATCH)
    np.savez(tmp_path / "a.npz", a=BATCH)
    assert np.array_equal(read_array(tmp_path / "a.npy"), BATCH)
    assert np.array_equal(read_array(tmp_path / "a.npz")["a"], BATCH)
    assert read_inputs(str(tmp_path / "a.npy"), (16,)).shape == (2, 16)


SHAPES = {
    "far too many": ("99999999999,3,3", "at most 2,147,483,648 values can be in a sample"),
    "too many together": ("99999,99999,3", "at most 2,147,483,648 values can be in a sample"),
    "more digits than Python reads": (
        "9" * 5000,
        "at most 2,147,483,648 values can be in a sample",
    ),
    "none": ("3,00,8", "expected sizes such as 3,32,32"),
}


@rows("text, message", SHAPES)
def test_a_shape_that_cannot_be_is_refused(text: str, message: str) -> None:
    with pytest.raises(TriptychError, match=message) as caught:
        shape_of(text)
    assert len(str(caught.value)) < 200
    assert shape_of("3x032, 32") == (3, 32, 32)


def test_what_no_memory_holds_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.machine.memory", lambda: 2**20)  # bytes
    assert Asked((3, 32, 32)).shape
    with pytest.raises(TriptychError, match=r"4 samples of shape \(3, 640, 640\) take"):
        Asked((3, 640, 640))
    with pytest.raises(TriptychError, match="hold no sample"):
        Asked(inputs=np.zeros((0, 3)))


WRITERS: dict[str, Callable[[Path], object]] = {
    "bytes": lambda path: write_bytes(path, b"new"),
    "text": lambda path: write_text(path, "new"),
}
NO_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a pipe": (os.mkfifo, "a pipe or a device; expected a file"),
    "a link to a device": (lambda path: path.symlink_to(os.devnull), "a pipe or a device"),
    "a link to itself": (lambda path: path.symlink_to(path), "a link that leads to itself"),
}


@rows("write", {**WRITERS, "an option": lambda path: file_for("--json", str(path))})
@rows("make, message", NO_FILES)
def test_what_is_no_file_is_not_written_over(
    make: Callable[[Path], object], message: str, write: Callable[[Path], object], tmp_path: Path
) -> None:
    make(tmp_path / "a")
    before = (tmp_path / "a").lstat()
    with pytest.raises(TriptychError, match=message):
        write(tmp_path / "a")
    assert (tmp_path / "a").lstat() == before and len(list(tmp_path.iterdir())) == 1


@rows("write", WRITERS)
@rows("there", {"a file": True, "no file yet": False})
def test_a_link_is_followed(write: Callable[[Path], object], there: bool, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "file", tmp_path / "link"
    if there:
        target.write_text("old")
    link.symlink_to(target)
    write(link)
    assert link.is_symlink() and target.read_text() == "new"
    assert [each.name for each in target.parent.iterdir()] == ["file"]


def test_a_link_to_a_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    write_folder(tmp_path / "link", {"a": b"new"})
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "a").read_bytes() == b"new"


@rows("name", {"a device": os.devnull, "a folder": "."})
def test_a_file_that_is_no_network_is_told(name: str) -> None:
    with pytest.raises(TriptychError, match=f"{name}: is no network; expected FILE.json or FILE"):
        load(name)
    with pytest.raises(TriptychError, match="unknown network"):
        load("x" * 5000)
