"""1,000 plain layers in series: right panels agree, and a mistake in one layer is found there."""

from __future__ import annotations

import pytest

from common.network import Network
from common.ops import BatchNorm, Conv2d, ReLU
from common.spec import Block, chain
from frontends.ladder.verify import verify
from frontends.workers.pool import Workers
from parity_tests.cases.small import sequence
from parity_tests.rows import rows

UNITS = 333
MAPS = {"1x1": 1, "3x3": 3}
EPSILON = ("self.blocks[{}].bn.eps = 2e-5", "bn")
RECTIFIER = ("self.blocks[{}].relu = torch.nn.LeakyReLU(0.01, inplace=True)", "relu")
MISTAKES = {
    "epsilon, early": (*EPSILON, 2),
    "rectifier, midway": (*RECTIFIER, 166),
    "epsilon, late": (*EPSILON, 330),
}
OTHERS = {
    "rectifier, early": (*RECTIFIER, 2),
    "epsilon, midway": (*EPSILON, 166),
    "rectifier, late": (*RECTIFIER, 330),
}
PLANTED = """
sound = Deep.__init__


def planted(self):
    sound(self)
    {}


Deep.__init__ = planted
"""


def _plain(kernel: int) -> Network:
    conv = Conv2d(8, kernel, padding=kernel // 2)
    unit = Block("unit", layers={"conv": conv, "bn": BatchNorm(), "relu": ReLU()})
    return sequence("deep", (8, 4, 4), blocks=chain((unit(), UNITS)))


@pytest.mark.complete
@rows("kernel", MAPS)
def test_panels_agree(kernel: int, workers: Workers) -> None:
    report = verify(_plain(kernel), ["torch", "paddle"], workers=workers, rounding=False)
    assert report.passed, report.text()
    assert report.worst_float64 < 1e-11  # measured: 2.6e-13, and 4.0e-13


@pytest.mark.complete
@rows("mistake, step, place", MISTAKES)
def test_a_mistake_is_found_there(mistake: str, step: str, place: int, workers: Workers) -> None:
    _check(mistake, step, place, workers)


@pytest.mark.exhaustive
@rows("mistake, step, place", OTHERS)
def test_other_mistakes_are_found_there(
    mistake: str, step: str, place: int, workers: Workers
) -> None:
    _check(mistake, step, place, workers)


def _check(mistake: str, step: str, place: int, workers: Workers) -> None:
    def fault(text: str) -> str:
        return text + PLANTED.format(mistake.format(place))

    report = verify(
        _plain(3), ["torch", "paddle"], workers=workers, faults={"torch": fault}, rounding=False
    )
    failed = {row.rung: row.note for row in report.rows if not row.passed}
    for rung in ("forward, eval", "forward, batch statistics"):
        assert f"first at step blocks.{place}.{step}" in failed[rung], report.text()
