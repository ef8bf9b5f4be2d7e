"""Find the step where two panels part: compare what their steps give, one by one.

A place is named only if what the step is given agrees and what it gives does not. A written file
shows every step. A reader's shows its layers that hold parameters, and what they are given: a place
between two of them is said to be between.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import numpy as np

from common.compare import Difference, difference
from common.elaborate import Step
from common.ops import Dropout, ReLU
from frontends.ladder.runs import Job, Runs
from frontends.workers.arrays import ArrayReader
from frontends.workers.outcomes import WorkerError
from frontends.workers.recording import DROPOUT

FLOAT64_BOUND = 1e-10  # of the largest value
NOWHERE = "no step differs: the output is not what the last step gives"
DISTURBED = "not located: to be looked at changes what {} gives"
UNSEEN = "not located: no layer of mine is called in a way that can be observed"
INPUT = "the input"


class Locator:
    """Names the first step, in the order of execution, whose results differ."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._steps = runs.elaboration.steps

    def forward(self, mode: str, left: str, right: str) -> str:
        """Return where two panels part in float64, with the worst index and both values."""
        with ExitStack() as stack:
            seen = []
            for name in (left, right):
                try:
                    looked_at = self._runs.run(Job(name, taps=True, keep_steps=True))
                except WorkerError as error:
                    return f"not located: {error}"
                reader = stack.enter_context(looked_at.read())
                own = stack.enter_context(self._runs.run(Job(name)).read())
                output = f"{mode}/output"
                told = all(output in each for each in (reader, own))
                if told and not _agree(reader.get(output), own.get(output)):
                    return DISTURBED.format(name)
                seen.append(Seen(self._steps, self._runs.batch_of("input"), reader, mode))
            return self._place(*seen)

    def misplaced(self, mine: str, other: str) -> list[str]:
        """Return the dropouts of which a reader's drops another value than the network's, where
        their values can be observed.

        At rate 0 nothing else would tell. To drop and to rectify is the same in either order.
        """
        with ExitStack() as stack:
            jobs = [Job(name, taps=True, keep_steps=True) for name in (mine, other)]
            readers = [stack.enter_context(self._runs.run(job).read()) for job in jobs]
            batch = self._runs.batch_of("input")
            own, theirs = (Seen(self._steps, batch, reader, "train") for reader in readers)
            return [
                step.path
                for index, step in enumerate(self._steps)
                if step.path in own.dropouts and not self._drops_alike(own, theirs, index)
            ]

    def _drops_alike(self, own: Seen, theirs: Seen, index: int) -> bool:
        """Return whether a dropout is given the same, or the same before or after a ReLU."""
        given = own.given(index)
        before = self._steps[index].sources
        near = [theirs.given(index)]
        near += [theirs.given(i) for i in before if i >= 0 and isinstance(self._steps[i].op, ReLU)]
        near += [
            [theirs.result(step)]
            for step in self._steps
            if step.sources == (index,) and isinstance(step.op, ReLU) and theirs.gives(step)
        ]
        found = [_worst(given, values) for values in near]
        return any(each is not None and each.relative <= FLOAT64_BOUND for each in found)

    def _place(self, own: Seen, other: Seen) -> str:
        agreeing: list[int] = []
        common = [i for i, s in enumerate(self._steps) if own.gives(s) and other.gives(s)]
        for index in common:
            step = self._steps[index]
            given = _worst(own.given(index), other.given(index))
            if given is not None and given.relative > FLOAT64_BOUND:
                return f"between {self._last(agreeing, index)} and {step.path}: {given}"
            found = _apart(own.result(step), other.result(step))
            if found.relative <= FLOAT64_BOUND or self._activated(own, other, index):
                agreeing.append(index)
            elif given is not None:
                return f"first at step {step.path}: {found}"
            else:
                return f"between {self._last(agreeing, index)} and {step.path}: {found}"
        return NOWHERE if common else UNSEEN

    def _last(self, agreeing: list[int], index: int) -> str:
        """Return the last of the agreeing steps that a step is computed from."""
        before: set[int] = set()
        left = [index]
        while left:
            sources = set(self._steps[left.pop()].sources) - before - {-1}
            before |= sources
            left += sources
        known = [i for i in agreeing if i in before]
        return f"step {self._steps[known[-1]].path}" if known else INPUT

    def _activated(self, own: Seen, other: Seen, index: int) -> bool:
        """Return whether a reader's layer gives what an op after it gives: its own activation."""
        for mine, ours in ((own, other), (other, own)):
            following = index
            while mine.is_mine and not ours.is_mine:
                after = [i for i, s in enumerate(self._steps) if s.sources == (following,)]
                if len(after) != 1 or self._steps[after[0]].op.has_parameters:
                    break
                following = after[0]
                step = self._steps[following]
                if not ours.gives(step):
                    break
                if _agree(mine.result(self._steps[index]), ours.result(step)):
                    return True
        return False


class Seen:
    """What one panel shows of its steps in a mode."""

    def __init__(self, steps: tuple[Step, ...], batch: Any, reader: ArrayReader, mode: str) -> None:
        self._steps, self._batch, self._reader = steps, batch, reader
        self._known, self._mode = set(reader.names()), mode
        self.is_mine = any(name.startswith(f"{mode}/given/") for name in self._known)
        self.dropouts = self._dropouts() if self.is_mine else {}

    def _dropouts(self) -> dict[str, str]:
        """Return {path of a step: own name} of dropouts, where both have as many."""
        own = [n for n in self._reader.names() if n.startswith(f"{self._mode}/step/{DROPOUT}")]
        paths = [step.path for step in self._steps if isinstance(step.op, Dropout)]
        own = [name.rpartition("/")[2] for name in own]
        return dict(zip(paths, own)) if len(own) == len(paths) else {}

    def _key(self, kind: str, step: Step) -> str:
        return f"{self._mode}/{kind}/{self.dropouts.get(step.path, step.path)}"

    def gives(self, step: Step) -> bool:
        """Return whether the result of a step is known."""
        return self._key("step", step) in self._known

    def result(self, step: Step) -> Any:
        """Return the result of a step."""
        return self._reader.get(self._key("step", step))

    def given(self, index: int) -> list[Any] | None:
        """Return what a step is given, None where that is not known."""
        step = self._steps[index]
        key = self._key("given", step)
        if key in self._known:
            return [self._reader.get(key)]
        sources = [self._steps[source] for source in step.sources if source >= 0]
        if not all(self.gives(source) for source in sources):
            return None
        return [
            self._batch if source < 0 else self.result(self._steps[source])
            for source in step.sources
        ]


def _worst(left: list[Any] | None, right: list[Any] | None) -> Difference | None:
    """Return the worst difference of what a step is given, None where that is not known."""
    if left is None or right is None or len(left) != len(right):
        return None
    return max(map(_apart, left, right), key=lambda found: found.relative)


def _apart(left: Any, right: Any) -> Difference:
    """Return the worst difference; what one flattens, another may flatten later."""
    if left.shape != right.shape and left.size == right.size and left.shape[0] == right.shape[0]:
        left, right = (np.reshape(each, (len(each), -1)) for each in (left, right))
    return difference(left, right)


def _agree(left: Any, right: Any) -> bool:
    return _apart(left, right).relative <= FLOAT64_BOUND
