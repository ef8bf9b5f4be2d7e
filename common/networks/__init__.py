"""The networks by name, and networks that a user brings: FILE.json, or FILE.py:function."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from common.errors import SpecificationError, TriptychError, choose
from common.network import Network
from common.networks import batchflow, resnet, resnext, rir, se_resnext, tensorpack
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
        return _call(path, function)
    if reference.endswith(".json"):
        return from_json(_read(reference), reference)
    if reference.endswith(".py"):
        raise TriptychError(f"{reference}: which function? expected FILE.py:function")
    name = choose("network", reference, available())
    return next(family[name]() for family in FAMILIES if name in family)


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecificationError(f"{path}: cannot be read: {error}") from None


def _call(path: str, function: str) -> Network:
    where = f"{path}:{function}"
    _read(path)
    try:
        found = getattr(_execute(path), function, None)
        network = found() if callable(found) else None
    except (Exception, SystemExit) as error:  # whatever a user's file raises
        message = " ".join(str(error).split())
        raise SpecificationError(f"{where}: {type(error).__name__}: {message}") from None
    if not callable(found):
        raise SpecificationError(f"{where}: no such function in the file")
    if not isinstance(network, Network):
        raise SpecificationError(f"{where}: gave {type(network).__name__}, not a Network")
    return network


def _execute(path: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"network_of_{Path(path).stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
