"""Which framework? What the benchmark records say, and what they do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.handbook.evidence import Evidence
from reports.records import Run, Timing, read_run

PAGE = """# Which framework?

The networks are the same, proved so in the run that timed them; what is left to choose by is speed,
memory, and what the pages before this one say of silence. Runs on other machines, or under other load,
are not to be compared with one another: read down a column, never across runs.

{runs}
**How to read it**: a framework's best style, by median of interleaved rounds; *of the fastest* is within
that table. Where the spreads of two rows overlap, a run does not tell which is faster. Nothing here is of
a GPU.

This page is written by `triptych report handbook` from the records of the runs.
"""


def page(evidence: Evidence) -> str:
    """Return the page as Markdown. Raises TriptychError for a record that cannot be read."""
    paths = sorted((evidence.reports / "data").glob("[0-9]*.jsonl"), reverse=True)
    runs = [read_run(path) for path in paths]
    return PAGE.format(runs="\n".join(_run(run) for run in runs))


def _run(run: Run) -> str:
    machine = run.header["machine"]
    parts = [
        f"## {run.header['title']}, {run.header['started'][:10]}\n\nBatches of "
        f"{run.header['batch']} on {machine['cpu']}, {machine['cores']} cores: "
        f"[the whole page](../{run.name}.md).\n"
    ]
    for mode in run.modes:
        rows = sorted(_best(run.of_mode(mode)), key=lambda each: each.step().median)
        if rows:
            parts.append(f"{_table(run, mode, rows)}\n")
    return "\n".join(parts)


def _best(timings: Sequence[Timing]) -> Iterator[Timing]:
    """Yield the fastest style of each framework."""
    measured = [each for each in timings if each.measured]
    for name in dict.fromkeys(each.framework for each in measured):
        own = [each for each in measured if each.framework == name]
        yield min(own, key=lambda each: each.step().median)


def _table(run: Run, mode: str, rows: Sequence[Timing]) -> str:
    lines = [f"| {mode} | style | images/s | of the fastest | memory, MB |",
             "| --- | --- | ---: | ---: | ---: |"]  # fmt: skip
    fastest = rows[0].step().median
    for each in rows:
        speed = run.images_per_second(each)
        cells = (run.label(each.framework), each.style, f"{speed.median:,.0f}",
                 f"{fastest / each.step().median:.0%}", f"{run.memory(each) / 1e6:,.0f}")  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
