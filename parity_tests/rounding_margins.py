"""Measure what the float32 rungs leave on both sides: right runs, and planted rounding.

`python -m parity_tests.rounding_margins --record FILE` adds a line per run: how far its worst
tensor is from its bound, by rung; where rounding is planted, also the least of the tensors that
have it. `triptych report rounding` renders the page of the record.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from threading import Lock
from typing import Any

from threadpoolctl import threadpool_limits

from common.arguments import Parser, whole
from common.elaborate import Step
from common.environment import machine
from common.errors import choose, run_command
from common.files import file_for
from common.machine import cores
from common.network import Network
from common.ops import BatchNorm
from frontends.frameworks import FRAMEWORKS, MODERN
from frontends.ladder.float32 import GRADIENTS, RESULTS
from frontends.ladder.rounding import (
    LONGEST,
    PRODUCT_BOUND,
    RESULT_BOUND,
    SHARE_BOUND,
    SUM_BOUND,
    Finding,
)
from frontends.ladder.runs import batch_for
from frontends.workers.pool import Workers
from frontends.workers.protocol import Hello
from parity_tests.cases.everyday import EVERYDAY, SMALL
from parity_tests.controls.rounding import ROUNDINGS, Rounding, findings

PROG = "python -m parity_tests.rounding_margins"
RECORD = "reports/data/rounding.jsonl"
BOUNDS = {
    "product": PRODUCT_BOUND,
    "result": RESULT_BOUND,
    "sum": SUM_BOUND,
    "share": SHARE_BOUND,
    "longest": LONGEST,
}
Case = tuple[str, int, Rounding | None]  # panel, seed, what is planted


def cases(name: str, seeds: int, short: bool = False) -> list[Case]:
    """Return what is run of a network. Without `short`, a format is planted in each pass alone,
    too; the passes of a run are judged by themselves, so that this repeats what "all" shows."""
    panels = FRAMEWORKS if name in SMALL else MODERN
    right: list[Case] = [(panel, seed, None) for panel in panels for seed in range(seeds)]
    kept = [each for each in ROUNDINGS if not short or each.where in ("all", "stored")]
    return right + [(panel, seeds, each) for panel in MODERN for each in kept]


def measure(network: Network, case: Case, workers: Workers) -> dict[str, Any]:
    """Run one panel in float32 and return what its rungs find, as plain data."""
    panel, seed, rounding = case
    found = {
        name: _by_tensor(each)
        for name, each in findings(network, panel, workers, rounding, seed).items()
    }
    return {
        "panel": panel,
        "seed": seed,
        "batch": batch_for(network),
        "format": rounding and rounding.format,
        "where": rounding and rounding.where,
        "rungs": {name: _named(max, tensors) for name, tensors in found.items()},
        "least": _least(network.elaboration.steps, rounding, found) if rounding else None,
    }


def _by_tensor(findings: Iterable[Finding]) -> dict[str, float]:
    """Return the larger share of a bound of each tensor; a kernel's gradient has two."""
    found: dict[str, float] = {}
    for each in findings:
        found[each.what] = max(found.get(each.what, 0.0), each.ratio)
    return found


def _named(which: Any, tensors: dict[str, float]) -> dict[str, Any]:
    what = which(tensors, key=lambda each: tensors[each])
    share = tensors[what]
    return {"share": float(f"{share:.4g}") if math.isfinite(share) else None, "what": what}


def _least(
    steps: Sequence[Step], rounding: Rounding, found: dict[str, dict[str, float]]
) -> dict[str, Any]:
    """Return, per rung that must fail, the least share of the tensors that hold the rounding."""
    products = [step for step in steps if step.op.is_product]
    named = [step for step in steps if step.op.is_product or isinstance(step.op, BatchNorm)]
    results = {f"step {step.path}" for step in (named if rounding.where == "stored" else products)}
    kernels = {f"gradient of {step.layer}.kernel" for step in products}
    alone = [step for step in products if sum(s.sources == step.sources for s in steps) == 1]
    data = tuple(f"(from {step.path})" for step in alone)
    found_least: dict[str, Any] = {}
    if rounding.where in ("all", "forward", "stored"):
        for rung in RESULTS.values():
            found_least[rung] = _named(min, _only(found[rung], lambda what: what in results))
    gradients = found[GRADIENTS]
    if rounding.where in ("all", "kernel"):
        found_least["kernel"] = _named(min, _only(gradients, lambda what: what in kernels))
    if rounding.where in ("all", "data"):
        found_least["data"] = _named(min, _only(gradients, lambda what: what.endswith(data)))
    return found_least


def _only(tensors: dict[str, float], wanted: Any) -> dict[str, float]:
    return {what: share for what, share in tensors.items() if wanted(what)}


def main() -> int:
    """Measure and record; return 0."""
    parser = Parser(
        prog=PROG,
        description="Measure how far right runs and planted rounding are from the float32 bounds.",
        epilog="Exit codes: 0 measured, 2 wrong usage.",
    )
    parser.add_argument("--networks", default=",".join(EVERYDAY), help="a list (default: all)")
    parser.add_argument("--seeds", type=whole(1, 1000), default=3, help="of right runs (default 3)")
    parser.add_argument("--short", action="store_true", help="plant a format in all passes alone")
    parser.add_argument("--record", default=RECORD, help=f"lines are added to it ({RECORD})")
    options = parser.parse_args()
    names = options.networks.split(",")
    for name in names:
        choose("network", name, EVERYDAY)
    path = file_for("--record", options.record)
    if not path.exists():
        path.write_text(json.dumps(BOUNDS | machine()) + "\n", encoding="utf-8")
    done = _done(path)
    with Workers() as workers, threadpool_limits(limits=1, user_api="blas"):
        for name in names:
            left = [
                case
                for case in cases(name, options.seeds, options.short)
                if (name, *case[:2], str(case[2])) not in done
            ]
            _measure_all(path, name, left, workers)
    return 0


def _measure_all(path: Path, name: str, left: Sequence[Case], workers: Workers) -> None:
    """Measure the panels of a network side by side, as many as there are cores."""
    writing, network = Lock(), EVERYDAY[name]()

    def measure_panel(panel: str) -> None:
        for case in left:
            if case[0] == panel:
                line = _line(name, network, case, workers)
                with writing:
                    _add(path, line, case[2])

    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(measure_panel, dict.fromkeys(case[0] for case in left)))


def _done(path: Path) -> set[tuple[Any, ...]]:
    """Return what is recorded already, so that a run that was cut goes on."""
    found = map(json.loads, path.read_text(encoding="utf-8").splitlines()[1:])
    return {
        (
            e["network"],
            e["panel"],
            e["seed"],
            str(e["format"] and Rounding(e["format"], e["where"])),
        )
        for e in found
    }


def _line(name: str, network: Network, case: Case, workers: Workers) -> dict[str, Any]:
    started = time.monotonic()
    line: dict[str, Any] = {"network": name, "size": network.input_shape[-1]}
    line |= measure(network, case, workers)
    line["seconds"] = round(time.monotonic() - started, 1)
    line["versions"] = workers.request(case[0], Hello()).versions
    line["when"] = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return line


def _add(path: Path, line: dict[str, Any], rounding: Rounding | None) -> None:
    with path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(line) + "\n")
    worst = max((each["share"] or math.inf) for each in line["rungs"].values())
    what = f"{line['network']} {line['panel']} seed {line['seed']} {rounding or 'right'}"
    print(f"{what}: {worst:.3g}, {line['seconds']} s", file=sys.stderr)


if __name__ == "__main__":
    run_command(main)
