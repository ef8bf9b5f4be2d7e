"""What the SE-ResNeXt pair shows: distances, differences, gradients by depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from tabulate import tabulate

from common.networks.trials import DIFFERENCES, GATES
from reports.experiments import drawing
from reports.experiments.drawing import Drawing, Theme, interval
from reports.experiments.found import planted as found_planted
from reports.experiments.page import label
from reports.experiments.records import Record
from reports.experiments.se_resnext_pair import ALL_DIFFERENCES, ROUNDING
from reports.experiments.study import FALSE, HOLDS, OPEN, Findings, Verdict

Parts = Mapping[tuple[str, ...], Any]
EARLY = 3  # steps, before training has magnified what is small


def find(record: Record) -> Findings:
    """Return what the parts show."""
    pairs = {precision: values for (precision,), values in record.of("pair").items()}
    differences = {name: values for (name,), values in record.of("difference").items()}
    gradients, learning = record.of("gradients"), record.of("learning")
    planted = record.of("planted")
    drawings = [
        _losses(pairs) if pairs else None,
        _distances(pairs) if pairs else None,
        _apart(differences) if differences else None,
        _depth(gradients) if gradients else None,
    ]
    tables = []
    if pairs:
        tables.append(("How far panels part", _pair_table(pairs)))
    if differences:
        tables.append(("The published pair, one difference at a time", table_of(differences)))
    if planted:
        tables.append((found_planted.TITLE, found_planted.planted_table(planted)))
    if learning:
        tables.append(("SE before and behind the addition, trained", _learned(learning)))
    return Findings(
        _summary(pairs, differences),
        (_identical(differences), _vanish(gradients, learning)),
        tuple(each for each in drawings if each is not None),
        tuple(tables),
        HOW,
    )


HOW = (
    "the repaired pair is `se_resnext_mnist` in the panels of the table, from the same weights, on "
    "the same batches; the published pair is the article's, cut to three blocks of 8 paths of "
    "depth 8, one channel in: the Fluid network and recipe, and the same with one of TensorFlow's "
    "ways at a time, all in PyTorch, so that nothing but the difference is in between",
    "batches are those of one epoch: that the TensorFlow file shuffles once, and tests on its "
    "training data, changes no step of it, and is not in the table",
    found_planted.HOW,
    "gradients by depth: a batch of 16 at drawn weights, numpy in float64, twelve blocks",
)


def _summary(pairs: Mapping[str, Any], differences: Mapping[str, Any]) -> str:
    parts = []
    for precision, each in pairs.items():
        others = [p for n, p in each["panels"].items() if n != each["first"] and p["losses"]]
        if others:
            first, last = (max(p["distances"][at] for p in others) for at in (0, -1))
            steps = len(others[0]["losses"])
            parts.append(
                f"in {precision} by {first:.1e} behind the first step and {last:.1e} behind "
                f"step {steps}"
            )
    text = f"The repaired panels' parameters part {'; '.join(parts)}." if parts else ""
    if "whole from one start" in differences:
        one = differences["whole from one start"]["distances"]
        text += (
            f" The published pair, begun at the same weights, is {one[0]:.1e} apart behind the "
            f"first step and {one[-1]:.1e} behind step {len(one)}."
        )
    return text.strip() or "Nothing was run yet."


def _early(differences: Mapping[str, Any], name: str) -> float:
    """Return how far a difference has come behind the first steps, before training magnifies it."""
    return float(max(differences[name]["distances"][:EARLY]))


def _identical(differences: Mapping[str, Any]) -> Verdict:
    if "float32" not in differences:
        return Verdict("identical", OPEN, "was not run")
    rounding = _early(differences, "float32")
    found = {n: _early(differences, n) for n in differences if n in DIFFERENCES}
    beyond = {name: each for name, each in found.items() if each > 10 * rounding}
    ordered = sorted(beyond.items(), key=lambda each: -each[1])
    said = ", ".join(f"{name} {each:.1e}" for name, each in ordered)
    return Verdict(
        "identical",
        FALSE if beyond else OPEN,
        f"of {len(found)} differences in the network that were run, these take the parameters "
        f"further apart within {EARLY} steps than ten times what float32 does ({rounding:.1e}): "
        f"{said or 'none'}",
    )


def _first_to_last(gradients: Parts, where: str, relative: bool) -> list[float]:
    """Return the gradient at the first block over that at the last one, of each seed; relative: the
    gradients times the norms of the results, what a change by a share of these makes of the loss.
    """
    found = []
    for (place, _), each in gradients.items():
        norms, results = each["gradients"], each["results"]
        ratio = norms[0] / norms[-1]
        if place == where:
            found.append(ratio * results[0] / results[-1] if relative else ratio)
    return found


def _mean_ratios(gradients: Parts, relative: bool) -> dict[str, float]:
    """Return the geometric means of these ratios, by where the gates are."""
    found = {where: _first_to_last(gradients, where, relative) for where in GATES}
    return {where: float(np.exp(np.mean(np.log(each)))) for where, each in found.items() if each}


def _vanish(gradients: Parts, learning: Parts) -> Verdict:
    means, shares = (_mean_ratios(gradients, relative) for relative in (False, True))
    if not {"before", "after"} <= means.keys():
        return Verdict("gradients", OPEN, "was not run")
    said, relative = (
        ", ".join(f"{GATES[where]} {each:.2g}" for where, each in found.items())
        for found in (means, shares)
    )
    own = {w: [e["accuracy"] for (place, _), e in learning.items() if place == w] for w in GATES}
    learned = ", ".join(
        f"{GATES[w]} {100 * float(np.mean(each)):.1f} %" for w, each in own.items() if each
    )
    vanishes = means["after"] < 0.1 * means["before"]
    return Verdict(
        "gradients",
        HOLDS if vanishes else FALSE,
        f"norm of the gradient at the first of twelve blocks over that at the last, at drawn "
        f"weights: {said}; times the norms of the results: {relative}. Batch normalization in the "
        "branches divides by what the gates leave of the trunk, and hands back as much more. "
        f"Accuracy behind the short training: {learned or 'not run'}",
    )


def _pair_table(pairs: Mapping[str, Any]) -> str:
    rows = []
    for precision, each in pairs.items():
        for name, panel in each["panels"].items():
            if panel["why"]:
                rows.append((precision, label(name), panel["why"], "", ""))
                continue
            first = "–" if name == each["first"] else f"{panel['distances'][0]:.1e}"
            last = "–" if name == each["first"] else f"{panel['distances'][-1]:.1e}"
            rows.append((precision, label(name), f"{panel['losses'][-1]:.6f}", first, last))
    headers = ("precision", "panel", "last loss", "apart behind step 1", "behind the last")
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


def table_of(differences: Mapping[str, Any]) -> str:
    """Return how far each difference takes the parameters, the furthest behind the last step first,
    as a Markdown table."""
    words = {**ROUNDING, **ALL_DIFFERENCES}
    ordered = sorted(differences, key=lambda name: -differences[name]["distances"][-1])
    rows = [
        (
            name,
            words[name],
            f"{differences[name]['distances'][0]:.1e}",
            f"{differences[name]['distances'][-1]:.1e}",
            f"{differences[name]['losses'][0]:.5f}",
            f"{differences[name]['losses'][-1]:.5f}",
        )
        for name in ordered
    ]
    headers = (
        "difference", "what", "parameters apart behind step 1", "behind the last", "first loss",
        "last loss",
    )  # fmt: skip
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


def _learned(learning: Parts) -> str:
    rows = []
    for where, title in GATES.items():
        own = [each for (place, _), each in learning.items() if place == where]
        if own:
            last = interval([float(np.mean(each["losses"][-10:])) for each in own])
            right = interval([100 * each["accuracy"] for each in own])
            rows.append((title, str(last), str(right)))
    headers = ("gates", "training loss, last 10 steps", "accuracy on the test samples, %")
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


def _losses(pairs: Mapping[str, Any]) -> Drawing:
    def draw(theme: Theme) -> Figure:
        drawn, (row,) = drawing.axes(len(pairs))
        for axes, (precision, each) in zip(row, pairs.items()):
            for number, (name, panel) in enumerate(each["panels"].items()):
                if panel["losses"]:
                    steps = np.arange(1, len(panel["losses"]) + 1)
                    how = theme.series(number)
                    axes.plot(steps, panel["losses"], linewidth=1.3, label=label(name), **how)
            drawing.label(axes, f"the repaired network, {precision}", "step", "loss (nats)")
        row[0].legend(fontsize=7)
        return drawn

    return Drawing(
        "losses",
        "Training loss of the repaired network in every panel, one over the other",
        "Curves that agree lie on one another: the same weights and batches. A training of a whole "
        "epoch in five panels is among the trainings of these reports.",
        draw,
    )


def _distances(pairs: Mapping[str, Any]) -> Drawing:
    def draw(theme: Theme) -> Figure:
        drawn, (row,) = drawing.axes(len(pairs))
        for axes, (precision, each) in zip(row, pairs.items()):
            for number, (name, panel) in enumerate(each["panels"].items()):
                if panel["losses"] and name != each["first"]:
                    _log(axes, panel["distances"], theme.series(number), label(name))
            said = f"apart from {label(each['first'])}'s" if each["first"] else ""
            drawing.label(
                axes, f"the repaired network, {precision}", "step", f"{said}, |w − w′|/|w′|"
            )
            axes.set_yscale("log")
            if axes.lines:
                axes.legend(fontsize=7)
        return drawn

    return Drawing(
        "distances",
        "Distance of the parameters of the repaired panels behind each step, on a log axis",
        "What rounding begins, training at this rate magnifies, in any precision.",
        draw,
    )


def _log(axes: Any, distances: Sequence[float], how: Mapping[str, Any], name: str) -> None:
    found = np.array(distances, float)
    found[found == 0] = np.nan
    axes.plot(np.arange(1, len(found) + 1), found, linewidth=1.3, label=name, **how)


def _apart(differences: Mapping[str, Any]) -> Drawing:
    def draw(theme: Theme) -> Figure:
        drawn, ((axes,),) = drawing.axes(1, width=7.5, height=4.2)
        ordered = sorted(differences, key=lambda name: -differences[name]["distances"][-1])
        for number, name in enumerate(ordered):
            how = theme.series(number) | {"marker": drawing.MARKERS[number // 6]}
            _log(
                axes, differences[name]["distances"], how | {"markevery": 5, "markersize": 3}, name
            )
        drawing.label(
            axes, "the published pair, one difference at a time", "step",
            "parameters apart from Fluid's, |w − w′|/|w′|",
        )  # fmt: skip
        axes.set_yscale("log")
        axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
        return drawn

    return Drawing(
        "differences",
        "Distance of the parameters by each difference of the published pair, on a log axis",
        "PyTorch in float64; the legend is in the order of the last step. Differences that change "
        "no number of the training have no line.",
        draw,
    )


def _depth(gradients: Parts) -> Drawing:
    def draw(theme: Theme) -> Figure:
        drawn, (row,) = drawing.axes(2)
        titles = {
            "gradients": "gradient of the loss by a block's result",
            "results": "the block's result",
        }
        for axes, (key, title) in zip(row, titles.items()):
            for number, (where, said) in enumerate(GATES.items()):
                own = [each[key] for (place, _), each in gradients.items() if place == where]
                if own:
                    blocks = np.arange(1, len(own[0]) + 1)
                    drawing.band(axes, blocks, np.log10(own), theme.series(number), said)
            drawing.label(axes, f"norm of {title}", "block, from the input on", "log10 of the norm")
        row[0].legend(fontsize=7)
        return drawn

    return Drawing(
        "gradients",
        "Norms of gradients and results by depth: SE before and behind the addition, and no SE",
        "At drawn weights: mean over the seeds, with its 95 % interval.",
        draw,
    )
