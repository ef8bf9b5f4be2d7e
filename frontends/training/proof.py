"""No verdict, no training: what panels have to prove before they train."""

from __future__ import annotations

from dataclasses import replace

from frontends.frameworks import MODERN
from frontends.ladder.report import Report
from frontends.ladder.verify import verify
from frontends.training.experiment import Experiment
from frontends.workers.outcomes import NOT_COMPARABLE, Outcome


def prove(experiment: Experiment) -> Report:
    """Return the report of the ladder, with the rungs of training; one panel alone is proved
    against another."""
    panels = list(experiment.panels)
    if len(panels) == 1:
        panels.append(next(name for name in reversed(MODERN) if name not in panels))
    return verify(experiment.network, panels, recipe=experiment.recipe, timeout=experiment.timeout)


def refusal(report: Report, panel: str) -> Outcome | None:
    """Return why a panel does not train, None if the ladder passed it. That a training magnifies
    rounding is no reason: it is what records show."""
    rows = [row for row in report.rows if row.outcome != NOT_COMPARABLE]
    reason = replace(report, rows=rows).reason(panel)
    if reason is None:
        return None
    for row in rows:
        if row.stage and row.panels == (panel,):
            return Outcome(panel, row.outcome, row.stage, row.note)
    return Outcome(panel, NOT_COMPARABLE, "verify", reason)
