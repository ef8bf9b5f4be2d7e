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
from functools import cached_property

from common.network import Network
from common.ops import Softmax
from common.recipes.recipe import KERNELS, Loss, Optimizer, Recipe, Schedule
from common.recipes.reference import is_frozen
from frontends.writing.text import EmitError

# What a file that trains calls its own, so that no kind of block is called so.
NAMES = frozenset(
    "learning_rate loss_of trained create_optimizer train_step evaluate metrics_of apply_gradients "
    "PlainUnpickler read batches parse main run argparse gzip math os pickle shutil tarfile np F "
    "SGD Momentum Adam AdamW RMSProp Adagrad "
    # what `main` and the others have of their own: a function so called would be hidden by it
    "options device network optimizer train test steps_per_epoch epoch step best kept "
    "outputs labels images loss losses targets update metrics testing saver session place "
    "executor compiled tensors feed train_on validate save_as total count validation accuracy said "
    "is_best "
    # and what of Python's own they call
    "classmethod dict enumerate float int len list map max min open print range repr sorted str "
    "sum super zip ValueError".split()
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


STANDARD = ("argparse", "gzip", "math", "os", "pickle", "shutil", "tarfile")


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
        if not self.trained:
            raise EmitError(f"{self.network.name}: the recipe freezes every parameter")
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
    """Raise an EmitError unless the loss of a recipe is of what a network gives."""
    if len(network.elaboration.output) != 1:
        shape = network.elaboration.output
        raise EmitError(f"{network.name}: its output is {shape}, and a loss is of (N, K)")
    ends = isinstance(network.elaboration.steps[-1].op, Softmax)
    if ends != (recipe.loss.on == "probabilities"):
        raise EmitError(
            f"{network.name} {'ends in a softmax' if ends else 'gives logits'}, and the loss of "
            f"the recipe is on {recipe.loss.on}: name another recipe, or change its loss.on"
        )


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


@dataclass(frozen=True)
class Update:
    """An optimizer as formulas, for where a framework's own has another.

    doc: what it is. states: name -> what it starts at. news: name -> its new value, by the gradient
    `g` and the old values in braces. step: what the weight is lessened by, by the gradient, the new
    values and the number `t` of the step, from 1. decay: what the weight is multiplied with before
    that, or "".
    """

    doc: str
    states: Mapping[str, float]
    news: Mapping[str, str]
    step: str
    decay: str = ""

    @property
    def counts(self) -> bool:
        """Does it need the number of the step?"""
        return "** t" in self.step

    def lines(self, old: Callable[[str], str]) -> list[str]:
        """Return the assignments of the new values; `old` says an old one."""
        says = {name: old(name) for name in self.states}
        return [f"{name} = {new.format(**says)}" for name, new in self.news.items()]


def update(optimizer: Optimizer, sqrt: str, rate: str = "rate") -> Update:
    """Return an optimizer's formulas, `sqrt` and `rate` as the framework calls them."""
    made: Update = _UPDATES[optimizer.name](optimizer, sqrt, rate)
    return made


def _sgd(o: Optimizer, sqrt: str, rate: str) -> Update:
    return Update("Gradient descent.", {}, {}, f"g * {rate}")


def _momentum(o: Optimizer, sqrt: str, rate: str) -> Update:
    step = f"(g + {o.momentum!r} * velocity)" if o.nesterov else "velocity"
    doc = "Momentum whose velocity holds no rate, as PyTorch and Paddle have it."
    news = {"velocity": f"{o.momentum!r} * {{velocity}} + g"}
    return Update(doc, {"velocity": 0.0}, news, f"{step} * {rate}")


def _adam(o: Optimizer, sqrt: str, rate: str) -> Update:
    news = {
        "mean": f"{o.beta1!r} * {{mean}} + (1 - {o.beta1!r}) * g",
        "square": f"{o.beta2!r} * {{square}} + (1 - {o.beta2!r}) * g * g",
    }
    states = {"mean": 0.0, "square": 0.0}
    first, second = f"(1 - {o.beta1!r} ** t)", f"(1 - {o.beta2!r} ** t)"
    if o.epsilon_at == "corrected":
        doc = "Adam with epsilon beside the corrected root, as PyTorch and Paddle have it."
        step = f"mean / {first} / ({sqrt}(square / {second}) + {o.epsilon!r}) * {rate}"
    else:
        doc = "Adam with epsilon beside the uncorrected root, as TensorFlow has it."
        step = f"mean / ({sqrt}(square) + {o.epsilon!r}) * ({rate} * {second} ** 0.5 / {first})"
    return Update(doc, states, news, step)


def _adamw(o: Optimizer, sqrt: str, rate: str) -> Update:
    adam = _adam(o, sqrt, rate)
    decay = f"(1 - {rate} * {o.decay!r})"
    doc = adam.doc.replace("Adam with", "AdamW with")
    return Update(doc, adam.states, adam.news, adam.step, decay)


def _rmsprop(o: Optimizer, sqrt: str, rate: str) -> Update:
    news = {"square": f"{o.rho!r} * {{square}} + (1 - {o.rho!r}) * g * g"}
    doc = f"RMSProp with epsilon {o.epsilon_at} the root."
    return Update(doc, {"square": o.start}, news, _over_root(o, sqrt, rate))


def _adagrad(o: Optimizer, sqrt: str, rate: str) -> Update:
    doc = f"Adagrad with epsilon {o.epsilon_at} the root."
    news = {"square": "{square} + g * g"}
    return Update(doc, {"square": o.start}, news, _over_root(o, sqrt, rate))


def _over_root(o: Optimizer, sqrt: str, rate: str) -> str:
    if o.epsilon_at == "inside":
        return f"g / {sqrt}(square + {o.epsilon!r}) * {rate}"
    return f"g / ({sqrt}(square) + {o.epsilon!r}) * {rate}"


_UPDATES = {
    "sgd": _sgd,
    "momentum": _momentum,
    "adam": _adam,
    "adamw": _adamw,
    "rmsprop": _rmsprop,
    "adagrad": _adagrad,
}
TITLES = {
    "sgd": "SGD",
    "momentum": "Momentum",
    "adam": "Adam",
    "adamw": "AdamW",
    "rmsprop": "RMSProp",
    "adagrad": "Adagrad",
}


def soft_targets(loss: Loss, one_hot: str, classes: int) -> str:
    """Return the smoothed targets, as an expression of the one-hot ones."""
    return f"(1 - {loss.smoothing!r}) * {one_hot} + {loss.smoothing!r} / {classes}"
