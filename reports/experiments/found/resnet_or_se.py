"""What the curves and the maps of ResNet and SE-ResNet show."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from tabulate import tabulate

from common.counting import batchflow, trainable
from common.networks import load
from reports.experiments.drawing import interval, shares
from reports.experiments.found.resnet_or_se_drawn import (
    LAST,
    Curves,
    by_seed,
    differences,
    drawings_of,
)
from reports.experiments.page import label
from reports.experiments.records import Record
from reports.experiments.resnet_or_se import NETWORKS
from reports.experiments.study import FALSE, HOLDS, OPEN, UNSHOWN, Findings, Verdict


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
        (("Every panel", _table(curves, panels)),),
        (
            "the test loss is that of a new batch of test images behind each iteration, in "
            "inference, the same for both networks; activations are those of the first 300 test "
            "images behind the global average, in inference",
        ),
    )


def _summary(curves: Curves, panels: list[str]) -> str:
    seeds = {panel: len(differences(curves, panel)) for panel in panels}
    said = ", ".join(f"{label(panel)} {count}" for panel, count in seeds.items())
    steps = max(len(each["tests"]) for each in curves.values())
    return f"Both networks were trained {steps} iterations; pairs of runs by panel: {said}."


def _better(curves: Curves, panels: list[str]) -> Verdict:
    """Return the verdict of the panels with several seeds: what each of them says, else that it is
    not shown. A run of one seed tells nothing, and is told."""
    lines, words = [], set()
    for panel in panels:
        apart = list(differences(curves, panel).values())
        if not apart:
            continue
        found = interval(apart)
        lower = sum(each < 0 for each in apart)
        lines.append(f"{label(panel)} {found}, lower in {lower} of {len(apart)}")
        if found.low is not None and found.high is not None:
            words.add(HOLDS if found.high < 0 else FALSE if found.low > 0 else UNSHOWN)
    word = OPEN if not words else words.pop() if len(words) == 1 else UNSHOWN
    what = f"SE-ResNet's test loss less ResNet's, mean of the last {_last(curves)} iterations, nats"
    return Verdict("better", word, f"{what}: {'; '.join(lines)}" if lines else "no pair of runs")


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
    depends = one.mean > 0.1
    return Verdict(
        "by class",
        FALSE if depends else OPEN,
        "share of a map's variance that lies between classes, mean over the maps that are not "
        f"silent: ResNet {one}, SE-ResNet {other}; {_silent(curves)}"
        + ("; maps of the plain network depend on the class as well" if depends else ""),
    )


def _wider(curves: Curves) -> Verdict:
    plain, gated = (_measures(curves, name, "between") for name in NETWORKS)
    if not (plain and gated):
        return Verdict("wider", OPEN, "only one of the networks was trained")
    one, other = interval(plain), interval(gated)
    apart = one.high is not None and other.low is not None and other.high is not None
    word = OPEN
    if apart and one.high is not None and other.low is not None and one.low is not None:
        word = HOLDS if other.low > one.high else UNSHOWN
        if other.high is not None and other.high < one.low:
            word = FALSE
    return Verdict(
        "wider",
        word,
        "deviation of the classes' mean activations, mean over the maps that are not silent: "
        f"ResNet {one}, SE-ResNet {other}",
    )


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
