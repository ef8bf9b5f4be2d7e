"""A network: the specification that every panel realizes, and its elaboration."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from common.elaborate import Elaboration, elaborate
from common.errors import SpecificationError
from common.expressions import Value
from common.spec import Block, Use, blocks_within
from common.text import check_text
from common.wiring import is_identifier


@dataclass(frozen=True)
class Member:
    """One of a family: what it is called, and the arguments of the family's root that make it."""

    name: str
    title: str
    arguments: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True)
class Network:
    """The outermost block with the shape of its input, (C, H, W) or (F,), and its source.

    `arguments` replace the root's defaults. `naming` is the scheme by which official files name
    the parameters, if there are such (common.networks: fluid_names, keras_names). `flat` are kinds
    of blocks that the zoos of PyTorch and Paddle have no module for: their layers are those of the
    block around them, conv1 and bn1, and the paths stay. `members` are those of its family that its
    root can make: written files have a function for each. Construction checks every step with its
    shapes and raises SpecificationError with the path of the step at fault.
    """

    name: str
    root: Block
    input_shape: tuple[int, ...]
    source: str = ""
    title: str = ""
    arguments: tuple[tuple[str, Value], ...] = ()
    naming: str = ""
    flat: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()

    def __post_init__(self) -> None:
        if not is_identifier(self.name):
            raise SpecificationError(f"network {self.name[:100]!r}: its name is not an identifier")
        for what in ("source", "title", "naming"):
            check_text(what, getattr(self, what))
        for each in self.members:
            if not is_identifier(each.name):
                raise SpecificationError(f"member {each.name[:100]!r}: its name is no identifier")
            check_text(f"member {each.name}, title", each.title)
            self.root(**dict(each.arguments))  # has arguments of these names
        _ = self.elaboration  # checks every step

    def blocks(self) -> dict[str, Block]:
        """Return every kind of block, inner ones before those that use them."""
        return dict(self._kinds)

    @cached_property
    def _kinds(self) -> dict[str, Block]:
        return blocks_within(self.root)

    @cached_property
    def elaboration(self) -> Elaboration:
        """Every step, block instance and parameter, with shapes of one sample."""
        _ = self._kinds  # no two of one name
        return elaborate(self.bound(), self.input_shape)

    def bound(self) -> Use:
        """Return the root with its arguments."""
        return self.root(**dict(self.arguments))

    def with_arguments(self, **arguments: Value) -> Network:
        """Return the same network with other arguments of its root: a reduced one, say."""
        merged = tuple((dict(self.arguments) | arguments).items())
        return replace(self, arguments=merged)
