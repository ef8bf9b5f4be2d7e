"""Plots that are legible in print, in grey, on light and on dark pages."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.special import stdtrit

STYLES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (6, 1, 1, 1)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P")
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Theme:
    """The colours of a plot; series differ in line and marker, too, for whom prints in grey."""

    text: str
    faint: str
    background: str
    colours: tuple[str, ...]

    def series(self, number: int) -> dict[str, Any]:
        """Return how the line of a series is drawn; up to 36 differ."""
        again, colour = divmod(number, len(self.colours))
        return {
            "color": self.colours[colour],
            "linestyle": STYLES[(colour + again) % len(STYLES)],
        }

    def marks(self, number: int) -> dict[str, Any]:
        """Return how the points of a series are drawn."""
        return {
            "color": self.colours[number % len(self.colours)],
            "marker": MARKERS[number % len(MARKERS)],
        }

    def settings(self) -> Any:
        """Return matplotlib's settings."""
        edges = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
        return {
            **dict.fromkeys(edges, self.text),
            "figure.facecolor": self.background,
            "axes.facecolor": self.background,
            "savefig.facecolor": self.background,
            "grid.color": self.faint,
            "svg.hashsalt": "triptych",
            "font.size": 9,
            "axes.titlesize": 9,
            "legend.frameon": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
        }


# Okabe and Ito's colours, told apart with any kind of colour vision, in an order of which the grey
# values differ.
LIGHT = Theme(
    "#1a1a1a", "#c8c8c8", "#ffffff",
    ("#0072B2", "#D55E00", "#009E73", "#000000", "#E69F00", "#CC79A7"),
)  # fmt: skip
DARK = Theme(
    "#e6e6e6", "#505050", "#0d1117",
    ("#56B4E9", "#E69F00", "#2FC79A", "#f5f5f5", "#FF8C5A", "#E3A8C7"),
)  # fmt: skip


@dataclass(frozen=True)
class Drawing:
    """A plot: the end of its files' names, what it shows for whom does not see it, a caption, and
    what draws it."""

    stem: str
    alt: str
    caption: str
    draw: Callable[[Theme], Figure]

    def files(self) -> dict[str, bytes]:
        """Return the ends of its files' names and their contents: SVG and PNG, and a dark SVG."""
        forms = {".svg": LIGHT, "-dark.svg": DARK, ".png": LIGHT}
        return {f"-{self.stem}{end}": _image(self, theme, end) for end, theme in forms.items()}

    def markdown(self, prefix: str) -> str:
        """Return what shows it on a page."""
        name = f"{prefix}-{self.stem}"
        return (
            f'<picture><source media="(prefers-color-scheme: dark)" srcset="{name}-dark.svg">'
            f'<img alt="{self.alt}" src="{name}.svg"></picture>\n\n'
            f"*{self.caption}* [PNG]({name}.png)\n"
        )


def _image(drawing: Drawing, theme: Theme, end: str) -> bytes:
    form = end.rpartition(".")[2]
    content = io.BytesIO()
    with rc_context(theme.settings()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")
        metadata = {"Date": None} if form == "svg" else {"Software": None}
        drawing.draw(theme).savefig(content, format=form, dpi=144, metadata=metadata)
    return content.getvalue()


def axes(
    columns: int, width: float = 4.0, height: float = 3.2, rows: int = 1
) -> tuple[Figure, Any]:
    """Return a figure and its axes, (rows, columns)."""
    drawn = Figure(figsize=(width * columns, height * rows), layout="constrained")
    return drawn, drawn.subplots(rows, columns, squeeze=False)


def label(given: Axes, title: str, x: str, y: str) -> None:
    """Say what axes show, with units."""
    given.set_title(title)
    given.set_xlabel(x)
    given.set_ylabel(y)
    if x in ("step", "iteration"):
        given.xaxis.set_major_locator(MaxNLocator(integer=True, steps=(1, 2, 5, 10)))


@dataclass(frozen=True)
class Interval:
    """A mean and the 95 % interval of Student's t; of one value there is none."""

    mean: float
    low: float | None
    high: float | None
    count: int

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.mean:.4g} (one value)"
        return f"{self.mean:.4g} ({self.low:.4g} to {self.high:.4g}, {self.count} values)"

    def within(self, least: float, most: float) -> Interval:
        """Return it without what cannot be: a share ends at 0 and at 100 %."""
        if self.low is None or self.high is None:
            return self
        return replace(self, low=max(self.low, least), high=min(self.high, most))


def interval(values: Sequence[float]) -> Interval:
    """Return the interval of a mean. Raises ValueError for no values."""
    found = np.asarray(values, float)
    if not len(found):
        raise ValueError("an interval of no values")
    mean = float(found.mean())
    if len(found) < 2:
        return Interval(mean, None, None, 1)
    half = _half(found)
    return Interval(mean, mean - float(half), mean + float(half), len(found))


def shares(values: Sequence[float]) -> Interval:
    """Return the interval of shares (0 to 1) in percent, between 0 and 100."""
    return interval([100 * each for each in values]).within(0, 100)


def _half(found: Any) -> Any:
    """Return half the width of the interval of a mean along the first axis."""
    count = len(found)
    return stdtrit(count - 1, (1 + CONFIDENCE) / 2) * found.std(0, ddof=1) / np.sqrt(count)


def _seeds(count: int) -> str:
    return "one seed" if count == 1 else f"{count} seeds"


def band(given: Axes, x: Any, series: Any, how: dict[str, Any], name: str) -> None:
    """Draw the mean of several series (count, length) with its interval."""
    found = np.asarray(series, float)
    mean = found.mean(0)
    given.plot(x, mean, linewidth=1.5, label=f"{name} ({_seeds(len(found))})", **how)
    if len(found) > 1:
        half = _half(found)
        given.fill_between(x, mean - half, mean + half, color=how["color"], alpha=0.22, linewidth=0)
