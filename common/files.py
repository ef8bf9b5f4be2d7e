"""Write files so that nothing is ever left half-written; read those that people bring."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from common.errors import SpecificationError, TriptychError
from common.text import one_line


def folder_for(out: str, option: str = "--out") -> Path:
    """Return a folder that can be written to, made if need be. Raises TriptychError."""
    folder = Path(out)
    try:
        if not out:
            raise TriptychError(f"{option} is empty: expected a folder")
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise TriptychError(f"{option} {out}: cannot be written to: {error.strerror}") from None
    return folder


def file_for(option: str, out: str) -> Path:
    """Return a file that can be written, its folder made if need be. Raises TriptychError."""
    if not out or Path(out).is_dir():
        raise TriptychError(f"{option} {out or '(empty)'}: expected a file to write, not a folder")
    followed(Path(out))
    return folder_for(str(Path(out).parent), option) / Path(out).name


def followed(path: Path) -> Path:
    """Return the file that a path stands for: where a link leads, or the path itself.

    Raises TriptychError for a pipe, a device or a socket, which a rename would do away with.
    """
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    if target.is_symlink():  # still, behind all that can be followed
        raise TriptychError(f"{path}: a link that leads to itself; expected a file, or none yet")
    if target.exists() and not (target.is_file() or target.is_dir()):
        raise TriptychError(f"{path}: a pipe or a device; expected a file, or none yet")
    return target


def write_text(path: Path, text: str) -> None:
    """Write beside, then rename. Raises TriptychError."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write beside, then rename; a link is followed. Raises TriptychError."""
    beside = None
    try:
        target = followed(path)
        handle, beside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(beside).chmod(0o644)
        Path(beside).replace(target)
    except OSError as error:
        raise TriptychError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        if beside:
            Path(beside).unlink(missing_ok=True)


def read_text(path: str, most: int) -> str:
    """Return the text of a file of 1 to `most` bytes of UTF-8. Raises SpecificationError."""
    try:
        return read_bytes(path, most).decode("utf-8")
    except ValueError as error:  # no UTF-8
        raise SpecificationError(f"{path}: cannot be read: {error}") from None


def read_array(path: Path) -> Any:
    """Return what a file of numpy.save or numpy.savez holds: an array, or a dict of arrays.

    Nothing is unpickled. Raises TriptychError.
    """
    if not path.is_file():
        raise TriptychError(f"{path}: {'not a file' if path.exists() else 'no such file'}")
    try:
        with path.open("rb") as stream:
            found = np.load(stream, allow_pickle=False)
            return found if isinstance(found, np.ndarray) else dict(found)
    except Exception as error:  # files that are damaged raise whatever they like
        said = one_line(str(error))[:300] or type(error).__name__
        raise TriptychError(f"{path}: cannot be read: {said}") from None


def read_bytes(path: str, most: int, fewest: int = 1) -> bytes:
    """Return what a file of `fewest` to `most` bytes holds. Raises SpecificationError."""
    try:
        if Path(path).exists() and not Path(path).is_file():
            raise SpecificationError(f"{path}: cannot be read: not a file")
        with Path(path).open("rb") as stream:
            data = stream.read(most + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise SpecificationError(f"{path}: cannot be read: {error}") from None
    if not fewest <= len(data) <= most:
        expected = f"a file of {fewest} to {most:,} bytes"
        raise SpecificationError(f"{path}: cannot be read: expected {expected}")
    return data
