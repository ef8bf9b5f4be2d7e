"""How a written file names its parts, where its framework's files bear other names than paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from common.errors import choose
from common.network import Network
from common.networks.fluid_names import PADDLE_MODELS
from common.networks.keras_names import KERAS_APPLICATIONS
from common.ops import Op
from common.spec import Block, plain


@dataclass(frozen=True)
class Naming:
    """What a function names its parts; all values but those of `names` are source text.

    joint: what stands between the parts of a path. scope: what a function opens by its name, so
    that its parts bear their own names alone. suffixes: kind of parameter -> what its name ends
    with. openings: kind of block -> the line that opens its function. texts: (kind, layer or
    parameter) -> its name. names: own name of a parameter, layer or block -> canonical.
    """

    joint: str = "."
    scope: str = ""
    suffixes: Mapping[str, str] = field(default_factory=dict)
    openings: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def joined(self, path: str) -> str:
        """Return a path as files of this naming have it."""
        return path.replace(".", self.joint)

    def parameter(self, path: str) -> str:
        """Return the path of a parameter with the ending that files of this naming have."""
        layer, _, kind = path.rpartition(".")
        return self.joined(f"{layer}.{self.suffixes.get(kind, kind)}")

    @property
    def stacks(self) -> bool:
        """May stages be written by one function, which is given the stage's name?"""
        return True

    def stacked(self, index: Any) -> str | None:
        """Return the name of a block in a stage of a `name`, by its index or a counter's name; None
        where it is the stage's name and the number."""
        return None

    def numbered(self, kind: str, layer: str, index: Any, count: Any = None) -> str | None:
        """Return the name of a block in a chain of a `count`, by its index or a counter's name;
        None where it is the chain's name and the number."""
        return None


def is_official(network: Network, naming: str) -> bool:
    """Does a network's file bear these official names? Raises TriptychError for unknown ones."""
    if network.naming:
        choose("naming", network.naming, [KERAS_APPLICATIONS, PADDLE_MODELS])
    return network.naming == naming


def underscored(network: Network, suffixes: Mapping[str, str]) -> Naming:
    """Return the naming by paths with underscores, by paths with points where two could clash."""
    clashing = any(
        _clashes(block, {*suffixes.values(), "pad"}) for block in network.blocks().values()
    )
    if clashing:
        return Naming()
    naming, found = Naming("_", suffixes=suffixes), network.elaboration
    paths = [each.path for each in found.blocks if each.path]
    names = {naming.joined(path): path for path in paths}
    names |= {naming.joined(p.layer): p.layer for p in found.parameters.values()}
    if suffixes:  # else a layer's parameters are named by the framework
        names |= {naming.parameter(path): path for path in found.parameters}
    return replace(naming, names=names)


def _clashes(block: Block, endings: set[str]) -> bool:
    """Could two paths that part in a block be one, with underscores?"""
    return any(
        other in {f"{name}_{each}" for each in endings}
        if isinstance(plain(layer), Op)
        else other.startswith(f"{name}_")
        for name, layer in block.layers.items()
        for other in block.layers
    )
