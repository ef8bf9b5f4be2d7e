"""How Paddle is told what parameters start from: `weight_attr` and `bias_attr`, or a loop over the
convolutions where all start alike."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from common.initializers import VarianceScaling
from common.ops import Conv2d, Op
from common.spec import plain
from frontends.writing.class_ops import applied
from frontends.writing.draft import Draft
from frontends.writing.expressions import Choice, Field, Invoke, carrying, invoke
from frontends.writing.initial import KINDS, key, stated
from frontends.writing.paddle_family import PaddleFamilyWords
from frontends.writing.sites import ClassSite, Site, Written
from frontends.writing.statements import Assign, Expression, For, If, Statement

LEAST = 3  # so many convolutions are worth a loop

NAMED = {
    (2.0, "fan_in", "normal"): invoke("nn.initializer.KaimingNormal"),
    (2.0, "fan_out", "normal"): invoke("nn.initializer.KaimingNormal", mode='"fan_out"'),
    (2.0, "fan_in", "uniform"): invoke("nn.initializer.KaimingUniform"),
    (2.0, "fan_out", "uniform"): invoke("nn.initializer.KaimingUniform", mode='"fan_out"'),
    (1.0, "fan_avg", "normal"): invoke("nn.initializer.XavierNormal"),
    (1.0, "fan_avg", "uniform"): invoke("nn.initializer.XavierUniform"),
}


class PaddleWords(PaddleFamilyWords):
    def scaled(self, law: VarianceScaling, op: Op, site: Site) -> Any:
        return NAMED.get(key(law))

    def of(self, law: str, number: Any) -> Any:
        """The truncated normal is told where it ends, in numbers."""
        if law == "constant":
            return invoke("nn.initializer.Constant", float(number))
        if law == "uniform":
            return invoke("nn.initializer.Uniform", f"-{number}", number)
        if law == "normal":
            return invoke("nn.initializer.Normal", std=number)
        ends = {"a": f"-2 * {number}", "b": f"2 * {number}"}
        return invoke("nn.initializer.TruncatedNormal", std=number, **ends)


@lru_cache(maxsize=8)
def looped(draft: Draft) -> VarianceScaling | None:
    """Return the law of kernels that one loop over the convolutions of a file says, None where they
    differ or are few."""
    found: list[tuple[Op, Site]] = []
    for block in draft.kinds():
        for name, layer in block.layers.items():
            if isinstance(plain(layer), Conv2d) and draft.bound(block, name):
                found.append((plain(layer), Site(draft, block, name, ())))  # type: ignore[arg-type]
    laws = {op.initializer("kernel") for op, _ in found}
    law = laws.pop() if laws else None
    if laws or len(found) < LEAST or not isinstance(law, VarianceScaling) or key(law) not in NAMED:
        return None
    shared = any(op.initializer("bias") == law for op, _ in found)
    told = any(stated(op, "kernel", site, PaddleWords.default) for op, site in found)
    return law if told and not shared else None


def closing(draft: Draft) -> list[Statement]:
    """Return the loop that ends the network's `__init__`."""
    law = looped(draft)
    if law is None:
        return []
    start = Expression(_looped_start(draft))
    convolutions = If(invoke("isinstance", "m", "nn.Conv2D"), body=(start,))
    return [
        Assign(("initialize",), NAMED[key(law)]),
        For("m", invoke("self.sublayers"), body=(convolutions,)),
    ]


def _looped_start(draft: Draft) -> Field:
    """Return the call within the loop, with the steps of all that it starts."""
    steps = (
        draft.flat.steps(block, name)
        for block in draft.kinds()
        for name, layer in block.layers.items()
        if isinstance(plain(layer), Conv2d)
    )
    start = invoke("initialize", "m.weight")
    return Field(start, ("kernel_initializer",), "loop", tuple(steps))


def started(op: Op, site: ClassSite, init: Invoke) -> Written:
    """Return a layer with what its parameters start from, where Paddle's default is another law."""
    before, told = PaddleWords().started(op, site, site.widths[0], str)
    if isinstance(op, Conv2d) and looped(site.draft) is not None:
        told.pop("kernel", None)
    weight, bias = (told.get(kind) for kind in KINDS[type(op)])
    switch = getattr(op, "bias", True)
    if isinstance(switch, str):
        bias = carrying(Choice(bias or "None", switch, "False"), "bias")
    bias = bias if switch else carrying(False, "bias")
    given = {"weight_attr": weight, "bias_attr": bias}
    init = init.extended(**{name: each for name, each in given.items() if each is not None})
    return replace(applied(site, init), before=tuple(before))
