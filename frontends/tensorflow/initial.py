"""How Keras is told what a layer's parameters start from: `kernel_initializer=` and its kin."""

from __future__ import annotations

from typing import Any

from common import ops
from common.initializers import VarianceScaling
from common.ops import Op
from frontends.writing.channels_last import ChannelsLastWords, default_law, settings
from frontends.writing.draft import Draft
from frontends.writing.expressions import invoke
from frontends.writing.initial import constants, key
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
CONSTANTS = {0.0: '"zeros"', 1.0: '"ones"'}


class KerasWords(ChannelsLastWords):
    @staticmethod
    def made(law: VarianceScaling) -> Any:
        return invoke("keras.initializers.VarianceScaling", *settings(law).values())

    def scaled(self, law: VarianceScaling, op: Op, site: Site) -> Any:
        found = super().scaled(law, op, site)
        return found and NAMED.get(key(law), found)

    def of(self, law: str, number: Any) -> Any:
        if law == "constant":
            return CONSTANTS.get(number) or invoke("keras.initializers.Constant", number)
        if law == "uniform":
            return invoke("keras.initializers.RandomUniform", f"-{number}", number)
        name = "RandomNormal" if law == "normal" else "TruncatedNormal"
        return invoke(f"keras.initializers.{name}", stddev=number)


def constant_lines(draft: Draft) -> list[str]:
    """Return the file's constants. They are configurations, as in keras.applications: a single
    initializer would give every layer of a shape the same values."""
    found = constants(draft, default_law)
    return [
        f"{name} = {{"
        '"class_name": "VarianceScaling", "config": {'
        + ", ".join(f'"{key}": {value}' for key, value in settings(law).items())
        + "}}"
        for name, law in found.items()
        if key(law) not in NAMED
    ]


def stated_laws(op: Op, site: Site) -> dict[str, Any]:
    """Return the arguments for laws that need no input to be said."""
    _, told = KerasWords().started(op, site, None, str)
    return {f"{kind}_initializer": each for kind, each in told.items()}


def started(op: Op, site: FunctionSite) -> tuple[list[Statement], dict[str, Any]]:
    """Return the arguments for what an op's parameters start from, and the statements before."""
    taken = f"{site.inputs[0]}.shape[-1]"
    before, told = KerasWords().started(op, site, taken, site.locals.name)
    names = {"kernel": "depthwise"} if isinstance(op, ops.DepthwiseConv2d) else {}
    return before, {f"{names.get(kind, kind)}_initializer": each for kind, each in told.items()}
