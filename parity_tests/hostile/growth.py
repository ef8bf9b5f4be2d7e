"""How time grows with a network's layers: `python -m parity_tests.hostile.growth --out FILE`.

A chain of blocks, each a convolution, a batch normalization and a ReLU, is read and elaborated,
written by every dialect, and verified. A line of JSON per size: its layers, the seconds of each.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from common import machine
from common.arguments import Parser, whole
from common.errors import run_command
from common.network import Network
from common.serialize import from_json
from frontends.frameworks import FRAMEWORKS
from frontends.ladder.verify import verify
from frontends.workers.pool import Workers
from frontends.writing.emit import emit

LAYERS = ("conv", "bn", "relu")
SIZES = (10, 30, 100, 300, 1_000, 3_000, 10_000)
PANELS = ["torch", "paddle"]
MOST_VERIFIED = 3_000  # layers: beyond, what rounding leaves is magnified to more than the bounds


def chain(layers: int) -> str:
    """Return the JSON of a network of about so many layers."""
    conv = {"op": "conv2d", "out_channels": 4, "kernel_size": 1}
    unit = {"layers": {"conv": conv, "bn": {"op": "batch_norm"}, "relu": {"op": "relu"}}}
    body = {"chain": [{"block": "unit", "repeat": max(1, layers // len(LAYERS))}]}
    blocks = {"unit": unit, "root": {"layers": {"body": body}}}
    data = {"name": "chain", "input_shape": [4, 4, 4], "root": "root", "blocks": blocks}
    return json.dumps(data)


def written(network: Network) -> None:
    """Write a network in every dialect."""
    for dialect in FRAMEWORKS:
        emit(network, dialect)


def seconds(do: Callable[[], object]) -> float:
    """Return how long something takes."""
    started = time.perf_counter()
    do()
    return time.perf_counter() - started


def measured(layers: int, workers: Workers | None) -> dict[str, float]:
    """Return the seconds that a network of so many layers takes, by what is done with it.

    And the worst float64 difference of its panels: batch statistics over few values, one after the
    other, magnify what rounding leaves, until none can be proved the same.
    """
    text = chain(layers)
    found = {"elaboration": seconds(lambda: from_json(text))}
    network = from_json(text)
    found["writing"] = seconds(lambda: written(network))
    if workers:
        report = verify(network, PANELS, workers=workers, rounding=False)
        found |= {"verification": report.seconds, "difference": report.worst_float64}
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every size; return the exit code."""
    made = Parser(description=__doc__)
    made.add_argument("--most", type=whole(1, 10**6), default=SIZES[-1], help="layers")
    made.add_argument("--out", help="a file to write, a line of JSON per size")
    options = made.parse_args(arguments)
    lines = [json.dumps({"cores": machine.cores(), "verified in": PANELS})]
    with Workers() as workers:
        measured(SIZES[0], workers)  # what is imported once
        for size in (each for each in SIZES if each <= options.most):
            made_of = measured(size, workers if size <= MOST_VERIFIED else None)
            found = {name: float(f"{value:.3g}") for name, value in made_of.items()}
            lines.append(json.dumps({"layers": size, **found}))
            print(lines[-1], flush=True)
            if options.out:
                Path(options.out).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    run_command(main)
