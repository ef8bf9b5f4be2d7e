"""Blocks and their wiring: what a network's specification is made of.

A block declares its arguments and its inputs, names its layers, and wires them in lines such as
`out = add(out, shortcut)`. A layer is an op, another block with arguments, a chain of blocks, or
equal parallel paths; an optional layer is an identity where its condition does not hold. A layer
may be called more than once (its parameters are shared) or declared and never called.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from common.errors import SpecificationError
from common.expressions import Flag, Size, names, parse
from common.hints import of_padding
from common.limits import MOST_CALLS, MOST_KINDS, MOST_LAYERS, MOST_NESTED
from common.ops import SAME, Op
from common.text import check_text
from common.wiring import (
    REQUIRED,
    Call,
    is_identifier,
    outputs_of,
    parse_call,
    parse_signature,
    same_value,
    write_signature,
)


@dataclass(frozen=True)
class Use:
    """A block with values or expressions for its arguments."""

    block: Block
    arguments: tuple[tuple[str, Any], ...] = ()

    def references(self) -> set[str]:
        return set().union(set(), *(names(value) for _, value in self.arguments))


@dataclass(frozen=True)
class Chain:
    """Blocks one after another: (block, how often) pairs. Their paths are numbered from 0."""

    links: tuple[tuple[Use, Size], ...]

    def __post_init__(self) -> None:
        if not self.links:
            raise SpecificationError("a chain of no blocks; expected at least one")

    def references(self) -> set[str]:
        return set().union(set(), *(use.references() | names(count) for use, count in self.links))


@dataclass(frozen=True)
class Parallel:
    """`count` equal blocks on the same input, merged by "sum" or "concat" (of channels)."""

    path: Use
    count: Size
    merge: str = "sum"

    def __post_init__(self) -> None:
        if self.merge not in ("sum", "concat"):
            raise SpecificationError(f"merge {self.merge!r}; expected 'sum' or 'concat'")

    def references(self) -> set[str]:
        return self.path.references() | names(self.count)


@dataclass(frozen=True)
class When:
    """A layer where `when` holds, an identity elsewhere."""

    layer: Plain
    when: Flag

    def __post_init__(self) -> None:
        if isinstance(self.layer, When):
            raise SpecificationError("an optional layer within an optional layer")

    def references(self) -> set[str]:
        return references(self.layer) | names(self.when)


Plain = Op | Use | Chain | Parallel
Layer = Plain | When


def plain(layer: Layer) -> Plain:
    """Return a layer as it is where it is there: without the condition of an optional one."""
    return layer.layer if isinstance(layer, When) else layer


def mapped(
    layer: Layer,
    op: Callable[[Op], Op],
    use: Callable[[Use], Use],
    value: Callable[[Any], Any],
) -> Layer:
    """Return a layer with its ops, its uses of blocks, its counts and conditions replaced."""
    if isinstance(layer, When):
        return When(plain(mapped(layer.layer, op, use, value)), value(layer.when))
    if isinstance(layer, Chain):
        return Chain(tuple((use(each), value(count)) for each, count in layer.links))
    if isinstance(layer, Parallel):
        return replace(layer, path=use(layer.path), count=value(layer.count))
    return use(layer) if isinstance(layer, Use) else op(layer)


def references(layer: Layer) -> set[str]:
    """Return the block arguments that a layer refers to."""
    return layer.arguments() if isinstance(layer, Op) else layer.references()


def uses(layer: Layer) -> list[Use]:
    """Return the blocks that a layer is made of."""
    if isinstance(layer, When):
        return uses(layer.layer)
    if isinstance(layer, Chain):
        return [use for use, _ in layer.links]
    if isinstance(layer, Parallel):
        return [layer.path]
    return [layer] if isinstance(layer, Use) else []


def chain(*links: Use | tuple[Use, Size]) -> Chain:
    """Return a chain; equal blocks in a row are folded.

    >>> from common.ops import Conv2d
    >>> unit = Block("unit", "width", layers={"conv": Conv2d("width", 1)})
    >>> folded = chain(unit(64), unit(128), unit(128))
    >>> [(dict(use.arguments), count) for use, count in folded.links]
    [({'width': 64}, 1), ({'width': 128}, 2)]
    """
    folded: list[tuple[Use, Size]] = []
    for link in links:
        use, count = link if isinstance(link, tuple) else (link, 1)
        if (
            folded
            and folded[-1][0] == use
            and isinstance(folded[-1][1], int)
            and isinstance(count, int)
        ):
            count += folded.pop()[1]  # type: ignore[operator]
        folded.append((use, count))
    return Chain(tuple(folded))


class Block:
    """A kind of block. Immutable; equal if all that it says is equal.

    kind: its name, in snake case. arguments: a signature, `"out_channels, stride=1"`.
    layers: name -> layer. wiring: lines or text (default: the layers in turn). inputs: names, or
    name -> number of channels where an argument declares it. outputs: names of values (default:
    the last one). unused: layers declared and never called -> the value they would take, as it is
    first given.
    about: a sentence for the docstring. Raises SpecificationError.
    """

    kind: str
    about: str
    arguments: tuple[tuple[str, Any], ...]
    inputs: Mapping[str, Size | None]
    layers: Mapping[str, Layer]
    unused: Mapping[str, str]
    wiring: tuple[Call, ...]
    outputs: tuple[str, ...]
    depth: int

    def __init__(
        self,
        kind: str,
        arguments: str = "",
        *,
        layers: Mapping[str, Layer],
        wiring: str | Iterable[str] | None = None,
        inputs: Iterable[str] | Mapping[str, Size | None] = ("x",),
        outputs: Iterable[str] | None = None,
        unused: Mapping[str, str] | None = None,
        about: str = "",
    ) -> None:
        given = dict(inputs) if isinstance(inputs, Mapping) else dict.fromkeys(inputs)
        vars(self).update(
            kind=kind,
            about=about,
            arguments=parse_signature(arguments),
            inputs=MappingProxyType(given),
            layers=MappingProxyType(dict(layers)),
            unused=MappingProxyType(dict(unused or {})),
        )
        vars(self)["wiring"] = self._read_wiring(wiring)
        last = self.wiring[-1].outputs if self.wiring else ()
        vars(self)["outputs"] = tuple(outputs) if outputs else last
        inner = [use.block.depth for use in self.children()]
        vars(self)["depth"] = 1 + max(inner, default=0)
        self._check()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Block is immutable: {name} cannot be set; use `but`")

    def but(self, **changes: Any) -> Block:
        """Return this block with some of the constructor's arguments changed."""
        stated = {
            "arguments": write_signature(self.arguments),
            "layers": self.layers,
            "wiring": map(str, self.wiring),
            "inputs": self.inputs,
            "outputs": self.outputs,
            "unused": self.unused,
            "about": self.about,
        }
        return Block(self.kind, **(stated | changes))

    def _read_wiring(self, wiring: str | Iterable[str] | None) -> tuple[Call, ...]:
        if wiring is None:
            value = next(iter(self.inputs), "x")
            called = [name for name in self.layers if name not in self.unused]
            return tuple(Call((value,), name, (value,)) for name in called)
        lines = wiring.splitlines() if isinstance(wiring, str) else wiring
        return tuple(parse_call(line) for line in lines if line.strip())

    def _check(self) -> None:
        declared = {name for name, _ in self.arguments}
        if not is_identifier(self.kind) or not self.layers or not self.wiring:
            raise SpecificationError(
                f"block {self.kind[:100]!r}: needs an identifier, layers and wiring"
            )
        check_text(f"block {self.kind}, about", self.about)
        self._check_size()
        for name in [*declared, *self.inputs, *outputs_of(self.wiring)]:
            self._want(is_identifier(name), name, "is not an identifier")
        self._want(SAME not in declared, SAME, "is a padding, and so cannot be an argument")
        for name, layer in self.layers.items():
            self._want(is_identifier(name), name[:100], "is not an identifier")
            self._want(name[0] != "_", name, "begins with _, which frameworks keep for themselves")
            missing = references(layer) - declared
            undeclared = f"refers to undeclared arguments {sorted(missing)}"
            self._want(not missing, name, undeclared + of_padding(plain(layer)))
        self._check_wiring()
        for size in self.inputs.values():
            missing = names(size) - declared
            self._want(not missing, "inputs", f"undeclared arguments {sorted(missing)}")

    def _check_size(self) -> None:
        for what, count, most in (
            ("layers", len(self.layers), MOST_LAYERS),
            ("lines of wiring", len(self.wiring), MOST_CALLS),
            ("blocks within each other", self.depth, MOST_NESTED),
        ):
            if count > most:
                raise SpecificationError(
                    f"block {self.kind}: {count:,} {what}; at most {most:,} may be"
                )

    def _check_wiring(self) -> None:
        known, called = set(self.inputs), set()
        for call in self.wiring:
            self._want(call.layer in self.layers, call.layer, "is called but not declared")
            unknown = [value for value in call.inputs if value not in known]
            if unknown:
                self._want(False, call.layer, f"takes {unknown}, known so far: {sorted(known)}")
            known |= set(call.outputs)
            called.add(call.layer)
        for name in self.layers:
            stated = name in called or name in self.unused
            self._want(stated, name, "is declared but neither called nor named in `unused`")
        for name, value in self.unused.items():
            fits = name in self.layers and name not in called and value in known
            self._want(fits, name, f"cannot be unused with input {value!r}")
        missing = [value for value in self.outputs if value not in known]
        self._want(not missing, "outputs", f"unknown values {missing}")

    def _want(self, condition: bool, step: str, message: str) -> None:
        if not condition:
            raise SpecificationError(f"block {self.kind}, step {step}: {message}")

    def __call__(self, /, *values: Any, **named: Any) -> Use:
        """Return this block with arguments, bound as a function's; defaults are left out."""
        order = [name for name, _ in self.arguments]
        if len(values) > len(order):
            raise SpecificationError(f"block {self.kind} takes {len(order)} arguments: {order}")
        given = dict(zip(order, values)) | named
        required = [name for name, default in self.arguments if default is REQUIRED]
        unknown, missing = set(given) - set(order), set(required) - set(given)
        if unknown or missing:
            raise SpecificationError(
                f"block {self.kind}: unknown arguments {sorted(unknown)}, missing "
                f"{sorted(missing)}; declared: {', '.join(order) or 'none'}"
            )
        for value in given.values():
            if isinstance(value, str):
                parse(value)
        stated = [(name, default, given[name]) for name, default in self.arguments if name in given]
        return Use(self, tuple((n, v) for n, default, v in stated if not same_value(v, default)))

    def children(self) -> Iterator[Use]:
        """Yield the uses of other blocks, in order of declaration."""
        for layer in self.layers.values():
            yield from uses(layer)

    def calls_of(self, layer: str) -> int:
        """Return how often the wiring calls a layer."""
        return self._calls[layer]

    @cached_property
    def _calls(self) -> Counter[str]:
        return Counter(call.layer for call in self.wiring)

    @cached_property
    def _digest(self) -> bytes:
        """What the block says, blocks within told apart by theirs: comparing never descends."""
        inputs, unused = list(self.inputs.items()), list(self.unused.items())
        arguments = write_signature(self.arguments)
        said = [self.kind, arguments, inputs, list(self.layers.items()), self.wiring, unused]
        inner = b"".join(use.block._digest for use in self.children())
        return sha256(repr((said, self.outputs)).encode() + inner).digest()

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Block) and self._digest == other._digest)

    def __hash__(self) -> int:
        return hash(self._digest)

    def __repr__(self) -> str:
        return f"Block({self.kind})"


def blocks_within(root: Block) -> dict[str, Block]:
    """Return every kind of block of a root, inner ones before those that use them.

    Raises SpecificationError if two different blocks are of one kind.
    """
    found: dict[str, Block] = {}
    _collect(root, found, set())
    return found


def _collect(block: Block, found: dict[str, Block], seen: set[int]) -> None:
    if id(block) in seen:
        return
    seen.add(id(block))
    for use in block.children():
        _collect(use.block, found, seen)
    if len(found) >= MOST_KINDS and block.kind not in found:
        raise SpecificationError(f"more than {MOST_KINDS:,} kinds of blocks")
    if found.setdefault(block.kind, block) != block:
        raise SpecificationError(f"two different blocks are both named {block.kind!r}")
