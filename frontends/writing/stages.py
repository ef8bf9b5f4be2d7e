"""Stages of a network that differ in sizes alone, made by one method: `_make_layer`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from common.expressions import literal
from common.spec import Block, Chain, Use, plain
from common.wiring import REQUIRED
from frontends.writing.draft import INDENT, Draft
from frontends.writing.expressions import Invoke, invoke
from frontends.writing.hints import hint_of

METHOD, COUNT, CHANNELS = "_make_layer", "num", "in_channels"
_REST = re.compile(r"(.+) - 1")
LEAST = 2  # so many stages are worth a method


@dataclass(frozen=True)
class Stage:
    """A chain of `count` blocks that all are `later`, but for the first; `inputs`: its channels."""

    first: Use
    later: Use
    count: str
    inputs: list[Any]

    def value(self, name: str) -> Any:
        """Return what the first block is given for an argument."""
        return dict(self.first.arguments).get(name, dict(self.first.block.arguments)[name])


class Stages:
    """The stages of a block that one method makes, by the names of their layers; maybe none.

    chain: what the method makes, over its own parameters.
    """

    def __init__(self, draft: Draft, block: Block) -> None:
        self.layers = _stages(block, draft.channels[block].layers)
        self._draft, self._channels = draft, draft.channels
        if not self._fit(block):
            self.layers = {}

    def _fit(self, block: Block) -> bool:
        stages = list(self.layers.values())
        if len(stages) < LEAST:
            return False
        use = stages[0].first
        self._implicit = self._channels[use.block].implicit
        self._varying = [
            name
            for name, _ in use.block.arguments
            if len({literal_of(s, name) for s in stages}) > 1
        ]
        words = {COUNT, CHANNELS, *(name for name, _ in use.block.arguments)}
        alike = all(
            (s.first.block, [n for n, _ in s.later.arguments])
            == (use.block, [n for n, _ in stages[0].later.arguments])
            and all(value == s.value(name) for name, value in s.later.arguments)
            for s in stages
        )
        apart = len(words) == 2 + len(use.block.arguments) and METHOD not in block.layers
        return alike and apart and self._implicit in ([], [CHANNELS])

    @property
    def varying(self) -> list[str]:
        """The arguments of the first block in which stages differ."""
        return list(self._varying)

    @property
    def inputs(self) -> list[Any]:
        """The channels that the method's first block takes."""
        return [CHANNELS for _ in next(iter(self.layers.values())).inputs]

    @property
    def chain(self) -> Chain:
        """What the method makes, over its own parameters."""
        stage = next(iter(self.layers.values()))
        first = {
            name: name if name in self._varying else stage.value(name)
            for name in dict([*((n, None) for n in self._varying), *stage.first.arguments])
        }
        order = [name for name, _ in stage.first.block.arguments if name in first]
        later = {name: first[name] for name, _ in stage.later.arguments}
        block = stage.first.block
        return Chain(
            (
                (Use(block, tuple((name, first[name]) for name in order)), 1),
                (Use(block, tuple(later.items())), f"{COUNT} - 1"),
            )
        )

    def parameters(self) -> tuple[str, ...]:
        """Return the parameters of the method, behind `self`."""
        block = next(iter(self.layers.values())).first.block
        defaults = dict(block.arguments)
        hints = {
            name: hint_of(each.arguments[name] for each in self._draft.instances(block))
            for name in self._varying
        }
        return (
            *(f"{name}: int" for name in self._implicit),
            *(f"{n}: {hints[n]}" for n in self._varying if defaults[n] is REQUIRED),
            f"{COUNT}: int",
            *(
                f"{n}: {hints[n]} = {literal(defaults[n])}"
                for n in self._varying
                if defaults[n] is not REQUIRED
            ),
        )

    def call(self, layer: str) -> Invoke:
        """Return the call that makes a layer; what has a default is passed by name where all of
        the calls fit on a line so."""
        return self._call(layer, all(map(self._fits, self.layers)))

    def _fits(self, layer: str) -> bool:
        length = 2 * INDENT + len(f"self.{layer} = {self._call(layer, True).text()}")
        return length <= self._draft.line_length

    def _call(self, layer: str, by_name: bool) -> Invoke:
        stage = self.layers[layer]
        defaults = dict(stage.first.block.arguments)
        values = self._channels.given(stage.first, stage.inputs)
        values += [stage.value(n) for n in self._varying if defaults[n] is REQUIRED]
        values.append(stage.count)
        named = {n: stage.value(n) for n in self._varying if defaults[n] is not REQUIRED}
        if by_name:
            named = {n: v for n, v in named.items() if literal(v) != literal(defaults[n])}
            return invoke(f"self.{METHOD}", *values, **named)
        while named and literal(list(named.values())[-1]) == literal(defaults[list(named)[-1]]):
            named.popitem()
        return invoke(f"self.{METHOD}", *values, *named.values())


def literal_of(stage: Stage, name: str) -> str:
    """Return what the first block of a stage is given for an argument, as source."""
    value = stage.value(name)
    return "" if value is REQUIRED else literal(value)


def _stages(block: Block, inputs: Mapping[str, list[Any]]) -> dict[str, Stage]:
    found: dict[str, Stage] = {}
    for name, layer in block.layers.items():
        chain = plain(layer)
        if chain is not layer or not isinstance(chain, Chain) or len(chain.links) != 2:
            continue
        (first, one), (later, rest) = chain.links
        match = _REST.fullmatch(rest) if isinstance(rest, str) else None
        if match and one == 1 and first.block == later.block:
            found[name] = Stage(first, later, match[1], inputs[name])
    return found
