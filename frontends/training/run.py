"""A training in several panels side by side, recorded as it goes, and kept in checkpoints.

Panels take turns: the one that is behind takes the next few steps, on the batches that the others
take them on, so that all are about as far whenever a training ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from common.errors import TriptychError
from common.files import folder_for
from frontends.frameworks import TABLE
from frontends.training.asking import Asking
from frontends.training.batches import Files
from frontends.training.experiment import Experiment
from frontends.training.history import (
    CHECKPOINTS,
    RECORDS,
    History,
    history,
    write_settings,
)
from frontends.training.journal import COMPLETE, INTERRUPTED, Journal
from frontends.training.panel import LAST, Panel
from frontends.training.progress import Progress
from frontends.training.proof import prove, refusal
from frontends.training.start import Start, beginning, continued, distance, drawn, source_of
from frontends.training.turns import Turns
from frontends.workers.gpu import check_device
from frontends.workers.outcomes import Outcome, WorkerError
from frontends.workers.pool import Workers
from frontends.workers.protocol import Advanced
from frontends.workers.scratch import scratch


@dataclass(frozen=True)
class Trained:
    """What became of a training: its folder, and why panels stopped, None of those that did not."""

    folder: Path
    outcomes: dict[str, Outcome | None] = field(default_factory=dict)

    @property
    def records(self) -> Path:
        """The file with the records."""
        return self.folder / RECORDS

    @property
    def complete(self) -> bool:
        """Whether every panel trained to the end."""
        return not any(self.outcomes.values())


class Run:
    """An experiment under way, in a folder of its own.

    source: a checkpoint that all panels go on from. resumes: the folder is that of a training that
    goes on. proves: panels climb the ladder first, and those that it refuses do not train.
    workers: that train, in place of processes of their own.
    Raises TriptychError for a folder that does not fit, before anything runs.
    """

    def __init__(
        self,
        experiment: Experiment,
        folder: Path,
        *,
        resumes: bool = False,
        source: Path | None = None,
        proves: bool = True,
        command: str = "",
        quiet: bool = False,
        workers: Workers | None = None,
    ) -> None:
        self.experiment, self.folder = experiment, folder_for(str(folder))
        self._proves, self._quiet = proves, quiet
        self._history = history(folder) if resumes else History()
        self._workers = workers
        self._outcomes: dict[str, Outcome | None] = dict.fromkeys(experiment.panels)
        self._best: dict[str, float] = {}
        self._loading: dict[str, float] | None = None
        self._reference: tuple[int, str, dict[str, Any]] = (-1, "", {})
        self._saved_at: dict[str, float] = {}
        self._asking = Asking(lambda words: self._progress.say(words))
        self._ahead: list[int] = []  # where panels are that are further than the next
        if not resumes and (folder / RECORDS).exists():
            raise TriptychError(f"{folder}: holds a training; --resume goes on with it")
        self._history.check(experiment, folder)
        check_device(experiment.device, experiment.panels)
        found = None if source is None else source_of(experiment, source)
        self._journal = Journal(self.folder, experiment, command, resumes)
        self._source = beginning(self.folder / CHECKPOINTS, found)
        write_settings(self.folder, experiment)

    def train(self) -> Trained:
        """Train; an interrupt keeps what was done, and is raised then. Raises TriptychError."""
        experiment, began, state = self.experiment, time.perf_counter(), INTERRUPTED
        labels = {name: TABLE[name].label for name in experiment.panels}
        try:
            with (
                scratch() as temporary,
                Progress(labels, experiment.end, self._quiet) as self._progress,
            ):
                self._train(temporary)
            state = COMPLETE
        finally:
            self._journal.end(state, time.perf_counter() - began, self._loading)
            self._asking.close()
        return Trained(self.folder, self._outcomes)

    def _train(self, temporary: Path) -> None:
        experiment, checkpoints = self.experiment, self.folder / CHECKPOINTS
        order, at_once = experiment.order(), experiment.tested_at_once
        panels = [
            Panel(n, experiment, checkpoints, temporary, self._workers) for n in experiment.panels
        ]
        try:
            if self._proves:
                self._prove()
            with Files(order, experiment.steps_per_epoch, at_once, temporary) as self._files:
                most = self._files.most
                self._turns = Turns(experiment.steps_per_epoch, experiment.end, most)
                self._begin(panels, temporary)
                try:
                    self._take_turns(panels)
                except KeyboardInterrupt:
                    self._keep_all(panels)
                    raise
                finally:
                    self._loading = self._files.loading()
        finally:
            for panel in panels:
                panel.close()

    def _prove(self) -> None:
        """Climb the ladder; note what it refuses."""
        names = self.experiment.panels
        self._progress.say(f"verify {self.experiment.network.name} in {', '.join(names)}")
        report = prove(self.experiment)
        refused = {name: refusal(report, name) for name in names}
        self._journal.proved(report, not any(refused.values()))
        for name, why in refused.items():
            if why is not None:
                self._stop(name, why)

    def _begin(self, panels: list[Panel], temporary: Path) -> None:
        """Start the panels that are not refused, each where it goes on."""
        start = drawn(self.experiment, temporary)
        for panel in panels:
            if self._outcomes[panel.name] is None:
                self._progress.note(panel.name, "starts")
                self._doing(panel, lambda panel: self._begin_one(panel, start, temporary))

    def _begin_one(self, panel: Panel, start: Start, temporary: Path) -> None:
        path, name = self._source, panel.name
        if self._history.header and panel.path(LAST).is_file():
            path = panel.path(LAST)
        elif name in self._history.kept:
            said = f"the records say that it was kept at step {self._history.kept[name]:,}"
            raise TriptychError(f"{panel.path(LAST)}: no such file; {said}")
        if path is not None:
            start = continued(self.experiment, path, temporary, name)
            start = replace(start, digest=self._history.digests[name].get(start.step, ""))
        began = time.perf_counter()
        versions = self._asking.answer(lambda: panel.begin(start))
        panel.saved = panel.step
        self._best[name] = self._history.best(name, panel.step)
        self._progress.note(name, "", panel.step)
        seconds = time.perf_counter() - began
        self._journal.started(name, panel.step, start.source, versions, seconds)

    def _take_turns(self, panels: list[Panel]) -> None:
        """Have the panel that is behind take its steps, until all are at the end."""
        while True:
            going = [each for each in panels if self._outcomes[each.name] is None]
            behind = min(going, key=lambda each: each.step, default=None)
            if behind is None or behind.step >= self.experiment.end:
                break
            self._ahead = [each.step for each in going if each.step > behind.step]
            self._doing(behind, self._turn)
        for panel in going:
            self._journal.trained(panel.name)

    def _turn(self, panel: Panel) -> None:
        spe, start = self.experiment.steps_per_epoch, panel.step
        stop = self._turns.stop(start, self._ahead)
        chunk = self._files.chunk(start, stop, panel.digest)
        found = self._asking.answer(lambda: panel.advance(chunk))
        self._journal.losses(panel.name, start, found)
        self._show(panel, start, found)
        panel.check(found)
        self._turns.took(found.seconds)
        if panel.step % spe == 0 or panel.step == self.experiment.end:
            self._end_epoch(panel)
        elif time.monotonic() - self._saved_at.setdefault(panel.name, time.monotonic()) > (
            self.experiment.save_s
        ):
            self._keep(panel)

    def _show(self, panel: Panel, first: int, found: Advanced) -> None:
        self._progress.advanced(
            panel.name,
            panel.step,
            sum(found.losses) / len(found.losses),
            sum(found.correct),
            sum(found.samples),
            len(found.losses),
            found.seconds,
            first % self.experiment.steps_per_epoch == 0,
        )

    def _end_epoch(self, panel: Panel) -> None:
        """Validate a panel, keep it, and say how far it is from the first that came here."""
        tests = self._files.tests()
        self._progress.note(panel.name, "validates")
        found = self._asking.answer(lambda: panel.evaluate(tests))
        is_best = found.accuracy > self._best[panel.name]
        self._best[panel.name] = max(found.accuracy, self._best[panel.name])
        self._journal.validated(panel.name, panel.step, found)
        self._progress.note(panel.name, "")
        self._progress.say(
            f"{panel.label}: step {panel.step:,}: validation loss {found.loss:.4f}, "
            f"accuracy {100 * found.accuracy:.2f} %"
        )
        self._compare(panel, self._keep(panel, is_best))

    def _keep(self, panel: Panel, best: bool = False) -> dict[str, Any]:
        found = self._asking.answer(lambda: panel.keep(best))
        self._saved_at[panel.name] = time.monotonic()
        self._journal.kept(panel.name, panel.step, best)
        return found

    def _compare(self, panel: Panel, weights: dict[str, Any]) -> None:
        """Record how far a panel's parameters are from those of the first that came to its step."""
        step, other, reference = self._reference
        if step != panel.step or other == panel.name:
            if panel.step > step:
                self._reference = panel.step, panel.name, weights
            return
        parameters = self.experiment.network.elaboration.parameters.values()
        names = [each.name for each in parameters if each.trainable and each.used]
        self._journal.apart(panel.name, other, step, *distance(weights, reference, names))

    def _keep_all(self, panels: list[Panel]) -> None:
        """Keep what was done since the last checkpoints, of all panels that can."""
        for panel in panels:
            if self._outcomes[panel.name] is None and panel.step > panel.saved >= 0:
                self._doing(panel, self._keep)

    def _doing(self, panel: Panel, do: Callable[[Panel], object]) -> None:
        """Do something with a panel; where it cannot, it is stopped, and the others go on."""
        try:
            do(panel)
        except WorkerError as error:
            self._stop(panel.name, error.outcome)
            panel.close()
        self._asking.pass_on()

    def _stop(self, name: str, why: Outcome) -> None:
        self._outcomes[name] = why
        self._progress.note(name, why.kind)
        self._progress.say(str(why))
        self._journal.stopped(name, why)
