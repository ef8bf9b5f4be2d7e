"""Find by experiment which panel computes with which hyper-parameter in float32, in float64 runs.

Hyper-parameters are rounded to float32 once, in the recipe, where panels are to agree. Here one at
a time is not: each panel takes STEPS steps in float64, and so does numpy with the number as it is
and with its float32 value. `python -m parity_tests.hyperparameters` writes the record of which of
the two a panel's weights are, and how far these are apart.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from common.arguments import Parser
from common.environment import machine
from common.errors import run_command
from common.files import file_for, write_text
from common.ops import Conv2d, Dense, GlobalAvgPool2d, SiLU
from common.recipes.recipe import Optimizer, Penalty, Recipe
from frontends.frameworks import FRAMEWORKS
from frontends.ladder.runs import Runs
from frontends.ladder.subjects import written
from frontends.ladder.trajectory import EPOCHS, STEPS, Trajectory, batches, largest, start
from frontends.workers.arrays import ArrayReader, write_arrays
from frontends.workers.pool import Workers
from frontends.workers.protocol import ArrayFiles, Hello
from frontends.workers.scratch import scratch
from parity_tests.cases.small import sequence

PROG = "python -m parity_tests.hyperparameters"
RECORD = "reports/data/hyperparameters.jsonl"
BATCH = 8
# No kinks and no statistics: nothing magnifies what a rounding does.
NETWORK = sequence(
    "smooth", (3, 4, 4), conv=Conv2d(6, 3, padding=1), silu=SiLU(), pool=GlobalAvgPool2d(),
    fc=Dense(3),
)  # fmt: skip
RATE = 2.0**-4
ADAM = {"beta1": 0.875, "beta2": 1 - 2.0**-7, "epsilon": 2.0**-10}


@dataclass(frozen=True)
class Case:
    """A recipe of one number that float32 has not, all others being exact."""

    recipe: Callable[[float], Recipe]
    number: float

    def kept(self) -> Recipe:
        """Return the recipe with the number as it is."""
        return self.recipe(self.number)

    def rounded(self) -> Recipe:
        """Return the recipe with the number's float32 value."""
        return self.recipe(float(np.float32(self.number)))


def _recipe(optimizer: Optimizer, rate: float = RATE, **l2: Any) -> Recipe:
    return Recipe(optimizer, rate, batch=BATCH, l2=Penalty(**l2))


def _adam(place: str, rate: float = RATE, **given: float) -> Recipe:
    numbers = ADAM | given
    return _recipe(
        Optimizer(
            "adam",
            beta1=numbers["beta1"],
            beta2=numbers["beta2"],
            epsilon=numbers["epsilon"],
            epsilon_at=place,
        ),
        rate,
    )


def _penalized(place: str) -> Callable[[float], Recipe]:
    momentum = Optimizer("momentum", momentum=0.875)
    return lambda number: _recipe(momentum, coefficient=number, at=place)


def _of_adam(place: str, name: str) -> Callable[[float], Recipe]:
    return lambda number: _adam(place, **{name: number})


CASES = {
    "learning rate, SGD": Case(lambda rate: _recipe(Optimizer("sgd"), rate), 0.1),
    "momentum": Case(lambda number: _recipe(Optimizer("momentum", momentum=number)), 0.9),
    "L2 in the loss": Case(_penalized("loss"), 0.01),
    "L2 on the gradient": Case(_penalized("gradient"), 0.01),
}
NUMBERS = {"rate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-3}
CASES |= {
    f"{name.replace('rate', 'learning rate')}, Adam, epsilon {place}": Case(
        _of_adam(place, name), number
    )
    for place in ("corrected", "uncorrected")
    for name, number in NUMBERS.items()
}


def _followed(recipe: Recipe, given: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    """Return the parameters behind the last step in numpy."""
    trajectory = Trajectory(NETWORK, recipe, dict(values), {})
    for step in range(STEPS):
        trajectory.step(given[f"{step}/input"], given[f"{step}/labels"])
    return trajectory.values


def apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """Return the largest difference of two sets of parameters, of the largest value."""
    return largest([one[name] - other[name] for name in other]) / largest(other.values())


def measure(what: str, panels: tuple[str, ...], workers: Workers, folder: Path) -> Any:
    """Yield, per panel, how far it is from numpy with the number as it is and rounded, and how far
    these two are apart."""
    case = CASES[what]
    runs = Runs(NETWORK, written(panels), workers, folder, BATCH)
    given, values = batches(NETWORK, BATCH), start(NETWORK)
    write_arrays(folder / "start.npz", values)
    write_arrays(folder / "batches.npz", given)
    kept, rounded = (_followed(each, given, values) for each in (case.kept(), case.rounded()))
    for panel in panels:
        results = folder / f"{panel}.npz"
        given_files = str(folder / "start.npz"), str(folder / "batches.npz")
        files = ArrayFiles(*given_files, str(results))
        runs.train(panel, case.kept(), files, STEPS, EPOCHS, (STEPS - 1,))
        with ArrayReader(results) as reader:
            found = {name: reader.get(f"{STEPS - 1}/{name}") for name in kept}
        yield {
            "what": what,
            "panel": panel,
            "from_kept": apart(found, kept),
            "from_rounded": apart(found, rounded),
            "effect": apart(kept, rounded),
        }


def main() -> int:
    """Measure and record; return 0."""
    parser = Parser(prog=PROG, description=__doc__, epilog="Exit codes: 0 measured, 2 wrong usage.")
    parser.add_argument("--record", default=RECORD, help=f"what is written ({RECORD})")
    path = file_for("--record", parser.parse_args().record)
    with Workers() as workers:
        versions = {name: workers.request(name, Hello()).versions for name in FRAMEWORKS}
        lines: list[Any] = [machine() | {"steps": STEPS, "versions": versions}]
        for what in CASES:
            with scratch() as folder:
                lines += measure(what, FRAMEWORKS, workers, folder)
            print(what, file=sys.stderr)
    write_text(path, "".join(json.dumps(line) + "\n" for line in lines))
    return 0


if __name__ == "__main__":
    run_command(main)
