"""The search for a false alarm: random networks, written in one framework, beside another's file.

`python -m parity_tests.random_files --count 500`. What is written of one network in two frameworks
is compared as two readers' files, with no specification: never may they be called different.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, seed, settings

from common.arguments import Parser, whole
from common.errors import run_command
from common.network import Network
from common.serialize import to_json
from frontends.frameworks import select
from frontends.ladder.asked import Asked
from frontends.ladder.report import Report
from frontends.ladder.verify import verify_files
from frontends.workers.pool import Workers
from frontends.workers.protocol import Hello
from frontends.writing.emit import emit
from parity_tests.search.drawing import networks


def drawn(count: int, number: int) -> list[Network]:
    """Return random networks all of whose layers are called."""
    found: list[Network] = []

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(networks())
    def keep(network: Network) -> None:
        if all(each.used for each in network.elaboration.parameters.values()):
            found.append(network)

    keep()
    return found


def beside(network: Network, panels: tuple[str, str], workers: Workers) -> Report:
    """Return the report of what is written of a network in two frameworks, as readers' files."""
    with TemporaryDirectory() as folder:
        files = []
        for panel in panels:
            source = emit(network, panel)
            path = Path(folder) / f"{panel}_net.py"
            path.write_text(source.text, encoding="utf-8")
            files.append(f"{path}:{source.entry}@{panel}")
        return verify_files(files, Asked(shape=network.input_shape), workers=workers)


def false_alarms(
    found: Iterable[Network], panels: list[str], workers: Workers
) -> Iterator[tuple[Network, Report]]:
    """Yield every network of which two files are called different, with the report; of each the
    next two of the panels, in either order, in turn."""
    pairs = list(permutations(panels, 2))
    for index, network in enumerate(found):
        report = beside(network, pairs[index % len(pairs)], workers)
        if not report.proved:
            yield network, report
        if index % 25 == 24:
            print(f"{index + 1} networks", file=sys.stderr, flush=True)


def within(found: list[Network], minutes: float, taken: list[Network]) -> Iterator[Network]:
    """Yield networks until the time is over, and add them to `taken`."""
    until = time.monotonic() + 60 * minutes
    for each in found:
        if time.monotonic() > until:
            return
        taken.append(each)
        yield each


def main() -> int:
    """Search and print what was found."""
    parser = Parser(
        prog="python -m parity_tests.random_files",
        description="Compare what is written of random networks in two frameworks, as files.",
        epilog="Exit codes: 0 all are called the same, 1 one is not, 2 wrong usage.",
    )
    parser.add_argument("--count", type=whole(1, 10**9), default=500, help="networks (default 500)")
    parser.add_argument("--seed", type=whole(0, 2**63), default=0, help="of the search (default 0)")
    parser.add_argument("--framework", default="all", help="all, or a list with commas")
    parser.add_argument("--minutes", type=whole(1, 10**6), default=10**6, help="at most (no limit)")
    parser.add_argument("--record", help="a JSON-lines file to add the outcome to")
    options = parser.parse_args()
    started, found, taken = time.monotonic(), 0, list[Network]()
    panels, every = select(options.framework), drawn(options.count, options.seed)
    with Workers() as workers:
        for network, report in false_alarms(within(every, options.minutes, taken), panels, workers):
            print(f"{to_json(network)}\n{report.text()}", flush=True)
            found += 1
        versions = {each: workers.request(each, Hello()).versions for each in panels}
    met = Counter(step.op.symbol for each in taken for step in each.elaboration.steps)
    record = {
        "seed": options.seed,
        "networks": len(taken),
        "ops": dict(met),
        "versions": versions,
        "false alarms": found,
        "seconds": round(time.monotonic() - started),
    }
    if options.record:
        with Path(options.record).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")
    print(json.dumps(record))
    return 1 if found else 0


if __name__ == "__main__":
    run_command(main)
