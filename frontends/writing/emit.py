"""Write a network in a dialect, which is found by the name of its folder."""

from __future__ import annotations

import importlib

from common.errors import choose
from common.network import Network
from frontends.frameworks import FRAMEWORKS
from frontends.writing import classes, functions
from frontends.writing.dialect import ClassDialect, FunctionDialect
from frontends.writing.draft import Source


def emit(network: Network, dialect: str, taps: bool = False) -> Source:
    """Return the network as written in a dialect.

    With `taps` the file calls `tap` on the result of every step: the twin that is used to find
    where two panels part. Raises TriptychError for an unknown dialect or a network that the
    dialect cannot write.
    """
    found = dialect_of(dialect)
    if isinstance(found, ClassDialect):
        return classes.write(network, found, taps)
    return functions.write(network, found, taps)


def dialect_of(framework: str) -> ClassDialect | FunctionDialect:
    """Return the dialect of a framework. Raises TriptychError for an unknown one."""
    choose("dialect", framework, FRAMEWORKS)
    found = importlib.import_module(f"frontends.{framework}.dialect").DIALECT
    assert isinstance(found, (ClassDialect, FunctionDialect))
    return found
