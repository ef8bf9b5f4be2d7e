"""Stages of a network that differ in sizes alone, written by one function: `stack`."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from common.expressions import literal
from common.spec import Block
from common.wiring import REQUIRED
from frontends.writing.draft import Draft
from frontends.writing.naming import Naming
from frontends.writing.needs import Needs
from frontends.writing.sites import Body, FunctionSite
from frontends.writing.stages import COUNT, Stages
from frontends.writing.statements import Function, Return, Scope, about

NAME = "stack"  # as frontends.workers.recording knows it
LEAST = 3  # so many stages are worth a function


@dataclass(frozen=True)
class StackSite(FunctionSite):
    """The blocks of a stage: they are named by the stage and their number."""

    def path(self, suffix: str = "", formatted: bool = False) -> str:
        tail, joint = self.naming.joined(suffix.lstrip(".")), self.naming.joint
        if self.naming.scope:
            return f'"{tail}"'
        return f'f"{{name}}{joint}{tail}"' if self.fstrings else f'name + "{joint}{tail}"'

    def numbered(self, index: Any, count: Any = None) -> str:
        return self.naming.stacked(index) or super().numbered(index, count)


class Stacks:
    """The stages of the network's own function that one function makes; maybe none."""

    def __init__(self, draft: Draft, root: Block, naming: Naming) -> None:
        self._stages = Stages(draft, root)
        stages = self._stages.layers if naming.stacks else {}
        once = all(root.calls_of(name) == 1 for name in stages)
        blocks = [each.first.block for each in stages.values()]
        alike = all(len(each.inputs) == len(each.outputs) for each in blocks)
        alike &= all(COUNT not in each.inputs for each in blocks)
        self.layers = stages if len(stages) >= LEAST and once and alike else {}

    @property
    def block(self) -> Block:
        """What is repeated."""
        return next(iter(self.layers.values())).first.block

    @property
    def chain(self) -> Any:
        """What the function makes, over its own parameters."""
        return self._stages.chain

    def _about(self) -> str:
        """Return what the function says of itself."""
        (first, _), (later, _) = self.chain.links
        known = dict(later.arguments)
        own = [name for name, _ in first.arguments if name not in known]
        if not own:
            return "Blocks in a row."
        words = f"{', '.join(own[:-1])} and {own[-1]} are" if len(own) > 1 else f"{own[0]} is"
        return f"Blocks in a row; {words} the first one's."

    @property
    def _defaults(self) -> dict[str, Any]:
        """What the function's own arguments are in most stages, of those with a default."""
        found, own = {}, dict(self.block.arguments)
        for name in self._stages.varying:
            values = [each.value(name) for each in self.layers.values()]
            if own[name] is not REQUIRED:
                found[name] = max(values, key=values.count)
        return found

    def function(self, body: Body, needs: Needs, scope: str, fstrings: bool) -> Function:
        """Return the function whose `body` makes the blocks of a stage, within a scope if any."""
        kind, values = self.block.kind, list(self.block.inputs)
        wanted, body = needs.arguments[kind], [*body, Return(", ".join(values))]
        if scope and needs.name[kind]:
            body = [Scope(scope, body=tuple(body))]
        required = [n for n in self._stages.varying if n not in self._defaults and n in wanted]
        others = [f"{n}={literal(v)}" for n, v in self._defaults.items() if n in wanted]
        first = [*values, *(["training"] if needs.training[kind] else []), *required, COUNT]
        name = ["name"] if needs.name[kind] else []
        order = (*others, *(["*", *name] if name else [])) if fstrings else (*name, *others)
        return Function(NAME, (*first, *order), body=(*about(self._about()), *body))

    def passed(self, layer: str, wanted: Container[str]) -> tuple[list[Any], dict[str, Any]]:
        """Return what a stage's call passes by position, and by name."""
        stage, defaults = self.layers[layer], self._defaults
        varying = [name for name in self._stages.varying if name in wanted]
        positional = [stage.value(n) for n in varying if n not in defaults]
        named = {n: stage.value(n) for n in varying if n in defaults}
        named = {n: v for n, v in named.items() if literal(v) != literal(defaults[n])}
        return [*positional, stage.count], named
