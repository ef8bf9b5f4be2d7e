"""The training program of a recipe, as written source: what is alike in all dialects.

A file that trains has, behind its network, the same functions in the same order whatever the
framework: `learning_rate`, `loss_of`, the optimizer, a step. What a framework says in its own words
is written by `frontends/<framework>/program.py`; names of variables, formulas and schedules are
here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

from common.network import Network
from common.ops import Softmax
from common.recipes.recipe import KERNELS, Recipe, Schedule
from common.recipes.reference import is_frozen
from frontends.writing.text import EmitError

# What a file that trains calls its own, so that no kind of block is called so. The arguments and
# values of a network may be: nothing in its functions calls these.
NAMES = frozenset(
    "learning_rate loss_of trained create_optimizer train_step evaluate metrics_of apply_gradients "
    "export predict make_folder "
    "PlainUnpickler decode read batches parse main run argparse gzip itertools math os pickle "
    "shutil tarfile tempfile "
    "np F SGD Momentum Adam AdamW RMSProp Adagrad "
    # what `main` and the others have of their own: a function so called would be hidden by it
    "options device network optimizer train test steps_per_epoch epoch done step best kept path "
    "outputs labels images loss losses targets update metrics testing saver session place "
    "executor compiled tensors feed train_on validate save_as restore total count validation "
    "accuracy said is_best found given last error program x exported spec inferred "
    "signature feeds name counts "
    # and what of Python's own they call
    "classmethod dict enumerate float int len list map max min next open print range repr set "
    "sorted str sum super type zip Exception OSError SystemExit ValueError".split()
)


@dataclass(frozen=True)
class Ending:
    """How a written file ends: with functions, as text, and what they import. main: the last of
    them, given what the network's class or function is called."""

    imports: tuple[str, ...]
    functions: tuple[str, ...]
    main: Callable[[str], str]
    recipe: Recipe

    def texts(self, entry: str) -> list[str]:
        """Return all functions, and the call of `main`."""
        return [*self.functions, self.main(entry), 'if __name__ == "__main__":\n    main()']

    def all_imports(self, others: list[str]) -> list[str]:
        """Return the imports of a file whose network has `others`, the standard library's first."""
        more = [line for line in dict.fromkeys(self.imports) if line not in others]
        standard = sorted(line for line in more if line.split()[1] in STANDARD)
        rest = [line for line in more if line not in standard]
        return [*standard, *([""] if standard else []), *_inserted(others, rest)]


STANDARD = "argparse gzip itertools math os pickle shutil tarfile tempfile".split()


def _inserted(lines: list[str], more: list[str]) -> list[str]:
    """Put imports behind the first lines that are imports."""
    last = max((i for i, line in enumerate(lines) if _imports(line)), default=-1) + 1
    ours = sorted([*lines[:last], *more], key=lambda line: (line.startswith("from"), line))
    return [*ours, *lines[last:]]


def _imports(line: str) -> bool:
    return line.startswith(("import ", "from "))


@dataclass(frozen=True)
class Program:
    """A recipe, and what a dialect has to know to write the program that trains by it.

    own: canonical -> own name of every parameter.
    """

    recipe: Recipe
    network: Network
    own: Mapping[str, str]

    def __post_init__(self) -> None:
        check_fit(self.network, self.recipe)

    @property
    def classes(self) -> int:
        """How many classes the network tells apart."""
        return int(self.network.elaboration.output[0])

    @cached_property
    def trained(self) -> list[str]:
        """The own names of the parameters that the recipe trains."""
        return self._own(lambda name: not is_frozen(self.recipe, name))

    @cached_property
    def frozen(self) -> list[str]:
        """The own names of the parameters that it does not train."""
        return self._own(lambda name: is_frozen(self.recipe, name))

    @cached_property
    def uncalled(self) -> list[str]:
        """The own names of the parameters that are declared and have no gradient."""
        parameters = self.network.elaboration.parameters.values()
        return [self.own[each.name] for each in parameters if each.trainable and not each.used]

    def selection(self, declared: bool = False) -> tuple[str, tuple[str, ...]] | None:
        """Return how to tell by its name whether a parameter trains, None if every one does.

        It is ("", what the names of those begin with), or ("not ", what the others begin with),
        whichever is shorter. declared: the file has layers that are never called, too.
        """
        still = [*self.frozen, *(self.uncalled if declared else [])]
        if not still:
            return None
        chosen = _beginnings(self.trained, still)
        others = _beginnings(still, self.trained)
        return ("", chosen) if len(chosen) <= len(others) else ("not ", others)

    def _own(self, holds: Callable[[str], bool]) -> list[str]:
        parameters = self.network.elaboration.parameters.values()
        names = [each.name for each in parameters if each.trainable and each.used]
        return [self.own[name] for name in names if holds(name)]

    @property
    def decays_kernels(self) -> bool:
        """Does the L2 penalty spare what is no kernel?"""
        return bool(self.recipe.l2.coefficient) and self.recipe.l2.on == KERNELS

    def penalty(self, place: str) -> float:
        """Return the coefficient of an L2 penalty that the recipe has "loss" or "gradient"."""
        return self.recipe.l2.coefficient if self.recipe.l2.at == place else 0.0


def check_fit(network: Network, recipe: Recipe) -> None:
    """Raise an EmitError unless a network can be trained by a recipe: it gives what the loss is of,
    and the patterns of what is frozen hold for some of its parameters, and not for all."""
    shape = network.elaboration.output
    if len(shape) != 1 or shape[0] < 2:
        raise EmitError(f"{network.name}: its output is {shape}, and a loss is of (N, K), K >= 2")
    ends = isinstance(network.elaboration.steps[-1].op, Softmax)
    if ends != (recipe.loss.on == "probabilities"):
        raise EmitError(
            f"{network.name} {'ends in a softmax' if ends else 'gives logits'}, and the loss of "
            f"the recipe is on {recipe.loss.on}: name another recipe, or change its loss.on"
        )
    parameters = network.elaboration.parameters.values()
    names = [each.name for each in parameters if each.trainable and each.used]
    for pattern in recipe.frozen:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise EmitError(
                f"{network.name} has no parameter {pattern!r}, which the recipe freezes; it has "
                f"{', '.join(names[:3])}, …"
            )
    if all(is_frozen(recipe, name) for name in names):
        raise EmitError(f"{network.name}: the recipe freezes every parameter")


def _beginnings(chosen: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    """Return the least beginnings of names that all of `chosen` have and none of `others`."""
    refused: list[str] = list(others)
    found: list[str] = []
    for name in chosen:
        if any(name.startswith(each) for each in found):
            continue
        ends = [m.end() for m in re.finditer("[._/]", name)] + [len(name)]
        parts = (name[:end] for end in ends)
        found.append(next(p for p in parts if not any(each.startswith(p) for each in refused)))
    return tuple(dict.fromkeys(found))


def learning_rate(recipe: Recipe) -> list[str]:
    """Return the function that says the rate of a step: plain Python in every dialect."""
    schedule, rate = recipe.schedule, repr(recipe.learning_rate)
    lines = ["def learning_rate(step, steps_per_epoch):"]
    lines.append('    """Return the rate of a step, counted from 0 over all epochs."""')
    t = "step" if schedule.per == "step" else "epoch"
    factors = [_factor(schedule, t)]
    if schedule.warmup:
        factors.append(f"min(1.0, ({t} + 1) / {schedule.warmup}.0)")
    said = " * ".join([rate, *filter(None, factors)])
    if schedule.per == "epoch" and said != rate:
        lines.append("    epoch = step // steps_per_epoch")
    return [*lines, f"    return {said}"]


def _factor(schedule: Schedule, t: str) -> str:
    if schedule.kind == "step" and schedule.boundaries:
        boundaries = ", ".join(map(str, schedule.boundaries))
        comma = "," if len(schedule.boundaries) == 1 else ""
        return f"{schedule.factor!r} ** sum({t} >= each for each in ({boundaries}{comma}))"
    if schedule.kind == "cosine":
        length = schedule.length
        return f"(1 + math.cos(math.pi * min({t}, {length}) / {length}.0)) / 2"
    return ""


def evaluation(
    program: Program, before: list[str], outputs: str, found: list[str], right: str
) -> list[str]:
    """Return the function that evaluates a network over data, for frameworks that run at once.

    before: lines that turn it to evaluation. outputs: its call. found, right: lines before, and
    the count of, what it has right of a batch.
    """
    times = " * len(labels)" if program.recipe.loss.reduction == "mean" else ""
    return [
        "def evaluate(network, data):",
        '    """Return mean loss and accuracy over batches of (images, labels)."""',
        *(f"    {line}" for line in before),
        "    total, correct, count = 0.0, 0, 0",
        "    for images, labels in data:",
        f"        outputs = {outputs}",
        f"        total += float(loss_of(outputs, labels)){times}",
        *(f"        {line}" for line in found),
        f"        correct += int({right})",
        "        count += len(labels)",
        "    return total / count, correct / count",
    ]
