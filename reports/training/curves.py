"""The curves of a training: loss and accuracy of all panels, one over the other."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports.training.records import Panel, Training

POINTS = 200  # of a curve: a point is the mean of as many steps as make so many
STYLES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1)))  # curves that agree lie on one another
SIZE = (11.0, 4.2)  # inches


def image(training: Training, form: str) -> bytes:
    """Return the curves as a file's content: "png" or "svg"."""
    content = io.BytesIO()
    with rc_context({"svg.hashsalt": "triptych"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # a box for what the font lacks will do
        metadata = {"Date": None} if form == "svg" else {"Software": None}
        figure(training).savefig(content, format=form, dpi=160, metadata=metadata)
    return content.getvalue()


def figure(training: Training) -> Figure:
    """Return loss, accuracy, and how far losses are from the first panel's, over the steps."""
    drawn = Figure(figsize=SIZE, layout="constrained")
    loss, accuracy, apart = drawn.subplots(1, 3, sharex=True)
    panels = [each for each in training.panels.values() if each.losses]
    for number, panel in enumerate(panels):
        how: dict[str, Any] = {
            "color": panel.colour,
            "linestyle": STYLES[number % len(STYLES)],
            "linewidth": 1.4,
        }
        width = _width(panel)
        steps = sorted(panel.losses)
        loss.plot(*_means(steps, [panel.losses[s] for s in steps], width), **how, label=panel.label)
        right = [panel.correct[s] / panel.samples[s] for s in steps]
        accuracy.plot(*_means(steps, right, width), **how)
        tested = sorted(panel.validations.items())
        accuracy.plot(
            [step for step, _ in tested], [each["accuracy"] for _, each in tested],
            marker="o", markersize=4, color=panel.colour, linestyle="none",
        )  # fmt: skip
        if panel is not panels[0]:
            _apart(apart, training, panel, how)
    _finish(loss, "loss (mean of the steps around)", legend=True)
    _finish(accuracy, "accuracy in training; points: on the test samples")
    _finish(apart, _apart_title(panels))
    apart.set_yscale("log")
    apart.axhline(training.header["rounding"], color="#666666", linewidth=0.8, linestyle=":")
    title = f"{training.header['title']}: {training.header['data']['name']}"
    drawn.suptitle(f"{title}, batch {training.header['batch']}", fontsize=11, parse_math=False)
    return drawn


def _width(panel: Panel) -> int:
    return max(1, len(panel.losses) // POINTS)


def _means(steps: list[int], values: list[float], width: int) -> tuple[list[float], list[float]]:
    """Return the means of every `width` values, and of their steps."""
    ends = range(0, len(steps), width)
    return (
        [float(np.mean(steps[i : i + width])) for i in ends],
        [float(np.mean(values[i : i + width])) for i in ends],
    )


def _apart(axes: Axes, training: Training, panel: Panel, how: Mapping[str, Any]) -> None:
    first = training.first
    assert first is not None
    steps = sorted(panel.losses.keys() & first.losses.keys())
    found = [abs(panel.losses[s] - first.losses[s]) / (abs(first.losses[s]) or 1.0) for s in steps]
    if not steps:
        return
    width = max(1, len(steps) // POINTS)
    ends = range(0, len(steps), width)
    largest = [max(found[i : i + width]) or np.nan for i in ends]
    # A point between two that agree in every bit is no line: it needs a mark.
    axes.plot([steps[i] for i in ends], largest, marker=".", markersize=3, **how)


def _apart_title(panels: list[Panel]) -> str:
    of = f" from {panels[0].label}'s" if panels else ""
    return f"how far losses are{of}, of their value"


def _finish(axes: Axes, title: str, legend: bool = False) -> None:
    axes.set_title(title, fontsize=9, parse_math=False)
    axes.set_xlabel("step", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    if legend and axes.lines:
        for text in axes.legend(fontsize=8, frameon=False).get_texts():
            text.set_parse_math(False)
