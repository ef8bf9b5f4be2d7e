"""Plants every mistake once and records what the ladder shows: `python -m
parity_tests.controls.recording`. The handbook's page of pitfalls is rendered from the record."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from common.arguments import Parser
from common.errors import run_command
from common.network import Network
from common.recipes.recipe import Recipe
from common.transform import float32_exact
from frontends.frameworks import MODERN
from frontends.ladder.report import Report
from frontends.ladder.runs import Runs, batch_for, comparable
from frontends.ladder.subjects import written
from frontends.ladder.training import training
from frontends.ladder.trajectory import rehearsal
from frontends.ladder.verify import verify
from frontends.workers.pool import Workers
from frontends.workers.scratch import scratch
from frontends.writing.emit import emit
from parity_tests.cases import small
from parity_tests.controls.pitfalls import FLOAT32, PITFALLS
from parity_tests.controls.planting import Edits, plant
from parity_tests.controls.training import TRAINING_PITFALLS, TrainingPitfall
from reports.handbook import records
from reports.handbook.evidence import CONTROLS

BESIDE = ("torch", "paddle")
PROG = "python -m parity_tests.controls.recording"


def planted(network: Network, panel: str, edits: Edits, recipe: Recipe | None) -> str:
    """Return what a mistake changes in a file, as the lines of a difference."""
    before = emit(float32_exact(network), panel, recipe=recipe).text
    after = plant(panel, edits)(before).replace("# planted\n", "")
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=1, lineterm="")
    kept = [line for line in list(lines)[2:] if not line.startswith("@@") and line not in "+-"]
    ending = [" ", ' if __name__ == "__main__":']  # where what is planted may be added
    return "\n".join(kept[:-2] if kept[-2:] == ending else kept)


def lines(panels: Sequence[str], workers: Workers) -> Iterator[dict[str, Any]]:
    """Yield what each mistake does, planted in the first of the panels that can have it."""
    for each in PITFALLS:
        panel = next(p for p in panels if isinstance(each.cells[p], Edits))
        edits, network = each.cells[panel], each.network()
        assert isinstance(edits, Edits)
        report = verify(
            network, list(panels), workers=workers, faults={panel: plant(panel, edits)},
            rounding=each.rung == FLOAT32,
        )  # fmt: skip
        yield _line(each.name, panel, each.divergence, report) | {
            "text": planted(network, panel, edits, None)
        }
    for mistake in TRAINING_PITFALLS:
        yield _trained(mistake, workers)


def _trained(mistake: TrainingPitfall, workers: Workers) -> dict[str, Any]:
    """Return what a mistake of training does in PyTorch, beside Paddle."""
    network, edits = comparable(small.se_resnext()), mistake.cells["torch"]
    subjects = written(BESIDE, {"torch": plant("torch", edits)})
    with scratch() as folder:
        runs = Runs(network, subjects, workers, folder, batch_for(network, 4))
        found = list(training(runs, BESIDE, mistake.recipe, folder))
    report = Report(mistake.name, 4, list(BESIDE), found)
    text = planted(network, "torch", edits, rehearsal(mistake.recipe))
    return _line(mistake.name, "torch", "training", report) | {"text": text}


def _line(name: str, panel: str, about: str, report: Report) -> dict[str, Any]:
    failed = next(row for row in report.rows if not row.passed)
    accused = [each for each in report.frameworks if report.reason(each)]
    line: dict[str, Any] = {"control": name, "panel": panel, "about": about, "rung": failed.rung}
    line |= {"note": re.sub(r"\s+", " ", failed.note), "accused": accused}
    finite = failed.worst is not None and math.isfinite(failed.worst)
    line |= {"worst": failed.worst} if finite else {}
    return line | ({} if failed.bound is None else {"bound": failed.bound})


def main(arguments: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Plant, record, and return the exit code. Raises TriptychError."""
    parser = Parser(
        prog=prog,
        description="Plant every mistake in one panel and record what the ladder shows.",
        epilog="Exit codes: 0 recorded, 2 wrong usage.",
    )
    parser.add_argument("--out", default="reports", metavar="DIR", help="default: reports")
    out = Path(parser.parse_args(arguments).out) / CONTROLS
    panels = ("torch", "paddle", "tensorflow")
    assert set(panels) == set(MODERN)
    with Workers() as workers:
        header = records.header(panels, workers, {})
        records.write(out, records.Record(header, list(lines(panels, workers))))
    print(out)
    return 0


if __name__ == "__main__":
    run_command(main)
