"""What a dialect of functions is: where an op stands, and what the writer asks of a framework."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from common.expressions import evaluate
from common.expressions import names as names_in
from common.network import Network
from common.ops import Op, Shape
from common.spec import Block
from common.wiring import Call
from frontends.writing.draft import Draft
from frontends.writing.naming import Naming
from frontends.writing.padding import Bound


@dataclass(frozen=True)
class Code:
    """An op as source. `call` holds {self} for the attribute `init` is stored in, {0}, {1} … for
    inputs; `before` is a second attribute, `<name>_pad`, that the call names {pad}; `after` is a
    line behind `init`."""

    call: str
    init: str = ""
    before: str = ""
    after: str = ""


class ClassDialect(Protocol):
    """What a framework with modules says of itself."""

    name: str
    framework: str
    base: str
    sequential: str
    module_list: str
    reserved: frozenset[str]

    def says_same(self, op: Op, bound: Bound) -> bool: ...

    def imports(self, draft: Draft) -> list[str]: ...

    def helpers(self, draft: Draft) -> list[str]: ...

    def op(self, op: Op, draft: Draft, block: Block, name: str, inputs: list[Any]) -> Code: ...

    def concatenated(self, values: str) -> str: ...

    def total(self, values: str) -> str: ...

    def demo(self, entry: str, input_shape: Shape) -> list[str]: ...


@dataclass(frozen=True)
class Site:
    """Where an op stands: its block and layer, and how to write its canonical path."""

    draft: Draft
    block: Block
    layer: str
    is_root: bool
    fstrings: bool
    naming: Naming

    def bound(self) -> list[tuple[Any, Shape]]:
        """Return the op as bound in every instance, with the shape of its (first) input."""
        return [(op, shapes[0]) for op, shapes in self.draft.bound(self.block, self.layer)]

    def path(self, suffix: str = "") -> str:
        """Return source text whose value is the step's path (and a suffix)."""
        tail = self.layer + suffix
        if (self.block.kind, tail) in self.naming.texts:
            return self.naming.texts[self.block.kind, tail]
        if self.is_root:
            return f'"{tail}"'
        return f'f"{{name}}.{tail}"' if self.fstrings else f'name + ".{tail}"'

    def numbered(self, index: Any) -> str:
        """Return source text for the path of a numbered part: an int, or the name of a counter."""
        official = self.naming.numbered(self.block.kind, self.layer, index)
        if official is not None:
            return official
        if isinstance(index, int):
            return self.path(f".{index}")
        if not self.fstrings:
            return f"{self.path('.%d')} % {index}"
        text = self.path(f".{{{index}}}")
        return text if text.startswith("f") else f"f{text}"


class FunctionDialect(Protocol):
    """What a framework whose networks are functions says of itself."""

    name: str
    framework: str
    fstrings: bool
    threads_training: bool

    def says_same(self, op: Op, bound: Bound) -> bool: ...

    def imports(self, draft: Draft) -> list[str]: ...

    def helpers(self, draft: Draft) -> list[str]: ...

    def naming(self, network: Network) -> Naming: ...

    def op(self, op: Op, site: Site, inputs: list[str], output: str) -> list[str]: ...

    def fused(self, line: str, op: Op, when: Any) -> str | None:
        """Return a line that ends in a call with the activation `op` (`when`: where it is
        optional) of its result taken in, None where the framework has no such word."""

    def needs_name(self, op: Op) -> bool: ...

    def merged(self, merge: str, paths: str, site: Site) -> str: ...

    def shared(
        self, site: Site, call: Call, first: bool, lines: list[str], standalone: list[str]
    ) -> list[str] | None: ...

    def open_root(self, draft: Draft) -> list[str]: ...

    def close_root(self, draft: Draft, value: str) -> str: ...

    def root_inputs(self, draft: Draft) -> list[str]: ...

    def batched(self, shape: Shape) -> str: ...

    def demo(self, draft: Draft, entry: str) -> list[str]: ...


def standalone_call(call: Call) -> Call:
    """Return a call of the same layer on values that stand for it alone."""
    inputs = tuple(f"{call.layer}_{value}" for value in call.inputs)
    outputs = tuple(f"{call.layer}_{value}_out" for value in call.outputs)
    return Call(outputs, call.layer, inputs)


def condition_holds(site: Site, condition: str) -> list[bool]:
    """Return the value of a condition over the block's arguments in every instance."""
    known = dict(site.block.arguments)
    assert names_in(condition) <= set(known)
    return [
        bool(evaluate(condition, each.arguments))
        for each in site.draft.instances(site.block)
        if site.layer in each.layer_inputs
    ]
