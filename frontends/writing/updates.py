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


def update(optimizer: Optimizer, sqrt: str, rate: str = "rate") -> Update:
    """Return an optimizer's formulas, `sqrt` and `rate` as the framework calls them."""
    made: Update = _UPDATES[optimizer.name](optimizer, sqrt, rate)
    return made


def _sgd(o: Optimizer, sqrt: str, rate: str) -> Update:
    return Update("Gradient descent.", {}, {}, f"g * {rate}")


def _momentum(o: Optimizer, sqrt: str, rate: str) -> Update:
    step = f"(g + {o.momentum!r} * velocity)" if o.nesterov else "velocity"
    doc = "Momentum whose velocity holds no rate, as in PyTorch and Paddle."
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
        doc = "Adam with epsilon beside the corrected root, as in PyTorch and Paddle."
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
