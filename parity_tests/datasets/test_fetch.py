"""Fetching, from a server of this machine: resumed, checked, from the next mirror, or one line."""

from __future__ import annotations

import fcntl
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from common.datasets import fetch as fetching
from common.datasets.fetch import File, Published, fetch
from common.errors import TriptychError
from frontends import data as command
from parity_tests.cases import data

TEXT = np.random.default_rng(0).bytes(700_000)
MD5 = hashlib.md5(TEXT, usedforsecurity=False).hexdigest()
NAME = "some.bin"


class Server(ThreadingHTTPServer):
    """Serves TEXT: whole, in parts, cut short, changed, or not at all, by the first folder."""

    asked: list[tuple[str, str | None]]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = []

    def mirror(self, kind: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{kind}/"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *said: object) -> None:
        pass

    def do_GET(self) -> None:
        kind, wanted = self.path.split("/")[1], self.headers.get("Range")
        self.server.asked.append((kind, wanted))
        start = int(wanted[6:-1]) if wanted and kind != "whole" else 0
        text = TEXT[:-1] + b"?" if kind == "changed" else TEXT
        if kind == "none":
            return self.send_error(404)
        if start >= len(text):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(text) - start))
        self.end_headers()
        end = start + 300_000 if kind == "short" else len(text)
        self.wfile.write(text[start:end])
        return None


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        yield made
        made.shutdown()


def _fetch(server: Server, folder: Path, *kinds: str) -> list[tuple[str, int, int]]:
    said: list[tuple[str, int, int]] = []
    file = File(NAME, MD5, tuple(server.mirror(kind) for kind in kinds))
    fetch(Published("some bytes", (file,)), folder, lambda *each: said.append(each))
    return said


PART = f".{NAME}.part"


def test_a_file_is_fetched_once(server: Server, tmp_path: Path) -> None:
    said = _fetch(server, tmp_path / "new", "parts")
    assert [each.name for each in (tmp_path / "new").iterdir()] == [NAME]
    assert (tmp_path / "new" / NAME).read_bytes() == TEXT
    assert said[-1] == (NAME, 700_000, 700_000) and len(said) > 2
    assert not _fetch(server, tmp_path / "new", "parts") and len(server.asked) == 1


def test_what_broke_off_is_gone_on_with(server: Server, tmp_path: Path) -> None:
    with pytest.raises(TriptychError, match="ended after 300,000 of 700,000 bytes"):
        _fetch(server, tmp_path, "short")
    assert (tmp_path / PART).stat().st_size == 300_000
    _fetch(server, tmp_path, "short", "short", "none", "parts")
    ranges = [wanted for _, wanted in server.asked]
    assert ranges == [None, "bytes=300000-", "bytes=600000-"]
    assert (tmp_path / NAME).read_bytes() == TEXT and not (tmp_path / PART).exists()


@pytest.mark.parametrize("there", [TEXT[:1000], b"other bytes", TEXT, TEXT + b"more"])
def test_whatever_was_left_the_file_is_whole(server: Server, tmp_path: Path, there: bytes) -> None:
    (tmp_path / PART).write_bytes(there)
    _fetch(server, tmp_path, "parts", "whole")
    assert (tmp_path / NAME).read_bytes() == TEXT and not (tmp_path / PART).exists()


def test_a_server_without_parts_begins_anew(server: Server, tmp_path: Path) -> None:
    (tmp_path / PART).write_bytes(TEXT[:1000])
    assert _fetch(server, tmp_path, "whole")[-1] == (NAME, 700_000, 700_000)
    assert (tmp_path / NAME).read_bytes() == TEXT and server.asked == [("whole", "bytes=1000-")]


def test_the_next_mirror_is_asked(server: Server, tmp_path: Path) -> None:
    _fetch(server, tmp_path, "none", "changed", "whole")
    assert [kind for kind, _ in server.asked] == ["none", "changed", "whole"]
    assert (tmp_path / NAME).read_bytes() == TEXT


def test_without_a_mirror_one_line_says_what_to_do(server: Server, tmp_path: Path) -> None:
    with pytest.raises(TriptychError) as caught:
        _fetch(server, tmp_path, "none", "changed")
    said = str(caught.value)
    assert "/none/: 404 Not Found; " in said and f"/changed/: another MD5 than {MD5}; " in said
    assert said.endswith(f"else put into {tmp_path}: {NAME} (MD5 {MD5})") and "\n" not in said
    assert not list(tmp_path.iterdir())


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    file = File(NAME, MD5, ("http://127.0.0.1:9/",))
    with pytest.raises(TriptychError, match="Connection refused; else put into"):
        fetch(Published("some bytes", (file,)), tmp_path, lambda *each: None)


def test_two_at_a_time_do_not_mix(server: Server, tmp_path: Path) -> None:
    with (tmp_path / PART).open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(TriptychError, match="another process fetches it"):
            _fetch(server, tmp_path, "parts")
    _fetch(server, tmp_path, "parts")


def test_the_command(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Fetched, listed and shown; a file in the place of another is found by what reads it."""
    flowers = data.flowers_folder(tmp_path / "flowers102")
    where = ["--data-dir", str(tmp_path)]
    assert command.main(["fetch", "flowers102", *where]) == 0
    assert (flowers / "jpg" / "image_00009.jpg").exists()
    assert capsys.readouterr().out == f"{flowers}: all was there\n"
    assert command.main(["show", "flowers102-paddle", *where]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("flowers102-paddle: 102 classes: flower 1, ")
    assert said[4].split()[:2] == ["train", "4"] and "each its own" in said[4]
    assert command.main(["list", *where]) == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line}
    assert rows["flowers102"].endswith("there")
    assert rows["cifar10"].endswith("missing: cifar-10-python.tar.gz")
    with pytest.raises(TriptychError, match="unknown data set 'flower'; available: mnist, cifar10"):
        command.main(["fetch", "flower"])
    monkeypatch.setitem(
        fetching.PUBLISHED, "mnist", Published("", (File(NAME, MD5, (server.mirror("whole"),)),))
    )
    with pytest.raises(TriptychError, match="holds no mnist: run `triptych data fetch mnist`"):
        command.main(["fetch", "mnist", *where])
    assert (tmp_path / "mnist" / NAME).read_bytes() == TEXT
