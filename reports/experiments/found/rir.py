"""What RiR-18 and its ResNet-18 show."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from tabulate import tabulate

from common.counting import paddle_flops, paddle_parameters
from common.networks import load
from common.networks.published import BATCH
from reports.experiments import drawing
from reports.experiments.drawing import Drawing, Theme, interval, shares
from reports.experiments.identities import IDENTITIES
from reports.experiments.page import label
from reports.experiments.records import Record
from reports.experiments.rir import NETWORKS, STAGE
from reports.experiments.study import FALSE, HOLDS, OPEN, UNSHOWN, Findings, Verdict

BOUND = 1e-12  # of an identity


def find(record: Record) -> Findings:
    """Return what the parts show."""
    found = {name: values for (name,), values in record.of("identity").items()}
    curves = record.of("curve")
    drawings = [_learning(curves), _shown(curves)] if curves else []
    tables = [("Trained", _table(curves))] if curves else []
    return Findings(
        _summary(curves),
        (_accuracy(curves), _cost(), *(_identity(name, each) for name, each in found.items())),
        tuple(each for each in drawings if each is not None),
        tuple(tables),
        HOW,
    )


HOW = (
    "networks: RiR-18 of width 8 and its ResNet-18 of width 16 for one channel, which keep the "
    "source's ratio of parameters; CIFAR-10 is not at hand, and the full recipe is `triptych "
    "train rir18 --recipe rir --augment rir --data cifar10 --device gpu`: 50 epochs, best and last",
    f"the cosine runs over {STAGE.recipe.schedule.length:,} steps, of which a quick run takes the "
    "first few; the source's runs over 19,500",
    "identities: one generalized block in numpy and float64, batch statistics, all gradients",
)


def _summary(curves: Mapping[tuple[str, ...], Any]) -> str:
    if not curves:
        return "The identities of the block were checked; nothing was trained yet."
    means = {
        title: shares([each["tested"][-1][2] for each in _own(curves, name)])
        for name, title in NETWORKS.items()
        if _own(curves, name)
    }
    said = ", ".join(f"{title} {each} %" for title, each in means.items())
    return f"Accuracy on the test samples behind the short training: {said}."


def _own(curves: Mapping[tuple[str, ...], Any], name: str) -> list[Any]:
    return [each for (_, which, _), each in curves.items() if which == name]


def _accuracy(curves: Mapping[tuple[str, ...], Any]) -> Verdict:
    said = (
        "the source's own figures are 0.53 points apart (0.58 % of the lower), one random seed "
        "each, with 0.44 % fewer parameters and 0.12 % fewer FLOPs"
    )
    gains = [
        100 * (each["tested"][-1][2] - curves[panel, "resnet18_rir", seed]["tested"][-1][2])
        for (panel, name, seed), each in curves.items()
        if name == "rir18" and (panel, "resnet18_rir", seed) in curves
    ]
    if not gains:
        return Verdict("accuracy", OPEN, said)
    found = interval(gains)
    word = OPEN
    if found.low is not None and found.high is not None:
        word = HOLDS if found.low > 0 else FALSE if found.high < 0 else UNSHOWN
    return Verdict(
        "accuracy",
        word,
        f"{said}; here, on MNIST and of reduced width, RiR less ResNet, points: {found}",
    )


def _cost() -> Verdict:
    one, other = (load(name) for name in NETWORKS)
    counts = [paddle_parameters(each) for each in (one, other)]
    flops = [paddle_flops(each) * BATCH for each in (one, other)]
    return Verdict(
        "cost",
        HOLDS,
        f"counted by the convention of `paddle.flops`: {counts[0]:,} and {counts[1]:,} parameters, "
        f"{flops[0]:,} and {flops[1]:,} FLOPs of a batch of {BATCH}; what is never called is left "
        "out there",
    )


def _identity(name: str, each: Mapping[str, float]) -> Verdict:
    worst = max(each.values())
    return Verdict(
        name,
        HOLDS if worst <= BOUND else FALSE,
        f"results {each['results']:.1e} and gradients {each['gradients']:.1e} of the largest value "
        f"apart, allowed {BOUND:.0e}; {IDENTITIES[name].words}",
    )


def _table(curves: Mapping[tuple[str, ...], Any]) -> str:
    rows = []
    panels = list(dict.fromkeys(panel for panel, _, _ in curves))
    for panel, (name, title) in product(panels, NETWORKS.items()):
        own = [e for (p, n, _), e in curves.items() if (p, n) == (panel, name)]
        if own:
            last = interval([each["tested"][-1][1] for each in own])
            best = shares([max(t[2] for t in each["tested"]) for each in own])
            right = shares([each["tested"][-1][2] for each in own])
            speed = sum(e["images"] for e in own) / sum(e["seconds"] for e in own)
            loaded = sum(e["images"] for e in own) / sum(e["loaded"] for e in own)
            rows.append((
                label(panel), title, str(last), str(right), str(best),
                f"{speed:,.0f}, {loaded:,.0f} with making batches",
            ))  # fmt: skip
    headers = ("panel", "network", "test loss", "last accuracy, %", "best accuracy, %", "images/s")
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


def _learning(curves: Mapping[tuple[str, ...], Any]) -> Drawing:
    def draw(theme: Theme) -> Figure:
        drawn, (row,) = drawing.axes(2)
        for number, (name, title) in enumerate(NETWORKS.items()):
            own = _own(curves, name)
            if own:
                steps = [each[0] for each in own[0]["tested"]]
                how = theme.series(number)
                for axes, at, factor in ((row[0], 1, 1), (row[1], 2, 100)):
                    series = [[factor * t[at] for t in each["tested"]] for each in own]
                    drawing.band(axes, steps, series, how, title)
        drawing.label(row[0], "on the test samples", "step", "loss with label smoothing (nats)")
        drawing.label(row[1], "on the test samples", "step", "accuracy (%)")
        row[1].set_ylim(top=min(100, row[1].get_ylim()[1]))
        row[0].legend()
        return drawn

    return Drawing(
        "learning",
        "Test loss and accuracy of RiR-18 and ResNet-18 over the steps",
        "Mean over the seeds, with its 95 % interval.",
        draw,
    )


def _shown(curves: Mapping[tuple[str, ...], Any]) -> Drawing | None:
    found = {
        name: next((each for each in _own(curves, name) if "pictures" in each), None)
        for name in NETWORKS
    }
    if None in found.values():
        return None

    def draw(theme: Theme) -> Figure:
        drawn, grid = drawing.axes(9, width=0.95, height=1.35, rows=2)
        one, other = (found[name] for name in NETWORKS)
        assert one is not None and other is not None
        for number, axes in enumerate(np.ravel(grid)):
            axes.imshow(np.array(one["images_shown"][number]).reshape(28, 28), cmap="gray_r")
            axes.set_axis_off()
            said = [one["pictures"][number], other["pictures"][number], one["labels"][number]]
            axes.set_title(f"RiR {said[0]}\nResNet {said[1]}\nis {said[2]}", fontsize=7)
        return drawn

    return Drawing(
        "pictures",
        "Eighteen test images with what both networks say and what they are",
        "Un-normalized: bytes from 0 to 255, nothing clipped.",
        draw,
    )
