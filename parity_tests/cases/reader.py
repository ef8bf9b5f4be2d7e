"""A reader's file as a test case: a folder of readers/ with net.json and files; what is said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from common.networks import load
from frontends.ladder.report import Report
from frontends.ladder.verify import verify_mine
from frontends.workers.pool import Workers

READERS = Path(__file__).parent / "readers"


@dataclass(frozen=True)
class Case:
    """A file's entry, in a dialect, against the network of its folder or of another one.

    said: what its report has to say, each in a line on what failed; nothing where the file is the
    network. never: what it must not say. only: nothing fails but what is said. notes: what it
    remarks on.
    """

    dialect: str
    file: str  # <folder>/<file>.py:<entry>
    said: tuple[str, ...] = ()
    never: tuple[str, ...] = ("not located",)
    network: str = ""
    only: bool = False
    notes: tuple[str, ...] = ()

    def report(self, workers: Workers) -> Report:
        folder = self.network or self.file.partition("/")[0]
        network = load(str(READERS / folder / "net.json"))
        return verify_mine(network, str(READERS / self.file), self.dialect, workers=workers)

    def check(self, workers: Workers) -> None:
        report = self.report(workers)
        wrong = wrong_of(report)
        assert report.proved == (not self.said), report.text()
        for text in self.said:
            assert any(text in line for line in wrong), (text, report.text())
        for text in self.never:
            assert not any(text in line for line in wrong), (text, report.text())
        if self.only:
            assert len(wrong) == len(self.said), report.text()
        told = [note for note in report.notes if not note.startswith(("printed", "  "))]
        assert len(told) == len(self.notes), report.text()
        assert all(text in note for text, note in zip(self.notes, told)), report.text()


def wrong_of(report: Report) -> list[str]:
    return [
        f"{row.rung}, {' ↔ '.join(row.panels)}: {row.outcome}: {row.note}"
        for row in report.rows
        if not row.passed
    ]
