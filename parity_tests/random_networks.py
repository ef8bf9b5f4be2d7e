"""The search for a disagreement: random networks are fed to the panels.

`python -m parity_tests.random_networks --count 1000`. The first network on which two panels
disagree shrinks to the smallest that still does, and is saved as a JSON file that
`python -m frontends.verify` takes.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from common.arguments import Parser, whole
from common.errors import run_command
from common.files import folder_for, write_text
from common.network import Network
from common.serialize import to_json
from frontends.frameworks import select
from frontends.ladder.report import Report
from frontends.ladder.subjects import Fault
from frontends.ladder.verify import verify
from frontends.workers.pool import Workers
from frontends.workers.protocol import Hello
from parity_tests.search.drawing import networks
from parity_tests.search.shrinking import shrunk


def disagreement(
    network: Network,
    frameworks: list[str],
    workers: Workers,
    faults: Mapping[str, Fault] | None = None,
    rounding: bool = True,
) -> Report | None:
    """Return the report if the panels disagree, None if not; `faults` are planted in panels."""
    report = verify(
        network, frameworks, workers=workers, rounding=rounding, timeout=120, faults=faults
    )
    return None if report.passed else report


def _kind(report: Report | None) -> tuple[str, str] | None:
    """Return the first rung that failed and how."""
    rows = [(row.rung, row.outcome) for row in report.rows if not row.passed] if report else []
    return rows[0] if rows else None


def smallest(
    network: Network,
    frameworks: list[str],
    workers: Workers,
    faults: Mapping[str, Fault] | None = None,
    rounding: bool = True,
) -> tuple[Network, str]:
    """Return the smallest network on which the panels disagree in the same way, and how."""

    def found(each: Network) -> Report | None:
        return disagreement(each, frameworks, workers, faults, rounding)

    kind = _kind(found(network))
    network = shrunk(network, lambda each: _kind(found(each)) == kind)
    report = found(network)
    return network, report.text() if report else "it did not happen again"


def search(
    frameworks: list[str],
    count: int,
    number: int,
    workers: Workers,
    folder: Path | None,
    faults: Mapping[str, Fault] | None = None,
    rounding: bool = True,
) -> tuple[Counter[str], str | None]:
    """Try `count` networks; return how often each op was met, and the first disagreement.

    A disagreement is shrunk, and saved in `folder` as random-<seed>.json.
    """
    met: Counter[str] = Counter()
    found: dict[str, Any] = {}
    started, last = time.monotonic(), [0.0]

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(networks())
    def agree(network: Network) -> None:
        met["networks"] += 1
        met.update({step.op.symbol for step in network.elaboration.steps})
        if time.monotonic() - last[0] > 10:
            last[0] = time.monotonic()
            print(f"{met['networks']} networks, {last[0] - started:.0f} s", file=sys.stderr)
        what = disagreement(network, frameworks, workers, faults, rounding)
        if what:
            found["network"] = network
        assert what is None

    try:
        agree()
    except AssertionError:
        network, text = smallest(found["network"], frameworks, workers, faults, rounding)
        if folder:
            write_text(folder / f"random-{number}.json", to_json(network))
        return met, f"{to_json(network)}\n{text}"
    return met, None


def main() -> int:
    """Search and print what was found; with --record, add a line to a record."""
    parser = Parser(
        prog="python -m parity_tests.random_networks",
        description="Feed random networks to the panels until two disagree.",
        epilog="Exit codes: 0 all agree, 1 two disagree, 2 wrong usage.",
    )
    parser.add_argument(
        "--count", type=whole(1, 10**9), default=1000, help="networks (default 1000)"
    )
    parser.add_argument("--seed", type=whole(0, 2**63), default=0, help="of the search (default 0)")
    parser.add_argument("--framework", default="all", help="all, or a list with commas")
    parser.add_argument("--no-rounding", action="store_true", help="leave the float32 rungs out")
    parser.add_argument("--out", default=".", help="folder for the shrunk network's JSON")
    parser.add_argument("--record", help="a JSON-lines file to add the outcome to")
    options = parser.parse_args()
    frameworks, folder = select(options.framework), folder_for(options.out)
    started = time.monotonic()
    with Workers() as workers:
        rounding = not options.no_rounding
        met, found = search(
            frameworks, options.count, options.seed, workers, folder, rounding=rounding
        )
        versions = {f: workers.request(f, Hello()).versions for f in frameworks}
    record = {
        "seed": options.seed,
        "networks": met.pop("networks", 0),
        "ops": dict(met),
        "versions": versions,
        "rounding": rounding,
        "seconds": round(time.monotonic() - started),
        "disagreement": found,
    }
    if options.record:
        with Path(options.record).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")
    print(found or f"{record['networks']} networks, no disagreement")
    return 1 if found else 0


if __name__ == "__main__":
    run_command(main)
