"""The float32 rungs: each panel's own rounding, step by step (frontends.ladder.rounding).

What a panel records of every step is large: it is run when it is about to be judged, as many panels
at once as there are cores, and what it recorded is removed before the next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from common import machine
from frontends.ladder.climb import Climb
from frontends.ladder.report import Row, stopped_by
from frontends.ladder.rounding import Finding, Judge
from frontends.ladder.runs import Job, side_by_side
from frontends.workers.arrays import ArrayReader
from frontends.workers.outcomes import AGREES, MISMATCHED

RESULTS = {
    "evaluate": "rounding, results (eval)",
    "train": "rounding, results (batch statistics)",
}
GRADIENTS = "rounding, gradients"


def job(panel: str) -> Job:
    """Return the one float32 job of a panel: its tapped twin, every step and cotangent kept."""
    return Job(panel, dtype="float32", taps=True, keep_steps=True, keep_cotangents=True)


def results(mode: str) -> Callable[[Climb], Iterator[Row]]:
    """Return the judge of every step's result in a mode, "evaluate" or "train"."""
    return lambda climb: _picked(climb, RESULTS[mode])


def gradients(climb: Climb) -> Iterator[Row]:
    """Judge the cotangent of every value and the gradient of every parameter."""
    return _picked(climb, GRADIENTS)


def _picked(climb: Climb, rung: str) -> Iterator[Row]:
    """Yield the rows of a rung; the first that asks has all panels judged, side by side."""
    if not climb.judged:
        every = side_by_side(lambda panel: _judged(climb, panel), climb.panels, machine.cores())
        climb.judged.update(zip(climb.panels, every))
    for panel in climb.panels:
        if rung in climb.judged[panel]:
            yield climb.judged[panel][rung]


def _judged(climb: Climb, panel: str) -> dict[str, Row]:
    """Return a panel's row of every float32 rung, or at the first that it was stopped."""
    try:
        result = climb.runs.run(job(panel))
    except Exception as stop:
        return {RESULTS["evaluate"]: stopped_by(panel, stop)}
    try:
        with result.read() as recorded:
            return _rows(climb, panel, recorded)
    finally:
        climb.runs.drop(job(panel))


def _rows(climb: Climb, panel: str, recorded: ArrayReader) -> dict[str, Row]:
    given = climb.elaboration.steps, climb.runs.parameters, climb.runs.batch_of("input")
    silent = climb.runs.subject(panel).silent_steps(climb.runs.network)
    missing = _missing(climb, panel, recorded.names(), silent)
    if missing:
        return {rung: _untold(rung, panel, missing) for rung in (*RESULTS.values(), GRADIENTS)}
    evaluated = Judge(*given, recorded.get, "evaluate", silent).results()
    trained, back = Judge(*given, recorded.get, "train", silent).training()
    found = {RESULTS["evaluate"]: evaluated, RESULTS["train"]: trained, GRADIENTS: back}
    return {rung: _row(rung, panel, findings, silent) for rung, findings in found.items()}


def _missing(
    climb: Climb, panel: str, names: Iterable[str], silent: Mapping[str, str]
) -> list[str]:
    """Return what a panel has to tell of its steps and parameters, and does not."""
    paths = [step.path for step in climb.elaboration.steps if step.path not in silent]
    kinds = ("evaluate/step", "train/step", "train/cotangent")
    known = set(names)
    wanted = [f"{kind}/{path}" for path in paths for kind in kinds]
    wanted += [f"train/gradient/{name}" for name in climb.expected("gradient", panel)]
    return [name for name in wanted if name not in known]


def _untold(rung: str, panel: str, missing: list[str]) -> Row:
    note = f"not told: {', '.join(missing[:3])}" + (", …" if len(missing) > 3 else "")
    return Row(rung, (panel,), MISMATCHED, note=note)


def _row(rung: str, panel: str, findings: Iterable[Finding], silent: Mapping[str, str]) -> Row:
    """Return a panel's row: the worst share of its bound, and the first finding beyond."""
    worst, first = 0.0, ""
    for each in findings:
        worst = max(worst, each.ratio)
        if each.ratio > 1 and not first:
            first = f"first at {each}"
    if first:
        return Row(rung, (panel,), MISMATCHED, worst, 1.0, first)
    exempt = Counter(silent.values())
    note = "; ".join(f"{count} steps exempt: {why}" for why, count in exempt.items())
    return Row(rung, (panel,), AGREES, worst, 1.0, note)
