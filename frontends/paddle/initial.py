"""How Paddle is told what a layer's parameters start from: `weight_attr` and `bias_attr`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from common.initializers import VarianceScaling
from common.ops import Op
from frontends.writing.class_ops import applied
from frontends.writing.expressions import Choice, Invoke, invoke
from frontends.writing.initial import KINDS, key
from frontends.writing.paddle_family import PaddleFamilyWords
from frontends.writing.sites import ClassSite, Site, Written

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


def started(op: Op, site: ClassSite, init: Invoke) -> Written:
    """Return a layer with what its parameters start from, where Paddle's default is another law."""
    before, told = PaddleWords().started(op, site, site.widths[0], str)
    weight, bias = (told.get(kind) for kind in KINDS[type(op)])
    switch = getattr(op, "bias", True)
    if isinstance(switch, str):
        bias = Choice(bias or "None", switch, "False")
    given = {"weight_attr": weight, "bias_attr": bias if switch else False}
    init = init.extended(**{name: each for name, each in given.items() if each is not None})
    return replace(applied(site, init), before=tuple(before))
