"""Workers that all tests of a process share, so that each framework is imported once."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from frontends.workers.pool import Workers

settings.register_profile("patient", deadline=None)  # two cores are shared with other work
settings.load_profile("patient")
LARGEST = 8_000_000  # bytes of results worth remembering


class RememberingWorkers(Workers):
    """Workers that run equal jobs once: the same file on the same weights and inputs."""

    def __init__(self) -> None:
        super().__init__()
        self._answers: dict[str, tuple[dict[str, Any], bytes]] = {}

    def request(self, framework: str, job: dict[str, Any], timeout: float = 600) -> dict[str, Any]:
        if job["action"] != "run":
            return super().request(framework, job, timeout)
        key, out = f"{framework} {_fingerprint(job)}", Path(job["out"])
        if key in self._answers:
            answer, arrays = self._answers[key]
            out.write_bytes(arrays)
            return answer
        answer = super().request(framework, job, timeout)
        if out.stat().st_size <= LARGEST:
            self._answers[key] = answer, out.read_bytes()
        return answer


def _fingerprint(job: dict[str, Any]) -> str:
    contents = {"source": Path(job["source"]).read_text(encoding="utf-8")}
    for file in ("weights", "inputs"):
        with zipfile.ZipFile(job[file]) as archive:
            contents[file] = str([(each.filename, each.CRC) for each in archive.infolist()])
    return json.dumps({**job, **contents, "out": ""}, sort_keys=True)


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    """One worker per framework, for as long as this process tests."""
    with RememberingWorkers() as shared:
        yield shared
