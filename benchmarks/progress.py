"""What a person sees while a run goes on: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Display:
    """Counts the stages of a run and says which one it is at, on standard error."""

    def __init__(self, total: int) -> None:
        self._console = Console(file=sys.stderr)
        self._started = time.perf_counter()
        self._bar: Progress | None = None
        if self._console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=self._console,
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
        if self._bar:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            print(f"{time.perf_counter() - self._started:6.1f} s  {text}", file=sys.stderr)
