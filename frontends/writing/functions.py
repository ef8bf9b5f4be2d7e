"""Write a network as functions, one per kind of block: Keras, TensorFlow 1 and Fluid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from common.expressions import spliced
from common.network import Network
from common.ops import Op
from common.prune import Unwritten
from common.sizes import plus
from common.spec import Block, Chain, Layer, Parallel, Use, When, plain
from common.wiring import Call
from frontends.writing.dialect import FunctionDialect
from frontends.writing.draft import INDENT, Draft, Source, formatted, shapes_of
from frontends.writing.expressions import Each, invoke
from frontends.writing.factories import function_factories
from frontends.writing.guards import guards
from frontends.writing.hints import argument_hints, returned, with_hints
from frontends.writing.names import Locals, names_in
from frontends.writing.naming import Naming
from frontends.writing.needs import Needs
from frontends.writing.program import NAMES, Ending
from frontends.writing.progressions import runs
from frontends.writing.root_about import root_about
from frontends.writing.shapes import Symbols
from frontends.writing.sites import Body, FunctionSite, standalone
from frontends.writing.stacks import NAME as STACK
from frontends.writing.stacks import Stacks, StackSite
from frontends.writing.stages import COUNT
from frontends.writing.statements import (
    Assign,
    Comment,
    Expression,
    For,
    Function,
    If,
    Return,
    Scope,
    Statement,
    Suite,
    about,
    lines,
)
from frontends.writing.text import parameters, passed
from frontends.writing.tidying import merged_ifs, returning, said_once, with_local


def write(
    network: Network, dialect: FunctionDialect, taps: bool = False, ending: Ending | None = None
) -> Source:
    """Return the written file. With `taps`, every step passes its result through `tap`; with an
    `ending` it trains."""
    words = replace(dialect.words, beside=NAMES) if ending else dialect.words
    draft = Draft(network, dialect.says_same, words, dialect.line_length)
    naming = dialect.naming(network)
    if taps and not naming.scope:  # steps are known by their paths
        naming = Naming()
    functions = statements(draft, dialect, naming, taps)
    entry = draft.root.kind
    imports, demo = dialect.imports(draft), ("\n".join(dialect.demo(draft, entry)),)
    text = "\n\n".join(
        [
            draft.header(
                dialect.framework,
                dialect.batched,
                declared=False,
                training=ending.recipe.words() if ending else "",
            ),
            "\n".join(ending.all_imports(imports) if ending else imports),
            "\n".join(lines(functions)),
            *([] if taps or ending else function_factories(draft, functions[-1])),
            *dialect.helpers(draft),
            *(ending.texts(entry) if ending else demo),
        ]
    )
    if not dialect.fstrings and not text.isascii():  # as files of Python 2.7 have to say
        text = f"# -*- coding: utf-8 -*-\n{text}"
    return Source(
        dialect.name,
        formatted(text, dialect.line_length),
        entry,
        classes=False,
        names=naming.names,
        statements=tuple(functions),
    )


def statements(
    draft: Draft, dialect: FunctionDialect, naming: Naming, taps: bool = False
) -> list[Function]:
    """Return the functions of a file, inner ones first; none of a block that is never called."""
    needs = Needs(draft, dialect, taps)
    found: list[Function] = []
    for block in draft.kinds():
        if any(instance.used for instance in draft.instances(block)):
            function = _Function(draft, dialect, block, needs, naming, taps)
            found += [*function.stack(), function.statement()]
    dialect.check(found)
    return found


class _Function:
    """One kind of block as a function."""

    def __init__(
        self,
        draft: Draft,
        dialect: FunctionDialect,
        block: Block,
        needs: Needs,
        naming: Naming,
        taps: bool,
    ) -> None:
        self._draft, self._dialect, self._block = draft, dialect, block
        self._needs, self._naming, self._taps = needs, naming, taps
        self._is_root = block is draft.root
        self._symbols = Symbols(draft, dialect.channels_last) if self._is_root else None
        self._stacks = Stacks(draft, block, naming) if self._is_root else None
        self._options = dialect.root_options(draft) if self._is_root else {}
        self._seen: set[str] = set()
        self._positions = {id(call): i for i, call in enumerate(block.wiring)}
        self._locals = Locals({*draft.words.taken, *draft.network.blocks(), *names_in(block)})

    def statement(self) -> Function:
        block, openings = self._block, self._naming.openings
        opening = self._dialect.open_root(self._draft) if self._is_root else []
        opening += [Expression(openings[block.kind])] if block.kind in openings else []
        body = (*self._about(), *self._body(opening))
        function = Function(block.kind, self._parameters(), body=body)
        returns = self._dialect.model if self._is_root else self._returned()
        return with_hints(function, self._hints(), returns)

    def _returned(self) -> str:
        return returned(self._block.outputs, self._dialect.tensor)

    def _hints(self) -> dict[str, str]:
        """Return the types of parameters, none where the framework's files have none."""
        if not self._dialect.tensor:
            return {}
        instances = self._draft.instances(self._block)
        hints = argument_hints(self._block, instances)
        options = {name: each.hint for name, each in self._options.items()}
        values = dict.fromkeys(self._block.inputs, self._dialect.tensor)
        return {**values, "name": "str", COUNT: "int", **hints, **options}

    def stack(self) -> list[Function]:
        """Return the function that makes stages, where the network's own calls one."""
        if not self._stacks or not self._stacks.layers:
            return []
        block, fstrings = self._stacks.block, self._dialect.fstrings
        values = tuple(block.inputs)
        whose = (self._draft, block, "", values, values)
        site = StackSite(*whose, self._taps, False, fstrings, self._naming, self._locals)
        body = list(self._chain(self._stacks.chain, site))
        function = self._stacks.function(body, self._needs, self._naming.scope, fstrings)
        inner = _Function(self._draft, self._dialect, block, self._needs, self._naming, self._taps)
        return [with_hints(function, inner._hints(), inner._returned())]

    def _about(self) -> list[Statement]:
        """Return the docstring; the network's own function says its arguments and shapes."""
        if self._symbols is None:
            return about(self._block.about)
        names = [each.partition("=")[0] for each in self._parameters()]
        output = ", ".join(self._symbols.of(len(self._block.wiring) - 1))
        options = {name: each.about for name, each in self._options.items()}
        return [root_about(self._draft, output, names, self._dialect.channels_last, options)]

    def _parameters(self) -> tuple[str, ...]:
        block, kind = self._block, self._block.kind
        inputs, wanted = list(block.inputs), set(self._needs.arguments[kind])
        if self._is_root:
            declared = self._dialect.root_inputs(self._draft)
            inputs = [name for name in declared if name not in dict(block.arguments)]
            wanted |= set(declared)
        inputs += ["training"] if self._needs.training[kind] else []
        name = ["name"] if self._needs.name[kind] and not self._is_root else []
        if self._is_root:
            options = [f"{name}={each.default}" for name, each in self._options.items()]
            return (*parameters(block, inputs, (), wanted), *options)
        if name and self._dialect.fstrings:  # Python 2 has no parameters by name alone
            return (*parameters(block, inputs, (), wanted), "*", *name)
        return parameters(block, inputs, name, wanted)

    def _body(self, opening: Body) -> Body:
        block, values = self._block, self._block.outputs
        before = [*guards(block, self._dialect.fstrings), *opening]
        body: Body = [
            Comment(f"the source also makes a {name}, which it never calls")
            for name in block.unused
        ]
        for calls, added in self._calls():
            body += self._remarked(calls[-1], added)
        body = merged_ifs(said_once(body))
        value = ", ".join(values)
        closed = self._dialect.close_root(self._draft, value) if self._is_root else value
        body = returning(body, values) if closed == value else [*body, Return(closed)]
        if self._naming.scope and self._needs.name[block.kind] and not self._is_root:
            body = [Scope(self._naming.scope, body=tuple(body))]
        return with_local(block, [*before, *body])

    def _remarked(self, call: Call, body: Body) -> Body:
        """Put the shape behind the last line, or behind the loop whose every turn has it."""
        if not body:
            return body
        *before, last = body
        if not self._symbols or (isinstance(last, Suite) and not self._is_even(call, last)):
            return body
        shape = shapes_of(self._symbols.of(self._positions[id(call)]))
        room = self._draft.line_length - INDENT
        if len(last.line()) <= room < len(f"{last.line()}  # {shape}"):
            return body  # it would break the line
        return [*before, replace(last, remark=shape)]

    def _is_even(self, call: Call, suite: Suite) -> bool:
        """Is this a loop whose every turn gives the same shapes?"""
        found = {
            block.outputs
            for block in self._draft.elaboration.blocks
            if block.path.rpartition(".")[0] == call.layer
        }
        return isinstance(suite, For) and len(found) == 1

    def _calls(self) -> Iterator[tuple[list[Call], Body]]:
        """Yield the statements of every call, those of an activation within the ones before."""
        found: list[tuple[list[Call], Body]] = []
        for call in self._block.wiring:
            step = (f"{self._block.kind}.{call.layer}",)
            fused = self._fused(*found[-1], call) if found and found[-1][1] else None
            if fused is None:
                found.append(([call], [replace(each, steps=step) for each in self._call(call)]))
            else:
                *before, last = fused
                fused = [*before, replace(last, steps=last.steps + step)]
                found[-1] = ([*found[-1][0], call], fused)
        yield from found

    def _fused(self, calls: list[Call], body: Body, call: Call) -> Body | None:
        """Return statements that take in the activation that a call is, None if they cannot."""
        layer = self._block.layers[call.layer]
        op, when = plain(layer), layer.when if isinstance(layer, When) else None
        in_place = call.inputs == call.outputs == calls[-1].outputs
        once = all(self._block.calls_of(each.layer) == 1 for each in (*calls, call))
        if self._taps or not in_place or not once or not isinstance(op, Op) or len(calls) > 1:
            return None
        fused = self._dialect.fused(body[-1], op, when)
        return None if fused is None else [*body[:-1], fused]

    def _site(self, call: Call) -> FunctionSite:
        return FunctionSite(
            draft=self._draft,
            block=self._block,
            layer=call.layer,
            inputs=call.inputs,
            outputs=call.outputs,
            tapped=self._taps,
            is_root=self._is_root,
            fstrings=self._dialect.fstrings,
            naming=self._naming,
            locals=self._locals,
        )

    def _call(self, call: Call) -> Body:
        layer = self._block.layers[call.layer]
        inner, site = plain(layer), self._site(call)
        if isinstance(inner, Unwritten):
            return _renamed(call.outputs, call.passed)
        body = self._plain(inner, site)
        if self._block.calls_of(call.layer) > 1:
            body = self._shared(call, inner, body)
        if isinstance(inner, Op):
            body = [*body, *self._tapped(site)]
        if not isinstance(layer, When):
            return body
        return [*_renamed(call.outputs, call.passed), If(layer.when, body=tuple(body))]

    def _shared(self, call: Call, layer: Layer, body: Body) -> Body:
        """Return the statements of a layer that is called more than once."""
        first, site = call.layer not in self._seen, self._site(call)
        self._seen.add(call.layer)
        if isinstance(layer, Op):
            return self._dialect.shared_op(site, first, body)
        apart = self._plain(layer, standalone(site))
        return self._dialect.shared_block(site, first, body, apart)

    def _plain(self, layer: Layer, site: FunctionSite) -> Body:
        """Return the statements of a layer that is there, and called but once."""
        if isinstance(layer, Op):
            return self._dialect.op(layer, site)
        if isinstance(layer, Use):
            return [Assign(site.outputs, self._value(layer, site.inputs, site.path()))]
        if isinstance(layer, Parallel):
            return self._parallel(layer, site)
        assert isinstance(layer, Chain)
        if self._stacks and site.layer in self._stacks.layers:
            return [Assign(site.outputs, self._stacked(site))]
        return list(self._chain(layer, site))

    def _stacked(self, site: FunctionSite) -> Any:
        """Return the call that makes a stage, as an expression."""
        assert self._stacks
        kind = self._stacks.block.kind
        training = "training" if self._needs.training[kind] else None
        positional, named = self._stacks.passed(site.layer, self._needs.arguments[kind])
        named |= {"name": site.path()} if self._needs.name[kind] else {}
        return invoke(STACK, *site.inputs, training, *positional, **named)

    def _tapped(self, site: FunctionSite) -> Body:
        if not self._taps:
            return []
        return [Assign((site.output,), invoke("tap", site.path(), site.output))]

    def _parallel(self, layer: Parallel, site: FunctionSite) -> Body:
        path = self._value(layer.path, site.inputs, site.numbered("i"))
        paths = Each(path, "i", invoke("range", layer.count))
        merging = replace(site, layer=f"{site.layer}.merge")
        merged = self._dialect.merged(layer.merge, (paths,), merging)
        return [Assign((site.output,), merged), *self._tapped(site)]

    def _chain(self, layer: Chain, site: FunctionSite) -> Iterator[Statement]:
        index: Any = 0
        inputs, links = site.inputs, list(layer.links)
        while links:
            if links[0][1] != 1:
                (use, count), *links = links
                yield from self._loop(use, index, count, inputs, site)
            else:
                alone = next((i for i, (_, n) in enumerate(links) if n != 1), len(links))
                uses, links, count = [use for use, _ in links[:alone]], links[alone:], alone
                yield from self._row(uses, index, inputs, site)
            index, inputs = _sum(index, count), site.outputs

    def _loop(
        self, use: Use, index: Any, count: Any, inputs: tuple[str, ...], site: FunctionSite
    ) -> Iterator[Statement]:
        """Yield the statements of a block that is repeated."""
        yield from _renamed(site.outputs, inputs)
        stop = _sum(index, count)
        span = invoke("range", stop) if index == 0 else invoke("range", index, stop)
        turn = self._value(use, site.outputs, site.numbered("i", stop))
        yield For("i", span, body=(Assign(site.outputs, turn),))

    def _row(
        self, uses: list[Use], index: Any, inputs: tuple[str, ...], site: FunctionSite
    ) -> Iterator[Statement]:
        """Yield the statements of blocks in a row, of those whose sizes grow evenly as a loop."""
        turns = [self._value(use, site.outputs, site.numbered("i")) for use in uses]
        first = index if isinstance(index, int) else 0
        for run in runs(turns, first, together=isinstance(index, int)):
            if run.count > 1:
                yield from _renamed(site.outputs, inputs)
                yield For("i", run.span(), body=(Assign(site.outputs, run.call),))
            else:
                use, number = uses[run.first - first], _sum(index, run.first - first)
                yield Assign(site.outputs, self._value(use, inputs, site.numbered(number)))
            inputs = site.outputs

    def _value(self, use: Use, inputs: tuple[str, ...], path: str) -> Any:
        """Return a call of a block's function, as an expression."""
        kind = use.block.kind
        training = "training" if self._needs.training[kind] else None
        positional, named = passed(use, self._needs.arguments[kind])
        named |= {"name": path} if self._needs.name[kind] else {}
        return invoke(kind, *inputs, training, *positional, **named)


def _renamed(outputs: tuple[str, ...], inputs: tuple[str, ...]) -> Body:
    """Return what makes the inputs of a layer its outputs, until it changes them."""
    return [] if outputs == inputs else [Assign(outputs, ", ".join(inputs))]


def _sum(index: Any, count: Any) -> Any:
    if isinstance(index, int):
        return plus(count, index)
    if isinstance(count, int):
        return plus(index, count)
    return spliced("index + count", index=index, count=count)
