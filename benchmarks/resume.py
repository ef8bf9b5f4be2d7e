"""What a run that was interrupted has measured, so that it goes on where it ended."""

from __future__ import annotations

import argparse
import shlex
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.matrix import Case
from benchmarks.options import PROG, parse
from common.errors import TriptychError
from reports.records import COMPLETE, read_run


@dataclass(frozen=True)
class Earlier:
    """A record that goes on.

    processes: the number of the next one. passes: how many were finished, by mode and batch. ended:
    the cases that have their outcome.
    """

    path: Path
    processes: int
    passes: dict[tuple[str, int], int]
    ended: set[Case]


def resumed(path: Path, given: list[str]) -> tuple[argparse.Namespace, Earlier]:
    """Return the options of an interrupted run, and what it has measured.

    given: all that the command line says. Raises TriptychError for a record that cannot go on.
    """
    if [each for each in given if each != "--resume" and not each.endswith(str(path))]:
        raise TriptychError("--resume: the run goes on by its own options; no other can be given")
    if not path.is_file():
        raise TriptychError(f"--resume {path}: there is no such file")
    run = read_run(path)
    if run.state == COMPLETE:
        raise TriptychError(f"--resume {path}: the run was complete")
    said = run.header["command"]
    if not said.startswith(PROG) or "processes" not in run.header:
        raise TriptychError(f"--resume {path}: a record of an earlier version, which cannot go on")
    options = parse(shlex.split(said.removeprefix(PROG)))
    passes = Counter((each["mode"], each["batch"]) for each in run.passes)
    taken = [number for timing in run.timings.values() for number, _ in timing.rounds]
    ended = {Case(*case) for case, timing in run.timings.items() if timing.stage}
    return options, Earlier(path, max(taken, default=-1) + 1, dict(passes), ended)
