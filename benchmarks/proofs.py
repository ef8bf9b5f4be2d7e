"""Verdicts of the ladder, kept by content: equal networks, versions and code need no second proof.

A verdict is kept only if all panels passed. The key is a hash of the network's JSON, of the text of
every module that takes part in a verification, of the panels and of the versions that run.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from common.files import write_text
from common.network import Network
from common.serialize import to_json
from frontends.ladder.report import Report, Row
from frontends.workers.environments import ROOT
from frontends.workers.outcomes import WorkerError
from frontends.workers.pool import Workers
from frontends.workers.protocol import Hello

CODE = ("common", "frontends")  # whose modules prove
VERSION = 1


class Proofs:
    """Verdicts in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, network: Network, panels: list[str], rounding: bool) -> Report | None:
        """Return the kept report of a network in the versions that are here, None without one."""
        path = self._path(network, panels, rounding)
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            rows = [Row(**{**row, "panels": tuple(row["panels"])}) for row in kept.pop("rows")]
            return Report(**kept, rows=rows)
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def keep(self, network: Network, panels: list[str], rounding: bool, report: Report) -> None:
        """Keep a report in which everything passed. Raises TriptychError."""
        if report.proved:
            self._folder.mkdir(parents=True, exist_ok=True)
            text = json.dumps(asdict(report), indent=1)
            write_text(self._path(network, panels, rounding), text)

    def _path(self, network: Network, panels: list[str], rounding: bool) -> Path:
        said = [str(VERSION), to_json(network), *panels, str(rounding), platform.platform()]
        digest = hashlib.sha256("\0".join([*said, *_code(), *_versions(panels)]).encode())
        return self._folder / f"{network.name}-{digest.hexdigest()[:32]}.json"


def _code() -> Iterator[str]:
    for room in CODE:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield str(path.relative_to(ROOT))
            yield path.read_text(encoding="utf-8")


def _versions(panels: list[str]) -> Iterator[str]:
    with Workers() as workers:
        for panel in panels:
            try:
                yield f"{panel} {workers.request(panel, Hello(), 120).versions}"
            except WorkerError as error:
                yield f"{panel} {error.outcome.kind}"
