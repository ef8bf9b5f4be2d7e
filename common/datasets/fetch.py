"""Published data sets: where their files are, and how these are fetched, once and for good."""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from common.datasets import cifar10, flowers102
from common.errors import TriptychError
from common.files import folder_for
from common.text import one_line

Progress = Callable[
    [str, int, int], None
]  # of a file: its name, bytes that are there, bytes in all
CHUNK = 1 << 18
WAIT_S = 30.0  # for a server that says nothing


@dataclass(frozen=True)
class File:
    """A file of a data set: its name, the MD5 of its bytes, and the folders that have it."""

    name: str
    md5: str
    mirrors: tuple[str, ...]


@dataclass(frozen=True)
class Published:
    """A data set that can be fetched. finish: what is done to its folder then."""

    title: str
    files: tuple[File, ...]
    finish: Callable[[Path], None] = lambda folder: None


_MNIST = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://dataset.bj.bcebos.com/mnist/",
)
_CIFAR = ("https://www.cs.toronto.edu/~kriz/", "https://dataset.bj.bcebos.com/cifar/")
_FLOWERS = (
    "https://www.robots.ox.ac.uk/~vgg/data/flowers/102/",
    "https://paddlemodels.bj.bcebos.com/flowers/",
)
PUBLISHED = {
    "mnist": Published(
        "handwritten digits, 28 × 28, 60,000 and 10,000",
        (
            File("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873", _MNIST),
            File("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432", _MNIST),
            File("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3", _MNIST),
            File("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c", _MNIST),
        ),
    ),
    "cifar10": Published(
        "photographs, 3 × 32 × 32, 50,000 and 10,000, of 10 classes",
        (File(cifar10.ARCHIVE, "c58f30108f718f92721af3b95e74349a", _CIFAR),),
    ),
    "flowers102": Published(
        "photographs of flowers, 1,020 to train on and 6,149 to test, of 102 classes",
        (
            File(flowers102.ARCHIVE, "52808999861908f626f3c1f4e79d11fa", _FLOWERS),
            File(flowers102.LABELS, "e0620be6f572b9609742df49c70aed4d", _FLOWERS),
            File(flowers102.SETS, "a5357ecc9cb78c4bef273ce3793fc85c", _FLOWERS),
        ),
        flowers102.unpack,
    ),
}


def fetch(published: Published, folder: Path, progress: Progress) -> list[Path]:
    """Fetch the files that a folder lacks; return these. What is there is left as it is.

    Raises TriptychError, one line, with what each mirror answered, and which files to put where.
    """
    missing = [file for file in published.files if not (folder / file.name).exists()]
    if missing:
        folder_for(str(folder), "--data-dir")
    for number, file in enumerate(missing):
        refused = _fetched(file, folder, progress)
        if refused:
            names = ", ".join(f"{each.name} (MD5 {each.md5})" for each in missing[number:])
            raise TriptychError(
                f"{file.name}: {'; '.join(refused)}; else put into {folder}: {names}"
            )
    published.finish(folder)
    return [folder / file.name for file in missing]


def _fetched(file: File, folder: Path, progress: Progress) -> list[str]:
    """Try each mirror in turn; return what they answered, nothing if the file is there.

    Its bytes are written beside, where a later call goes on if this one is interrupted.
    """
    refused = []
    beside = folder / f".{file.name}.part"
    for mirror in file.mirrors:
        try:
            with beside.open("a+b") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)  # another may fetch it, too
                _receive(mirror + file.name, stream, file.name, progress)
                if _md5(stream) == file.md5:
                    beside.replace(folder / file.name)
                    return []
                stream.truncate(0)
                refused.append(f"{mirror}: another MD5 than {file.md5}")
        except BlockingIOError:
            return ["another process fetches it"]
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            refused.append(f"{mirror}: {one_line(str(reason))[:120]}")
    if beside.exists() and not beside.stat().st_size:
        beside.unlink()
    return refused


def _receive(url: str, stream: IO[bytes], name: str, progress: Progress) -> None:
    """Append what is missing of a file; from its beginning if the server has it in one piece only.

    Raises OSError, HTTPException.
    """
    there = stream.seek(0, 2)
    headers = {"Range": f"bytes={there}-"} if there else {}
    try:
        answer: Any = urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=WAIT_S
        )
    except urllib.error.HTTPError as error:
        with error:
            if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or not there:
                raise OSError(f"{error.code} {error.reason}") from None
        return  # it is all there, or of another file, which its MD5 shows
    with answer:
        if answer.status != http.HTTPStatus.PARTIAL_CONTENT:
            there = stream.truncate(0)
        total = there + int(answer.headers.get("Content-Length", 0))
        while chunk := answer.read(CHUNK):
            stream.write(chunk)
            there += len(chunk)
            progress(name, there, total)
    stream.flush()
    if there < total:
        raise OSError(f"ended after {there:,} of {total:,} bytes")


def _md5(stream: IO[bytes]) -> str:
    found = hashlib.md5(usedforsecurity=False)
    stream.seek(0)
    while chunk := stream.read(CHUNK):
        found.update(chunk)
    return found.hexdigest()
