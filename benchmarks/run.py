"""Prove that the panels are one network, then time them: `python -m benchmarks.run`."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.benchmark import Benchmark
from benchmarks.compare import main as compare
from benchmarks.options import PROG, parse
from benchmarks.resume import resumed
from common.errors import run_command
from reports.build import build
from reports.records import Run, read_run
from reports.tables import text_tables


def show(run: Run, out: Path) -> int:
    """Print the tables, write the page, and return the exit code: 1 if a timing has no figures.

    Records of other runs that cannot be read are named on standard error, one line each.
    """
    print(text_tables(run))
    built = build(out, run.name)
    for line in built.unreadable:
        print(line, file=sys.stderr)
    print(f"\n{built.path}")
    return 0 if all(timing.measured for timing in run.timings.values()) else 1


def main(arguments: list[str] | None = None, prog: str = PROG) -> int:
    """Run the benchmark that the arguments ask for; an interrupt keeps what was measured."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["compare"]:
        return compare(given[1:], f"{prog} compare")
    options, earlier = parse(given, prog), None
    if options.resume:
        options, earlier = resumed(Path(options.resume), given)
    benchmark = Benchmark(options, earlier)
    try:
        with benchmark.recording():
            benchmark.measure()
    except KeyboardInterrupt:
        show(read_run(benchmark.records.path), benchmark.out)
        raise
    return show(read_run(benchmark.records.path), benchmark.out)


if __name__ == "__main__":
    run_command(main)
