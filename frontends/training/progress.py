"""What a person sees of a training: a line per panel, redrawn on a terminal, plain elsewhere."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table

EVERY_S = 15.0  # between plain lines of a panel
HEADERS = ("panel", "step", "loss", "accuracy", "images/s", "time left", "")


@dataclass
class Line:
    """Where a panel is. seconds: of its steps in this run, of `taken` samples."""

    label: str
    step: int = 0
    loss: float = float("nan")
    correct: int = 0
    seen: int = 0  # samples of this epoch
    seconds: float = 0.0
    taken: int = 0
    steps: int = 0
    note: str = ""
    said: float = 0.0

    def cells(self, end: int) -> list[str]:
        """Return what is shown of it."""
        if not self.steps:
            return [self.label, f"{self.step:,}/{end:,}", "", "", "", "", self.note]
        left = (end - self.step) * self.seconds / self.steps
        return [
            self.label,
            f"{self.step:,}/{end:,}",
            f"{self.loss:.4f}",
            f"{100 * self.correct / max(self.seen, 1):.1f} %",
            f"{self.taken / max(self.seconds, 1e-9):,.0f}",
            _time(left),
            self.note,
        ]


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Told:
    """Lines that stay: above what is redrawn on a terminal, with their seconds elsewhere.

    console: what is redrawn belongs on it.
    """

    def __init__(self) -> None:
        self.console, self._started = Console(file=sys.stderr), time.perf_counter()

    def say(self, text: str) -> None:
        """Say something that stays."""
        if self.console.is_terminal:
            self.console.print(text, markup=False, highlight=False)
        else:
            print(f"{time.perf_counter() - self._started:6.1f} s  {text}", file=sys.stderr)


class Progress:
    """The lines of all panels, on standard error; `quiet` shows nothing."""

    def __init__(self, labels: dict[str, str], end: int, quiet: bool = False) -> None:
        self._lines = {name: Line(label) for name, label in labels.items()}
        self._end, self._quiet = end, quiet
        self._live: Live | None = None
        self._told = Told()

    def __enter__(self) -> Progress:
        console = self._told.console
        if console.is_terminal and not self._quiet:
            self._live = Live(console=console, transient=True, get_renderable=self._table)
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._live.stop()

    def say(self, text: str) -> None:
        """Say something that stays."""
        if not self._quiet:
            self._told.say(text)

    def note(self, panel: str, text: str, step: int | None = None) -> None:
        """Say what a panel is doing, or why it stopped."""
        line = self._lines[panel]
        line.note = text
        if step is not None:
            line.step = step

    def advanced(
        self, panel: str, step: int, loss: float, correct: int, samples: int, steps: int,
        seconds: float, begins: bool,
    ) -> None:  # fmt: skip
        """Take in a chunk of steps. begins: it is the first of an epoch."""
        line = self._lines[panel]
        line.step, line.loss, line.note = step, loss, ""
        line.correct = correct + (0 if begins else line.correct)
        line.seen = samples + (0 if begins else line.seen)
        line.seconds += seconds
        line.taken += samples
        line.steps += steps
        if not self._live and time.perf_counter() - line.said > EVERY_S:
            line.said = time.perf_counter()
            self.say(self._plain(line))

    def _plain(self, line: Line) -> str:
        label, step, loss, accuracy, speed, left, _ = line.cells(self._end)
        return (
            f"{label}: step {step}, loss {loss}, accuracy {accuracy}, {speed} images/s, {left} left"
        )

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False)
        for name in HEADERS:
            table.add_column(name, justify="left" if name in ("panel", "") else "right")
        for line in self._lines.values():
            table.add_row(*line.cells(self._end))
        return table
