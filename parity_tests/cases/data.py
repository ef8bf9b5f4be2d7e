"""Small data sets in the formats of the originals."""

from __future__ import annotations

import ast
import gzip
import io
import pickle
import struct
import tarfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

STANDARD = ("argparse", "gzip", "itertools", "numpy", "os", "pickle", "tarfile", "tempfile")
CIFAR_COUNTS = {f"data_batch_{i}": 4 for i in range(1, 6)} | {"test_batch": 10}


def cifar_batches(seed: int = 0) -> dict[str, dict[bytes, Any]]:
    """Return batches as CIFAR-10's archive has them: five of 4 images, and a test batch of 10."""
    numbers = np.random.default_rng(seed)
    return {
        name: {
            b"data": numbers.integers(0, 256, (count, 3072), dtype=np.uint8),
            b"labels": numbers.integers(0, 10, count).tolist(),
            b"batch_label": b"a batch",
        }
        for name, count in CIFAR_COUNTS.items()
    }


def python_2(batch: dict[bytes, Any]) -> bytes:
    """Return images and labels pickled as the originals are: by Python 2, whose text is bytes."""
    images: NDArray[np.uint8] = batch[b"data"]
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01btR"
    dtype = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ" + b"\xff" * 4 + b"J"
    dtype += b"\xff" * 4 + b"K\x00tb"
    shape = b"K" + bytes([len(images)]) + b"M" + struct.pack("<H", images.shape[1]) + b"\x86"
    numbers = b"T" + struct.pack("<I", images.nbytes) + images.tobytes()
    state = b"(K\x01" + shape + dtype + b"\x89" + numbers + b"tb"
    listed = b"](" + b"".join(b"K" + bytes([label]) for label in batch[b"labels"]) + b"e"
    return b"\x80\x02}(U\x04data" + array + state + b"U\x06labels" + listed + b"u."


def cifar_archive(path: Path, batches: dict[str, Any] | None = None) -> Path:
    """Write an archive in CIFAR-10's format; a batch that is bytes is written as it is."""
    found = cifar_batches() if batches is None else batches
    texts = {n: b if isinstance(b, bytes) else pickle.dumps(b, 2) for n, b in found.items()}
    return tar(path, {f"cifar-10-batches-py/{name}": text for name, text in texts.items()})


def tar(path: Path, members: dict[str, bytes]) -> Path:
    """Write a packed archive of files."""
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for name, text in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    return path


def idx(array: NDArray[np.uint8]) -> bytes:
    """Return bytes as an IDX file."""
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def mnist_folder(folder: Path, train: int = 30, test: int = 7) -> Path:
    """Write the four files of MNIST, with fewer images."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = np.random.default_rng(0)
    for prefix, count in {"train": train, "t10k": test}.items():
        images = numbers.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = numbers.integers(0, 10, count, dtype=np.uint8)
        for kind, array in {"images-idx3": images, "labels-idx1": labels}.items():
            path = folder / f"{prefix}-{kind}-ubyte.gz"
            path.write_bytes(gzip.compress(idx(array), 1))
    return folder


def mat(packed: bool = True, **matrices: list[int]) -> bytes:
    """Return a MATLAB file of version 5 with rows of whole numbers."""
    found = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    for name, row in matrices.items():
        numbers = np.array(row, "<u2").tobytes()
        text = _element(6, struct.pack("<2I", 11, 0)) + _element(5, struct.pack("<2i", 1, len(row)))
        text += _element(1, name.encode()) + _element(4, numbers)
        matrix = _element(14, text)
        squeezed = zlib.compress(matrix)
        found += struct.pack("<2I", 15, len(squeezed)) + squeezed if packed else matrix
    return found


def _element(kind: int, data: bytes) -> bytes:
    if len(data) <= 4 and kind == 1:  # as MATLAB writes short names
        return struct.pack("<HH", kind, len(data)) + data.ljust(4, b"\0")
    return struct.pack("<2I", kind, len(data)) + data + b"\0" * (-len(data) % 8)


def picture(width: int, height: int, seed: int, kind: str = "PNG") -> bytes:
    """Return an image file."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


def flowers_folder(folder: Path, packed: bool = True) -> Path:
    """Write nine flowers: 1 to 3 to train on, 4 and 5 to validate, the others to test."""
    folder.mkdir(parents=True, exist_ok=True)
    images = {f"jpg/image_{n:05d}.jpg": picture(40 + n, 50 - n, n, "JPEG") for n in range(1, 10)}
    if packed:
        tar(folder / "102flowers.tgz", images)
    else:
        (folder / "jpg").mkdir()
        for name, text in images.items():
            (folder / name).write_bytes(text)
    (folder / "imagelabels.mat").write_bytes(mat(labels=[77, 1, 102, 3, 3, 50, 50, 2, 9]))
    sets = {"trnid": [1, 2, 3], "valid": [4, 5], "tstid": [9, 6, 8, 7]}
    (folder / "setid.mat").write_bytes(mat(packed=packed, **sets))
    return folder


def reading(program: str) -> dict[str, Any]:
    """Return the functions of a written program that read its options and data and make batches."""
    tree = ast.parse(program)
    wanted = ("PlainUnpickler", "decode", "read", "batches", "parse", "make_folder")
    parts = [
        ast.get_source_segment(program, each)
        for each in tree.body
        if getattr(each, "name", None) in wanted
        or (isinstance(each, ast.Import) and each.names[0].name in STANDARD)
    ]
    names: dict[str, Any] = {}
    exec("\n".join(map(str, parts)), names)
    return names
