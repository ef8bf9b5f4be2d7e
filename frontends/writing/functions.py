"""Write a network as functions, one per kind of block: Keras, TensorFlow 1 and Fluid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from common.expressions import literal
from common.network import Network
from common.ops import BatchNorm, Dropout, Op
from common.sizes import plus
from common.spec import Block, Chain, Layer, Parallel, Use, When, references, uses
from common.wiring import REQUIRED, Call
from frontends.writing.dialect import FunctionDialect, Site, standalone_call
from frontends.writing.draft import Draft, Source, formatted, shapes_of
from frontends.writing.local import with_local
from frontends.writing.naming import Naming
from frontends.writing.text import merged_ifs


def write(network: Network, dialect: FunctionDialect, taps: bool = False) -> Source:
    """Return the written file. With `taps`, every step passes its result through `tap`."""
    draft = Draft(network, dialect.says_same)
    needs = _Needs(draft, dialect, taps)
    naming = Naming() if taps else dialect.naming(network)  # steps are known by their paths
    functions = [
        "\n".join(_Function(draft, dialect, block, needs, naming, taps).lines())
        for block in draft.kinds()
        if any(instance.used for instance in draft.instances(block))
    ]
    entry = draft.root.kind
    text = "\n\n".join(
        [
            draft.header(dialect.framework, dialect.batched, declared=False),
            "\n".join(dialect.imports(draft)),
            *dialect.helpers(draft),
            *functions,
            "\n".join(dialect.demo(draft, entry)),
        ]
    )
    return Source(dialect.name, formatted(text), entry, classes=False, names=naming.names)


class _Needs:
    """Which kinds use `name` and `training`, and which of its arguments each refers to."""

    def __init__(self, draft: Draft, dialect: FunctionDialect, taps: bool) -> None:
        self.name: dict[str, bool] = {}
        self.training: dict[str, bool] = {}
        self.arguments: dict[str, list[str]] = {}
        for block in draft.kinds():
            called = _called(block)
            ops = [op for op in map(_inner, called) if isinstance(op, Op)]
            inner = [use.block.kind for layer in called for use in uses(layer)]
            self.name[block.kind] = (
                taps
                or any(map(dialect.needs_name, ops))
                or any(self.name.get(kind, False) for kind in inner)
            )
            self.training[block.kind] = dialect.threads_training and (
                any(isinstance(op, (BatchNorm, Dropout)) for op in ops)
                or any(self.training.get(kind, False) for kind in inner)
            )
            self.arguments[block.kind] = self._referred(block)

    @staticmethod
    def _referred(block: Block) -> list[str]:
        found = set().union(set(), *map(references, _called(block)))
        return [name for name, _ in block.arguments if name in found]


def _called(block: Block) -> list[Layer]:
    return [layer for name, layer in block.layers.items() if name not in block.unused]


def _inner(layer: Layer) -> Layer:
    return layer.layer if isinstance(layer, When) else layer


class _Function:
    """One kind of block as a function."""

    def __init__(
        self,
        draft: Draft,
        dialect: FunctionDialect,
        block: Block,
        needs: _Needs,
        naming: Naming,
        taps: bool,
    ) -> None:
        self._draft, self._dialect, self._block = draft, dialect, block
        self._needs, self._naming, self._taps = needs, naming, taps
        self._is_root = block is draft.root
        self._seen: set[str] = set()

    def lines(self) -> Iterator[str]:
        block, dialect = self._block, self._dialect
        yield f"def {block.kind}({self._signature()}):"
        if block.about:
            yield f'    """{block.about}"""'
        body: list[str] = dialect.open_root(self._draft) if self._is_root else []
        body += [self._naming.openings[block.kind]] if block.kind in self._naming.openings else []
        body += self._body()
        yield from (f"    {line}" for line in body)
        yield ""

    def _signature(self) -> str:
        block, kind = self._block, self._block.kind
        referred = self._needs.arguments[kind]
        if self._is_root:
            declared = self._dialect.root_inputs(self._draft)
            first = [name for name in declared if name not in dict(block.arguments)]
            referred = [n for n, _ in block.arguments if n in referred or n in declared]
        else:
            first = list(block.inputs)
        first += ["training"] if self._needs.training[kind] else []
        declared_arguments = [(n, d) for n, d in block.arguments if n in referred]
        required = [name for name, default in declared_arguments if default is REQUIRED]
        name = ["name"] if self._needs.name[kind] and not self._is_root else []
        defaults = [f"{n}={literal(d)}" for n, d in declared_arguments if d is not REQUIRED]
        return ", ".join([*first, *required, *name, *defaults])

    def _body(self) -> list[str]:
        block = self._block
        lines = [f"# the source also makes a {name}, which it never calls" for name in block.unused]
        for calls, added in self._calls():
            self._remark(calls[-1], added, self._comment(calls[-1]))
            lines += added
        lines = with_local(block, merged_ifs(_said_once(lines)))
        values = ", ".join(block.outputs)
        closed = self._dialect.close_root(self._draft, values) if self._is_root else values
        return _returning(lines, values) if closed == values else [*lines, f"return {closed}"]

    def _remark(self, call: Call, added: list[str], comment: str) -> None:
        """Put the shape behind the last line, or behind the loop whose every turn has it."""
        if not added[-1].startswith(" "):
            added[-1] += comment
            return
        found = {
            block.outputs
            for block in self._draft.elaboration.blocks
            if block.path.rpartition(".")[0] == call.layer
        }
        if added[-2].startswith("for ") and len(found) == 1:
            added[-2] += comment

    def _comment(self, call: Call) -> str:
        if not self._is_root:
            return ""
        (instance,) = self._draft.instances(self._block)
        position = next(i for i, each in enumerate(self._block.wiring) if each is call)
        return "  # " + shapes_of(map(self._dialect.batched, instance.results[position]))

    def _calls(self) -> Iterator[tuple[list[Call], list[str]]]:
        """Yield the lines of every call, those of an activation within the line before."""
        found: list[tuple[list[Call], list[str]]] = []
        for call in self._block.wiring:
            fused = self._fused(*found[-1], call) if found else None
            if fused is None:
                found.append(([call], self._call(call)))
            else:
                found[-1] = ([*found[-1][0], call], fused)
        yield from found

    def _fused(self, calls: list[Call], lines: list[str], call: Call) -> list[str] | None:
        """Return lines that take in the activation that a call is, None if they cannot."""
        layer = self._block.layers[call.layer]
        op, when = _inner(layer), layer.when if isinstance(layer, When) else None
        in_place = call.inputs == call.outputs == calls[-1].outputs
        once = all(self._block.calls_of(each.layer) == 1 for each in (*calls, call))
        if self._taps or not in_place or not once or not isinstance(op, Op) or len(calls) > 1:
            return None
        line = self._dialect.fused(lines[-1], op, when)
        return None if line is None else [*lines[:-1], line]

    def _site(self, layer: str) -> Site:
        fstrings = self._dialect.fstrings
        return Site(self._draft, self._block, layer, self._is_root, fstrings, self._naming)

    def _call(self, call: Call) -> list[str]:
        layer = self._block.layers[call.layer]
        lines = self._plain(call, _inner(layer))
        if self._block.calls_of(call.layer) > 1:
            lines = self._shared(call, _inner(layer), lines)
        if not isinstance(layer, When):
            return lines
        before = []
        if call.outputs != call.inputs:
            before = [f"{', '.join(call.outputs)} = {', '.join(call.inputs)}"]
        return [*before, f"if {literal(layer.when)}:", *(f"    {line}" for line in lines)]

    def _shared(self, call: Call, layer: Layer, lines: list[str]) -> list[str]:
        """Return the lines of a layer that is called more than once."""
        first, site = call.layer not in self._seen, self._site(call.layer)
        self._seen.add(call.layer)
        if isinstance(layer, Op):
            lines = self._dialect.op(layer, site, list(call.inputs), call.outputs[0])
            wrapped = self._dialect.shared(site, call, first, lines, [])
            return [*(lines if wrapped is None else wrapped), *self._tapped(call)]
        inner = standalone_call(call)
        standalone = self._plain(inner, layer)
        wrapped = self._dialect.shared(site, call, first, lines, standalone)
        return lines if wrapped is None else wrapped

    def _plain(self, call: Call, layer: Layer) -> list[str]:
        site = self._site(call.layer)
        if isinstance(layer, Op):
            lines = self._dialect.op(layer, site, list(call.inputs), call.outputs[0])
            return [*lines, *self._tapped(call)]
        if isinstance(layer, Use):
            return [self._use(layer, call.outputs, call.inputs, site.path())]
        if isinstance(layer, Parallel):
            return self._parallel(call, layer, site)
        assert isinstance(layer, Chain)
        return list(self._chain(call, layer, site))

    def _tapped(self, call: Call) -> list[str]:
        if not self._taps:
            return []
        (value,) = call.outputs
        return [f"{value} = tap({self._site(call.layer).path()}, {value})"]

    def _parallel(self, call: Call, layer: Parallel, site: Site) -> list[str]:
        each = self._expression(layer.path, call.inputs, site.numbered("i"))
        paths = f"[{each} for i in range({literal(layer.count)})]"
        merging = replace(site, layer=f"{site.layer}.merge")
        merged = self._dialect.merged(layer.merge, paths, merging)
        return [f"{call.outputs[0]} = {merged}", *self._tapped(call)]

    def _chain(self, call: Call, layer: Chain, site: Site) -> Iterator[str]:
        index: Any = 0
        inputs = call.inputs
        for use, count in layer.links:
            if count == 1:
                yield self._use(use, call.outputs, inputs, self._numbered(site, index))
            else:
                if inputs != call.outputs:
                    yield f"{', '.join(call.outputs)} = {', '.join(inputs)}"
                stop = _sum(index, count)
                span = literal(stop) if index == 0 else f"{literal(index)}, {literal(stop)}"
                yield f"for i in range({span}):"
                yield "    " + self._use(use, call.outputs, call.outputs, site.numbered("i"))
            index, inputs = _sum(index, count), call.outputs

    def _numbered(self, site: Site, index: Any) -> str:
        """Return the path of one block of a chain; its number may depend on arguments."""
        if isinstance(index, int) or index.isidentifier():
            return site.numbered(index)
        return site.numbered(index) if self._dialect.fstrings else site.numbered(f"({index})")

    def _use(self, use: Use, outputs: tuple[str, ...], inputs: tuple[str, ...], path: str) -> str:
        return f"{', '.join(outputs)} = {self._expression(use, inputs, path)}"

    def _expression(self, use: Use, inputs: tuple[str, ...], path: str) -> str:
        kind = use.block.kind
        defaults = dict(use.block.arguments)
        arguments = list(inputs)
        arguments += ["training"] if self._needs.training[kind] else []
        for name, value in use.arguments:
            text = literal(value)
            if name not in self._needs.arguments[kind]:
                continue
            if defaults[name] is REQUIRED:
                arguments.append(text)
            elif literal(defaults[name]) != text:
                arguments.append(f"{name}={text}")
        arguments += [f"name={path}"] if self._needs.name[kind] else []
        return f"{kind}({', '.join(arguments)})"


def _sum(index: Any, count: Any) -> Any:
    if isinstance(index, int):
        return plus(count, index)
    return plus(index, count) if isinstance(count, int) else f"{index} + {count}"


def _said_once(lines: list[str]) -> list[str]:
    """Return lines without the comments that stand above already."""
    return [
        line
        for index, line in enumerate(lines)
        if not line.startswith("#") or line not in lines[:index]
    ]


def _returning(lines: list[str], values: str) -> list[str]:
    """End a body with a return, in one line with the last assignment where that reads well."""
    last = lines[-1]
    if last.startswith(f"{values} = ") and "\n" not in last:
        return [*lines[:-1], f"return {last.removeprefix(f'{values} = ')}"]
    return [*lines, f"return {values}"]
