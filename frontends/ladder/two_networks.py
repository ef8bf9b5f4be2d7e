"""Two different networks: every structural difference, and the first step whose results differ.

`python -m frontends.verify A --against B`. Steps and parameters are matched by their paths. Both
networks get the same weights where a tensor has the same name and shape, and the same input.
"""

from __future__ import annotations

from pathlib import Path

from common import weights
from common.compare import difference
from common.network import Network
from frontends.ladder.locate import FLOAT64_BOUND
from frontends.ladder.report import Row, stopped_row
from frontends.ladder.runs import Job, Realizer
from frontends.workers.outcomes import MISMATCHED, WorkerError
from frontends.workers.pool import Workers


def compare(
    left: Network,
    right: Network,
    framework: str,
    workers: Workers,
    folder: Path,
    batch: int,
    seed: int,
) -> Row:
    """Return the row that names the first step whose float64 results differ in one panel."""
    try:
        return _first_difference(left, right, framework, workers, folder, batch, seed)
    except WorkerError as error:
        return stopped_row(framework, error.outcome)


def _first_difference(
    left: Network,
    right: Network,
    framework: str,
    workers: Workers,
    folder: Path,
    batch: int,
    seed: int,
) -> Row:
    own = weights.probe(left, seed)
    shared = {
        name: own[name] if name in own and own[name].shape == array.shape else array
        for name, array in weights.probe(right, seed).items()
    }
    results = []
    for number, (network, values) in enumerate(((left, own), (right, shared))):
        place = folder / f"{framework}{number}"
        place.mkdir()
        realizer = Realizer(network, workers, place, batch, seed, weights=values)
        results.append(realizer.run(Job(framework, taps=True, keep_steps=True)))
    order = [step.path for step in left.elaboration.steps]
    with results[0].read() as one, results[1].read() as two:
        known = set(two.names())
        for mode in ("evaluate", "train"):
            for path in order:
                name = f"{mode}/step/{path}"
                if name not in known:
                    return _differs(framework, f"step {path} is only in {left.name}")
                found = difference(one.get(name), two.get(name))
                if found.relative > FLOAT64_BOUND:
                    return _differs(framework, f"first at step {path}: {found}", found.relative)
    return Row("forward, step by step", (framework,), "agrees", bound=FLOAT64_BOUND)


def _differs(framework: str, note: str, worst: float | None = None) -> Row:
    return Row("forward, step by step", (framework,), MISMATCHED, worst, FLOAT64_BOUND, note)
