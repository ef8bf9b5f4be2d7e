"""The error that a user's own mistake raises, and the one place where every command ends.

It is light: it stands before the imports of a command, which take a while, and catches theirs.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress

from common.signals import Interrupted, unwinding

USAGE_EXIT, CLOSED_EXIT = 2, 141


class TriptychError(Exception):
    """A mistake that its reader can mend: what arrived, what was expected, what is available."""


class SpecificationError(TriptychError):
    """A network specification that means nothing; the message names the step at fault."""


def choose(kind: str, given: str, available: Iterable[str]) -> str:
    """Return `given` if it is available, or raise a TriptychError that lists what is."""
    names = list(available)
    if given not in names:
        from common.hints import of_name  # the screen of `triptych` loads nothing more

        hint = of_name(given, names)
        raise TriptychError(f"unknown {kind} {given!r}{hint}; available: {', '.join(names)}")
    return given


def run_command(main: Callable[[], int], prog: str | None = None) -> None:
    """Run a command's `main` and exit with its code; see `ending`."""
    sys.exit(ending(main, prog or called()))


def ending(main: Callable[[], int], prog: str) -> int:
    """Return the exit code of a command: its own, 2 for a user's mistake, 130 for an interrupt.

    A mistake, or memory, a disk or standard output that takes no more, is one line under the name
    `prog`. Of other signals that end it the code is 128 more than their number.
    """
    _open_streams()
    speak_utf8()
    try:
        with unwinding():
            try:
                return main()
            finally:
                sys.stdout.flush()
    except (TriptychError, OSError, MemoryError) as error:
        if isinstance(error, OSError):  # standard output, most likely: what is in it is lost
            _discard(sys.stdout)
        if isinstance(error, BrokenPipeError):
            return CLOSED_EXIT
        _say(f"{prog}: {_told(error)}")
        return USAGE_EXIT
    except KeyboardInterrupt as error:
        interrupt = error if isinstance(error, Interrupted) else Interrupted(signal.SIGINT)
        _say(str(interrupt))
        return interrupt.code


def _told(error: Exception) -> str:
    said = " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return f"out of memory{': ' if said else ''}{said}"
    if isinstance(error, OSError) and error.filename is None:
        return f"cannot write to standard output or a temporary file: {error.strerror}"
    return said


def _say(line: str) -> None:
    """Say a last word on standard error, if that takes any."""
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:
        _discard(sys.stderr)


def called() -> str:
    """Return the name under which this program was called: `python -m …`, or its file's name."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is None:
        return sys.argv[0].rsplit("/", 1)[-1]
    return f"python -m {spec.name.removesuffix('.__main__')}"


def _open_streams() -> None:
    """Open the standard streams that are closed, or the next file takes the place of one.

    What is written to a standard output that was closed is not lost in silence: it cannot be.
    """
    for number, mode in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # takes the lowest number that is free
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115


def speak_utf8() -> None:
    """Have text printed as UTF-8 whatever the locale: tables have ×, written files are UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _discard(stream: object) -> None:
    """Let what is left in a stream go nowhere, or the interpreter complains as it ends."""
    if isinstance(stream, io.TextIOWrapper):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
