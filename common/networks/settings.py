"""`--set num_classes=100`: a network with other arguments of its outermost block."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from common.errors import SpecificationError, TriptychError
from common.expressions import evaluate
from common.network import Network

LONGEST = 60  # of a name: files are called by it
OPTION: dict[str, Any] = {
    "dest": "settings",
    "action": "append",
    "default": [],
    "metavar": "NAME=VALUE",
    "help": "another argument of the network, num_classes=100; may be given again",
}


def add_set(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Have a command take --set."""
    parser.add_argument("--set", **OPTION)


def with_settings(network: Network, settings: Iterable[str]) -> Network:
    """Return a network with arguments given as NAME=VALUE; its name and its title tell them.

    Raises TriptychError for what is no argument of the network, SpecificationError for what it
    cannot be built with.
    """
    found = dict(_read(each, network) for each in settings)
    if not found:
        return network
    said = ", ".join(f"{name}={value}" for name, value in found.items())
    title = f"{network.title or network.name}, {said}"
    suffix = "_".join(re.findall(r"\w+", said.replace("-", "minus ")))
    try:
        changed = network.with_arguments(**found)
    except SpecificationError as error:
        raise SpecificationError(f"--set {said}: {error}") from None
    return replace(changed, name=f"{network.name}_{suffix}"[:LONGEST], title=title)


def _read(setting: str, network: Network) -> tuple[str, Any]:
    """Return the argument and the value of NAME=VALUE."""
    name, equals, text = (part.strip() for part in setting.partition("="))
    declared = dict(network.root.arguments)
    if not equals or name not in declared:
        expected = ", ".join(f"{n}={d}" for n, d in declared.items()) or "none"
        raise TriptychError(f"--set {setting}: no such argument; {network.name} has: {expected}")
    return name, evaluate(text, {})
