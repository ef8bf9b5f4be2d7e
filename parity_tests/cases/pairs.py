"""Files that are compared with each other, as test cases: what their report says and no more."""

from __future__ import annotations

from dataclasses import dataclass

from frontends.ladder.asked import Asked
from frontends.ladder.report import Report
from frontends.ladder.verify import verify_files
from frontends.workers.pool import Workers
from parity_tests.cases.reader import READERS, wrong_of


@dataclass(frozen=True)
class Pair:
    """Files of readers/, FILE.py:ENTRY, the first beside every other.

    said: what the report has to say, each in a line on what failed; nothing where they are the same
    network. only: nothing fails but what is said. shape: of the inputs, where it is stated. batch:
    the samples.
    """

    files: tuple[str, ...]
    said: tuple[str, ...] = ()
    only: bool = True
    shape: tuple[int, ...] | None = None
    batch: int | None = None
    never: tuple[str, ...] = ("not located", "UNSEEN")

    def report(self, workers: Workers) -> Report:
        here = (".py:", ".json")
        files = [
            str(READERS / each) if any(end in each for end in here) else each for each in self.files
        ]
        return verify_files(files, Asked(shape=self.shape, batch=self.batch), workers=workers)


def check_pair(case: Pair, workers: Workers) -> None:
    """Check that the report of a pair says what it has to."""
    report = case.report(workers)
    wrong = wrong_of(report)
    assert report.proved == (not case.said), report.text()
    for text in case.said:
        assert any(text in line for line in wrong), (text, report.text())
    for text in case.never:
        assert not any(text in line for line in wrong), (text, report.text())
    if case.only and case.said:
        assert all(any(text in line for text in case.said) for line in wrong), report.text()
