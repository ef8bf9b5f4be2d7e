"""Optimizers as formulas, for where a framework's own has another than the recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from common.recipes.recipe import Loss, Optimizer


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


@dataclass(frozen=True)
class Terms:
    """What formulas are said in: a square root, the rate, and an optimizer's numbers, by field."""

    sqrt: str
    rate: str
    number: Callable[[str], str]


def update(
    optimizer: Optimizer,
    sqrt: str,
    rate: str = "rate",
    number: Callable[[str], str] | None = None,
) -> Update:
    """Return an optimizer's formulas, `sqrt` and `rate` as the framework calls them. number: says
    a field of the optimizer; without it the formulas hold the values."""
    terms = Terms(sqrt, rate, number or (lambda name: repr(getattr(optimizer, name))))
    made: Update = _UPDATES[optimizer.name](optimizer, terms)
    return made


def _sgd(o: Optimizer, terms: Terms) -> Update:
    return Update("Gradient descent.", {}, {}, f"g * {terms.rate}")


def _momentum(o: Optimizer, terms: Terms) -> Update:
    momentum = terms.number("momentum")
    step = f"(g + {momentum} * velocity)" if o.nesterov else "velocity"
    doc = "Momentum whose velocity holds no rate, as in PyTorch and Paddle."
    news = {"velocity": f"{momentum} * {{velocity}} + g"}
    return Update(doc, {"velocity": 0.0}, news, f"{step} * {terms.rate}")


def _adam(o: Optimizer, terms: Terms) -> Update:
    beta1, beta2, epsilon = map(terms.number, ("beta1", "beta2", "epsilon"))
    sqrt, rate = terms.sqrt, terms.rate
    news = {
        "mean": f"{beta1} * {{mean}} + (1 - {beta1}) * g",
        "square": f"{beta2} * {{square}} + (1 - {beta2}) * g * g",
    }
    states = {"mean": 0.0, "square": 0.0}
    first, second = f"(1 - {beta1} ** t)", f"(1 - {beta2} ** t)"
    if o.epsilon_at == "corrected":
        doc = "Adam with epsilon beside the corrected root, as in PyTorch and Paddle."
        step = f"mean / {first} / ({sqrt}(square / {second}) + {epsilon}) * {rate}"
    else:
        doc = "Adam with epsilon beside the uncorrected root, as TensorFlow has it."
        step = f"mean / ({sqrt}(square) + {epsilon}) * ({rate} * {second} ** 0.5 / {first})"
    return Update(doc, states, news, step)


def _adamw(o: Optimizer, terms: Terms) -> Update:
    adam = _adam(o, terms)
    decay = f"(1 - {terms.rate} * {terms.number('decay')})"
    doc = adam.doc.replace("Adam with", "AdamW with")
    return Update(doc, adam.states, adam.news, adam.step, decay)


def _rmsprop(o: Optimizer, terms: Terms) -> Update:
    rho = terms.number("rho")
    news = {"square": f"{rho} * {{square}} + (1 - {rho}) * g * g"}
    doc = f"RMSProp with epsilon {o.epsilon_at} the root."
    return Update(doc, {"square": o.start}, news, _over_root(o, terms))


def _adagrad(o: Optimizer, terms: Terms) -> Update:
    doc = f"Adagrad with epsilon {o.epsilon_at} the root."
    news = {"square": "{square} + g * g"}
    return Update(doc, {"square": o.start}, news, _over_root(o, terms))


def _over_root(o: Optimizer, terms: Terms) -> str:
    epsilon = terms.number("epsilon")
    if o.epsilon_at == "inside":
        return f"g / {terms.sqrt}(square + {epsilon}) * {terms.rate}"
    return f"g / ({terms.sqrt}(square) + {epsilon}) * {terms.rate}"


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
