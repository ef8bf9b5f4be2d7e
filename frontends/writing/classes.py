"""Write a network as classes, one per kind of block: PyTorch and Paddle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from common.network import Network
from common.ops import Add, Op
from common.prune import Unwritten
from common.spec import Block, Chain, Parallel, Plain, When, plain
from common.wiring import Call, outputs_of
from frontends.writing.class_init import Init, streams
from frontends.writing.dialect import ClassDialect
from frontends.writing.docstrings import root_docstring
from frontends.writing.draft import INDENT, Draft, Source, batched, formatted, shapes_of
from frontends.writing.expressions import Each, invoke
from frontends.writing.factories import factories
from frontends.writing.guards import guards
from frontends.writing.hints import TENSOR, init_parameters, returned
from frontends.writing.overwriting import may_overwrite
from frontends.writing.program import NAMES, Ending
from frontends.writing.shapes import Symbols
from frontends.writing.statements import (
    Assign,
    Class,
    Expression,
    For,
    Function,
    If,
    Statement,
    about,
    lines,
)
from frontends.writing.text import EmitError
from frontends.writing.tidying import merged_ifs, returning, with_local


def write(
    network: Network, dialect: ClassDialect, taps: bool = False, ending: Ending | None = None
) -> Source:
    """Return the written file. With `taps`, every step passes its result through `tap`; with an
    `ending` it trains."""
    words = replace(dialect.words, beside=NAMES) if ending else dialect.words
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
        self._init = Init(draft, dialect, block)
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
        inits = with_local(
            block, [*guards(block, fstrings=True), *self._init.statements()], products=True
        )
        inits += self._dialect.close_init(self._draft) if self._is_root else []
        if inits:
            instances = self._draft.instances(block)
            declared = init_parameters(block, self._channels.implicit, instances)
            body = (Expression(invoke("super().__init__")), *inits)
            init = Function("__init__", ("self", *declared), "None", body=body)
            methods = [init, *self._init.make_layer(), *methods]
        said = [self._docstring()] if self._is_root else about(block.about)
        body = (*said, *methods)
        return Class(self._draft.classes[block.kind], self._dialect.base, body=body)

    def _docstring(self) -> Statement:
        assert self._symbols
        output = ", ".join(self._symbols.of(len(self._block.wiring) - 1))
        return root_docstring(self._draft, output, self._dialect.typed_docstrings)

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
            if isinstance(layer, Chain) and streams(layer) > 1:
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
            ((site, op),) = self._init.ops(call.layer, layer, call.inputs)
            value = self._dialect.op(op, site).value
        elif self._taps and self._init.ops(call.layer, layer, call.inputs):
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
        for index, (site, _) in enumerate(self._init.ops(call.layer, layer, call.inputs)):
            value = invoke("tap", "self", f'"{call.layer}.{index}"', invoke(site.attribute, value))
        return value

    def _condition(self, call: Call, layer: When) -> str:
        """Return whether an optional layer is there: it is not None, or its flag holds."""
        inner, attribute = layer.layer, f"self.{call.layer}"
        is_flag = isinstance(inner, Op) and all(
            self._dialect.op(op, site).init is None
            for site, op in self._init.ops(call.layer, inner, call.inputs)
        )
        return attribute if is_flag else f"{attribute} is not None"


def _renamed(call: Call) -> list[Statement]:
    """Return what makes the inputs of a call its outputs, until it changes them."""
    if call.outputs == call.passed:
        return []
    return [Assign(call.outputs, ", ".join(call.passed))]
