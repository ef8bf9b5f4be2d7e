"""Data sets: `triptych data fetch cifar10`, `data list`, `data show NAME`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tabulate import tabulate

from common.arguments import Parser
from common.datasets.dataset import Dataset
from common.datasets.fetch import PUBLISHED, Published, fetch
from common.datasets.loading import NAMED, data_folder, folder_of, load
from common.errors import choose, run_command


def parser(prog: str) -> Parser:
    """Return the command line's parser."""
    made = Parser(
        prog=prog,
        description="Data sets to train on: published ones, fetched once, or folders of your own.",
        epilog="Exit codes: 0 done, 2 wrong usage, no network, or files that are damaged.",
    )
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    fetching = commands.add_parser("fetch", help="fetch the files of one that are not there yet")
    fetching.add_argument("name", help=", ".join(PUBLISHED))
    listing = commands.add_parser("list", help="say which there are, and whether their files are")
    showing = commands.add_parser("show", help="read one; say its counts, shapes and hash")
    showing.add_argument("name", help=f"{', '.join(NAMED)}, or a path")
    for each in (fetching, listing, showing):
        each.add_argument("--data-dir", help="where data sets are kept (default: in your cache)")
    return made


def main(arguments: Sequence[str] | None = None, prog: str = "python -m frontends.data") -> int:
    """Fetch, list or show data sets; return the exit code."""
    options = parser(prog).parse_args(arguments)
    if options.command == "fetch":
        return _fetch(options)
    if options.command == "list":
        rows = [_listed(each, PUBLISHED[each], options.data_dir) for each in PUBLISHED]
        print(tabulate(rows, ["name", "images", "files"]))
        print(f"\nin {data_folder(options.data_dir)}")
        return 0
    print(shown(load(options.name, options.data_dir)))
    return 0


def _fetch(options: argparse.Namespace) -> int:
    published = PUBLISHED[choose("data set", options.name, PUBLISHED)]
    folder = folder_of(options.name, options.data_dir)
    fetched = fetch(published, folder, _progress)
    load(options.name, options.data_dir)  # is it whole?
    print(f"{folder}: {f'{len(fetched)} files fetched' if fetched else 'all was there'}")
    return 0


def _progress(name: str, there: int, total: int) -> None:
    """Say on a terminal how much of a file is there; elsewhere, that it is."""
    share = f"{100 * there / total:3.0f} %" if total else ""
    said = f"{name}: {there / 1e6:,.1f} MB {share}"
    if sys.stderr.isatty():
        print(f"\r{said}", end="\n" if there == total else "", file=sys.stderr, flush=True)
    elif there == total:
        print(said, file=sys.stderr)


def _listed(name: str, published: Published, data_dir: str | None) -> list[str]:
    folder = folder_of(name, data_dir)
    missing = [file.name for file in published.files if not Path(folder, file.name).exists()]
    return [name, published.title, f"missing: {', '.join(missing)}" if missing else "there"]


def shown(dataset: Dataset) -> str:
    """Return a data set's counts, shapes and hashes as text."""
    rows = []
    for name, split in {"train": dataset.train, "test": dataset.test}.items():
        counts = np.bincount(split.labels, minlength=len(dataset.classes))
        shape = "each its own" if split.shape is None else " × ".join(map(str, split.shape))
        least, most = f"{counts.min():,}", f"{counts.max():,}"
        between = least if least == most else f"{least} to {most}"
        rows.append([name, f"{len(split):,}", between, shape, split.fingerprint()[:16]])
    head = ["", "images", "of a class", "shape", "sha256"]
    few = ", ".join(dataset.classes[:10]) + (", …" if len(dataset.classes) > 10 else "")
    table = tabulate(rows, head, disable_numparse=True)
    return f"{dataset.name}: {len(dataset.classes)} classes: {few}\n\n{table}"


if __name__ == "__main__":
    run_command(main)
