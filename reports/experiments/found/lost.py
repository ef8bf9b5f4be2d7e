"""Points of accuracy that pitfalls cost: in words, and which of them are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tabulate import tabulate

from reports.experiments.drawing import CONFIDENCE, Interval
from reports.experiments.study import UNSHOWN

FIGURES = {"trained": "trained so from scratch", "carried": "weights carried over"}

FEWEST = 3  # random seeds that an interval is told of


@dataclass(frozen=True)
class Share:
    """One figure of a pitfall: its accuracy in percent, and the points that it is below the right
    network's of the same random seeds; None: in no seed was there an accuracy. diverged: in how
    many there was none, of how many."""

    accuracy: Interval | None
    lost: Interval | None
    diverged: int
    seeds: int


@dataclass(frozen=True)
class Cost:
    """What a pitfall costs in one panel. right: the right network's accuracy in percent. figures:
    by a key of FIGURES, of those that were run."""

    panel: str
    right: Interval
    figures: Mapping[str, Share]


COSTS, BETTER = "costs accuracy", "better than the right network"
Costs = Mapping[str, Cost]  # by pitfall, in one panel


def word(lost: Interval) -> str:
    """Return what an interval of points lost shows: COSTS or BETTER where it excludes zero, else
    UNSHOWN; of too few seeds there is none."""
    if lost.low is None or lost.high is None or lost.count < FEWEST:
        return UNSHOWN
    return COSTS if lost.low > 0 else BETTER if lost.high < 0 else UNSHOWN


def said(figure: Share) -> str:
    """Return a figure in words: "95.1 % (94.8 to 95.4)", and in how many seeds it diverged."""
    return ", ".join(
        filter(None, [percent(figure.accuracy) if figure.accuracy else "", _diverged(figure)])
    )


def points(figure: Share) -> str:
    """Return the points that a figure loses, with their interval, and what is not shown or better:
    "4.0 (-4.0 to 11.9), not shown"; and in how many seeds it diverged."""
    words = [lost(figure.lost)] if figure.lost else []
    return ", ".join(filter(None, [*words, _diverged(figure)]))


def lost(found: Interval | None) -> str:
    """Return points lost with their interval, and whether they are not shown, or gained."""
    if found is None:
        return ""
    what = word(found)
    return f"{found.mean:.1f}{_range(found)}" + (f", {what}" if what != COSTS else "")


def percent(found: Interval) -> str:
    """Return an accuracy with its interval."""
    return f"{found.mean:.1f} %{_range(found)}"


def _diverged(figure: Share) -> str:
    return f"diverged in {figure.diverged} of {figure.seeds} seeds" if figure.diverged else ""


def _range(found: Interval) -> str:
    """Return the interval in words, "" of too few seeds for one."""
    return "" if found.count < FEWEST else f" ({found.low:.1f} to {found.high:.1f})"


def summary(found: Costs) -> str:
    """Return how many pitfalls are shown to cost accuracy, which is the worst, and which are shown
    to be better than the right network."""
    parts = [_of(found, name) for name in FIGURES]
    return " ".join(filter(None, parts)) or "Nothing was run yet."


def _of(found: Costs, figure: str) -> str:
    own = all_lost(found, figure)
    if not own:
        return ""
    by_word = _by_word(own)
    cost, better = by_word[COSTS], by_word[BETTER]
    most = f", at most {own[cost[0]].mean:.1f} points ({cost[0]})" if cost else ""
    said = (
        f"{FIGURES[figure].capitalize()}, {len(cost)} of {len(own)} pitfalls are shown to cost "
        f"accuracy{most}; a cost of {len(by_word[UNSHOWN])} is {UNSHOWN}."
    )
    diverged = [name for name, each in found.items() if _diverged_in(each, figure)]
    if diverged:
        said += f" Some seeds diverged: {', '.join(diverged)}."
    if better:
        said += f" Significantly better than the right network: {', '.join(better)}."
    return said


def _diverged_in(cost: Cost, figure: str) -> bool:
    return figure in cost.figures and cost.figures[figure].diverged > 0


def _by_word(own: Mapping[str, Interval]) -> dict[str, list[str]]:
    """Return COSTS, UNSHOWN, BETTER -> the pitfalls of which it is said, the worst first."""
    ordered = sorted(own, key=lambda name: -own[name].mean)
    return {what: [x for x in ordered if word(own[x]) == what] for what in (COSTS, UNSHOWN, BETTER)}


def all_lost(found: Costs, figure: str) -> dict[str, Interval]:
    """Return what each pitfall costs by one figure, of those that have it."""
    shares = {name: cost.figures.get(figure) for name, cost in found.items()}
    return {name: each.lost for name, each in shares.items() if each and each.lost}


def shown(found: Costs) -> str:
    """Return which pitfalls are shown to cost accuracy, which are not, and what chance alone would
    show, as a table and a sentence."""
    rows, tests = [], 0
    for figure, words in FIGURES.items():
        own = all_lost(found, figure)
        tests += len(own)
        rows += [
            (words, what, len(names), ", ".join(f"{x} {own[x].mean:.1f}" for x in names))
            for what, names in _by_word(own).items()
        ]
    headers = ("figure", "what is shown", "pitfalls", "which, and points lost")
    table = tabulate(rows, headers, tablefmt="github", disable_numparse=True)
    chance = (1 - CONFIDENCE) * tests
    return (
        f"{table}\n\nShown: the {100 * CONFIDENCE:.0f} % interval of the points lost, paired by "
        f"random seed, excludes zero. Of {tests} such intervals about {chance:.0f} would exclude "
        "it by chance alone; and all are held against the same few runs of the right network, "
        "whose own chance is in every difference."
    )
