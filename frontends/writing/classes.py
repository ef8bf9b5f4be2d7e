"""Write a network as classes, one per kind of block: PyTorch and Paddle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from common.expressions import literal, substitute
from common.network import Network
from common.ops import Add, Op
from common.prune import Unwritten
from common.sizes import plus
from common.spec import Block, Chain, Layer, Parallel, Plain, Use, When, plain
from common.wiring import REQUIRED, Call, outputs_of
from frontends.writing.dialect import ClassDialect
from frontends.writing.docstrings import root_docstring
from frontends.writing.draft import INDENT, Draft, Source, batched, formatted, shapes_of
from frontends.writing.expressions import Choice, Each, List, Unpacked, invoke
from frontends.writing.factories import factories
from frontends.writing.guards import guards
from frontends.writing.hints import TENSOR, init_parameters, returned
from frontends.writing.overwriting import may_overwrite
from frontends.writing.program import NAMES, Ending
from frontends.writing.progressions import runs
from frontends.writing.shapes import Symbols
from frontends.writing.sites import ClassSite, ItemSite, Written
from frontends.writing.stages import METHOD, Stages
from frontends.writing.statements import (
    Assign,
    Class,
    Comment,
    Expression,
    For,
    Function,
    If,
    Return,
    Statement,
    about,
    lines,
)
from frontends.writing.text import EmitError, passed
from frontends.writing.tidying import merged_ifs, returning, with_local


def write(
    network: Network, dialect: ClassDialect, taps: bool = False, ending: Ending | None = None
) -> Source:
    """Return the written file. With `taps`, every step passes its result through `tap`; with an
    `ending` it trains."""
    words = dialect.words.and_more(NAMES) if ending else dialect.words
    draft = Draft(network, dialect.says_same, words, dialect.line_length)
    entry, written = draft.classes[draft.root.kind], statements(draft, dialect, taps)
    imports = dialect.imports(draft)
    demo = ("\n".join(dialect.demo(entry, network.input_shape)),)
    text = "\n\n".join(
        [
            draft.header(
                dialect.framework,
                batched,
                declared=True,
                training=ending.recipe.words() if ending else "",
            ),
            "\n".join(ending.all_imports(imports) if ending else imports),
            *dialect.helpers(draft),
            "\n".join(lines(written)),
            *(ending.texts(entry) if ending else (*factories(draft, entry), *demo)),
        ]
    )
    return Source(
        dialect.name,
        formatted(text, dialect.line_length),
        entry,
        classes=True,
        own=draft.flat.names,
        statements=tuple(written),
    )


def own_parameters(network: Network, dialect: ClassDialect) -> Mapping[str, str]:
    """Return <path>.<kind> in the file -> canonical, of the parameters where they differ."""
    return Draft(network, dialect.says_same, dialect.words).flat.names.parameters


def statements(draft: Draft, dialect: ClassDialect, taps: bool = False) -> list[Class]:
    """Return the classes of a file, inner ones first."""
    kinds = [block for block in draft.kinds() if block.kind not in draft.flat.sequences]
    return [_Class(draft, dialect, block, taps).statement() for block in kinds]


class _Class:
    """One kind of block as a class."""

    def __init__(self, draft: Draft, dialect: ClassDialect, block: Block, taps: bool) -> None:
        self._draft, self._dialect, self._block, self._taps = draft, dialect, block, taps
        self._channels = draft.channels[block]
        self._is_root = block is draft.root
        self._stages = Stages(draft, block)
        self._symbols = Symbols(draft) if self._is_root else None

    def statement(self) -> Class:
        block = self._block
        for name in sorted(block.layers.keys() & self._dialect.reserved):
            raise EmitError(
                f"block {block.kind}: {self._dialect.base} has a {name!r} of its own; "
                "rename the layer"
            )
        forward = returning(merged_ifs(list(self._forward())), block.outputs)
        taken = ("self", *(f"{name}: {TENSOR}" for name in block.inputs))
        methods = [Function("forward", taken, returned(block.outputs), body=tuple(forward))]
        inits = with_local(block, [*guards(block, fstrings=True), *self._inits()], products=True)
        inits += self._dialect.close_init(self._draft) if self._is_root else []
        if inits:
            instances = self._draft.instances(block)
            declared = init_parameters(block, self._channels.implicit, instances)
            body = (Expression(invoke("super().__init__")), *inits)
            init = Function("__init__", ("self", *declared), "None", body=body)
            methods = [init, *self._make_layer(), *methods]
        said = [self._docstring()] if self._is_root else about(block.about)
        body = (*said, *methods)
        return Class(self._draft.classes[block.kind], self._dialect.base, body=body)

    def _docstring(self) -> Statement:
        assert self._symbols
        output = ", ".join(self._symbols.of(len(self._block.wiring) - 1))
        return root_docstring(self._draft, output, self._dialect.typed_docstrings)

    def _make_layer(self) -> Iterator[Function]:
        """Yield the method that makes the stages of a network, if one can."""
        if not self._stages.layers:
            return
        name = next(iter(self._stages.layers))
        made = self._chain(name, self._stages.chain, self._stages.inputs)
        said = (self._draft.flat.steps(self._block, layer) for layer in self._stages.layers)
        body = (Return(made, steps=tuple(step for steps in said for step in steps)),)
        yield Function(METHOD, ("self", *self._stages.parameters()), made.function, body=body)

    def _inits(self) -> Iterator[Statement]:
        block = self._block
        first = {call.layer: call.inputs for call in reversed(block.wiring)}
        for name, layer in block.layers.items():
            if isinstance(plain(layer), Unwritten):
                continue
            taken = first.get(name) or (block.unused[name],)
            yield from self._init(name, layer, taken)

    def _init(self, name: str, layer: Layer, taken: tuple[str, ...]) -> Iterator[Statement]:
        steps, ops = self._draft.flat.steps(self._block, name), self._ops(name, plain(layer), taken)
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
        started = [line for site, _ in ops for line in self._dialect.started(site)]
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

    def _ops(self, name: str, layer: Plain, taken: tuple[str, ...]) -> list[tuple[ClassSite, Op]]:
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
        if _streams(layer) == 1:
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

    def _forward(self) -> Iterator[Statement]:
        aliases = self._aliases()
        for call in aliases:
            yield from _renamed(call)
        for position, call in enumerate(self._block.wiring):
            layer = self._block.layers[call.layer]
            steps = self._draft.flat.steps(self._block, position)
            if isinstance(plain(layer), Unwritten):
                yield from _renamed(call)
                continue
            if isinstance(layer, Chain) and _streams(layer) > 1:
                yield from _renamed(call)
                turn = Assign(call.outputs, invoke("block", *call.outputs))
                loop = For("block", f"self.{call.layer}", body=(turn,), steps=steps)
                yield self._remarked(loop, position)
                continue
            value = self._assigned(position, call, steps)
            if isinstance(layer, When):
                yield from () if call in aliases else _renamed(call)
                yield If(self._condition(call, layer), body=(value,), steps=steps)
            else:
                yield self._remarked(value, position)

    def _aliases(self) -> list[Call]:
        """Return the calls of optional layers whose outputs are, from the first line on, inputs of
        the block that stay what they are."""
        calls, given = self._block.wiring, outputs_of(self._block.wiring)
        return [
            call
            for call in calls
            if isinstance(self._block.layers[call.layer], When)
            and not set(call.outputs) & {*self._block.inputs}
            and set(call.passed) <= {*self._block.inputs} - {*given}
            and all(calls.count(call) == given.count(name) == 1 for name in call.outputs)
        ]

    def _shape(self, position: int) -> str:
        """Return the shape of a call's result, where it is another than before and there is only
        one instance to speak of."""
        if self._symbols is None:
            return ""
        said = shapes_of(self._symbols.of(position))
        return said if not position or said != shapes_of(self._symbols.of(position - 1)) else ""

    def _remarked(self, statement: Statement, position: int) -> Statement:
        """Return a statement with the shape that its call gives, if that fits on its line."""
        remark = self._shape(position)
        room = self._draft.line_length - 2 * INDENT - len("  # ")
        fits = len(statement.line()) + len(remark) <= room
        return replace(statement, remark=remark) if fits else statement

    def _value(self, call: Call) -> Any:
        """Return what a call computes, as an expression."""
        layer = plain(self._block.layers[call.layer])
        if isinstance(layer, Parallel):
            each = Each(invoke("path", *call.inputs), "path", f"self.{call.layer}")
            value = self._dialect.merged(layer.merge, (each,))
        elif isinstance(layer, Op):
            ((site, op),) = self._ops(call.layer, layer, call.inputs)
            value = self._dialect.op(op, site).value
        elif self._taps and self._ops(call.layer, layer, call.inputs):
            return self._tapped_sequence(call, layer)
        else:
            return invoke(f"self.{call.layer}", *call.inputs)
        return invoke("tap", "self", f'"{call.layer}"', value) if self._taps else value

    def _assigned(self, position: int, call: Call, steps: tuple[str, ...]) -> Assign:
        """Return the statement of a call; a sum is added to the value whose name it takes."""
        layer = self._block.layers[call.layer]
        if isinstance(layer, Add) and len(call.inputs) == 2 and not self._taps:
            for name, other in (call.inputs, call.inputs[::-1]):
                if call.outputs == (name,) and may_overwrite(self._block, position, name):
                    return Assign((name,), other, operator="+=", steps=steps)
        return Assign(call.outputs, self._value(call), steps=steps)

    def _tapped_sequence(self, call: Call, layer: Plain) -> Any:
        """Return the items of a sequence one by one, each behind a tap."""
        value: Any = call.inputs[0]
        for index, (site, _) in enumerate(self._ops(call.layer, layer, call.inputs)):
            value = invoke("tap", "self", f'"{call.layer}.{index}"', invoke(site.attribute, value))
        return value

    def _condition(self, call: Call, layer: When) -> str:
        """Return whether an optional layer is there: it is not None, or its flag holds."""
        inner, attribute = layer.layer, f"self.{call.layer}"
        is_flag = isinstance(inner, Op) and all(
            self._dialect.op(op, site).init is None
            for site, op in self._ops(call.layer, inner, call.inputs)
        )
        return attribute if is_flag else f"{attribute} is not None"


def _streams(layer: Chain) -> int:
    """Return how many values go through a chain."""
    return len(layer.links[0][0].block.inputs)


def _renamed(call: Call) -> list[Statement]:
    """Return what makes the inputs of a call its outputs, until it changes them."""
    if call.outputs == call.passed:
        return []
    return [Assign(call.outputs, ", ".join(call.passed))]


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
