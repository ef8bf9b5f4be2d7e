"""What pitfalls cost, in points of accuracy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from tabulate import tabulate

from common.experiments import PITFALLS
from reports.experiments import drawing
from reports.experiments.drawing import Drawing, Interval, Theme, interval, shares
from reports.experiments.found.lost import (
    FEWEST,
    FIGURES,
    Cost,
    Share,
    all_lost,
    lost,
    percent,
    said,
    shown,
    summary,
)
from reports.experiments.mistakes import MISTAKES, NOT_RUN, key
from reports.experiments.page import label
from reports.experiments.records import Record
from reports.experiments.study import Findings

HOW = (
    "the network has two convolutions of stride 2 with “same” padding, grouped and dilated ones, "
    "three batch normalizations, one of them ending a residual branch, ReLU6, a max pool that "
    "rounds up and one that pads, an average pool that pads, padded channels, three dense layers "
    "(`common/networks/pitfalls.py`); a mistake is planted into its specification, the recipe, the "
    "first weights or the weights that are carried over (`reports/experiments/mistakes.py`), one "
    "at a time, and written and trained as the right one is",
    "trained so from scratch: the wrong network from the same random seed on the same batches; "
    "weights carried over: the right network's trained weights, evaluated in the wrong network",
    "intervals: 95 %, of the mean over random seeds, of weights and order of samples, where there "
    "are at least three; points lost are those of the same seed, and are “not shown” where their "
    "interval includes zero, or there is none",
    "with statistics of the batch at evaluation: one image at a time, in numpy",
)


def find(record: Record) -> Findings:
    """Return what the parts show."""
    found = costs(record)
    panels = list(dict.fromkeys(cost.panel for own in found.values() for cost in own))
    return Findings(
        summary(_in(found, panels[0]) if panels else {}),
        (),
        (_lost(found, panels),) if panels else (),
        (
            *((f"What is shown in {label(p)}", shown(_in(found, p))) for p in panels),
            *((f"In {label(p)}", _table(found, p)) for p in panels),
            ("Not run", _not_run()),
        ),
        HOW,
    )


def costs(record: Record) -> dict[str, list[Cost]]:
    """Return pitfall -> what it costs in each panel in which it was run."""
    right, wrong = record.of("right"), record.of("wrong")
    found: dict[str, list[Cost]] = {}
    for name, mistake in MISTAKES.items():
        panels = dict.fromkeys(panel for own, panel, _ in wrong if own == key(name))
        for panel in panels:
            pairs = [
                (right[mistake.stage, panel, seed], each)
                for (own, where, seed), each in wrong.items()
                if (own, where) == (key(name), panel) and (mistake.stage, panel, seed) in right
            ]
            if pairs:
                found.setdefault(name, []).append(_cost(panel, pairs))
    return found


def _cost(panel: str, pairs: Sequence[tuple[Any, Any]]) -> Cost:
    figures = {}
    for name in FIGURES:
        diverged = sum(bool(bad["diverged"]) for _, bad in pairs) if name == "trained" else 0
        own = [(good["accuracy"], bad[name]) for good, bad in pairs if bad[name] is not None]
        if own or diverged:
            figures[name] = Share(
                shares([bad for _, bad in own]) if own else None,
                interval([100 * (good - bad) for good, bad in own]) if own else None,
                diverged,
                len(pairs),
            )
    return Cost(panel, shares([good["accuracy"] for good, _ in pairs]), figures)


def _in(found: Mapping[str, Sequence[Cost]], panel: str) -> dict[str, Cost]:
    return {name: cost for name, own in found.items() for cost in own if cost.panel == panel}


def _table(found: Mapping[str, Sequence[Cost]], panel: str) -> str:
    own = _in(found, panel)
    rows = []
    for name in sorted(own, key=_worst(own)):
        cells = [name, percent(own[name].right)]
        for figure in FIGURES:
            had = own[name].figures.get(figure)
            cells += [said(had), lost(had.lost)] if had else ["", ""]
        rows.append((*cells, str(own[name].right.count), MISTAKES[name].why))
    headers = (
        "pitfall", "the right network", "trained so from scratch", "points lost",
        "weights carried over", "points lost", "seeds", "the other figure is missing, because",
    )  # fmt: skip
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


def _worst(own: Mapping[str, Cost]) -> Callable[[str], float]:
    """Return what sorts pitfalls by the most that they cost, the worst first."""

    def lost(name: str) -> float:
        found = [each.lost.mean if each.lost else 100.0 for each in own[name].figures.values()]
        return -max(found, default=0.0)

    return lost


def _not_run() -> str:
    return "\n".join(f"- {name}: {why}" for name, why in NOT_RUN.items())


def _half(found: Interval) -> float:
    """Return half an interval's width, 0 where there are too few seeds for one."""
    return 0.0 if found.high is None or found.count < FEWEST else found.high - found.mean


def _lost(found: Mapping[str, Sequence[Cost]], panels: Sequence[str]) -> Drawing:
    def draw(theme: Theme) -> Figure:
        drawn, (row,) = drawing.axes(len(panels), width=7.5, height=8.0)
        for axes, panel in zip(row, panels):
            own = _in(found, panel)
            names = sorted(own, key=_worst(own))[::-1]
            for number, (figure, words) in enumerate(FIGURES.items()):
                lost = all_lost(own, figure)
                at = [names.index(name) for name in lost]
                means = [each.mean for each in lost.values()]
                half = [_half(each) for each in lost.values()]
                axes.errorbar(
                    means, np.array(at) + 0.16 - 0.32 * number, xerr=half, linestyle="none",
                    markersize=4, elinewidth=1, label=words, **theme.marks(number),
                )  # fmt: skip
            axes.set_yticks(range(len(names)), names, fontsize=7)
            axes.axvline(0, color=theme.faint, linewidth=1, zorder=0)
            drawing.label(axes, label(panel), "points of accuracy lost", "")
        row[0].legend(fontsize=8, loc="lower right")
        return drawn

    return Drawing(
        "lost",
        "Points of accuracy that each pitfall costs, trained so and with weights carried over",
        "Means over random seeds, with 95 % intervals where there are at least three; at most "
        f"{PITFALLS.full.tests:,} test images; right of 0: the wrong network is worse.",
        draw,
    )
