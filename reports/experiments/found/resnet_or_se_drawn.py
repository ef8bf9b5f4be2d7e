"""The pictures of ResNet and SE-ResNet, and the figures that they are drawn from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports.experiments import drawing
from reports.experiments.drawing import Drawing, Theme
from reports.experiments.page import label
from reports.experiments.resnet_or_se import NETWORKS

LAST, WINDOW, SPAN = 200, 50, 350  # iterations, and the spans of the notebook's means


def ewma(values: Any, span: int) -> Any:
    """Return the exponentially weighted mean that pandas calls ewm(span, adjust=False)."""
    found, alpha = np.array(values, float), 2 / (span + 1)
    for i in range(1, len(found)):
        found[i] = (1 - alpha) * found[i - 1] + alpha * found[i]
    return found


Curves = Mapping[tuple[str, ...], Any]


def differences(curves: Curves, panel: str) -> dict[str, float]:
    """Return seed -> SE-ResNet's mean test loss over the last iterations less ResNet's."""
    found = {}
    for (where, name, seed), plain in curves.items():
        other = curves.get((where, "se_resnet", seed))
        if where == panel and name == "resnet" and other is not None:
            last = [float(np.mean(each["tests"][-LAST:])) for each in (other, plain)]
            found[seed] = last[0] - last[1]
    return found


def differences_by_seed(curves: Curves, panels: list[str]) -> dict[str, list[float]]:
    """Return seed -> its differences, one of each panel that ran it."""
    found: dict[str, list[float]] = {}
    for panel in panels:
        for seed, apart in differences(curves, panel).items():
            found.setdefault(seed, []).append(apart)
    return found


def by_seed(curves: Curves, name: str, of: Callable[[Any], Any]) -> list[Any]:
    """Return a figure of each seed's runs of a network, the mean over the panels: they start at the
    same weights and see the same batches, and are no further chances."""
    found: dict[str, list[Any]] = {}
    for (_, network, seed), each in curves.items():
        if network == name:
            found.setdefault(seed, []).append(of(each["maps"]))
    return [np.mean(each, 0) for each in found.values()]


def drawings_of(curves: Curves, panels: list[str]) -> tuple[Drawing, ...]:
    """Return the pictures that there are runs for."""
    drawn = (_curves(curves, panels), _seeds(curves, panels), _maps(curves), _shares(curves))
    return tuple(each for each in drawn if each is not None)


def _curves(curves: Curves, panels: list[str]) -> Drawing:
    def draw(theme: Theme) -> Figure:
        drawn, rows = drawing.axes(3, rows=len(panels))
        for row, panel in zip(rows, panels):
            _draw_curves(row, curves, panel, theme)
            row[0].legend()
        return drawn

    return Drawing(
        "curves",
        "Test loss of ResNet and SE-ResNet over the iterations: raw, the last 200, and smoothed",
        "A row for each panel: mean over the seeds, with the 95 % interval of the mean; one run "
        "where there is one seed.",
        draw,
    )


def _draw_curves(row: Any, curves: Curves, panel: str, theme: Theme) -> None:
    for number, (name, title) in enumerate(NETWORKS.items()):
        own = [
            e["tests"] for (where, which, _), e in curves.items() if (where, which) == (panel, name)
        ]
        if not own:
            continue
        steps = np.arange(1, len(own[0]) + 1)
        smooth = [ewma(each, WINDOW) for each in own]
        for axes, series, start in zip(row, (own, own, smooth), (0, -LAST, -LAST)):
            part = np.array(series)[:, start:]
            drawing.band(axes, steps[start:], part, theme.series(number), title)
    titles = ("all, raw", f"the last {LAST}, raw", f"the last {LAST}, EWMA of span {WINDOW}")
    for axes, title in zip(row, titles):
        drawing.label(axes, f"{label(panel)}: {title}", "iteration", "test loss (nats)")
    for axes in row[1:]:
        axes.set_ylim(0, 0.3 if axes.get_ylim()[0] < 0.3 else None)
    row[0].set_ylim(bottom=0)


def _seeds(curves: Curves, panels: list[str]) -> Drawing | None:
    apart = {panel: found for panel in panels if (found := differences(curves, panel))}
    if not apart:
        return None

    def draw(theme: Theme) -> Figure:
        drawn, ((axes,),) = drawing.axes(1, width=5.5)
        axes.axhline(0, linewidth=0.8, color=theme.text)
        for number, (panel, found) in enumerate(apart.items()):
            x = [int(seed) + 0.08 * (number - len(apart) / 2) for seed in found]
            axes.plot(
                x, list(found.values()), linestyle="none", label=label(panel), **theme.marks(number)
            )
        drawing.label(axes, "SE-ResNet less ResNet", "random seed", "test loss (nats)")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))  # its marks are no values
        return drawn

    return Drawing(
        "seeds",
        "Difference of the mean test loss over the last iterations, for each random seed and panel",
        "Below zero: SE-ResNet is better. Panels of one seed started at the same weights and saw "
        "the same batches.",
        draw,
    )


def _maps(curves: Curves) -> Drawing | None:
    """Return the maps of one panel and seed: the first whose means were recorded for both."""
    for panel, _, seed in curves:
        pair = [curves.get((panel, name, seed), {}).get("maps", {}) for name in NETWORKS]
        if all("means" in each for each in pair):
            return _maps_of(pair, panel, seed)
    return None


def _maps_of(pair: Sequence[Any], panel: str, seed: str) -> Drawing:
    def draw(theme: Theme) -> Figure:
        drawn, (above, below) = drawing.axes(2, rows=2, width=6.0, height=4.2)
        for number, (title, maps) in enumerate(zip(NETWORKS.values(), pair)):
            _draw_classes(above[number], title, maps["means"], theme)
            ordered = np.sort(maps["between"])[::-1]
            below[number].plot(ordered, linewidth=1.4, **theme.series(number))
            drawing.label(
                below[number], f"{title}, unsmoothed", "maps, widest first",
                "deviation of the classes' means",
            )  # fmt: skip
        for row in (above, below):  # widths are compared: one scale for both networks
            top = max(axes.get_ylim()[1] for axes in row)
            for axes in row:
                axes.set_ylim(0, top)
        return drawn

    return Drawing(
        "maps",
        "Activations behind the global average by class, for both networks",
        f"One run of each: {label(panel)}, seed {seed}. Above: a line per class, which bears its "
        "digit, smoothed over the index of the map as in the notebook. Below: how far the classes' "
        "means are apart, map by map. Both networks on one scale.",
        draw,
    )


def _draw_classes(axes: Any, title: str, means: Sequence[Any], theme: Theme) -> None:
    """Draw a line for each digit that bears the digit, by which it is told in grey, too."""
    for number, means_of in enumerate(means):
        values, how = ewma(means_of, SPAN), theme.series(number)
        axes.plot(values, linewidth=0.9, **how)
        badge = {"boxstyle": "circle,pad=0.15", "fc": theme.background, "ec": how["color"]}
        for at in range(len(values) * (number + 4) // 40, len(values), max(1, len(values) // 4)):
            axes.text(
                at, values[at], str(number), fontsize=7, weight="bold", ha="center", va="center",
                zorder=3, bbox=badge,
            )  # fmt: skip
    axes.set_xlim(0, 2060)
    drawing.label(
        axes, f"{title}, as the notebook draws it", "index of the map",
        f"mean activation, EWMA of span {SPAN}",
    )  # fmt: skip


def _shares(curves: Curves) -> Drawing:
    def draw(theme: Theme) -> Figure:
        drawn, ((axes,),) = drawing.axes(1, width=5.5)
        grid = np.linspace(0, 1, 101)
        for number, (name, title) in enumerate(NETWORKS.items()):
            own = by_seed(curves, name, lambda maps: _cumulated(maps["explained"], grid))
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
        "Further right: maps tell more of the class. By seed, mean over the panels that ran it: "
        "mean over the seeds, with its 95 % interval.",
        draw,
    )


def _cumulated(values: Any, grid: Any) -> Any:
    """Return which share of values is at most each of a grid."""
    return np.array([(np.array(values) <= x).mean() for x in grid])
