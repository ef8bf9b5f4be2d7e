"""Write a network as classes, one per kind of block: PyTorch and Paddle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from common.expressions import evaluate, literal
from common.network import Network
from common.ops import Op
from common.sizes import plus
from common.spec import Block, Chain, Layer, Parallel, Use, When
from common.wiring import Call
from frontends.writing.dialect import ClassDialect, Code
from frontends.writing.draft import Draft, Source, batched, formatted, shapes_of
from frontends.writing.local import with_local
from frontends.writing.text import EmitError, class_name, merged_ifs, passed, signature


def write(network: Network, dialect: ClassDialect, taps: bool = False) -> Source:
    """Return the written file. With `taps`, every step passes its result through `tap`."""
    draft = Draft(network, dialect.says_same)
    classes = ["\n".join(_Class(draft, dialect, block, taps).lines()) for block in draft.kinds()]
    entry = class_name(draft.root.kind)
    text = "\n\n".join(
        [
            draft.header(dialect.framework, batched, declared=True),
            "\n".join(dialect.imports(draft)),
            *dialect.helpers(draft),
            *classes,
            "\n".join(dialect.demo(entry, network.input_shape)),
        ]
    )
    return Source(dialect.name, formatted(text), entry, classes=True)


class _Class:
    """One kind of block as a class."""

    def __init__(self, draft: Draft, dialect: ClassDialect, block: Block, taps: bool) -> None:
        self._draft, self._dialect, self._block, self._taps = draft, dialect, block, taps
        self._channels = draft.channels[block]
        self._is_root = block is draft.root
        self._codes = {name: self._code(name) for name in block.layers if self._op(name)}

    def lines(self) -> Iterator[str]:
        block = self._block
        for name in {*block.layers, *block.inputs} & self._dialect.reserved:
            raise EmitError(
                f"block {block.kind}: {self._dialect.base} has a {name!r} of its own; "
                "rename the layer"
            )
        yield f"class {class_name(block.kind)}({self._dialect.base}):"
        if block.about:
            yield f'    """{block.about}"""\n'
        inits = with_local(block, list(self._inits()))
        implicit = ["self", *self._channels.implicit]
        if inits:
            yield f"    def __init__({signature(block, implicit, [])}):"
            yield "        super().__init__()"
            yield from (f"        {line}" for line in inits)
            yield ""
        yield f"    def forward({', '.join(['self', *block.inputs])}):"
        yield from (f"        {line}" for line in merged_ifs(list(self._forward())))
        yield ""

    def _op(self, name: str) -> Op | None:
        layer = self._block.layers[name]
        inner = layer.layer if isinstance(layer, When) else layer
        return inner if isinstance(inner, Op) else None

    def _code(self, name: str) -> Code:
        op = self._op(name)
        assert op is not None
        return self._dialect.op(op, self._draft, self._block, name, self._channels.layers[name])

    def _inits(self) -> Iterator[str]:
        for name, layer in self._block.layers.items():
            code = self._codes.get(name)
            if code and code.before:
                yield f"self.{name}_pad = {code.before}"
            text = code.init if code else self._constructor(name, layer)
            if isinstance(layer, When):
                condition = literal(layer.when)
                text = f"{text} if {condition} else None" if text else condition
            if name in self._block.unused:
                yield "# never called, as in the source"
            if text:
                yield f"self.{name} = {text}"
            if code and code.after:
                yield code.after.format(self=f"self.{name}")

    def _constructor(self, name: str, layer: Layer) -> str:
        inputs = self._channels.layers[name]
        if isinstance(layer, When):
            return self._constructor(name, layer.layer)
        if isinstance(layer, Use):
            return self._new(name, layer, inputs)
        if isinstance(layer, Parallel):
            path = self._new(name, layer.path, inputs)
            return f"{self._dialect.module_list}([{path} for _ in range({layer.count})])"
        assert isinstance(layer, Chain)
        return self._chain(name, layer, inputs)

    def _chain(self, name: str, layer: Chain, inputs: list[Any]) -> str:
        items = []
        for use, count in layer.links:
            outputs = self._draft.channels.outputs(use, inputs, self._block, name)
            first, later = self._new(name, use, inputs), self._new(name, use, outputs)
            if first == later or count == 1 or self._equal(inputs, outputs):
                items.append(_repeated(later if count != 1 else first, count))
            else:
                items += [first, _repeated(later, plus(count, -1))]
            inputs = outputs if count != 0 else inputs
        if self._streams(layer) == 1:
            return f"{self._dialect.sequential}({', '.join(items)})"
        if len(items) == 1 and items[0].startswith("*"):
            return f"{self._dialect.module_list}({items[0].removeprefix('*')})"
        return f"{self._dialect.module_list}([{', '.join(items)}])"

    def _equal(self, left: list[Any], right: list[Any]) -> bool:
        """Are two lists of channels equal in every instance?"""
        for each in self._draft.instances(self._block):
            scope = dict(each.arguments) | {
                symbol: shape[0]
                for symbol, shape in zip(self._channels.symbols, each.inputs)
                if isinstance(symbol, str) and symbol in self._channels.implicit
            }
            if any(evaluate(a, scope) != evaluate(b, scope) for a, b in zip(left, right)):
                return False
        return True

    @staticmethod
    def _streams(layer: Chain) -> int:
        return len(layer.links[0][0].block.inputs)

    def _new(self, name: str, use: Use, inputs: list[Any]) -> str:
        given = self._draft.channels.given(use, inputs)
        if any(each is None for each in given):
            raise EmitError(
                f"block {self._block.kind}, layer {name}: the channels of its input depend on an "
                "optional layer or on the map's size; declare them as an argument"
            )
        values = [literal(each) for each in given] + passed(use)
        return f"{class_name(use.block.kind)}({', '.join(values)})"

    def _forward(self) -> Iterator[str]:
        block = self._block
        for position, call in enumerate(block.wiring):
            layer = block.layers[call.layer]
            last = position == len(block.wiring) - 1 and call.outputs == block.outputs
            comment = self._comment(position)
            if isinstance(layer, Chain) and self._streams(layer) > 1:
                yield from self._loop(call, comment)
            elif isinstance(layer, When):
                yield from self._optional(call, layer)
            elif last:
                yield f"return {self._expression(call)}{comment}"
                return
            else:
                yield f"{', '.join(call.outputs)} = {self._expression(call)}{comment}"
        yield f"return {', '.join(block.outputs)}"

    def _comment(self, position: int) -> str:
        """Return the output's shape, where there is only one instance to speak of."""
        if not self._is_root:
            return ""
        (instance,) = self._draft.instances(self._block)
        return "  # " + shapes_of(map(batched, instance.results[position]))

    def _expression(self, call: Call) -> str:
        layer = self._block.layers[call.layer]
        inner = layer.layer if isinstance(layer, When) else layer
        if isinstance(inner, Parallel):
            paths = f"path({', '.join(call.inputs)}) for path in self.{call.layer}"
            merge = self._dialect.total if inner.merge == "sum" else self._dialect.concatenated
            text = merge(paths)
        elif isinstance(inner, Op):
            code = self._codes[call.layer]
            if not inner.arity:  # a sum called again may take another number of values
                values = list(call.inputs)
                code = self._dialect.op(inner, self._draft, self._block, call.layer, values)
            name = f"self.{call.layer}"
            text = code.call.format(*call.inputs, self=name, pad=f"{name}_pad")
        else:
            return f"self.{call.layer}({', '.join(call.inputs)})"
        return f'tap(self, "{call.layer}", {text})' if self._taps else text

    def _optional(self, call: Call, layer: When) -> Iterator[str]:
        code = self._codes.get(call.layer)
        is_flag = code is not None and not code.init
        condition = f"self.{call.layer}" + ("" if is_flag else " is not None")
        outputs, inputs = ", ".join(call.outputs), ", ".join(call.inputs)
        if outputs != inputs:
            yield f"{outputs} = {inputs}"
        yield f"if {condition}:"
        yield f"    {outputs} = {self._expression(call)}"

    def _loop(self, call: Call, comment: str) -> Iterator[str]:
        outputs, inputs = ", ".join(call.outputs), ", ".join(call.inputs)
        if outputs != inputs:
            yield f"{outputs} = {inputs}"
        yield f"for block in self.{call.layer}:{comment}"
        yield f"    {outputs} = block({outputs})"


def _repeated(item: str, count: Any) -> str:
    return item if count == 1 else f"*[{item} for _ in range({literal(count)})]"
