"""The plot of a run: bars with intervals for each mode and batch, the roofline, batches, and when
a style that compiles has made up for it; what a run has no figures for is left out."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.records import Run, Timing
from reports.tables import significant, styled
from reports.verdict import breaking_even, roof_of

BAR, MARGIN, LOWER = 0.34, 1.1, 3.6  # inches
COLUMNS = 2
LONGEST = 60  # characters of a name
Panel = Callable[[Axes, Run], None]


def png(run: Run) -> bytes:
    """Return the plot of what a run measured, as a PNG file's content."""
    content = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # a box for what the font lacks will do
        figure(run).savefig(content, format="png", dpi=160, metadata={"Software": None})
    return content.getvalue()


def figure(run: Run) -> Figure:
    """Return the plot of what a run measured: bars, fastest on top, and below what relates them."""
    drawn_at_all = [g for g in run.groups if any(t.measured for t in run.of_group(*g))]
    groups, more = drawn_at_all or run.groups, _more(run)
    upper = [groups[at : at + COLUMNS] for at in range(0, len(groups), COLUMNS)] or [[]]
    lower = [more[at : at + COLUMNS] for at in range(0, len(more), COLUMNS)]
    heights = [BAR * max((len(run.of_group(*g)) for g in row), default=1) + MARGIN for row in upper]
    heights += [LOWER] * len(lower)
    width = 5.6 * max(1, *map(len, upper), *map(len, lower))
    drawn = Figure(figsize=(width, sum(heights)), layout="constrained")
    parts = drawn.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    for part, row in zip(parts, upper):
        for axes, group in zip(part.subplots(1, max(1, len(row)), squeeze=False)[0], row):
            _bars(axes, run, *group)
    for part, panels in zip(parts[len(upper) :], lower):
        for axes, panel in zip(part.subplots(1, len(panels), squeeze=False)[0], panels):
            panel(axes, run)
    header = run.header
    title = f"{_short(header['title'])}, {', '.join(header['precisions'])}"
    drawn.suptitle(title, fontsize=11, parse_math=False)
    return drawn


def _more(run: Run) -> list[Panel]:
    """Return what there is to draw below the bars."""
    found: list[Panel] = []
    if roof_of(run) and any(t.measured for t in run.timings.values()):
        found.append(_roofline)
    if any(group[0] == "training" and breaking_even(run, group) for group in run.groups):
        found.append(_break_even)
    if len({batch for _, batch in run.groups}) > 1:
        found.append(_scaling)
    return found


def _bars(axes: Axes, run: Run, mode: str, batch: int) -> None:
    timings = sorted(run.of_group(mode, batch), key=_speed)
    for place, timing in enumerate(timings):
        if timing.measured:
            _bar(axes, run, timing, place)
        else:
            _write(axes, 0, place, f" {timing.outcome}", color="#666666")
    labels = [f"{_short(run.label(t.framework))}, {_short(styled(run, t))}" for t in timings]
    axes.set_yticks(range(len(timings)), labels, fontsize=9, parse_math=False)
    axes.set_title(f"{mode}, batches of {batch}", fontsize=10, parse_math=False)
    axes.set_xlabel("images per second (line: 95 % interval)", fontsize=8)
    axes.margins(x=0.2)
    axes.set_ylim(-0.6, max(len(timings), 1) - 0.4)
    axes.set_xlim(left=0)
    _plain(axes)


def _bar(axes: Axes, run: Run, timing: Timing, place: int) -> None:
    speed = timing.images
    spread = [[speed.value - speed.low], [speed.high - speed.value]]
    axes.barh(place, speed.value, color=_colour(run, timing), height=0.7)
    axes.errorbar(speed.value, place, xerr=spread, color="black", capsize=2.5, linewidth=1)
    _write(axes, speed.high, place, f"  {significant(speed.value)}")


def _roofline(axes: Axes, run: Run) -> None:
    """Draw what the machine allows, and each timing's arithmetic for what it would move unfused."""
    product, bandwidth, at = run.product, run.bandwidth, run.intensity
    assert product and bandwidth and at
    ridge = product / bandwidth
    ends = [min(at, ridge) / 8, ridge, max(at, ridge) * 8]
    axes.loglog(ends, [min(product, bandwidth * x) for x in ends], color="black", linewidth=1)
    for timing in run.timings.values():
        first = next(iter(run.header["precisions"]))
        if timing.measured and not timing.variant and timing.precision == first:
            form = "o" if timing.mode == "inference" else "^"
            axes.loglog(at, run.flops(timing), form, color=_colour(run, timing), markersize=5)
    axes.set_title("roofline (circles: inference, triangles: training)", fontsize=10)
    axes.set_xlabel("FLOPs per byte of unfused steps", fontsize=8)
    axes.set_ylabel("FLOP/s", fontsize=8)
    _plain(axes)


def _break_even(axes: Axes, run: Run) -> None:
    """Draw the time of a training by its steps, of the fastest style and of the quickest start."""
    group = next(g for g in run.groups if g[0] == "training" and breaking_even(run, g))
    found = breaking_even(run, group)
    assert found
    most = 2 * found[2]
    for timing, form in ((found[0], "-"), (found[1], "--")):
        first = timing.first
        assert first
        start = first["build_s"] + first["first_step_s"]
        label = f"{run.label(timing.framework)}, {styled(run, timing)}"
        ends = [start, start + most * timing.step.value]
        axes.plot([0, most], ends, form, color=_colour(run, timing), label=_short(label))
    axes.set_title(f"training: even after {found[2]:,.0f} steps", fontsize=10)
    axes.set_xlabel("steps", fontsize=8)
    axes.set_ylabel("seconds, compilation included", fontsize=8)
    legend = axes.legend(fontsize=8, frameon=False)
    for text in legend.get_texts():
        text.set_parse_math(False)
    _plain(axes)


def _scaling(axes: Axes, run: Run) -> None:
    """Draw images a second by the batch, of inference."""
    lines: dict[tuple[str, str, str], list[Timing]] = {}
    for timing in run.timings.values():
        if timing.measured and not timing.variant and timing.mode == "inference":
            key = timing.framework, timing.style, timing.precision
            lines.setdefault(key, []).append(timing)
    for line in lines.values():
        line.sort(key=lambda timing: timing.batch)
        sizes, speeds = [t.batch for t in line], [t.images.value for t in line]
        axes.loglog(sizes, speeds, "o-", color=_colour(run, line[0]), markersize=3, linewidth=1)
    axes.set_title("inference by batch", fontsize=10)
    axes.set_xlabel("images a batch", fontsize=8)
    axes.set_ylabel("images per second", fontsize=8)
    _plain(axes)


def _plain(axes: Axes) -> None:
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _colour(run: Run, timing: Timing) -> str:
    return run.header["frameworks"][timing.framework]["colour"]


def _write(axes: Axes, x: float, y: int, text: str, color: str = "black") -> None:
    """Write plain text, whatever is in it: a $ begins no formula."""
    axes.text(x, y, text, va="center", fontsize=8, color=color, parse_math=False)


def _short(text: str) -> str:
    """Return a text cut to what a plot has room for."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _speed(timing: Timing) -> float:
    return timing.images.value if timing.measured else 0.0
