"""The error that a user's own mistake raises, and the one place where every command ends.

It is light: it stands before the imports of a command, which take a while, and catches theirs.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress

USAGE_EXIT, INTERRUPTED_EXIT, CLOSED_EXIT = 2, 130, 141


class TriptychError(Exception):
    """A mistake that its reader can mend: what arrived, what was expected, what is available."""


class SpecificationError(TriptychError):
    """A network specification that means nothing; the message names the step at fault."""


def choose(kind: str, given: str, available: Iterable[str]) -> str:
    """Return `given` if it is available, or raise a TriptychError that lists what is."""
    names = list(available)
    if given not in names:
        raise TriptychError(f"unknown {kind} {given!r}; available: {', '.join(names)}")
    return given


def run_command(main: Callable[[], int], prog: str | None = None) -> None:
    """Run a command's `main` and exit with its code; see `ending`."""
    sys.exit(ending(main, prog or called()))


def ending(main: Callable[[], int], prog: str) -> int:
    """Return the exit code of a command: its own, 2 for a user's mistake, 130 for an interrupt.

    A mistake, or a disk or standard output that takes no more, is one line under the name `prog`.
    """
    speak_utf8()
    try:
        try:
            return main()
        finally:
            sys.stdout.flush()
    except (TriptychError, OSError) as error:
        if isinstance(error, OSError):  # standard output, most likely: what is in it is lost
            _discard(sys.stdout)
        if isinstance(error, BrokenPipeError):
            return CLOSED_EXIT
        print(f"{prog}: {' '.join(str(error).split())}", file=sys.stderr)
        return USAGE_EXIT
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED_EXIT


def called() -> str:
    """Return the name under which this program was called: `python -m …`, or its file's name."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is None:
        return sys.argv[0].rsplit("/", 1)[-1]
    return f"python -m {spec.name.removesuffix('.__main__')}"


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
