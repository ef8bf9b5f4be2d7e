"""What a person sees while a run goes on: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from types import TracebackType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from frontends.training.progress import Told


class Display:
    """Counts the stages of a run and says which one it is at, on standard error."""

    def __init__(self, total: int) -> None:
        self._told = Told()
        self._bar: Progress | None = None
        if self._told.console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=self._told.console,
                transient=True,
            )
            self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Display:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()

    def stage(self, text: str) -> None:
        """Begin another stage."""
        if self._bar:
            self._bar.update(self._task, advance=1, description=text)
        else:
            self.note(text)

    def note(self, text: str) -> None:
        """Say something that stays."""
        self._told.say(text)
