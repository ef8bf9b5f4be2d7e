"""Write files so that nothing is ever left half-written; read those that people bring."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from common.errors import SpecificationError, TriptychError


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
    return folder_for(str(Path(out).parent), option) / Path(out).name


def write_text(path: Path, text: str) -> None:
    """Write beside, then rename. Raises TriptychError."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write beside, then rename. Raises TriptychError."""
    beside = None
    try:
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
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
