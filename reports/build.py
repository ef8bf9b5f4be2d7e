"""Pages from records, and from nothing else: `python -m reports.build`.

Each run in OUT/data becomes OUT/<run>.md with OUT/<run>.png, each training (train-*.jsonl) that
and an SVG; OUT/README.md lists them.
"""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tabulate import tabulate

from common.arguments import Parser
from common.errors import TriptychError, run_command
from common.experiments import EXPERIMENTS
from common.files import write_bytes, write_text
from reports.page import page
from reports.plot import png
from reports.records import Run, read_run
from reports.training.curves import image
from reports.training.page import page as training_page
from reports.training.records import Training, read_training

PROG = "python -m reports.build"
INDEX = """# Reports

Every page of a run is written by `python -m reports.build` from its records in `data/`, one JSON
line per measurement with its raw samples. Runs on different machines, or under different load, are
not to be compared with one another: within a run, rounds are interleaved over all timings.

{rows}
{trainings}{beside}"""
BESIDE = {
    "networks.md": "the networks and their counts",
    "rounding.md": "what float32 rounding is allowed, and what is caught",
    "hyperparameters.md": "which panel rounds which hyper-parameter",
    "official-table.md": "the official TensorFlow to Fluid table, executed",
    "defaults.md": "the frameworks' defaults, probed",
    "findings.md": "what was found in the frameworks",
}


@dataclass(frozen=True)
class Built:
    """What to open, and in one line each the records that could not be read."""

    path: Path
    unreadable: tuple[str, ...]


def build(out: Path, name: str | None = None) -> Built:
    """Render the page of a run, or of every run, and the index, from the records in OUT/data.

    A record that cannot be read is left out; the others are rendered. Raises TriptychError if a
    page cannot be written.
    """
    with _alone(out / "data"):
        runs, unreadable = _read(out / "data")
        for run in runs:
            if name in (None, run.name):
                write_bytes(out / f"{run.name}.png", png(run))
                write_text(out / f"{run.name}.md", page(run))
        trainings, more = _trainings(out / "data")
        for training in trainings if name is None else ():
            write_training(training, out, training.name, f"data/{training.name}.jsonl")
        told = {"rows": _index(runs), "trainings": _trained(trainings), "beside": _beside(out)}
        write_text(out / "README.md", INDEX.format(**told))
    unreadable += more
    return Built(out / (f"{name}.md" if name else "README.md"), tuple(unreadable))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait for other runs that end in this folder: the last index must have read all records."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _read(folder: Path) -> tuple[list[Run], list[str]]:
    """Return the runs that can be read, the latest first, and why the others cannot."""
    runs, unreadable = [], []
    for path in sorted(folder.glob("[0-9]*.jsonl"), reverse=True):
        try:
            runs.append(read_run(path))
        except TriptychError as error:
            unreadable.append(" ".join(str(error).split()))
    return runs, unreadable


def _trainings(folder: Path) -> tuple[list[Training], list[str]]:
    """Return the trainings that can be read, the latest first, and why the others cannot."""
    found, unreadable = [], []
    for path in sorted(folder.glob("train-*.jsonl"), reverse=True):
        try:
            found.append(read_training(path))
        except TriptychError as error:
            unreadable.append(" ".join(str(error).split()))
    return found, unreadable


def write_training(training: Training, out: Path, stem: str, records: str) -> Path:
    """Write the page STEM.md of a training with its curves beside it, in the name of the training;
    return the page. Raises TriptychError."""
    for form in ("png", "svg"):
        write_bytes(out / f"{training.name}.{form}", image(training, form))
    write_text(out / f"{stem}.md", training_page(training, f"{training.name}.png", records))
    return out / f"{stem}.md"


def _trained(trainings: list[Training]) -> str:
    headers = ("training (UTC)", "network", "data", "steps", "panels", "state")
    rows = [_training_row(training) for training in trainings]
    return f"\n{tabulate(rows, headers, tablefmt='github')}\n" if rows else ""


def _training_row(training: Training) -> tuple[str | int, ...]:
    header, panels = training.header, training.panels.values()
    return (
        f"[{header['started'][:16].replace('T', ' ')}]({training.name}.md)",
        header["title"],
        header["data"]["name"],
        training.place["end"],
        f"{sum(panel.trained for panel in panels)} of {len(panels)}",
        training.state,
    )


def _beside(out: Path) -> str:
    pages = dict(BESIDE)
    for name, each in EXPERIMENTS.items():
        pages[f"experiment-{name}.md"] = each.title
        pages[f"experiment-{name}-quick.md"] = f"{each.title}, a quick run"
    links = [f"[{title}]({name})" for name, title in pages.items() if (out / name).exists()]
    return f"\nBeside the runs: {', '.join(links)}.\n" if links else ""


def _index(runs: list[Run]) -> str:
    headers = ("run (UTC)", "network", "batch", "machine", "measured", "state")
    rows = [_row(run) for run in runs]
    return tabulate(rows, headers, tablefmt="github") if rows else "There are no records yet."


def _row(run: Run) -> tuple[str | int, ...]:
    machine = run.header["machine"]
    return (
        f"[{run.header['started'][:16].replace('T', ' ')}]({run.name}.md)",
        run.header["title"],
        run.header["batch"],
        f"{machine['cpu']}, {machine['cores']} cores",
        f"{sum(timing.measured for timing in run.timings.values())} of {len(run.timings)}",
        run.state,
    )


def main(arguments: list[str] | None = None, prog: str = PROG) -> int:
    """Render every page of a folder; return 1 if a record could not be read, else 0."""
    parser = Parser(
        prog=prog,
        description="Render a page and a plot per run from the records in OUT/data, and an index.",
        epilog="Exit codes: 0 all written; 1 a record cannot be read (standard error says which "
        "and why; the pages of the others are written); 2 wrong usage, or no records.",
    )
    parser.add_argument("--out", default="reports", metavar="DIR", help="default: reports")
    out = Path(parser.parse_args(arguments).out)
    if not (out / "data").is_dir():
        raise TriptychError(f"--out {out}: no folder {out / 'data'} with records")
    built = build(out)
    for line in built.unreadable:
        print(line, file=sys.stderr)
    print(built.path)
    return 1 if built.unreadable else 0


if __name__ == "__main__":
    run_command(main)
