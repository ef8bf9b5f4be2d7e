"""Command lines parsed and nothing more: no network is loaded, no worker started."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence
from unittest import mock

from common.errors import TriptychError
from frontends.__main__ import find


class _ParsedError(Exception):
    """Raised in place of what a command does once its line is parsed."""


def parse_only(line: Sequence[str]) -> str | None:
    """Return why `triptych LINE` would be refused, None if its options are right."""
    if not line:
        return None
    try:
        command = find(line)
        module = importlib.import_module(command.module)
        rest = list(line[len(command.name.split()) :])
        if hasattr(module, "parse"):  # checks what goes together, too
            module.parse(rest, "triptych")
        else:
            _stopped(module.main, rest)
    except TriptychError as error:
        return str(error)
    except SystemExit as left:
        return None if left.code in (0, None) else f"exit code {left.code}"
    return None


def _stopped(main: object, rest: list[str]) -> None:
    parse_args = argparse.ArgumentParser.parse_args

    def parsed(self: argparse.ArgumentParser, *given: object, **named: object) -> None:
        parse_args(self, *given, **named)
        raise _ParsedError

    with mock.patch.object(argparse.ArgumentParser, "parse_args", parsed):
        try:
            main(rest, "triptych")  # type: ignore[operator]
        except _ParsedError:
            return
    raise AssertionError("the command did not parse its line")
