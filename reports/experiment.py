"""Run an experiment of the sources, and make its page: `triptych experiment NAME`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import shorten

from tabulate import tabulate

from common.arguments import Parser, seconds, whole
from common.datasets.loading import load
from common.errors import TriptychError, choose, run_command
from common.experiments import EXPERIMENTS, Scale
from common.files import folder_for
from frontends.frameworks import FRAMEWORKS, select
from frontends.training.progress import Told
from frontends.workers.pool import Workers
from frontends.workers.scratch import scratch
from reports.experiments.lab import DATA, Lab
from reports.experiments.page import path_of, write_page
from reports.experiments.records import Record, read_record
from reports.experiments.running import run
from reports.experiments.studies import STUDIES, kinds_of
from reports.experiments.study import Study

DESCRIPTION = """\
Run an experiment of the sources. Every part is recorded as it ends, in DIR/data; a run that finds a
record goes on with the parts that it lacks, with more seeds or other panels if it is told so. The
page with plots and verdicts is DIR/experiment-NAME.md; it says what was run, and what was not."""
EPILOG = """\
examples:
  experiment --list
  experiment transfer --quick --out quick
  experiment resnet_or_se --framework torch --seeds 3

MNIST lies in your cache or in --data-dir (`triptych data fetch mnist`); --quick needs the images
that ship with the project alone.

exit codes: 0 all parts ran; 1 a part could not be run (the page says which and why); 2 wrong usage,
nothing run; 130 interrupted (what ended is recorded: the same command goes on)."""

LINE = 100  # characters of the line that says a claim
GOES_ON = "what ended is recorded, and the same command goes on with the rest"


def parser(prog: str) -> Parser:
    """Return the command line's parser."""
    made = Parser(
        prog=prog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    add = made.add_argument
    add("name", nargs="?", help=", ".join(EXPERIMENTS))
    add("--list", action="store_true", help="say what there is, and how long it takes")
    add("--quick", action="store_true", help="little of everything, on the images that are shipped")
    add("--framework", metavar="LIST", help=f"default: the experiment's; of {','.join(FRAMEWORKS)}")
    add("--seeds", type=whole(1, 1000), metavar="N", help="random seeds 0 to N - 1")
    add("--out", default="reports", metavar="DIR", help="default: reports")
    add("--data-dir", metavar="DIR", help="where data sets are that have a name")
    add("--device", choices=("cpu", "gpu"), default="cpu", help="default cpu")
    add("--threads", type=whole(1, 4096), metavar="N", help="of each panel (default: its own)")
    add("--timeout", type=seconds, default=600.0, metavar="S", help="seconds without a sign")
    return made


def parse(arguments: Sequence[str] | None, prog: str) -> argparse.Namespace:
    """Return the options. Raises TriptychError for those that do not go together."""
    options = parser(prog).parse_args(arguments)
    if not (options.list or options.name):
        raise TriptychError(f"which experiment? {', '.join(EXPERIMENTS)} (--list explains them)")
    if options.name:
        choose("experiment", options.name, EXPERIMENTS)
    return options


def listed() -> str:
    """Return the table of all experiments."""
    rows = [
        (each.name, each.title, each.full.cost, each.quick.cost, ", ".join(each.full.panels))
        for each in EXPERIMENTS.values()
    ]
    headers = ("experiment", "what", "a full run", "--quick, on 2 idle cores", "panels")
    return tabulate(rows, headers, maxcolwidths=[None, 30, 22, 14, 30], maxheadercolwidths=14)


def scale_of(options: argparse.Namespace) -> Scale:
    """Return how much is run. Raises TriptychError."""
    scale = EXPERIMENTS[options.name].scale(options.quick)
    if options.framework is not None:
        scale = replace(scale, panels=tuple(select(options.framework)))
    if options.seeds is not None:
        scale = replace(scale, seeds=tuple(range(options.seeds)))
    return scale


def command(options: argparse.Namespace) -> str:
    """Return the command that repeats a run, without where files lie."""
    parts = ["triptych experiment", options.name]
    parts += ["--quick"] * options.quick
    parts += [f"--framework {options.framework}"] if options.framework else []
    parts += [f"--seeds {options.seeds}"] if options.seeds else []
    parts += ["--device gpu"] * (options.device == "gpu")
    parts += [f"--threads {options.threads}"] if options.threads else []
    return " ".join(parts)


def main(arguments: Sequence[str] | None = None, prog: str = "python -m reports.experiment") -> int:
    """Run an experiment, or list all; return the exit code. Raises TriptychError."""
    options = parse(arguments, prog)
    if options.list:
        print(listed())
        return 0
    study, scale = STUDIES[options.name], scale_of(options)
    if not scale.shipped:
        load(DATA, options.data_dir or None)  # refused before anything runs
    stem = f"experiment-{options.name}" + "-quick" * options.quick
    path = folder_for(str(Path(options.out) / "data")) / f"{stem}.jsonl"
    done = read_record(path, kinds_of) if path.exists() else None
    try:
        whole_run = _run(study, scale, path, done, options)
    except KeyboardInterrupt as error:
        if path.exists():
            _show(study, path)
        print(f"the run was cut ({error or 'interrupted'}): {GOES_ON}", file=sys.stderr)
        raise
    _show(study, path)
    return 0 if whole_run else 1


def _run(
    study: Study, scale: Scale, path: Path, done: Record | None, options: argparse.Namespace
) -> bool:
    parts = study.plan(scale)
    told = Told()
    told.say(f"the page will be {path_of(path)}")
    if done is not None and set(parts) <= set(done.parts):
        told.say("all parts are recorded: the page is made anew")
        return True
    session = {"scale": "quick" if options.quick else "full", "command": command(options)}
    with scratch() as folder, Workers(options.device, options.threads, spin=True) as workers:
        lab = Lab(
            study.experiment, scale, workers, folder, options.data_dir or "", options.device,
            options.threads, options.timeout, told.say,
        )  # fmt: skip
        return run(study, lab, parts, path, done, session)


def _show(study: Study, path: Path) -> None:
    """Write the page and say what was found."""
    record = read_record(path, kinds_of)
    findings = study.find(record)
    print(findings.summary)
    claims = {each.name: each.words for each in study.experiment.claims}
    for each in findings.verdicts:
        said = shorten(claims[each.claim], LINE - len(each.word) - 2, placeholder=" …")
        print(f"\n{each.word}: {said}\n  {each.evidence}")
    print(f"\n{write_page(study, record)}")


if __name__ == "__main__":
    run_command(main)
