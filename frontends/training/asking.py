"""Asking a worker so that an interrupt does not lose what it answers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Value = TypeVar("Value")


class Asking:
    """Asks in a thread. An interrupt waits for the answer, so that it is recorded before the
    training ends; a second one ends the program at once. say: tells a person."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._thread, self._say = ThreadPoolExecutor(1, "asks"), say
        self._interrupt: BaseException | None = None

    def answer(self, ask: Callable[[], Value]) -> Value:
        """Return what a worker answers."""
        answer = self._thread.submit(ask)
        try:
            return answer.result()
        except KeyboardInterrupt as interrupt:
            self._interrupt = interrupt
            self._say("interrupted: the step that is under way is finished and kept")
            return answer.result()

    def pass_on(self) -> None:
        """Raise the interrupt that came while something was asked, if any, once."""
        interrupt, self._interrupt = self._interrupt, None
        if interrupt is not None:
            raise interrupt

    def close(self) -> None:
        """Ask no more."""
        self._thread.shutdown(wait=False)
