"""Where an op stands in written source, and what a dialect says of it there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from common.expressions import evaluate
from common.expressions import names as names_in
from common.ops import Op, ReLU, ReLU6, Shape, Sigmoid, Softmax
from common.spec import Block
from frontends.writing.draft import Draft
from frontends.writing.names import Locals
from frontends.writing.naming import Naming
from frontends.writing.statements import Assign, Statement

Body = list[Statement]


@dataclass(frozen=True)
class Site:
    """Where an op stands: its block and layer; `inputs` are the names of the values it takes."""

    draft: Draft
    block: Block
    layer: str
    inputs: tuple[str, ...]

    def bound(self) -> list[tuple[Any, Shape]]:
        """Return the op as bound in every instance, with the shape of its (first) input."""
        return [(op, shapes[0]) for op, shapes in self.draft.bound(self.block, self.layer)]

    def is_never_negative(self) -> bool:
        """Is the input of an op, in every instance, what gives no negative value?"""
        steps = self.draft.elaboration.steps
        paths = {each.path for each in self.draft.instances(self.block)}
        own = {f"{path}.{self.layer}".lstrip(".") for path in paths}
        taken = [
            steps[i].op if i >= 0 else None for s in steps if s.layer in own for i in s.sources
        ]
        return all(isinstance(op, (ReLU, ReLU6, Sigmoid, Softmax)) for op in taken)

    @property
    def steps(self) -> tuple[str, ...]:
        """The `block.layer` that the op says, several where blocks are flat."""
        return self.draft.flat.steps(self.block, self.layer)

    def holds(self, condition: str) -> list[bool]:
        """Return the value of a condition over the block's arguments in every instance."""
        assert names_in(condition) <= set(dict(self.block.arguments))
        return [
            bool(evaluate(condition, each.arguments))
            for each in self.draft.instances(self.block)
            if self.layer in each.layer_inputs
        ]


@dataclass(frozen=True)
class ClassSite(Site):
    """An op in a class. `widths` are the channels (or features) of its inputs, as expressions."""

    widths: list[Any]

    @property
    def attribute(self) -> str:
        """The attribute that holds the layer."""
        return f"self.{self.layer}"

    @property
    def pad(self) -> str:
        """The attribute that holds what pads before the layer."""
        name = f"{self.layer}_pad"
        while name in self.block.layers:
            name += "_"
        return f"self.{name}"


@dataclass(frozen=True)
class ItemSite(ClassSite):
    """An op that is an item of a sequence, which the attribute `owner` holds."""

    owner: str
    index: int

    @property
    def attribute(self) -> str:
        return f"{self.owner}[{self.index}]"


@dataclass(frozen=True)
class Written:
    """An op in a class: the `value` that `forward` computes, as an expression, and what `__init__`
    sets for it: `init` is `site.attribute`, `pad` is `site.pad`, `before` stands before both.
    """

    value: Any
    init: Any = None
    pad: Any = None
    before: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class FunctionSite(Site):
    """An op (or a block) in a function. `outputs` are the names of the values that it gives;
    `tapped`: each step's result is recorded, in its own shape."""

    outputs: tuple[str, ...]
    tapped: bool
    is_root: bool
    fstrings: bool
    naming: Naming
    locals: Locals

    @property
    def output(self) -> str:
        """The name of the one value that an op gives."""
        return self.outputs[0]

    def feeds_only(self, kind: type[Op]) -> bool:
        """Return whether nothing but ops of a kind, which are always there, takes the output."""
        block, taken = self.block, False
        if self.tapped or block.calls_of(self.layer) > 1:
            return False
        (here,) = (i for i, call in enumerate(block.wiring) if call.layer == self.layer)
        for call in block.wiring[here + 1 :]:
            if self.output in call.inputs:
                taken = isinstance(block.layers[call.layer], kind)
                if not taken:
                    return False
            if self.output in call.outputs:
                return taken
        return taken and self.output not in block.outputs

    def gives(self, value: Any) -> Statement:
        """Return the statement that sets an op's output."""
        return Assign((self.output,), value)

    def path(self, suffix: str = "", formatted: bool = False) -> str:
        """Return source text whose value is the step's path and a suffix.

        `formatted`: the suffix holds a name in braces, for an f-string.
        """
        tail, joint = self.layer + suffix, self.naming.joint
        if (self.block.kind, tail) in self.naming.texts:
            return self.naming.texts[self.block.kind, tail]
        tail = self.naming.joined(tail)
        if self.is_root or self.naming.scope:
            return f'f"{tail}"' if formatted else f'"{tail}"'
        return f'f"{{name}}{joint}{tail}"' if self.fstrings else f'name + "{joint}{tail}"'

    def parameter(self, kind: str) -> str:
        """Return source text whose value is the name of a parameter."""
        known = self.naming.texts.get((self.block.kind, f"{self.layer}.{kind}"))
        return known or self.path(f".{self.naming.suffixes.get(kind, kind)}")

    def numbered(self, index: Any, count: Any = None) -> str:
        """Return source text for the path of a numbered part, of a `count` if that is known: both
        may be expressions."""
        if not (self.fstrings or isinstance(index, int) or index.isidentifier()):
            index = f"({index})"
        official = self.naming.numbered(self.block.kind, self.layer, index, count)
        if official is not None:
            return official
        if isinstance(index, int):
            return self.path(f".{index}")
        if self.fstrings:
            return self.path(f".{{{index}}}", formatted=True)
        return f"{self.path('.%d')} % {index}"


def standalone(site: FunctionSite) -> FunctionSite:
    """Return the site of the same layer on values that stand for it alone."""
    inputs = tuple(site.locals.name(site.layer, value) for value in site.inputs)
    outputs = tuple(site.locals.name(site.layer, value, "out") for value in site.outputs)
    return replace(site, inputs=inputs, outputs=outputs)
