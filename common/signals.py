"""What a signal does to a command: the first one unwinds it, so that nothing is left behind.

The packages import this before all else: a command that is still being imported has begun nothing,
and ends at once. Python 3.7.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys

MYPY = False  # typing takes a while
if MYPY:
    from collections.abc import Callable

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


class _Handled:
    """Has a handler take the signals that end a command. Elsewhere than in the main thread, which
    alone may set handlers, nothing is changed."""

    def __init__(self, handler: Callable[[int, object], None]) -> None:
        self._handler, self._previous = handler, {}  # type: ignore[var-annotated]

    def __enter__(self) -> None:
        for each in ENDING:
            if signal.getsignal(each) is not signal.SIG_IGN:  # as by nohup
                try:
                    self._previous[each] = signal.signal(each, self._handler)
                except ValueError:  # another thread
                    return

    def __exit__(self, *exception: object) -> None:
        for each, handler in self._previous.items():
            signal.signal(each, handler or signal.SIG_DFL)


def unwinding() -> _Handled:
    """Have the first signal raise Interrupted; after it, a SIGINT ends the program at once."""
    return _Handled(_unwind)


def importing() -> _Handled:
    """Have a signal end the program at once: numpy takes an interrupt of its import for another
    error."""
    return _Handled(at_once)


def _unwind(number: int, frame: object) -> None:
    for each in ENDING:
        signal.signal(each, at_once if each == signal.SIGINT else signal.SIG_IGN)
    raise Interrupted(number)


def end_with_parent() -> None:
    """Have Linux kill this process once the thread that started it is gone, however that ended,
    even if this process is suspended; and so what this thread forks. Elsewhere nothing is done."""
    if sys.platform != "linux":
        return
    import ctypes

    libc, thread, this = ctypes.CDLL(None), _thread.get_ident(), os.getpid()
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    def in_fork() -> None:
        if _thread.get_ident() == thread and os.getpid() != this:  # other threads may end earlier
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != this:  # it is gone already
                os._exit(1)

    os.register_at_fork(after_in_child=in_fork)


def at_once(number: int, frame: object) -> None:
    """End the program, of which nothing is to be unwound; its workers end with it."""
    os.write(2, f"{Interrupted(number)}\n".encode())
    os._exit(128 + number)


_STARTED = os.path.basename((sys.argv or [""])[0])  # noqa: PTH119 - pathlib takes a while
if _STARTED in OURS and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, at_once)
