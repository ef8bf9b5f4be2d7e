"""The plot of a run: a panel per mode, a bar per timing, the spread of its rounds on it."""

from __future__ import annotations

import io

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from frontends.frameworks import TABLE
from reports.records import Run, Timing
from reports.tables import NAMES, modes, significant

BAR, MARGIN = 0.34, 1.1  # inches


def png(run: Run) -> bytes:
    """Return the plot of what a run measured, as a PNG file's content."""
    shown = modes(run)
    most = max((len(run.of_mode(mode)) for mode in shown), default=1)
    figure = Figure(figsize=(5.6 * max(1, len(shown)), BAR * most + MARGIN), layout="constrained")
    for axes, mode in zip(figure.subplots(1, max(1, len(shown)), squeeze=False)[0], shown):
        _panel(axes, run, mode)
    figure.suptitle(f"{run.header['title']}, batch {run.header['batch']}, float32", fontsize=11)
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=160, metadata={"Software": None})
    return content.getvalue()


def _panel(axes: Axes, run: Run, mode: str) -> None:
    timings = sorted(run.of_mode(mode), key=lambda each: _speed(run, each))
    for place, timing in enumerate(timings):
        if timing.measured:
            _bar(axes, run, timing, place)
        else:
            axes.text(0, place, f" {timing.outcome}", va="center", fontsize=8, color="#666666")
    labels = [f"{NAMES[timing.framework]}, {timing.style}" for timing in timings]
    axes.set_yticks(range(len(timings)), labels, fontsize=9)
    axes.set_title(mode, fontsize=10)
    axes.set_xlabel("images per second (median; line: lowest to highest round)", fontsize=8)
    axes.margins(x=0.2)
    axes.set_ylim(-0.6, max(len(timings), 1) - 0.4)
    axes.set_xlim(left=0)
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _bar(axes: Axes, run: Run, timing: Timing, place: int) -> None:
    speed = run.images_per_second(timing)
    spread = [[speed.median - speed.low], [speed.high - speed.median]]
    axes.barh(place, speed.median, color=TABLE[timing.framework].colour, height=0.7)
    axes.errorbar(speed.median, place, xerr=spread, color="black", capsize=2.5, linewidth=1)
    text = f"  {significant(speed.median)}"
    axes.text(speed.high, place, text, va="center", fontsize=8)


def _speed(run: Run, timing: Timing) -> float:
    return run.images_per_second(timing).median if timing.measured else 0.0
