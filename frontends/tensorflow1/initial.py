"""How TensorFlow 1 is told what a layer's variables start from: `kernel_initializer=` …"""

from __future__ import annotations

from typing import Any

from common import ops
from common.initializers import VarianceScaling
from common.ops import Op
from frontends.writing.channels_last import default_law
from frontends.writing.draft import Draft
from frontends.writing.expressions import Invoke, invoke, text
from frontends.writing.initial import Words, constant_of, constants, key
from frontends.writing.sites import FunctionSite, Site
from frontends.writing.statements import Statement

DISTRIBUTIONS = {"normal": "untruncated_normal"}  # others are called as they are here
CONSTANTS = {0.0: "tf.zeros_initializer()", 1.0: "tf.ones_initializer()"}


class TensorFlow1Words(Words):
    default = staticmethod(default_law)

    def scaled(self, law: VarianceScaling, op: Op, site: Site) -> Any:
        """The fans of a depthwise kernel are taken from a shape that is not the canonical one."""
        if isinstance(op, ops.DepthwiseConv2d):
            return None
        return constant_of(law, op, site.draft, default_law) or _made(law)

    def of(self, law: str, number: Any) -> Any:
        if law == "constant":
            return CONSTANTS.get(number) or invoke("tf.constant_initializer", number)
        if law == "uniform":
            return invoke("tf.random_uniform_initializer", f"-{number}", number)
        name = "random_normal" if law == "normal" else "truncated_normal"
        return invoke(f"tf.{name}_initializer", stddev=number)


def _made(law: VarianceScaling) -> Invoke:
    scale, mode, distribution = key(law)
    if (scale, mode, distribution) == (1.0, "fan_avg", "uniform"):
        return invoke("tf.glorot_uniform_initializer")
    said = DISTRIBUTIONS.get(distribution, distribution)
    return invoke("tf.variance_scaling_initializer", scale, f'"{mode}"', f'"{said}"')


def constant_lines(draft: Draft) -> list[str]:
    """Return the file's constants."""
    found = constants(draft, default_law)
    return [f"{name} = {text(_made(law))}" for name, law in found.items()]


def started(op: Op, site: FunctionSite) -> tuple[list[Statement], dict[str, Any]]:
    """Return the arguments for what an op's variables start from, and the statements before."""
    taken = f"{site.inputs[0]}.shape[-1].value"
    before, told = TensorFlow1Words().started(op, site, taken, site.locals.name)
    return before, {f"{kind}_initializer": each for kind, each in told.items()}
