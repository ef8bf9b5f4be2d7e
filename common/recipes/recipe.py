"""A recipe: how a network is trained, as data. Parents send it, workers follow it: Python 3.7.

A number is what every framework uses, or the reference with it: hyper-parameters are rounded to
float32 once, in the recipe (`float32_exact`), where frameworks are to agree to more than 1e-7.
"""
# ruff: noqa: UP006, UP035, UP045 - what Python 3.7 can evaluate

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional, Tuple

from common.recipes.checks import ascending, check, choose, whole

# Optimizer -> the fields that it uses, beside the learning rate.
OPTIMIZERS = {
    "sgd": (),
    "momentum": ("momentum", "nesterov"),
    "adam": ("beta1", "beta2", "epsilon", "epsilon_at"),
    "adamw": ("beta1", "beta2", "epsilon", "epsilon_at", "decay"),
    "rmsprop": ("rho", "epsilon", "epsilon_at", "start"),
    "adagrad": ("epsilon", "epsilon_at", "start"),
}
# Optimizer -> the names of what it keeps of each parameter that trains, as Optimizer's formulas
# have them.
STATE = {
    "sgd": (),
    "momentum": ("v",),
    "adam": ("m", "v"),
    "adamw": ("m", "v"),
    "rmsprop": ("v",),
    "adagrad": ("v",),
}
PLACES = {  # of epsilon, per optimizer; the first is the default
    "adam": ("corrected", "uncorrected"),
    "adamw": ("corrected", "uncorrected"),
    "rmsprop": ("inside", "outside"),
    "adagrad": ("outside", "inside"),
}
KERNELS, ALL = "kernels", "all"


@dataclass(frozen=True)
class Loss:
    """Cross-entropy of what a network gives (N, K) and of class indices (N,).

    on: "logits", or "probabilities" of a network that ends in a softmax. reduction: over the batch,
    "mean" or "sum". smoothing: e of the targets (1 - e) · one-hot + e / K, as all five frameworks
    count it.
    """

    on: str = "logits"
    reduction: str = "mean"
    smoothing: float = 0.0

    def __post_init__(self) -> None:
        choose("loss.on", self.on, ("logits", "probabilities"))
        choose("loss.reduction", self.reduction, ("mean", "sum"))
        check("loss.smoothing", self.smoothing, "from 0 to below 1", lambda e: 0 <= e < 1)

    def words(self) -> str:
        """Return the loss as records and pages say it."""
        name = "softmax cross-entropy" if self.on == "logits" else "cross-entropy of probabilities"
        smooth = f", label smoothing {self.smoothing:g}" if self.smoothing else ""
        return name + smooth + (", summed" if self.reduction == "sum" else "")


@dataclass(frozen=True)
class Optimizer:
    """An update of weights w by gradients g, its state zero at first unless `start` says more.

    sgd: w -= rate · g. momentum: v = momentum · v + g, w -= rate · v; nesterov: w -= rate · (g +
    momentum · v). adam (arXiv:1412.6980): m and v are moving means of g and g², rates beta1 and
    beta2, c1 = 1 - beta1^t, c2 = 1 - beta2^t; epsilon_at "corrected": w -= rate · (m / c1) /
    (√(v / c2) + epsilon), PyTorch and Paddle; "uncorrected": w -= rate · √c2 / c1 · m / (√v +
    epsilon), TensorFlow and Fluid. adamw (arXiv:1711.05101): w *= 1 - rate · decay first. rmsprop:
    v = rho · v + (1 - rho) · g²; adagrad: v += g²; then epsilon "inside": w -= rate · g /
    √(v + epsilon), or "outside": w -= rate · g / (√v + epsilon). start: v at first.

    Fields that an optimizer does not use keep their defaults. Raises SpecificationError.
    """

    name: str
    momentum: float = 0.0
    nesterov: bool = False
    beta1: float = 0.9
    beta2: float = 0.999
    rho: float = 0.9
    epsilon: float = 1e-8
    epsilon_at: str = ""
    decay: float = 0.0
    start: float = 0.0

    def __post_init__(self) -> None:
        choose("optimizer", self.name, OPTIMIZERS)
        for name in ("momentum", "beta1", "beta2", "rho"):
            check(name, getattr(self, name), "from 0 to below 1", lambda rate: 0 <= rate < 1)
        for name in ("epsilon", "decay", "start"):
            check(name, getattr(self, name), "of at least 0", lambda number: number >= 0)
        used, fields = OPTIMIZERS[self.name], self.__dataclass_fields__
        for name, declared in fields.items():
            if name != "name" and name not in used and getattr(self, name) != declared.default:
                choose("field of " + self.name, name, used)
        if "epsilon_at" in used:
            places = PLACES[self.name]
            object.__setattr__(self, "epsilon_at", self.epsilon_at or places[0])
            choose("epsilon_at of " + self.name, self.epsilon_at, places)

    def words(self) -> str:
        """Return the optimizer as records and pages say it."""
        if self.name == "momentum":
            return f"SGD with {'Nesterov ' if self.nesterov else ''}momentum {self.momentum:g}"
        title = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSProp"}
        values = {name: getattr(self, name) for name in OPTIMIZERS[self.name]}
        given = (f"{n} {v if isinstance(v, str) else f'{v:g}'}" for n, v in values.items())
        return " ".join([title.get(self.name, "Adagrad"), ", ".join(given)]).strip()


@dataclass(frozen=True)
class Schedule:
    """What the learning rate is multiplied with: at step t of t = 0, 1, …, or in epoch t.

    constant: 1. step: `factor` to the power of how many `boundaries` are ≤ t. cosine: falls from 1
    at t = 0 to 0 at t = length, (1 + cos(π · t / length)) / 2, and stays there. per: what t counts,
    "step" or "epoch". warmup: the first so many t take (t + 1) / warmup of it.
    """

    kind: str = "constant"
    per: str = "epoch"
    boundaries: Tuple[int, ...] = ()
    factor: float = 0.1
    length: int = 0
    warmup: int = 0

    def __post_init__(self) -> None:
        choose("schedule", self.kind, ("constant", "step", "cosine"))
        choose("schedule.per", self.per, ("step", "epoch"))
        check("schedule.factor", self.factor, "more than 0, at most 1", lambda f: 0 < f <= 1)
        whole("schedule.length", self.length, 1 if self.kind == "cosine" else 0)
        whole("schedule.warmup", self.warmup, 0)
        for boundary in self.boundaries:
            whole("schedule.boundaries", boundary, 1)
        ascending(self.boundaries)

    def words(self) -> str:
        """Return the schedule as records and pages say it, "" for a constant rate."""
        said = {
            "constant": "",
            "step": "times {:g} at {} {}".format(
                self.factor, self.per, ", ".join(map(str, self.boundaries))
            ),
            "cosine": f"a cosine over {self.length} {self.per}s",
        }[self.kind]
        warm = f"warm-up over {self.warmup} {self.per}s" if self.warmup else ""
        return ", ".join(filter(None, (said, warm)))


@dataclass(frozen=True)
class Penalty:
    """An L2 penalty with gradient coefficient · w, of ½ · coefficient · |w|², on some tensors.

    A framework whose penalty is λ · |w|² (Keras) takes λ = coefficient / 2. on: "kernels", of
    convolutions and dense layers, or "all" that trains. at: "loss", a term of the loss, which
    clipping sees; "gradient", added to the gradient behind clipping, as optimizers' own do.
    """

    coefficient: float = 0.0
    on: str = ALL
    at: str = "gradient"

    def __post_init__(self) -> None:
        check("l2.coefficient", self.coefficient, "of at least 0", lambda c: c >= 0)
        choose("l2.on", self.on, (KERNELS, ALL))
        choose("l2.at", self.at, ("loss", "gradient"))

    def words(self) -> str:
        """Return the penalty as records and pages say it, "" for none."""
        if not self.coefficient:
            return ""
        return f"L2 {self.coefficient:g} on {self.on} in the {self.at}"


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    learning_rate: times what the schedule says. clip_norm: the gradients of all parameters together
    are scaled to this norm where theirs is larger; None: never. frozen: patterns (`fnmatch`) of
    canonical names of parameters that do not train. epochs: at most, and ended after `steps` steps
    if these are not 0. batch: samples a step, the last of an epoch may have fewer. shuffle: a new
    order in each epoch. Raises SpecificationError.
    """

    optimizer: Optimizer
    learning_rate: float
    loss: Loss = field(default_factory=Loss)
    schedule: Schedule = field(default_factory=Schedule)
    l2: Penalty = field(default_factory=Penalty)
    clip_norm: Optional[float] = None
    frozen: Tuple[str, ...] = ()
    epochs: int = 1
    steps: int = 0
    batch: int = 32
    shuffle: bool = True

    def __post_init__(self) -> None:
        check("learning_rate", self.learning_rate, "more than 0", lambda number: number > 0)
        if self.clip_norm is not None:
            check("clip_norm", self.clip_norm, "more than 0", lambda number: number > 0)
        whole("epochs", self.epochs, 1)
        whole("batch", self.batch, 1)
        whole("steps", self.steps, 0)

    def words(self) -> str:
        """Return what the recipe is, as records and pages say it."""
        clip = "" if self.clip_norm is None else f"gradients clipped to norm {self.clip_norm:g}"
        parts = (
            f"{self.optimizer.words()}, learning rate {self.learning_rate:g}",
            self.schedule.words(),
            self.l2.words(),
            clip,
            self.loss.words(),
            f"{', '.join(self.frozen)} frozen" if self.frozen else "",
        )
        return ", ".join(filter(None, parts))
