"""The two identities of ResNet in ResNet: a block without one of its streams is a simpler block.

Two generalized units in a row, numpy in float64, with batch statistics. A stream that begins as
zero and gets nothing from the other one stays zero, whatever its own kernels; the other one is then
a plain network, or a residual one.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from common import weights
from common.network import Network
from common.networks.rir import RIR_UNIT
from common.ops import Add, BatchNorm, Concat, Conv2d, ReLU
from common.spec import Block, Layer
from frontends.ladder.reference import Reference

WIDTH, SHAPE, SAMPLES = 6, (3, 8, 8), 4
ENTRY = Conv2d(WIDTH, 1)
CONV = Conv2d("out_channels", 3, padding=1)
GENERAL = Block(
    "general",
    inputs=["x"],
    layers={
        "to_res": ENTRY,
        "to_tran": ENTRY,
        "unit1": RIR_UNIT(WIDTH),
        "unit2": RIR_UNIT(WIDTH),
        "concat": Concat(),
    },
    wiring="""
        r = to_res(x)
        t = to_tran(x)
        r, t = unit1(r, t)
        r, t = unit2(r, t)
        x = concat(r, t)
    """,
)
PLAIN_UNIT = Block(
    "plain_unit", "out_channels", layers={"conv2": CONV, "bn": BatchNorm(), "relu": ReLU()}
)
RESIDUAL_UNIT = Block(
    "residual_unit",
    "out_channels",
    layers={"conv_res1": CONV, "add_res": Add(), "bn_res": BatchNorm(), "relu_res": ReLU()},
    wiring="""
        out = conv_res1(x)
        x = add_res(out, x)
        x = bn_res(x)
        x = relu_res(x)
    """,
)


@dataclass(frozen=True)
class Identity:
    """A simpler block, and what of the generalized one is zero: patterns of parameters. half: of
    the generalized one's channels, the first are those of the residual stream."""

    simple: Block
    zero: tuple[str, ...]
    half: slice
    words: str

    def apart(self, spoilt: str = "") -> tuple[float, float]:
        """Return how far results, and gradients of all that both have, are apart, of the largest.

        spoilt: a parameter that is not set to zero, for a control.
        """
        general, simple = (Network(b.kind, b, SHAPE) for b in (GENERAL, self.simple))
        values = weights.probe(general, 1)
        for name in values:
            if name != spoilt and any(fnmatchcase(name, each) for each in self.zero):
                values[name] = np.zeros_like(values[name])
        x = weights.inputs(general, SAMPLES)
        cotangent = np.zeros((SAMPLES, 2 * WIDTH, *SHAPE[1:]))
        cotangent[:, self.half] = weights.cotangent(simple, SAMPLES)
        one = Reference(general, values, x, training=True)
        other = Reference(simple, values, x, training=True)
        mine, theirs = one.gradients(cotangent), other.gradients(cotangent[:, self.half])
        return (
            _apart({"": one.results[-1][:, self.half]}, {"": other.results[-1]}),
            _apart(mine, theirs),
        )


def _apart(mine: dict[str, Any], theirs: dict[str, Any]) -> float:
    """Return the largest difference of what the second has, of its largest value."""
    largest = max(float(np.abs(each).max()) for each in theirs.values())
    return max(float(np.abs(mine[n] - each).max()) for n, each in theirs.items()) / largest


def _block(kind: str, unit: Block, entry: str) -> Block:
    layers: dict[str, Layer] = {entry: ENTRY, "unit1": unit(WIDTH), "unit2": unit(WIDTH)}
    return Block(kind, inputs=["x"], layers=layers)


IDENTITIES = {
    "plain": Identity(
        _block("plain", PLAIN_UNIT, "to_tran"),
        ("to_res.*", "*.conv_res?.bias", "*.conv1.*", "*.bn_res.beta"),
        slice(WIDTH, None),
        "residual stream of zeros: the transient one is convolution, batch normalization, ReLU",
    ),
    "residual": Identity(
        _block("residual", RESIDUAL_UNIT, "to_res"),
        ("to_tran.*", "*.conv_res2.*", "*.conv1.bias", "*.conv2.bias", "*.bn.beta"),
        slice(0, WIDTH),
        "transient stream of zeros: the residual one is a convolution beside an identity",
    ),
}
