"""What each pitfall costs in accuracy, for the handbook: from the record of the experiment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from common.experiments import PITFALLS
from reports.experiments.found.lost import FIGURES, Cost, percent, points
from reports.experiments.found.pitfalls import costs
from reports.experiments.mistakes import MISTAKES, NOT_RUN
from reports.handbook import experiments
from reports.handbook.columns import SHORT

STEM = f"experiment-{PITFALLS.name}"


def read_costs(reports: Path) -> dict[str, list[Cost]]:
    """Return what each pitfall costs, by its control. Raises TriptychError for a record that cannot
    be read."""
    return costs(experiments.record_of(reports, PITFALLS.name))


def words(control: str, found: Mapping[str, Sequence[Cost]]) -> str:
    """Return the points that a pitfall costs by both figures, and why one is missing, in a line of
    Markdown."""
    if control in NOT_RUN:
        return f"not run, because {NOT_RUN[control]}."
    if control not in found:
        return "not run yet."
    panels = [_in(cost) for cost in found[control]]
    why = MISTAKES[control].why
    return "; ".join(panels) + (f"; {why}." if why else ".")


def _in(cost: Cost) -> str:
    figures = [f"{FIGURES[name]} {points(each)}" for name, each in cost.figures.items()]
    many = cost.right.count
    seeds = f"{many} random seed{'s' * (many > 1)}"
    where = f"{SHORT[cost.panel]}, {seeds}; the right network has {percent(cost.right)}"
    return f"points of accuracy lost: {'; '.join(figures)} ({where})"
