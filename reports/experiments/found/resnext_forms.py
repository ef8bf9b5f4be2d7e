"""What ResNeXt's forms show: equality, cost, cardinality against width."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from tabulate import tabulate

from common.networks import load
from common.networks.resnext import FORMS
from reports.experiments import drawing
from reports.experiments.drawing import Drawing, Theme, interval, shares
from reports.experiments.page import label
from reports.experiments.records import Record
from reports.experiments.resnext_forms import TIMED_BATCH, TIMED_S, WIDTHS
from reports.experiments.study import FALSE, HOLDS, OPEN, UNSHOWN, Findings, Verdict

BOUND = 1e-9  # of the distance of parameters


def find(record: Record) -> Findings:
    """Return what the parts show."""
    equal = {panel: values for (panel,), values in record.of("equal").items()}
    speed, width = record.of("speed"), record.of("width")
    drawings = [_apart(equal) if equal else None, _widths(width) if width else None]
    tables = []
    if speed:
        tables.append(("What a form costs", _costs(speed)))
    if width:
        tables.append(("Cardinality against width", _width_table(width)))
    return Findings(
        _summary(equal),
        (_equality(equal), _third(speed), _cheaper(), _cardinality(width)),
        tuple(each for each in drawings if each is not None),
        tuple(tables),
        HOW,
    )


HOW = (
    "equality: 20 steps in float64 from the same weights, which are converted between the forms",
    f"cost: steps of a training on one batch of {TIMED_BATCH}, of at least {TIMED_S:.0f} s, in a "
    "process of its own for each form; **a rough measurement on a machine that does other things "
    "as well**, to be compared within a panel at most",
    "cardinality against width: one panel, grouped form, about as many parameters each",
)


def _worst(equal: Mapping[str, Any]) -> float:
    every = [own for each in equal.values() for own in each["distances"].values()]
    return float(np.max(every))


def _summary(equal: Mapping[str, Any]) -> str:
    if not equal:
        return "Nothing was run yet."
    steps = max(len(own) for each in equal.values() for own in each["losses"].values())
    return (
        f"Over {steps} steps in float64 the parameters of the three forms are at most "
        f"{_worst(equal):.1e} apart, in {', '.join(map(label, equal))}."
    )


def _equality(equal: Mapping[str, Any]) -> Verdict:
    if not equal:
        return Verdict("equal", OPEN, "was not run")
    worst = _worst(equal)
    word = HOLDS if worst <= BOUND else FALSE
    return Verdict("equal", word, f"parameters at most {worst:.1e} apart, allowed {BOUND:.0e}")


def _median(each: Mapping[str, Any]) -> float:
    return float(np.median(each["steps"]))


def _third(speed: Mapping[tuple[str, ...], Any]) -> Verdict:
    panels = list(dict.fromkeys(panel for panel, _ in speed))
    whole = [panel for panel in panels if all((panel, name) in speed for name in FORMS)]
    if not whole:
        return Verdict("third", OPEN, "was not run")
    medians = {p: {name: _median(speed[p, name]) for name in FORMS} for p in whole}
    fastest = {p: min(each, key=each.__getitem__) for p, each in medians.items()}
    factors = {p: _median(speed[p, "summed"]) / _median(speed[p, "grouped"]) for p in whole}
    said = ", ".join(f"{label(p)} {each:.1f}" for p, each in factors.items())
    word = "with reason" if set(fastest.values()) == {"grouped"} else "not everywhere with reason"
    slow = [label(p) for p in whole if fastest[p] != "grouped"]
    return Verdict(
        "third",
        word,
        f"a step of the summed form takes so many times one of the grouped form: {said}"
        + (f"; the grouped form is not the fastest in {', '.join(slow)}" if slow else ""),
    )


def _cheaper() -> Verdict:
    block = load("se_resnet50_tensorpack")
    sizes = {n: p.shape for n, p in block.elaboration.parameters.items() if n.endswith("kernel")}
    pairs = [
        (sizes[name], sizes[name.replace("reduce", "expand")])
        for name in sizes
        if ".reduce." in name and name.replace("reduce", "expand") in sizes
    ]
    if not pairs:
        return Verdict("cheaper", HOLDS, "2C²/r parameters against C²: fewer for every r above 2")
    two = sum(math.prod(one) + math.prod(other) for one, other in pairs)
    one = sum(shape[1] ** 2 for shape, _ in pairs)
    return Verdict(
        "cheaper",
        HOLDS,
        f"2C²/r weights against C²: in the SE-ResNet-50 of the notes {two:,} against {one:,}",
    )


def _cardinality(width: Mapping[tuple[str, ...], Any]) -> Verdict:
    by_paths: dict[int, list[float]] = {}
    for (cardinality, _, _), each in width.items():
        by_paths.setdefault(int(cardinality), []).append(each["loss"])
    if len(by_paths) < 2:
        return Verdict("cardinality", OPEN, "was not run")
    found = {paths: interval(each) for paths, each in sorted(by_paths.items())}
    best, one = min(found, key=lambda paths: found[paths].mean), found[min(found)]
    said = "; ".join(f"{paths} paths {each}" for paths, each in found.items())
    high = found[best].high
    clear = high is not None and one.low is not None and high < one.low
    word = HOLDS if clear and best > 1 else UNSHOWN
    return Verdict("cardinality", word, f"loss on the test samples, a short training: {said}")


def _costs(speed: Mapping[tuple[str, ...], Any]) -> str:
    rows = [
        (
            label(panel),
            name,
            f"{1e3 * _median(each):.1f}",
            f"{1e3 * min(each['steps']):.1f}–{1e3 * max(each['steps']):.1f}",
            f"{each['batch'] / _median(each):,.0f}",
            f"{each['build'] + each['first']:.1f}",
            f"{each['memory'] / 1e6:,.0f}",
        )
        for (panel, name), each in speed.items()
    ]
    headers = (
        "panel", "paths", "ms/step (median)", "fastest–slowest", "images/s", "first step (s)",
        "memory (MB)",
    )  # fmt: skip
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


def _width_table(width: Mapping[tuple[str, ...], Any]) -> str:
    rows = []
    for cardinality, depth in WIDTHS:
        own = [e for (c, d, _), e in width.items() if (c, d) == (str(cardinality), str(depth))]
        if own:
            loss = interval([each["loss"] for each in own])
            right = shares([each["accuracy"] for each in own])
            rows.append((
                f"{cardinality} × {depth}", f"{own[0]['parameters']:,}",
                f"{own[0]['macs'] / 1e6:.1f} M", str(loss), str(right),
            ))  # fmt: skip
    headers = ("paths × depth", "parameters", "multiply-adds", "test loss", "accuracy, %")
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


def _apart(equal: Mapping[str, Any]) -> Drawing:
    def draw(theme: Theme) -> Figure:
        drawn, (row,) = drawing.axes(2)
        for axes, name in zip(row, ("summed", "concatenated")):
            for number, (panel, each) in enumerate(equal.items()):
                found = np.array(each["distances"][name])
                found[found == 0] = np.nan
                steps, how = np.arange(1, len(found) + 1), theme.series(number)
                axes.plot(steps, found, linewidth=1.3, label=label(panel), **how)
            axes.set_yscale("log")
            drawing.label(
                axes, f"{name} against grouped", "step", "parameters apart, |w − w′|/|w′|"
            )
        row[0].legend(fontsize=7)
        return drawn

    return Drawing(
        "equal",
        "Distance of the parameters of the other forms from the grouped form's, on a log axis",
        "float64, the same weights and batches: rounding, and no more.",
        draw,
    )


def _widths(width: Mapping[tuple[str, ...], Any]) -> Drawing:
    def draw(theme: Theme) -> Figure:
        drawn, ((axes,),) = drawing.axes(1, width=5.5)
        paths = sorted({int(cardinality) for cardinality, _, _ in width})
        found = [
            interval([e["loss"] for (c, _, _), e in width.items() if int(c) == each])
            for each in paths
        ]
        low = [each.mean - (each.low if each.low is not None else each.mean) for each in found]
        means = [each.mean for each in found]
        axes.errorbar(paths, means, yerr=low, capsize=3, linestyle="none", **theme.marks(0))
        axes.set_xscale("log", base=2)
        axes.set_xticks(paths, [str(each) for each in paths])
        drawing.label(
            axes, "at about as many parameters", "paths", "loss on the test samples (nats)"
        )
        return drawn

    return Drawing(
        "widths",
        "Test loss over the number of paths, at about as many parameters",
        "Mean over the seeds with its 95 % interval.",
        draw,
    )
