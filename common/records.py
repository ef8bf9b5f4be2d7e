"""Records: JSON lines, each on the disk as soon as it is made; what is cut short is not broken."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Any, NoReturn

from common.errors import TriptychError

MOST_BYTES = 100_000_000


class RecordFile:
    """Appends records to a new file, FOLDER/STEM.jsonl, numbered where that one exists."""

    def __init__(self, folder: Path, stem: str) -> None:
        """Make the file. Raises TriptychError if it cannot be made."""
        try:
            self.path, self._stream = self._create(folder, stem)
        except OSError as error:
            raise TriptychError(f"{folder}: cannot be written to: {error.strerror}") from None
        self._lock()

    @staticmethod
    def _create(folder: Path, stem: str) -> tuple[Path, FileIO]:
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(1, 1000):
            path = folder / (f"{stem}.jsonl" if number == 1 else f"{stem}-{number}.jsonl")
            try:
                return path, path.open("xb", buffering=0)
            except FileExistsError:
                continue
        raise OSError(0, "1,000 runs of one second")

    @classmethod
    def continued(cls, path: Path) -> RecordFile:
        """Return a file that goes on, without the line that a killed run began.

        Raises TriptychError if it cannot be written to.
        """
        found = cls.__new__(cls)
        try:
            found.path, found._stream = path, path.open("r+b", buffering=0)
            found._lock()
            found._stream.truncate(found._stream.read().rfind(b"\n") + 1)
            found._stream.seek(0, os.SEEK_END)
        except OSError as error:
            raise TriptychError(f"{path}: cannot be written to: {error.strerror}") from None
        return found

    def _lock(self) -> None:
        """Keep others from going on with the file as long as this process has it open."""
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._stream.close()
            raise TriptychError(f"{self.path}: another run that goes on writes to it") from None
        except OSError:  # a file system without locks
            pass

    def put(self, kind: str, **fields: Any) -> None:
        """Append a record of a kind and hand it to the disk.

        Raises TriptychError; then nothing of the record is in the file.
        """
        whole = self._stream.tell()
        left = (json.dumps({"kind": kind, **fields}) + "\n").encode()
        try:
            while left:
                left = left[self._stream.write(left) :]
            os.fsync(self._stream.fileno())
        except OSError as error:
            self._stream.truncate(whole)
            self._stream.seek(whole)
            if not whole:  # no run has begun
                self._stream.close()
                self.path.unlink()
            raise TriptychError(f"{self.path}: cannot be written: {error.strerror}") from None

    def close(self) -> None:
        """Close the file; what was put is in it already."""
        self._stream.close()


def read_records(path: Path, take: Callable[[dict[str, Any]], None]) -> None:
    """Hand every record of a file to `take`, which raises ValueError for what is none.

    Raises TriptychError, in one line, with the line at fault.
    """
    for number, line in enumerate(_lines(path), 1):
        try:
            take(_parsed(line))
        except ValueError as error:
            raise TriptychError(f"{path.name}, line {number}: {error}") from None


def _lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > MOST_BYTES or not path.is_file():
            raise TriptychError(f"{path.name}: expected a file of at most {MOST_BYTES:,} bytes")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise TriptychError(f"{path.name}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise TriptychError(f"{path.name}: not UTF-8: {error.reason}") from None
    return text.split("\n")[:-1]  # a killed run may leave the start of a line


def _parsed(line: str) -> dict[str, Any]:
    try:
        record = json.loads(line, parse_constant=_not_json)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg}") from None
    except RecursionError:
        raise ValueError("not a record: nested too deeply") from None
    if not isinstance(record, dict):
        raise ValueError("expected an object")
    return record


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"not JSON: {constant}")
