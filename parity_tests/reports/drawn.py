"""What a plot shows, as plain data: a PNG's bytes change with the version of matplotlib."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer
from matplotlib.figure import Figure

DIGITS = 6  # of a second's images


def drawn(figure: Figure) -> dict[str, Any]:
    """Return the title of a plot, and of each of its axes all bars, spreads and texts."""
    return {"title": figure.get_suptitle(), "axes": [_axes(each) for each in figure.axes]}


def _axes(axes: Axes) -> dict[str, Any]:
    bars = [bar for each in axes.containers if isinstance(each, BarContainer) for bar in each]
    return {
        "title": axes.get_title(),
        "xlabel": axes.get_xlabel(),
        "labels": [label.get_text() for label in axes.get_yticklabels()],
        "bars": [[round(bar.get_width(), DIGITS), to_hex(bar.get_facecolor())] for bar in bars],
        "spreads": [
            [round(float(x), DIGITS) for x, _ in segment]
            for lines in axes.collections
            for segment in lines.get_segments()  # type: ignore[attr-defined]
        ],
        "texts": [text.get_text() for text in axes.texts],
    }
