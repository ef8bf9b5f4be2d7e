"""How Fluid is told what a parameter starts from: the `initializer` of its ParamAttr."""

from __future__ import annotations

from typing import Any

from common.initializers import VarianceScaling
from common.ops import Op
from frontends.writing.expressions import invoke
from frontends.writing.initial import filters, key
from frontends.writing.paddle_family import PaddleFamilyWords
from frontends.writing.sites import FunctionSite, Site
from frontends.writing.statements import Statement

UNIFORM = {"normal": False, "uniform": None}  # its initializers are uniform unless told


class FluidWords(PaddleFamilyWords):
    def scaled(self, law: VarianceScaling, op: Op, site: Site) -> Any:
        """MSRA knows the fan in alone, and takes any other number in its place."""
        scale, mode, distribution = key(law)
        if distribution not in UNIFORM or (scale, mode) not in (
            (2.0, "fan_in"),
            (2.0, "fan_out"),
            (1.0, "fan_avg"),
        ):
            return None
        uniform = UNIFORM[distribution]
        if mode == "fan_avg":
            return invoke("fluid.initializer.Xavier", uniform=uniform)
        fan = filters(op, _channels(site)) if mode == "fan_out" else None
        return invoke("fluid.initializer.MSRA", uniform=uniform, fan_in=fan)

    def of(self, law: str, number: Any) -> Any:
        if law == "constant":
            return invoke("fluid.initializer.Constant", float(number))
        if law == "uniform":
            return invoke("fluid.initializer.Uniform", f"-{number}", number)
        name = "Normal" if law == "normal" else "TruncatedNormal"
        return invoke(f"fluid.initializer.{name}", 0.0, number)


def _channels(site: Site) -> str:
    return f"{site.inputs[0]}.shape[1]"


def started(op: Op, site: FunctionSite) -> tuple[list[Statement], dict[str, Any]]:
    """Return what an op's parameters start from, by their kind, and the statements before."""
    return FluidWords().started(op, site, _channels(site), site.locals.name)
