"""The networks by name, and networks that a user brings: FILE.json, or FILE.py:function."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from common.errors import TriptychError, choose
from common.files import read_text
from common.limits import MOST_JSON
from common.network import Network
from common.networks import batchflow, resnet, resnext, rir, se_resnext, tensorpack
from common.networks.brought import call
from common.serialize import from_json

FAMILIES: tuple[Mapping[str, Callable[[], Network]], ...] = (
    se_resnext.NETWORKS,
    resnext.NETWORKS,
    resnet.NETWORKS,
    tensorpack.NETWORKS,
    rir.NETWORKS,
    batchflow.NETWORKS,
)


def available() -> list[str]:
    """Return the names that `load` knows."""
    return [name for family in FAMILIES for name in family]


def load(reference: str) -> Network:
    """Return a network by its name, FILE.json, or FILE.py:function.

    Raises TriptychError for an unknown name, SpecificationError for whatever is wrong in a file.
    """
    path, _, function = reference.rpartition(":")
    if path.endswith(".py"):
        read_text(path, MOST_JSON)
        return call(path, function)
    if reference.endswith(".json"):
        return from_json(read_text(reference, MOST_JSON), reference)
    if reference.endswith(".py"):
        raise TriptychError(f"{reference}: which function? expected FILE.py:function")
    if reference not in available() and os.path.exists(reference):  # noqa: PTH110 - of any text
        raise TriptychError(f"{reference}: is no network; expected FILE.json or FILE.py:function")
    name = choose("network", reference, available())
    return next(family[name]() for family in FAMILIES if name in family)
