"""Fresh parameters follow the stated laws: the judge in numpy, and the rung in every panel."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
import pytest

from common.initializers import (
    BY_FAN_IN,
    Fans,
    Initializer,
    Normal,
    RandomLaw,
    TruncatedNormal,
    Uniform,
    VarianceScaling,
)
from common.network import Network
from common.ops import BatchNorm, Conv2d, Dense, DepthwiseConv2d, GlobalAvgPool2d, ReLU
from common.transform import initialized
from frontends.frameworks import HISTORICAL, MODERN
from frontends.ladder.initialization import FALSE_ALARMS, INITIALIZATION, distance, figures
from frontends.ladder.report import Report
from frontends.ladder.rungs import RUNGS, climb
from frontends.ladder.runs import Runs
from frontends.ladder.subjects import Fault, written
from frontends.workers.pool import Workers
from frontends.workers.scratch import scratch
from parity_tests.cases.small import sequence
from parity_tests.rows import rows

LAWS: dict[str, RandomLaw] = {
    "uniform": Uniform(0.3),
    "normal": Normal(0.05),
    "truncated": TruncatedNormal(0.05),
}
SIZES = {"10": 10, "200": 200, "40000": 40_000}


@rows("law", LAWS)
@rows("size", SIZES)
def test_the_bounds_hold_for_the_law_itself(law: RandomLaw, size: int) -> None:
    """Of 400 draws none may have a figure of a probability below 1 in 40,000."""
    stream, allowed = np.random.default_rng(size), math.log(40_000)
    count = 400 if size < 1000 else 40
    worst = [
        max(each.evidence for each in figures(law.draw(stream, (size,)), law)) for _ in range(count)
    ]
    assert max(worst) < allowed
    assert max(worst) > 0  # nor are they bounds that nothing ever comes near


@rows("law", LAWS)
def test_a_law_draws_what_it_says(law: RandomLaw) -> None:
    values = np.sort(law.draw(np.random.default_rng(0), (200_000,)))
    assert values.std() == pytest.approx(law.deviation, rel=0.01)
    assert distance(values, law) < 0.005
    assert (np.abs(values) > law.deviation).mean() == pytest.approx(
        law.beyond(law.deviation), rel=0.02
    )


@rows("law", LAWS)
def test_another_law_of_the_same_deviation_is_told_apart(law: RandomLaw) -> None:
    allowed = math.log(4 * 1000 / FALSE_ALARMS)
    for other in LAWS.values():
        if other is law:
            continue
        values = other.draw(np.random.default_rng(0), (36_864,))
        values *= law.deviation / other.deviation
        assert max(each.evidence for each in figures(values, law)) > allowed


@rows("factor", {"3-percent-more": 1.03, "3-percent-less": 0.97})
def test_a_deviation_that_is_off_by_a_little(factor: float) -> None:
    """In a kernel of 3×3 from 64 to 64 channels three percent are seen."""
    law, allowed = Normal(0.05), math.log(4 * 1000 / FALSE_ALARMS)
    values = law.draw(np.random.default_rng(0), (36_864,)) * factor
    assert max(each.evidence for each in figures(values, law)) > allowed


def test_fans_are_those_of_the_canonical_kernel() -> None:
    grouped = Conv2d(128, 3, groups=8)
    assert grouped.law("kernel", (64, 9, 9)) == Normal(math.sqrt(2 / (8 * 9)))
    assert Fans.of((128, 8, 3, 3)) == (72, 1152)
    depthwise = DepthwiseConv2d(3)
    assert depthwise.law("kernel", (64, 9, 9)) == Normal(math.sqrt(2 / 9))
    bias = Dense(10, bias_initializer=BY_FAN_IN).law("bias", (2048,))
    assert isinstance(bias, Uniform) and bias.bound == pytest.approx(1 / math.sqrt(2048))


EVERY: dict[str, Initializer] = {
    "normal": Normal(0.03),
    "uniform": Uniform(0.03),
    "truncated": TruncatedNormal(0.03),
    **{
        f"{mode}-{distribution}-{scale:.2g}": VarianceScaling(scale, mode, distribution)
        for mode in ("fan_in", "fan_out", "fan_avg")
        for distribution in ("normal", "truncated_normal", "uniform")
        for scale in (2.0, 1.0, 1 / 3)
    },
}


def every_kind(law: Initializer) -> Network:
    """Return a network with every op that has a kernel, large enough to be judged."""
    network = sequence(
        "every_kind",
        (16, 8, 8),
        plain=Conv2d(96, 3, padding=1),
        bn=BatchNorm(),
        relu=ReLU(),
        depthwise=DepthwiseConv2d(3, out_channels=2, padding=1),
        bn2=BatchNorm(),
        grouped=Conv2d(144, (3, 5), groups=4, padding=(1, 2)),
        bn3=BatchNorm(),
        pool=GlobalAvgPool2d(),
        hidden=Dense(160),
        fc=Dense(100),
    )
    told = {"kernel_initializer": law, "bias_initializer": law}
    return initialized(network, {Conv2d: told, Dense: told})


def started(
    network: Network,
    panels: Iterable[str],
    workers: Workers,
    faults: Mapping[str, Fault] | None = None,
) -> Report:
    """Return the one rung of initialization for panels."""
    report = Report(network.name, 1, list(panels))
    rung = tuple(each for each in RUNGS if each.name == INITIALIZATION)
    with scratch() as folder:
        runs = Runs(network, written(report.frameworks, faults), workers, folder, 1)
        report.rows += climb(runs, report.frameworks, rung)
    return report


# a word of every framework, a number by its fan, and each distribution
USUAL = (
    "fan_in-normal-2",
    "fan_out-truncated_normal-2",
    "fan_avg-uniform-1",
    "fan_in-uniform-0.33",
)


@rows("law", {name: EVERY[name] for name in USUAL})
def test_usual_laws_in_every_modern_panel(law: Initializer, workers: Workers) -> None:
    report = started(every_kind(law), MODERN, workers)
    assert report.passed, report.text()


@pytest.mark.complete
@rows("law", {name: law for name, law in EVERY.items() if name not in USUAL})
def test_every_law_in_every_modern_panel(law: Initializer, workers: Workers) -> None:
    report = started(every_kind(law), MODERN, workers)
    assert report.passed, report.text()


@pytest.mark.complete
@rows("law", EVERY)
def test_every_law_in_every_historical_panel(law: Initializer, workers: Workers) -> None:
    report = started(every_kind(law), HISTORICAL, workers)
    assert report.passed, report.text()
