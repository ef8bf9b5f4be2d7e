"""What a written class has in its `__init__`: its layers, and the method that makes its stages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from common.expressions import literal, substitute
from common.ops import Op
from common.prune import Unwritten
from common.sizes import plus
from common.spec import Block, Chain, Layer, Parallel, Plain, Use, When, plain
from common.wiring import REQUIRED
from frontends.writing.dialect import ClassDialect
from frontends.writing.draft import Draft
from frontends.writing.expressions import Choice, Each, List, Unpacked, invoke
from frontends.writing.progressions import runs
from frontends.writing.sites import ClassSite, ItemSite, Written
from frontends.writing.stages import METHOD, Stages
from frontends.writing.statements import Assign, Comment, Function, If, Return, Statement, of_steps
from frontends.writing.text import EmitError, passed


class Init:
    """The layers of one kind of block."""

    def __init__(self, draft: Draft, dialect: ClassDialect, block: Block) -> None:
        self._draft, self._dialect, self._block = draft, dialect, block
        self._channels = draft.channels[block]
        self._stages = Stages(draft, block)

    def make_layer(self) -> Iterator[Function]:
        """Yield the method that makes the stages of a network, if one can."""
        if not self._stages.layers:
            return
        name = next(iter(self._stages.layers))
        made = self._chain(name, self._stages.chain, self._stages.inputs)
        said = (self._draft.flat.steps(self._block, layer) for layer in self._stages.layers)
        body = (Return(made, steps=tuple(step for steps in said for step in steps)),)
        yield Function(METHOD, ("self", *self._stages.parameters()), made.function, body=body)

    def statements(self) -> Iterator[Statement]:
        """Yield what makes the layers, in the order of their declaration."""
        block = self._block
        first = {call.layer: call.inputs for call in reversed(block.wiring)}
        for name, layer in block.layers.items():
            if isinstance(plain(layer), Unwritten):
                continue
            taken = first.get(name) or (block.unused[name],)
            yield from self._init(name, layer, taken)

    def _init(self, name: str, layer: Layer, taken: tuple[str, ...]) -> Iterator[Statement]:
        steps, ops = self._draft.flat.steps(self._block, name), self.ops(name, plain(layer), taken)
        written = [self._dialect.op(op, site) for site, op in ops]
        value = self._made(name, plain(layer), ops, written)
        if isinstance(layer, When):
            condition = literal(layer.when)
            value = condition if value is None else Choice(value, condition, "None")
        yield from (replace(line, steps=steps) for each in written for line in each.before)
        for each in written:
            if each.pad is not None:
                yield Assign((ops[0][0].pad,), each.pad, steps=steps)
        if name in self._block.unused:
            yield Comment("never called, as in the source")
        if isinstance(value, Choice) and isinstance(plain(layer), Use) and ops:
            yield Assign((f"self.{name}",), "None", steps=steps)
            made = Assign((f"self.{name}",), value.value)
            yield If(value.condition, body=(made,), steps=steps)
        elif value is not None:
            yield Assign((f"self.{name}",), value, steps=steps)
        started = [
            line for site, _ in ops for line in of_steps([*self._dialect.started(site)], site.steps)
        ]
        if started and isinstance(layer, When):
            yield If(f"self.{name} is not None", body=tuple(started), steps=steps)
        else:
            yield from (replace(line, steps=steps) for line in started)

    def _made(
        self, name: str, layer: Plain, ops: list[tuple[ClassSite, Op]], written: list[Written]
    ) -> Any:
        """Return what a layer is in `__init__`, as an expression; None for an op without a module.

        Raises EmitError for an op in a sequence that is more than a module.
        """
        if isinstance(layer, Op):
            return written[0].init
        if not ops:
            return self._constructor(name, layer)
        for (site, _), each in zip(ops, written):
            if (each.value, each.pad) != (invoke(site.attribute, *site.inputs), None):
                raise EmitError(
                    f"block {self._block.kind}, layer {name}: {site.layer} is no module of "
                    f"{self._dialect.framework.title} alone; leave the block out of `flat`"
                )
        return invoke(self._dialect.sequential, *(each.init for each in written))

    def ops(self, name: str, layer: Plain, taken: tuple[str, ...]) -> list[tuple[ClassSite, Op]]:
        """Return the ops of a layer that are made where it is: itself, or the items of a sequence,
        each on what the one before gives."""
        known, inputs = self._draft.channels, self._channels.layers[name]
        if isinstance(layer, Op):
            self._check_known(name, inputs[:1] if layer.has_parameters else [])
            return [(ClassSite(self._draft, self._block, name, taken, inputs), layer)]
        if not isinstance(layer, Use) or layer.block.kind not in self._draft.flat.sequences:
            return []
        self._check_known(name, known.given(layer, inputs))
        there = dict(zip(known[layer.block].symbols, inputs))
        found: list[tuple[ClassSite, Op]] = []
        for index, (inner, op) in enumerate(layer.block.layers.items()):
            assert isinstance(op, Op)
            widths = [substitute(each, there) for each in known[layer.block].layers[inner]]
            site = ItemSite(self._draft, layer.block, inner, taken, widths, f"self.{name}", index)
            found.append((site, op))
        return found

    def _constructor(self, name: str, layer: Layer) -> Any:
        inputs = self._channels.layers[name]
        if isinstance(layer, Use):
            return self._new(name, layer, inputs)
        if isinstance(layer, Parallel):
            path = self._new(name, layer.path, inputs)
            each = Each(path, "_", invoke("range", layer.count))
            return invoke(self._dialect.module_list, List((each,)))
        assert isinstance(layer, Chain)
        if name in self._stages.layers:
            return self._stages.call(name)
        return self._chain(name, layer, inputs)

    def _chain(self, name: str, layer: Chain, inputs: list[Any]) -> Any:
        items: list[Any] = []
        for use, count in layer.links:
            outputs = self._draft.channels.outputs(use, inputs, self._block, name)
            first, later = self._new(name, use, inputs), self._new(name, use, outputs)
            if first == later or count == 1 or self._equal(inputs, outputs):
                items.append(_repeated(later if count != 1 else first, count))
            elif isinstance(count, str):
                each = self._new(name, use, _by_turn(inputs, outputs))
                items.append(Unpacked(List((Each(each, "i", invoke("range", count)),))))
            else:
                items += [first, _repeated(later, plus(count, -1))]
            inputs = outputs if count != 0 else inputs
        items = list(_with_progressions(items))
        if streams(layer) == 1:
            return invoke(self._dialect.sequential, *items)
        if len(items) == 1 and isinstance(items[0], Unpacked):
            return invoke(self._dialect.module_list, items[0].values)
        return invoke(self._dialect.module_list, List(tuple(items)))

    def _equal(self, left: list[Any], right: list[Any]) -> bool:
        return self._draft.channels.equal(left, right, self._block, self._channels)

    def _new(self, name: str, use: Use, inputs: list[Any]) -> Any:
        given = self._draft.channels.given(use, inputs)
        self._check_known(name, given)
        positional, named = passed(use, dict(use.block.arguments))
        for own, default in use.block.arguments:  # those handed on stand as they are declared
            if default is not REQUIRED:
                if named.get(own) != own:
                    break
                positional.append(named.pop(own))
        return invoke(self._draft.classes[use.block.kind], *given, *positional, **named)

    def _check_known(self, name: str, widths: list[Any]) -> None:
        """Raise an EmitError if the channels of a layer's input can be said by no expression."""
        if any(each is None for each in widths):
            raise EmitError(
                f"block {self._block.kind}, layer {name}: the channels of its input depend on an "
                "optional layer or on the map's size; declare them as an argument"
            )


def streams(layer: Chain) -> int:
    """Return how many values go through a chain."""
    return len(layer.links[0][0].block.inputs)


def _by_turn(first: list[Any], later: list[Any]) -> list[Any]:
    """Return the channels that a block in a chain takes: the first takes others."""
    return [a if a == b else Choice(a, "i == 0", b) for a, b in zip(first, later)]


def _with_progressions(items: list[Any]) -> Iterator[Any]:
    """Yield the items of a chain, those that grow evenly as one."""
    for run in runs(items):
        each = List((Each(run.call, "i", run.span()),))
        yield run.call if run.count == 1 else Unpacked(each)


def _repeated(item: Any, count: Any) -> Any:
    return item if count == 1 else Unpacked(List((Each(item, "_", invoke("range", count)),)))
