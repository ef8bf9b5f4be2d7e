"""Files that agree on one set of weights, at one size, without what they drop: what these do not
show. Each is run on other weights, at other sizes, and with its dropouts at work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from common.compare import Difference, difference
from common.streams import draw, float32_exact
from frontends.ladder.again import AGAIN_BOUND, but_alike_infinite
from frontends.ladder.beside import MAGNIFIED, FileRuns
from frontends.ladder.climb import given
from frontends.ladder.locate import FLOAT64_BOUND
from frontends.ladder.making import Making
from frontends.ladder.report import Row, stopped_by
from frontends.ladder.runs import BOTH, Job
from frontends.ladder.structure import STRUCTURE
from frontends.ladder.unlike import dropouts_of
from frontends.workers.outcomes import AGREES, MISMATCHED, WorkerError
from frontends.workers.protocol import Tensor

WEIGHTS = "other weights"
SLOPES = "slopes and single values above 1"
SIGNS = "gains and single values of both signs"
CONSTANTS, KINDS_OF_CONSTANTS = "constants of both signs", 6


def dropouts_at_work(runs: FileRuns, panels: tuple[str, str]) -> Iterator[Row]:
    """Yield a row if two files give other outputs in training where every dropout of rate p gives
    x + p sin x: of another rate, in another place, or what goes round it."""
    told = [runs.run(Job(panel)).told.dropouts.get("train") for panel in panels]
    if not all(told):
        return
    jobs = [Job(panel, want=BOTH[1:], dropping=True) for panel in panels]
    stopped = _stopped(runs, jobs)
    yield from stopped
    found = None if stopped else _worst(runs, jobs, BOTH[1:])
    if found is not None and found.relative > AGAIN_BOUND:
        words = " and ".join(f"{dropouts_of(runs, panel)} of {panel}" for panel in panels)
        line = f"dropouts act on training in other ways: {words}; outputs {found}"
        yield Row(STRUCTURE, panels, MISMATCHED, note=line)


def other_weights(making: Making, runs: FileRuns) -> Iterator[Row]:
    """Yield a row for every pair of files that were compared on weights of other signs and sizes,
    as trained ones may have; none where nothing of these gave a number."""
    subjects, rows = list(runs.brought.values()), dict[tuple[str, str], Row]()
    for number, (what, values) in enumerate(_others(runs).items()):
        others = {**runs.parameters, **values}
        inputs = {"input": runs.given["input"]}
        elsewhere = making.made(subjects, f"weights_{number}", runs.shape, others, inputs)
        for pair in combinations(runs.brought, 2):
            found = [each for each in (rows.get(pair), _row(elsewhere, pair, what)) if each]
            if found:
                rows[pair] = max(found, key=lambda each: (not each.passed, each.worst or 0.0))
    yield from rows.values()


def _row(runs: FileRuns, pair: tuple[str, str], what: str) -> Row | None:
    """Return the row of two files, None where nothing was compared: neither takes these weights, or
    one does not take a constant, or no output is finite."""
    jobs = [Job(panel) for panel in pair]
    stopped = _stopped(runs, jobs)
    if len(stopped) == 1 and not what.startswith(CONSTANTS):
        return stopped[0]
    found = None if stopped else _worst(runs, jobs, BOTH)
    if found is None:
        return None
    bound = AGAIN_BOUND
    if found.relative > bound:
        bound = max(bound, _magnified(runs, pair))
    outcome = MISMATCHED if found.relative > bound else AGREES
    note = f"{what}: outputs {found}" if outcome == MISMATCHED else ""
    return Row(WEIGHTS, pair, outcome, found.relative, bound, note)


def _stopped(runs: FileRuns, jobs: list[Job]) -> list[Row]:
    """Run jobs side by side; return a row for each that did not come to its end."""
    stops = zip(jobs, runs.run_all([[job] for job in jobs]))
    return [stopped_by(job.subject, stop) for job, stop in stops if stop is not None]


def _magnified(runs: FileRuns, pair: tuple[str, str]) -> float:
    """Return what rounding alone may make of float64 outputs, by how far float32 is off."""
    worst = 0.0
    for panel in pair:
        try:
            exact, rounded = (runs.run(Job(panel, dtype=each)) for each in ("float64", "float32"))
        except WorkerError:
            continue
        with exact.read() as one, rounded.read() as other:
            for mode in BOTH:
                found = difference(one.get(f"{mode}/output"), other.get(f"{mode}/output"))
                worst = max(worst, found.relative if np.isfinite(found.relative) else 0.0)
    return MAGNIFIED * worst


def _worst(runs: FileRuns, jobs: list[Job], modes: tuple[str, ...]) -> Difference | None:
    """Return the worst difference of two files' outputs, what is infinite in both left out; None
    where nothing is finite. jobs: that came to their end."""
    found = []
    one, other = (runs.run(job).read() for job in jobs)
    with one, other:
        for mode in modes:
            for name in runs.outputs(mode):
                both = [given(each, f"{mode}/{name}") for each in (one, other)]
                if any(np.isfinite(each).any() for each in both):
                    found.append(difference(*but_alike_infinite(*both)))
    return max(found, key=lambda each: each.relative, default=None)


def _others(runs: FileRuns) -> dict[str, dict[str, Any]]:
    """Return weights that stand for those of the runs, in words."""
    tensors = runs.first.seen.tensors
    own = {name: each for name, each in runs.parameters.items() if name in tensors}
    kept = set.intersection(*(runs.frozen(panel) for panel in runs.brought))
    trained = {n: a for n, a in own.items() if n not in kept and _is_single(tensors[n])}
    slopes = {n: a for n, a in trained.items() if tensors[n].kind in ("slope", "")}
    made = {
        SIGNS: {n: _signed(n, a) for n, a in trained.items()},
        SLOPES: {n: _larger(n, a) for n, a in slopes.items()},
    }
    constants: dict[str, dict[str, Any]] = {}  # by their last name: not all of them may be negative
    for name in sorted(each for each in kept if each in own and _is_real(own[each])):
        words = f"{CONSTANTS} ({name.rpartition('.')[2]})"
        constants.setdefault(words, {})[name] = _signed(name, own[name])
    made.update(list(constants.items())[:KINDS_OF_CONSTANTS])
    return {what: values for what, values in made.items() if values}


def _is_single(tensor: Tensor) -> bool:
    """Return whether a tensor has a value for each channel, or one, that no law bounds."""
    wide = sum(size > 1 for size in tensor.shape)
    return tensor.kind in ("gamma", "slope") or (not tensor.kind and wide < 2)


def _is_real(values: Any) -> bool:
    """Return whether a constant is no count, place or choice."""
    return bool(values.size and (values != np.round(values)).any()) or bool((values == 1).all())


def _signed(name: str, values: Any) -> Any:
    signs = draw(f"{name}/sign", 0).choice([-1.0, 1.0], values.shape)
    if values.size == 1:
        signs = -np.ones_like(signs)
    return float32_exact(values * signs)


def _larger(name: str, values: Any) -> Any:
    least = 5.0 if values.size == 1 else 1.5  # exp of a temperature is bounded by 100, often
    return float32_exact(draw(f"{name}/large", 0).uniform(least, 6.0, values.shape))


def sizes(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return other shapes of maps, from just above on: what is halved again and again is odd, or
    even, at other depths; halves rounded up of 32m + 1 are odd to the fifth, down of 32m - 1."""
    channels, height, width = shape
    odd = 32 * -(-height // 32) + 1, 32 * -(-(width + 4) // 32) - 1
    near = (height + 1, width + 3), odd, (height + 13, width + 22)
    return [(channels, *each) for each in near]


@dataclass(frozen=True)
class Sizes:
    """What files do at other sizes. apart: shape -> how they part, or which does not take it.
    fixed: Keras models that declare one size, and were not compared at others."""

    apart: dict[tuple[int, ...], str]
    fixed: list[str]

    @property
    def notes(self) -> list[str]:
        """What there is to say, a line each."""
        lines = [f"at {shape} they differ: {found}" for shape, found in self.apart.items()]
        return lines + [f"{each} is of one size: not compared at others" for each in self.fixed]


@dataclass(frozen=True)
class _Tried:
    """What came of a size. parted: how outputs part, "" if they agree. refused: why, of the files
    that did not take it."""

    parted: str
    refused: dict[str, str]


def other_sizes(making: Making, runs: FileRuns, seed: int) -> Sizes:
    """Return what files that agree at one size do at others.

    A Keras model that takes none of those that another file takes is said to be of one size.
    """
    tried = dict[tuple[int, ...], _Tried]()
    for number, shape in enumerate(sizes(runs.shape) if len(runs.shape) == 3 else ()):
        inputs = float32_exact(draw("inputs", seed).standard_normal((2, *shape)))
        found = _at(making, runs, f"size_{number}", shape, {"input": inputs})
        if len(found.refused) < len(runs.brought):
            tried[shape] = found
    fixed = [
        panel
        for panel, subject in runs.brought.items()
        if subject.framework == "tensorflow" and tried
        if all(panel in each.refused for each in tried.values())
    ]
    apart = dict[tuple[int, ...], str]()
    for shape, each in tried.items():
        refused = [
            f"{n} does not take them: {w}" for n, w in each.refused.items() if n not in fixed
        ]
        if each.parted or refused:
            apart[shape] = "; ".join(filter(None, [each.parted, *refused]))
    return Sizes(apart, fixed)


def _at(
    making: Making, runs: FileRuns, name: str, shape: tuple[int, ...], inputs: Mapping[str, Any]
) -> _Tried:
    """Return what came of a size."""
    elsewhere = making.made(list(runs.brought.values()), name, shape, runs.parameters, inputs)
    jobs = {panel: Job(panel, want=BOTH[:1]) for panel in runs.brought}
    stops = dict(zip(jobs, elsewhere.run_all([[job] for job in jobs.values()])))
    refused = dict[str, str]()
    for panel, stop in stops.items():
        if isinstance(stop, WorkerError):
            refused[panel] = stop.outcome.message
        elif stop is not None:
            raise stop
    for one, other in combinations([panel for panel in jobs if panel not in refused], 2):
        found = _worst(elsewhere, [jobs[one], jobs[other]], BOTH[:1])
        if found is not None and found.relative > FLOAT64_BOUND:
            return _Tried(elsewhere.apart_in_evaluation() or str(found), refused)
    return _Tried("", refused)
