"""Command lines parsed and nothing more: no network is loaded, no worker started."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence
from typing import Any, NoReturn
from unittest import mock

from common.errors import TriptychError, choose
from common.networks import available
from frontends.__main__ import find


class _ParsedError(Exception):
    """Raised with the options in place of what a command does once its line is parsed."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options


def parse_only(line: Sequence[str]) -> str | None:
    """Return why `triptych LINE` would be refused, None if its options and networks are right."""
    if not line:
        return None
    try:
        command = find(line)
        module = importlib.import_module(command.module)
        rest = list(line[len(command.name.split()) :])
        if hasattr(module, "parse"):  # checks what goes together, too
            options = module.parse(rest, "triptych")
        else:
            options = _stopped(module.main, rest)
        _check_networks(options)
    except TriptychError as error:
        return str(error)
    except SystemExit as left:
        return None if left.code in (0, None) else f"exit code {left.code}"
    return None


def _check_networks(options: argparse.Namespace) -> None:
    for option in ("network", "against"):
        said = getattr(options, option, None) or []
        for name in [said] if isinstance(said, str) else said:
            if "." not in name:  # no file of a reader's
                choose(option, name, available())


def _stopped(main: object, rest: list[str]) -> argparse.Namespace:
    parse_args = argparse.ArgumentParser.parse_args

    def parsed(self: argparse.ArgumentParser, *given: Any, **named: Any) -> NoReturn:
        raise _ParsedError(parse_args(self, *given, **named))

    with mock.patch.object(argparse.ArgumentParser, "parse_args", parsed):
        try:
            main(rest, "triptych")  # type: ignore[operator]
        except _ParsedError as parsed_line:
            return parsed_line.options
    raise AssertionError("the command did not parse its line")
