"""What PyTorch's modules start from: a loop over them as torchvision's, or a line for a layer.

The loop in the network's own class says what the layers of a class agree on; a layer of the
network's own class that differs follows it. Where blocks differ, each says its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from common import ops
from common.initializers import (
    BY_FAN_IN,
    ONES,
    ZEROS,
    Constant,
    Initializer,
    Uniform,
    VarianceScaling,
)
from common.ops import Op
from common.spec import Block, When, plain
from frontends.writing.draft import Draft
from frontends.writing.expressions import Invoke, carrying, invoke
from frontends.writing.initial import KINDS, NUMBERS, WIDENED, key, squared
from frontends.writing.sites import ClassSite
from frontends.writing.statements import Assign, Elif, Expression, For, If, Statement, of_steps

CLASSES: dict[type[Op], str] = {
    ops.Conv2d: "nn.Conv2d",
    ops.DepthwiseConv2d: "nn.Conv2d",
    ops.Dense: "nn.Linear",
    ops.BatchNorm: "nn.BatchNorm2d",
}
# How torch.nn starts a parameter by itself, and where it is.
OWN = {"kernel": BY_FAN_IN, "bias": BY_FAN_IN, "gamma": ONES, "beta": ZEROS}
ATTRIBUTES = {"kernel": "weight", "gamma": "weight", "bias": "bias", "beta": "bias"}
RELU, FAN_OUT = {"nonlinearity": '"relu"'}, {"mode": '"fan_out"', "nonlinearity": '"relu"'}
NAMED: dict[tuple[float, str, str], tuple[str, dict[str, str]]] = {
    (2.0, "fan_in", "normal"): ("nn.init.kaiming_normal_", RELU),
    (2.0, "fan_out", "normal"): ("nn.init.kaiming_normal_", FAN_OUT),
    (2.0, "fan_in", "uniform"): ("nn.init.kaiming_uniform_", RELU),
    (2.0, "fan_out", "uniform"): ("nn.init.kaiming_uniform_", FAN_OUT),
    (1.0, "fan_avg", "normal"): ("nn.init.xavier_normal_", {}),
    (1.0, "fan_avg", "uniform"): ("nn.init.xavier_uniform_", {}),
}
FANS = {
    "fan_in": "{0}.weight[0].numel()",
    "fan_out": "{0}.weight[:, 0].numel()",
    "fan_avg": "(({0}.weight[0].numel() + {0}.weight[:, 0].numel()) / 2)",
}
Laws = tuple[tuple[str, Initializer], ...]  # (kind of parameter, law)


@dataclass(frozen=True)
class Place:
    """A layer of a block: what it starts from; has it a bias? None if not everywhere."""

    block: Block
    layer: str
    laws: Laws
    biased: bool | None

    @property
    def told(self) -> Laws:
        """What PyTorch has to be told."""
        return tuple((kind, law) for kind, law in self.laws if law != OWN[kind])

    def lines(self, laws: Laws, owner: str = "") -> list[Statement]:
        """Return what starts the layer, the attribute `owner`, from laws."""
        return _lines(laws, owner or f"self.{self.layer}", self.biased)

    def among(self, laws: Laws) -> Laws:
        """Return those laws that are of what the layer has: without a bias it has none of it."""
        kinds = {kind for kind, _ in self.laws}
        return tuple((kind, law) for kind, law in laws if kind in kinds)


class Plan:
    """Where a file says what its modules start from."""

    def __init__(self, draft: Draft) -> None:
        self._draft, self._root = draft, draft.root
        self._places: dict[str, list[Place]] = {name: [] for name in CLASSES.values()}
        for block in draft.kinds():
            for name, layer in block.layers.items():
                op = plain(layer)
                if isinstance(op, Op) and type(op) in CLASSES and draft.bound(block, name):
                    self._places[CLASSES[type(op)]].append(_place(draft, block, name, op))
        found = {name: self._agreed(places) for name, places in self._places.items()}
        self._looped = {name: laws for name, laws in found.items() if laws}

    def _agreed(self, places: list[Place]) -> Laws:
        """Return what the loop says of a class of modules, () for nothing."""
        inner = [each for each in places if each.block is not self._root]
        found = inner or places
        asked = {law for each in found for law in each.told}
        laws = tuple(sorted(asked, key=lambda each: list(OWN).index(each[0])))
        agree = all(each.told == each.among(laws) for each in found)
        return laws if agree and (inner or len(places) > 1) else ()

    def behind(self, site: ClassSite) -> list[Statement]:
        """Return what initializes a layer of a block right behind it."""
        for name, places in self._places.items():
            for each in places:
                here = each.block is site.block and each.layer == site.layer
                if here and name not in self._looped:
                    return each.lines(each.told, site.attribute)
        return []

    def closing(self) -> list[Statement]:
        """Return the loop that ends the network's `__init__`, and the layers that differ."""
        said: dict[tuple[Statement, ...], list[str]] = {}
        apart: list[Statement] = []
        for name, laws in self._looped.items():
            biased = {each.biased for each in self._places[name]}
            body = _lines(laws, "m", biased.pop() if len(biased) == 1 else None)
            said.setdefault(tuple(body), []).append(name)
            for each in self._places[name]:
                if each.told != each.among(laws):
                    lines = of_steps(each.lines(each.laws), self._steps(each))
                    apart += _guarded(each, lines)
        branches: list[Statement] = []
        for lines, names in said.items():
            kinds = names[0] if len(names) == 1 else tuple(names)
            branch = Elif if branches else If
            served = [each for name in names for each in self._served(name)]
            body = of_steps(lines, *map(self._steps, served), rule="loop")
            branches.append(branch(invoke("isinstance", "m", kinds), body=tuple(body)))
        loop = For("m", invoke("self.modules"), body=tuple(branches))
        return [loop, *apart] if branches else []

    def _served(self, name: str) -> list[Place]:
        """Return the layers of a class of modules that start as the loop says."""
        laws = self._looped[name]
        return [each for each in self._places[name] if each.told == each.among(laws)]

    def _steps(self, place: Place) -> tuple[str, ...]:
        return self._draft.flat.steps(place.block, place.layer)


@lru_cache(maxsize=8)
def plan_of(draft: Draft) -> Plan:
    """Return the plan of a file."""
    return Plan(draft)


def _guarded(place: Place, lines: list[Statement]) -> list[Statement]:
    if not isinstance(place.block.layers[place.layer], When):
        return lines
    return [If(f"self.{place.layer} is not None", body=tuple(lines))]


def _place(draft: Draft, block: Block, name: str, op: Op) -> Place:
    found = [each.parameters(shapes[0]) for each, shapes in draft.bound(block, name)]
    kinds = [kind for kind in KINDS[type(op)] if any(kind in each for each in found)]
    biased = {KINDS[type(op)][1] in each for each in found}
    laws = tuple((kind, op.initializer(kind)) for kind in kinds)
    return Place(block, name, laws, biased.pop() if len(biased) == 1 else None)


def _lines(laws: Laws, owner: str, biased: bool | None) -> list[Statement]:
    """Return what starts the parameters of a module from laws."""
    found: list[Statement] = []
    for kind, law in laws:
        lines = tuple(_start(law, kind, owner))
        if kind == "bias" and biased is None:
            found.append(If(f"{owner}.bias is not None", body=lines))
        else:
            found += lines
    return found


def _start(law: Initializer, kind: str, owner: str) -> Iterator[Statement]:
    tensor, field = f"{owner}.{ATTRIBUTES[kind]}", f"{kind}_initializer"
    if not isinstance(law, VarianceScaling):
        remark = "the residual branch starts at zero" if (kind, law) == ("gamma", ZEROS) else ""
        yield Expression(carrying(_call(law, tensor), field), remark=remark)
    elif kind == "kernel" and key(law) in NAMED:
        function, named = NAMED[key(law)]
        yield Expression(carrying(invoke(function, tensor, **named), field))
    else:
        name, fan, known = NUMBERS[law.distribution], FANS[law.mode].format(owner), squared(law)
        value = f"{fan} ** -0.5" if known == 1 else f"({known} / {fan}) ** 0.5"
        cut = law.distribution == "truncated_normal"
        yield Assign((name,), value, remark=WIDENED if cut else "")
        yield Expression(carrying(_of(law.distribution, tensor, name), field))


def _call(law: Initializer, tensor: str) -> Invoke:
    """Return the call that starts a tensor from a law in numbers."""
    if law in (ZEROS, ONES):
        return invoke("nn.init.zeros_" if law == ZEROS else "nn.init.ones_", tensor)
    if isinstance(law, Constant):
        return invoke("nn.init.constant_", tensor, law.value)
    number = law.bound if isinstance(law, Uniform) else law.std  # type: ignore[attr-defined]
    return _of(law.law, tensor, number)


def _of(law: str, tensor: str, number: Any) -> Invoke:
    """Return the call for a law of a `std` or a `bound`; a truncated normal is told its ends."""
    if law == "uniform":
        return invoke("nn.init.uniform_", tensor, f"-{number}", number)
    if law == "normal":
        return invoke("nn.init.normal_", tensor, std=number)
    ends = {"a": f"-2 * {number}", "b": f"2 * {number}"}
    return invoke("nn.init.trunc_normal_", tensor, std=number, **ends)
