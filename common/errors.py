"""The error that a user's own mistake raises; commands print it as one line and exit with 2."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

USAGE_EXIT = 2


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


def run_command(main: Callable[[], int]) -> None:
    """Run a command's `main` and exit: its code, 2 for a user's mistake, 130 for an interrupt."""
    try:
        sys.exit(main())
    except TriptychError as error:
        message = " ".join(str(error).split())
        print(f"{sys.argv[0].rsplit('/', 1)[-1]}: {message}", file=sys.stderr)
        sys.exit(USAGE_EXIT)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
