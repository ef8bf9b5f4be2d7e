"""The plot of a run: a panel per mode, a bar per timing, the spread of its rounds on it."""

from __future__ import annotations

import io
import warnings

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.records import Run, Timing
from reports.tables import significant

BAR, MARGIN = 0.34, 1.1  # inches
LONGEST = 60  # characters of a name


def png(run: Run) -> bytes:
    """Return the plot of what a run measured, as a PNG file's content."""
    content = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # a box for what the font lacks will do
        figure(run).savefig(content, format="png", dpi=160, metadata={"Software": None})
    return content.getvalue()


def figure(run: Run) -> Figure:
    """Return the plot of what a run measured: axes per mode, a bar per timing, fastest on top."""
    most = max((len(run.of_mode(mode)) for mode in run.modes), default=1)
    columns = max(1, len(run.modes))
    drawn = Figure(figsize=(5.6 * columns, BAR * most + MARGIN), layout="constrained")
    for axes, mode in zip(drawn.subplots(1, columns, squeeze=False)[0], run.modes):
        _panel(axes, run, mode)
    header = run.header
    title = f"{_short(header['title'])}, batch {header['batch']}, {header['dtype']}"
    drawn.suptitle(title, fontsize=11, parse_math=False)
    return drawn


def _panel(axes: Axes, run: Run, mode: str) -> None:
    timings = sorted(run.of_mode(mode), key=lambda each: _speed(run, each))
    for place, timing in enumerate(timings):
        if timing.measured:
            _bar(axes, run, timing, place)
        else:
            _write(axes, 0, place, f" {timing.outcome}", color="#666666")
    labels = [f"{_short(run.label(each.framework))}, {_short(each.style)}" for each in timings]
    axes.set_yticks(range(len(timings)), labels, fontsize=9, parse_math=False)
    axes.set_title(mode, fontsize=10, parse_math=False)
    axes.set_xlabel("images per second (median; line: lowest to highest round)", fontsize=8)
    axes.margins(x=0.2)
    axes.set_ylim(-0.6, max(len(timings), 1) - 0.4)
    axes.set_xlim(left=0)
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _bar(axes: Axes, run: Run, timing: Timing, place: int) -> None:
    speed = run.images_per_second(timing)
    spread = [[speed.median - speed.low], [speed.high - speed.median]]
    colour = run.header["frameworks"][timing.framework]["colour"]
    axes.barh(place, speed.median, color=colour, height=0.7)
    axes.errorbar(speed.median, place, xerr=spread, color="black", capsize=2.5, linewidth=1)
    _write(axes, speed.high, place, f"  {significant(speed.median)}")


def _write(axes: Axes, x: float, y: int, text: str, color: str = "black") -> None:
    """Write plain text, whatever is in it: a $ begins no formula."""
    axes.text(x, y, text, va="center", fontsize=8, color=color, parse_math=False)


def _short(text: str) -> str:
    """Return a text cut to what a plot has room for."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _speed(run: Run, timing: Timing) -> float:
    return run.images_per_second(timing).median if timing.measured else 0.0
