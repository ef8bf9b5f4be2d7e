"""How Keras is told what a layer's parameters start from: `kernel_initializer=` and its kin."""

from __future__ import annotations

from typing import Any

from common import ops
from common.initializers import VarianceScaling
from common.ops import Op
from frontends.writing.channels_last import default_law
from frontends.writing.draft import Draft
from frontends.writing.expressions import invoke
from frontends.writing.initial import Words, constant_of, constants, key
from frontends.writing.sites import FunctionSite, Site
from frontends.writing.statements import Statement

NAMED = {
    (2.0, "fan_in", "truncated_normal"): '"he_normal"',
    (2.0, "fan_in", "uniform"): '"he_uniform"',
    (1.0, "fan_in", "truncated_normal"): '"lecun_normal"',
    (1.0, "fan_in", "uniform"): '"lecun_uniform"',
    (1.0, "fan_avg", "truncated_normal"): '"glorot_normal"',
    (1.0, "fan_avg", "uniform"): '"glorot_uniform"',
}
DISTRIBUTIONS = {"normal": "untruncated_normal"}  # others are called as they are here
CONSTANTS = {0.0: '"zeros"', 1.0: '"ones"'}


class KerasWords(Words):
    default = staticmethod(default_law)

    def scaled(self, law: VarianceScaling, op: Op, site: Site) -> Any:
        """Keras takes the fans of a depthwise kernel from a shape that is not the canonical one."""
        if isinstance(op, ops.DepthwiseConv2d):
            return None
        made = invoke("keras.initializers.VarianceScaling", *_settings(law).values())
        return NAMED.get(key(law)) or constant_of(law, op, site.draft, default_law) or made

    def of(self, law: str, number: Any) -> Any:
        if law == "constant":
            return CONSTANTS.get(number) or invoke("keras.initializers.Constant", number)
        if law == "uniform":
            return invoke("keras.initializers.RandomUniform", f"-{number}", number)
        name = "RandomNormal" if law == "normal" else "TruncatedNormal"
        return invoke(f"keras.initializers.{name}", stddev=number)


def _settings(law: VarianceScaling) -> dict[str, Any]:
    scale, mode, distribution = key(law)
    said = DISTRIBUTIONS.get(distribution, distribution)
    return {"scale": scale, "mode": f'"{mode}"', "distribution": f'"{said}"'}


def constant_lines(draft: Draft) -> list[str]:
    """Return the file's constants. They are configurations, as in keras.applications: a single
    initializer would give every layer of a shape the same values."""
    found = constants(draft, default_law)
    return [
        f"{name} = {{"
        '"class_name": "VarianceScaling", "config": {'
        + ", ".join(f'"{key}": {value}' for key, value in _settings(law).items())
        + "}}"
        for name, law in found.items()
        if key(law) not in NAMED
    ]


def started(op: Op, site: FunctionSite) -> tuple[list[Statement], dict[str, Any]]:
    """Return the arguments for what an op's parameters start from, and the statements before."""
    taken = f"{site.inputs[0]}.shape[-1]"
    before, told = KerasWords().started(op, site, taken, site.locals.name)
    names = {"kernel": "depthwise"} if isinstance(op, ops.DepthwiseConv2d) else {}
    return before, {f"{names.get(kind, kind)}_initializer": each for kind, each in told.items()}
