"""Pages from records, and from nothing else: `python -m reports.build`.

Each run in OUT/data becomes OUT/<run>.md with OUT/<run>.png; OUT/README.md lists them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tabulate import tabulate

from common.errors import TriptychError, run_command
from common.files import write_bytes, write_text
from reports.page import page
from reports.plot import png
from reports.records import Run, read_run

INDEX = """# Reports

Every page is written by `python -m reports.build` from the records in `data/`, one JSON line per
measurement with its raw samples. Runs on different machines, or under different load, are not to be
compared with one another: within a run, rounds are interleaved over all timings.

{rows}
{beside}"""
BESIDE = {
    "networks.md": "the networks and their counts",
    "findings.md": "what was found in the frameworks",
}


def build(out: Path, name: str | None = None) -> Path:
    """Render the page of a run, or of every run, and the index; return what to open.

    Raises TriptychError if a record cannot be read or a page cannot be written.
    """
    runs = [read_run(path) for path in sorted((out / "data").glob("[0-9]*.jsonl"), reverse=True)]
    for run in runs:
        if name in (None, run.name):
            write_bytes(out / f"{run.name}.png", png(run))
            write_text(out / f"{run.name}.md", page(run))
    write_text(out / "README.md", INDEX.format(rows=_index(runs), beside=_beside(out)))
    return out / (f"{name}.md" if name else "README.md")


def _beside(out: Path) -> str:
    links = [f"[{title}]({name})" for name, title in BESIDE.items() if (out / name).exists()]
    return f"\nBeside the runs: {', '.join(links)}.\n" if links else ""


def _index(runs: list[Run]) -> str:
    rows = [
        (
            f"[{run.header['started'][:16].replace('T', ' ')}]({run.name}.md)",
            run.header["title"],
            run.header["batch"],
            f"{run.header['machine']['cpu']}, {run.header['machine']['cores']} cores",
            f"{sum(t.measured for t in run.timings.values())} of {len(run.timings)}",
            run.state,
        )
        for run in runs
    ]
    headers = ("run (UTC)", "network", "batch", "machine", "measured", "state")
    return tabulate(rows, headers, tablefmt="github") if rows else "There are no records yet."


def main() -> int:
    """Render every page of a folder."""
    parser = argparse.ArgumentParser(
        prog="python -m reports.build",
        description="Render a page and a plot per run from the records in OUT/data, and an index.",
        epilog="Exit codes: 0 written, 2 no records, or one that cannot be read.",
    )
    parser.add_argument("--out", default="reports", metavar="DIR", help="default: reports")
    out = Path(parser.parse_args().out)
    if not (out / "data").is_dir():
        raise TriptychError(f"--out {out}: no folder {out / 'data'} with records")
    print(build(out))
    return 0


if __name__ == "__main__":
    run_command(main)
