"""A reader's tensors and the parameters of a network: what is matched, and what is told."""

from __future__ import annotations

from common.ops import BatchNorm, Conv2d, Dense, GlobalAvgPool2d
from frontends.ladder.matching import Own, match
from frontends.workers.protocol import Tensor
from parity_tests.cases import small
from parity_tests.rows import rows

NETWORK = small.sequence(
    "net",
    (3, 6, 6),
    conv=Conv2d(4, 3, bias=False),
    bn=BatchNorm(),
    pool=GlobalAvgPool2d(),
    fc=Dense(2),
)
STATISTICS = ("mean", "variance")


def _vectors(layer: str, *kinds: str) -> Own:
    return {f"{layer}.{kind}": Tensor((4,), kind, kind not in STATISTICS) for kind in kinds}


CONV = {"c.kernel": Tensor((4, 3, 3, 3), "kernel")}
BN = _vectors("b", "gamma", "beta", "mean", "variance")
FC = {"f.kernel": Tensor((2, 4), "kernel"), "f.bias": Tensor((2,), "bias")}
GAIN = {"gain": Tensor((4,))}
UNITS: Own = {f"stage.{i}.scale.w": Tensor((4,), layer="Scale") for i in range(3)}
CASES: dict[str, tuple[Own, list[str]]] = {
    "in order": (CONV | BN | FC, []),
    "in another order": (FC | BN | CONV, []),
    "beta before gamma": (CONV | _vectors("b", "beta", "gamma", "mean", "variance") | FC, []),
    "a gain first": (GAIN | CONV | BN | FC, ["gain (4,) of mine has no counterpart"]),
    "no statistics": (
        CONV | _vectors("b", "gamma", "beta") | FC,
        ["bn.mean (4,) is missing in mine", "bn.variance (4,) is missing in mine"],
    ),
    "a buffer": (
        CONV | BN | FC | {"norm.scale": Tensor((3,), trains=False)},
        ["norm.scale (3,) (not trained) of mine has no counterpart"],
    ),
    "alike": (
        CONV | BN | FC | UNITS,
        [
            "stage.0.scale.w (4,) (Scale) of mine has no counterpart, and 2 like it, to "
            "stage.2.scale.w"
        ],
    ),
    "frozen": (
        {"c.kernel": Tensor((4, 3, 3, 3), "kernel", trains=False)} | BN | FC,
        ["conv.kernel does not train in mine"],
    ),
    "trained statistics": (
        CONV | BN | {"b.mean": Tensor((4,), "mean")} | FC,
        ["bn.mean trains in mine"],
    ),
    "another shape": (
        CONV | BN | {"f.kernel": Tensor((3, 4), "kernel"), "f.bias": Tensor((3,), "bias")},
        [
            "f.kernel (3, 4), f.bias (3,) of mine have no counterpart",
            "fc.kernel (2, 4) is missing in mine",
            "fc.bias (2,) is missing in mine",
        ],
    ),
}


@rows("own, lines", CASES)
def test_what_is_told(own: Own, lines: list[str]) -> None:
    found = match(own, NETWORK, None, classes=True)
    assert found.differences == lines
    kinds = {
        (mine.rpartition(".")[2], theirs.rpartition(".")[2]) for mine, theirs in found.names.items()
    }
    assert all(mine == theirs for mine, theirs in kinds)
    assert len(found.names) == 7 - sum("missing" in line for line in lines)
