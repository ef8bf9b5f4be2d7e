"""What the curves and the maps of ResNet and SE-ResNet show."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from tabulate import tabulate

from common.counting import batchflow, trainable
from common.networks import load
from reports.experiments import drawing
from reports.experiments.drawing import Drawing, Theme, interval, shares
from reports.experiments.page import label
from reports.experiments.records import Record
from reports.experiments.resnet_or_se import NETWORKS
from reports.experiments.study import FALSE, HOLDS, OPEN, Findings, Verdict

LAST, WINDOW, SPAN = 200, 50, 350  # iterations, and the spans of the notebook's means


def ewma(values: Any, span: int) -> Any:
    """Return the exponentially weighted mean that pandas calls ewm(span, adjust=False)."""
    found, alpha = np.array(values, float), 2 / (span + 1)
    for i in range(1, len(found)):
        found[i] = (1 - alpha) * found[i - 1] + alpha * found[i]
    return found


Curves = Mapping[tuple[str, ...], Any]


def differences(curves: Curves, panel: str) -> list[float]:
    """Return SE-ResNet's mean test loss over the last iterations less ResNet's, of each seed."""
    found = []
    for (where, name, seed), plain in curves.items():
        other = curves.get((where, "se_resnet", seed))
        if where == panel and name == "resnet" and other is not None:
            last = [float(np.mean(each["tests"][-LAST:])) for each in (other, plain)]
            found.append(last[0] - last[1])
    return found


def find(record: Record) -> Findings:
    """Return what the curves and the maps show."""
    curves = record.of("curve")
    panels = list(dict.fromkeys(panel for panel, _, _ in curves))
    if not panels:
        return Findings("Nothing was run yet.", (_parameters(),))
    first = panels[0]
    drawings = (_curves(curves, first), _maps(curves), _shares(curves))
    return Findings(
        _summary(curves, panels),
        (_better(curves, panels), _parameters(), _by_class(curves), _wider(curves)),
        tuple(each for each in drawings if each is not None),
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
    lines, words = [], set()
    for panel in panels:
        apart = differences(curves, panel)
        if not apart:
            continue
        found = interval(apart)
        lower = sum(each < 0 for each in apart)
        lines.append(
            f"{label(panel)}: SE-ResNet's test loss less ResNet's, mean of the last "
            f"{_last(curves)} iterations: {found}; lower in {lower} of {len(apart)} seeds"
        )
        if found.low is not None and found.high is not None:
            words.add(HOLDS if found.high < 0 else FALSE if found.low > 0 else "not shown")
        else:
            words.add(OPEN)
    word = words.pop() if len(words) == 1 else OPEN
    return Verdict("better", word, ". ".join(lines) or "no pair of runs")


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
    """Return the mean of a measure over the maps of a network that are not silent, of each run."""
    found = []
    for (_, network, _), each in curves.items():
        values = np.array(each["maps"][measure])
        if network == name:
            found.append(float(values[values > 0].mean()) if values.any() else 0.0)
    return found


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
        word = HOLDS if other.low > one.high else "not shown"
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


def _curves(curves: Curves, panel: str) -> Drawing:
    def draw(theme: Theme) -> Figure:
        drawn, (row,) = drawing.axes(3)
        for number, (name, title) in enumerate(NETWORKS.items()):
            own = [
                each["tests"] for (where, which, _), each in curves.items()
                if (where, which) == (panel, name)
            ]  # fmt: skip
            if not own:
                continue
            steps = np.arange(1, len(own[0]) + 1)
            smooth = [ewma(each, WINDOW) for each in own]
            for axes, series, start in zip(row, (own, own, smooth), (0, -LAST, -LAST)):
                part = np.array(series)[:, start:]
                drawing.band(axes, steps[start:], part, theme.series(number), title)
        titles = (
            "all iterations, raw",
            "the last 200, raw",
            f"the last 200, EWMA of span {WINDOW}",
        )
        for axes, title in zip(row, titles):
            drawing.label(axes, title, "iteration", "test loss (nats)")
        for axes in row[1:]:
            axes.set_ylim(0, 0.3 if axes.get_ylim()[0] < 0.3 else None)
        row[0].set_ylim(bottom=0)
        row[0].legend()
        return drawn

    return Drawing(
        "curves",
        "Test loss of ResNet and SE-ResNet over the iterations: raw, the last 200, and smoothed",
        f"{label(panel)}: mean over the seeds, with the 95 % interval of the mean.",
        draw,
    )


def _maps(curves: Curves) -> Drawing | None:
    with_means = {
        name: next(
            (
                e["maps"]
                for (_, which, _), e in curves.items()
                if which == name and "means" in e["maps"]
            ),
            None,
        )
        for name in NETWORKS
    }
    if None in with_means.values():
        return None

    def draw(theme: Theme) -> Figure:
        drawn, grid = drawing.axes(2, rows=2)
        for column, (name, title) in enumerate(NETWORKS.items()):
            found = with_means[name]
            assert found is not None
            for number, means in enumerate(found["means"]):
                how = theme.series(number)
                grid[0][column].plot(ewma(means, SPAN), linewidth=1.1, label=str(number), **how)
            grid[0][column].axis((0, 2060, 0, None))
            drawing.label(
                grid[0][column], f"{title}, as the notebook draws it", "index of the map",
                f"mean activation, EWMA of span {SPAN}",
            )  # fmt: skip
            ordered = np.sort(found["between"])[::-1]
            grid[1][column].plot(ordered, linewidth=1.4, **theme.series(0))
            drawing.label(
                grid[1][column], f"{title}, unsmoothed", "maps, widest first",
                "deviation of the classes' means",
            )  # fmt: skip
            grid[1][column].set_ylim(bottom=0)
        grid[0][1].legend(title="digit", ncols=2, fontsize=7)
        return drawn

    return Drawing(
        "maps",
        "Activations behind the global average by class, for both networks",
        "One run of each. Above: a line per class, smoothed over the index of the map as in the "
        "notebook. Below: how far the classes' means are apart, map by map.",
        draw,
    )


def _shares(curves: Curves) -> Drawing:
    def draw(theme: Theme) -> Figure:
        drawn, ((axes,),) = drawing.axes(1, width=5.5)
        grid = np.linspace(0, 1, 101)
        for number, (name, title) in enumerate(NETWORKS.items()):
            own = [
                [(np.array(each["maps"]["explained"]) <= x).mean() for x in grid]
                for (_, which, _), each in curves.items() if which == name
            ]  # fmt: skip
            if own:
                drawing.band(axes, grid, own, theme.series(number), title)
        drawing.label(
            axes, "How much a map tells of the class", "share of its variance between classes",
            "share of the maps up to it",
        )  # fmt: skip
        axes.legend()
        return drawn

    return Drawing(
        "shares",
        "Distribution over maps of the share of variance that lies between classes",
        "Further right: maps tell more of the class. Mean over all runs, with its 95 % interval.",
        draw,
    )
