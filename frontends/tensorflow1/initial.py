"""How TensorFlow 1 is told what a layer's variables start from: `kernel_initializer=` …"""

from __future__ import annotations

from typing import Any

from common.initializers import GLOROT_UNIFORM, VarianceScaling
from common.ops import Op
from frontends.writing.channels_last import ChannelsLastWords, default_law, settings
from frontends.writing.draft import Draft
from frontends.writing.expressions import invoke, text
from frontends.writing.initial import constants
from frontends.writing.sites import FunctionSite, Site
from frontends.writing.statements import Statement

CONSTANTS = {0.0: "tf.zeros_initializer()", 1.0: "tf.ones_initializer()"}


class TensorFlow1Words(ChannelsLastWords):
    @staticmethod
    def made(law: VarianceScaling) -> Any:
        if law == GLOROT_UNIFORM:
            return invoke("tf.glorot_uniform_initializer")
        return invoke("tf.variance_scaling_initializer", *settings(law).values())

    def of(self, law: str, number: Any) -> Any:
        if law == "constant":
            return CONSTANTS.get(number) or invoke("tf.constant_initializer", number)
        if law == "uniform":
            return invoke("tf.random_uniform_initializer", f"-{number}", number)
        name = "random_normal" if law == "normal" else "truncated_normal"
        return invoke(f"tf.{name}_initializer", stddev=number)


def constant_lines(draft: Draft) -> list[str]:
    """Return the file's constants."""
    found = constants(draft, default_law)
    return [f"{name} = {text(TensorFlow1Words.made(law))}" for name, law in found.items()]


def stated_laws(op: Op, site: Site) -> dict[str, Any]:
    """Return the arguments for laws that need no input to be said."""
    _, told = TensorFlow1Words().started(op, site, None, str)
    return {f"{kind}_initializer": each for kind, each in told.items()}


def started(op: Op, site: FunctionSite) -> tuple[list[Statement], dict[str, Any]]:
    """Return the arguments for what an op's variables start from, and the statements before."""
    taken = f"{site.inputs[0]}.shape[-1].value"
    before, told = TensorFlow1Words().started(op, site, taken, site.locals.name)
    return before, {f"{kind}_initializer": each for kind, each in told.items()}
