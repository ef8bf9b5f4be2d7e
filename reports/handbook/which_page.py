"""Which framework? What the benchmark records say, and what they do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.handbook.evidence import Evidence
from reports.records import Run, Timing, read_run
from reports.tables import memory, significant, styled

PAGE = """# Which framework?

The networks are the same, proved so in the run that timed them; what is left to choose by is speed,
memory, and what [the pitfalls](pitfalls.md) and [the defaults](../defaults.md) say. Runs on other machines, or under other load,
are not to be compared with one another: read down a column, never across runs.

{runs}
Of one framework alone, so that there is nothing to choose between: {alone}.

**How to read it**: a framework's best style, from interleaved rounds of several processes; *of the fastest*
is paired by round within that table, and ≈ stands where the run's noise does not tell which is faster.

This page is written by `triptych report handbook` from the records of the runs.
"""


def page(evidence: Evidence) -> str:
    """Return the page as Markdown. Raises TriptychError for a record that cannot be read."""
    runs = [read_run(path) for path in evidence.runs()]
    several = [run for run in runs if len(_measured(run)) > 1]
    alone = [f"[{run.header['title']}, {run.header['started'][:10]}](../{run.name}.md)"
             for run in runs if len(_measured(run)) < 2]  # fmt: skip
    return PAGE.format(
        runs="\n".join(_run(run) for run in several), alone=", ".join(alone) or "none"
    )


def _measured(run: Run) -> set[str]:
    return {each.framework for each in run.timings.values() if each.measured}


def _run(run: Run) -> str:
    machine = run.header["machine"]
    where = f"{machine['cpu']}, {machine['cores']} cores"
    parts = [
        f"## {run.header['title']}, {run.header['started'][:10]}\n\nOn {_device(run) or where}: "
        f"[the whole page](../{run.name}.md).\n"
    ]
    for mode, batch in run.groups:
        rows = sorted(_best(run.of_group(mode, batch)), key=lambda each: each.step.value)
        if rows:
            parts.append(f"{_table(run, f'{mode}, batch {batch}', rows)}\n")
    return "\n".join(parts)


def _device(run: Run) -> str:
    """Return the name of the GPU of a run, "" without one."""
    warm = [each for timing in run.timings.values() for each in timing.warm.values()]
    return next(filter(None, (each["memory"].get("device_name") for each in warm)), "")


def _best(timings: Sequence[Timing]) -> Iterator[Timing]:
    """Yield the fastest style of each framework."""
    measured = [each for each in timings if each.measured]
    for name in dict.fromkeys(each.framework for each in measured):
        own = [each for each in measured if each.framework == name]
        yield min(own, key=lambda each: each.step.value)


def _table(run: Run, title: str, rows: Sequence[Timing]) -> str:
    lines = [f"| {title} | style | images/s | of the fastest | memory, MB |",
             "| --- | --- | ---: | ---: | ---: |"]  # fmt: skip
    for each in rows:
        found = run.ratio(each, rows[0])
        known = each is rows[0] or run.noise is None or run.tells(each, rows[0])
        told = "" if known else "≈ "
        cells = (run.label(each.framework), styled(run, each), significant(each.images.value),
                 f"{told}{found.value:.0%}" if found else "", memory(each))  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
