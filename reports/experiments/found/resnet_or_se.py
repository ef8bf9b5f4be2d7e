"""What the curves and the maps of ResNet and SE-ResNet show."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from tabulate import tabulate

from common.counting import batchflow, trainable
from common.networks import load
from reports.experiments.drawing import Interval, interval, shares
from reports.experiments.found.resnet_or_se_drawn import (
    LAST,
    Curves,
    by_seed,
    differences,
    differences_by_seed,
    drawings_of,
)
from reports.experiments.page import label
from reports.experiments.records import Record
from reports.experiments.resnet_or_se import NETWORKS
from reports.experiments.study import FALSE, HOLDS, OPEN, UNSHOWN, Findings, Verdict

DEPENDS = 0.1  # of a map's variance between classes: more of it depends on the class
HOW = (
    "the test loss is that of a new batch of test images behind each iteration, in inference, the "
    "same for both networks; activations are those of the first 300 test images behind the global "
    "average, in inference",
    "runs of one seed in several panels start at the same weights and see the same batches: a "
    "seed's value is the mean over the panels that ran it, and intervals “by seed” are 95 % of the "
    "mean over seeds",
    "“better on average” holds where the interval by seed lies below zero, does not hold where it "
    "lies above, and is not shown else, nor where a single panel's own interval lies wholly on the "
    "other side of zero",
    f"a network's maps depend on the class where more than {DEPENDS} of a map's variance lies "
    "between classes, in the mean: the claim holds where SE-ResNet's do and ResNet's do not; "
    "“wider” holds where SE-ResNet's interval lies above ResNet's, does not hold where it lies "
    "below, and is not shown else",
)


def find(record: Record) -> Findings:
    """Return what the curves and the maps show."""
    curves = record.of("curve")
    panels = list(dict.fromkeys(panel for panel, _, _ in curves))
    if not panels:
        return Findings("Nothing was run yet.", (_parameters(),))
    return Findings(
        _summary(curves, panels),
        (_better(curves, panels), _parameters(), _by_class(curves), _wider(curves)),
        drawings_of(curves, panels),
        (("Every panel", _table(curves, panels)), *_spread(curves, panels)),
        HOW,
    )


def _summary(curves: Curves, panels: list[str]) -> str:
    seeds = {panel: len(differences(curves, panel)) for panel in panels}
    said = ", ".join(f"{label(panel)} {count}" for panel, count in seeds.items())
    steps = max(len(each["tests"]) for each in curves.values())
    return f"Both networks were trained {steps} iterations; pairs of runs by panel: {said}."


def _better(curves: Curves, panels: list[str]) -> Verdict:
    """Return the verdict by seed, which no panel may contradict; HOW says the rule."""
    apart = {
        panel: list(found.values()) for panel in panels if (found := differences(curves, panel))
    }
    if not apart:
        return Verdict("better", OPEN, "no pair of runs")
    seeds = [float(np.mean(each)) for each in differences_by_seed(curves, panels).values()]
    word = _side(interval(seeds))
    others = {HOLDS: FALSE, FALSE: HOLDS}
    if any(_side(interval(each)) == others.get(word) for each in apart.values()):
        word = UNSHOWN
    lines = [_lower("by seed, mean over panels,", seeds)]
    lines += [_lower(label(panel), each) for panel, each in apart.items()]
    what = f"SE-ResNet's test loss less ResNet's, mean of the last {_last(curves)} iterations, nats"
    return Verdict("better", word, f"{what}: {'; '.join(lines)}")


def _side(found: Interval) -> str:
    """Return what an interval says of a difference that should be below zero."""
    if found.low is None or found.high is None:
        return UNSHOWN
    return HOLDS if found.high < 0 else FALSE if found.low > 0 else UNSHOWN


def _lower(name: str, apart: list[float]) -> str:
    return f"{name} {interval(apart)}, lower in {sum(each < 0 for each in apart)} of {len(apart)}"


def _spread(curves: Curves, panels: list[str]) -> tuple[tuple[str, str], ...]:
    """Return what one seed gives in several panels beside what seeds give, () where no seed ran in
    several: a title and a table with a sentence."""
    found = differences_by_seed(curves, panels)
    several = [each for each in found.values() if len(each) > 1]
    if not several:
        return ()
    rows = [
        (seed, len(each), f"{np.mean(each):.4f}", *_ends(each))
        for seed, each in sorted(found.items(), key=lambda pair: int(pair[0]))
    ]
    headers = ("seed", "panels", "mean over panels", "lowest", "highest")
    table = tabulate(rows, headers, tablefmt="github", disable_numparse=True)
    squares = sum(float(np.var(each)) * len(each) for each in several)
    within = (squares / sum(len(each) - 1 for each in several)) ** 0.5
    between = float(np.std([np.mean(each) for each in found.values()], ddof=1))
    said = (
        f"Standard deviation between the panels of one seed, over {len(several)} seeds: "
        f"{within:.4f}; between the seeds' means, over {len(found)}: {between:.4f}. Runs from the "
        f"same weights on the same batches are thus {within / between:.1f} times as far apart as "
        "seeds are."
    )
    return (("SE-ResNet's test loss less ResNet's, by seed", f"{table}\n\n{said}"),)


def _ends(apart: list[float]) -> tuple[str, str]:
    """Return the lowest and the highest of several values, "" of one."""
    return (f"{min(apart):.4f}", f"{max(apart):.4f}") if len(apart) > 1 else ("", "")


def _last(curves: Curves) -> int:
    """Return how many iterations the last ones are."""
    return min(LAST, *(len(each["tests"]) for each in curves.values()))


def _parameters() -> Verdict:
    pair = [load(f"batchflow_{name}") for name in NETWORKS]
    deep = [batchflow(load(f"batchflow_{name}50")) for name in NETWORKS]
    counts = [trainable(each) for each in pair]
    return Verdict(
        "as many",
        "holds for the printed figures, not for the networks of the notebook",
        f"the printed ones are those of ResNet-50s, +{100 * (deep[1] / deep[0] - 1):.1f} %; as "
        f"configured, [1, 1, 1, 1], they have {counts[1]:,} and {counts[0]:,} trainable "
        f"parameters, +{100 * (counts[1] / counts[0] - 1):.1f} %",
    )


def _measures(curves: Curves, name: str, measure: str) -> list[float]:
    """Return the mean of a measure over the maps of a network that are not silent, of each seed."""

    def mean(maps: Any) -> float:
        values = np.array(maps[measure])
        return float(values[values > 0].mean()) if values.any() else 0.0

    return [float(each) for each in by_seed(curves, name, mean)]


def _silent(curves: Curves) -> str:
    """Return which shares of the maps are silent, in words."""
    shares = {
        title: np.mean([e["maps"]["silent"] for (_, n, _), e in curves.items() if n == name])
        for name, title in NETWORKS.items()
    }
    said = " and ".join(f"{100 * each:.0f} % in {title}" for title, each in shares.items())
    return f"maps that are zero for all images: {said}"


def _by_class(curves: Curves) -> Verdict:
    plain, gated = (_measures(curves, name, "explained") for name in NETWORKS)
    if not (plain and gated):
        return Verdict("by class", OPEN, "only one of the networks was trained")
    one, other = interval(plain), interval(gated)
    alike = one.mean > DEPENDS
    return Verdict(
        "by class",
        HOLDS if other.mean > DEPENDS and not alike else FALSE,
        "share of a map's variance that lies between classes, mean over the maps that are not "
        f"silent; by seed, mean over panels: ResNet {one}, SE-ResNet {other}; more than {DEPENDS} "
        f"depends on the class; {_silent(curves)}"
        + ("; maps of the plain network depend on the class as well" if alike else ""),
    )


def _wider(curves: Curves) -> Verdict:
    plain, gated = (_measures(curves, name, "between") for name in NETWORKS)
    if not (plain and gated):
        return Verdict("wider", OPEN, "only one of the networks was trained")
    one, other = interval(plain), interval(gated)
    word = HOLDS if _beyond(other, one) else FALSE if _beyond(one, other) else UNSHOWN
    return Verdict(
        "wider",
        word,
        "deviation of the classes' mean activations, mean over the maps that are not silent; by "
        f"seed, mean over panels: ResNet {one}, SE-ResNet {other}",
    )


def _beyond(one: Interval, other: Interval) -> bool:
    """Return whether an interval lies above another."""
    return one.low is not None and other.high is not None and one.low > other.high


def _table(curves: Curves, panels: list[str]) -> str:
    rows = []
    for panel, (name, title) in product(panels, NETWORKS.items()):
        own = [
            each for (where, which, _), each in curves.items() if (where, which) == (panel, name)
        ]
        if own:
            last = interval([float(np.mean(each["tests"][-LAST:])) for each in own])
            loss = interval([each["loss"] for each in own])
            right = shares([each["accuracy"] for each in own])
            rows.append((label(panel), title, len(own), str(last), str(loss), str(right)))
    headers = (
        "panel", "network", "seeds", f"test loss, last {_last(curves)} iterations",
        "loss on all test images", "accuracy, %",
    )  # fmt: skip
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)
