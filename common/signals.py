"""What a signal does to a command: the first one unwinds it, so that nothing is left behind.

The packages import this before all else: a command that is still being imported has begun nothing,
and ends at once and in silence. Python 3.7.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1  # linux/prctl.h
OURS = ("-m", "triptych")  # how sys.argv begins while a command of ours is imported


class Interrupted(KeyboardInterrupt):
    """Raised once, in the main thread, where a signal asks the command to end."""

    def __init__(self, number: int) -> None:
        """code: the exit code, as shells have it."""
        told = (
            "interrupted" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}"
        )
        super().__init__(told)
        self.code = 128 + number


@contextmanager
def unwinding() -> Iterator[None]:
    """Have the first signal raise Interrupted; after it, a SIGINT ends the program at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def unwind(number: int, frame: object) -> None:
        for each in ENDING:
            signal.signal(each, at_once if each == signal.SIGINT else signal.SIG_IGN)
        raise Interrupted(number)

    previous = {each: signal.getsignal(each) for each in ENDING}
    heeded = [each for each in ENDING if previous[each] is not signal.SIG_IGN]  # by nohup, say
    for each in heeded:
        signal.signal(each, unwind)
    try:
        yield
    finally:
        for each in heeded:
            signal.signal(each, previous[each] or signal.SIG_DFL)


def end_with_parent() -> None:
    """Have Linux kill this process once the thread that started it is gone, however that ended,
    even if this process is suspended. Elsewhere nothing is done."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def at_once(number: int, frame: object) -> None:
    """End the program without a word; its workers end with it."""
    os._exit(128 + number)


_STARTED = os.path.basename((sys.argv or [""])[0])  # noqa: PTH119 - pathlib takes a while
if _STARTED in OURS and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, at_once)
