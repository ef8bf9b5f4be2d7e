"""Write a network in a dialect, which is found by the name of its folder."""

from __future__ import annotations

import importlib

from common.errors import choose
from common.network import Network
from frontends.frameworks import FRAMEWORKS
from frontends.writing.draft import Source


def emit(network: Network, dialect: str, taps: bool = False) -> Source:
    """Return the network as written in a dialect.

    With `taps` the file calls `tap` on the result of every step: the twin that is used to find
    where two panels part. Raises TriptychError for an unknown dialect or a network that the
    dialect cannot write.
    """
    choose("dialect", dialect, FRAMEWORKS)
    module = importlib.import_module(f"frontends.{dialect}.dialect")
    source = module.emit(network, taps=taps)
    assert isinstance(source, Source)
    return source
