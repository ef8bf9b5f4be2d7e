"""What every writer starts from: the pruned network, its kinds in order, header and formatting."""

from __future__ import annotations

import subprocess
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TypeVar

from ruff import find_ruff_bin

from common.elaborate import BlockInstance, Elaboration
from common.network import Network
from common.ops import SAME, BatchNorm, Op, Shape
from common.prune import prune
from common.spec import Block, plain
from common.text import one_line
from frontends.frameworks import Framework
from frontends.writing.carriers import Carrier, carriers_of
from frontends.writing.flat import Flat, OwnNames, flattened
from frontends.writing.lines import Lines, lines_of
from frontends.writing.names import Words, class_names, renamed
from frontends.writing.padding import in_numbers
from frontends.writing.residual import with_identity
from frontends.writing.statements import Statement, quoted
from frontends.writing.text import EmitError
from frontends.writing.widths import Channels

LINE_LENGTH, INDENT = 100, 4
RUFF = find_ruff_bin()  # at import: sysconfig's first reading is not safe in threads
Value = TypeVar("Value")


@dataclass(frozen=True)
class Source:
    """A written file: its text and the class or function in it that is the network.

    `names`: own name of a parameter, of its layer or of a block -> canonical, where they differ.
    `own`: what classes call by other paths. `statements`: its classes or functions as data.
    """

    dialect: str
    text: str
    entry: str
    classes: bool
    names: Mapping[str, str] = field(default_factory=dict)
    own: OwnNames = field(default_factory=OwnNames)
    statements: tuple[Statement, ...] = field(default=(), repr=False)

    @cached_property
    def lines(self) -> tuple[Lines, ...]:
        """The lines of every step, in the order of the file."""
        return lines_of(self.statements, self.text)

    @cached_property
    def carriers(self) -> tuple[Carrier, ...]:
        """What carries each field of an op, in the order of the file."""
        return carriers_of(self.statements, self.text)


class Draft:
    """A network as its writers see it."""

    def __init__(
        self,
        network: Network,
        says_same: Callable[[Op], bool],
        words: Words | None = None,
        line_length: int = LINE_LENGTH,
    ) -> None:
        self.words, self.line_length = words or Words(), line_length
        network = renamed(in_numbers(prune(network), says_same), self.words)
        self.flat = flattened(network) if self.words.classes else Flat(network)
        self.network = self.flat.network
        if self.words.classes:
            self.network = with_identity(self.network, self.words.taken)
        self.classes = class_names(self.network, self.words.of_kinds)
        self.elaboration: Elaboration = self.network.elaboration
        self.channels = Channels(self.network, self.elaboration)
        self.root = self.network.root

    def kinds(self) -> list[Block]:
        """Return the kinds that have instances, inner ones first, by height and then by order."""
        blocks = [b for b in self.network.blocks().values() if self.elaboration.instances(b)]
        heights: dict[str, int] = {}
        for block in blocks:
            inner = [heights.get(use.block.kind, 0) for use in block.children()]
            heights[block.kind] = 1 + max(inner, default=0)
        return sorted(blocks, key=lambda block: heights[block.kind])

    def instances(self, block: Block) -> list[BlockInstance]:
        return self.elaboration.instances(block)

    def bound(self, block: Block, name: str) -> list[tuple[Op, tuple[tuple[int, ...], ...]]]:
        """Return an op layer as bound in every instance where it is there, with its inputs."""
        return self.elaboration.bound(block, name)

    def same_ops(self) -> list[Op]:
        """Return the ops that are padded by the word "same"."""
        layers = [plain(layer) for block in self.kinds() for layer in block.layers.values()]
        ops = [layer for layer in layers if isinstance(layer, Op)]
        return [op for op in ops if getattr(op, "padding", None) == SAME]

    def parameters(self, declared: bool) -> int:
        """Return how many trainable numbers the network has; `declared`: unused layers count."""
        every = self.elaboration.parameters.values()
        return sum(p.size for p in every if p.trainable and (p.used or declared))

    def header(
        self,
        framework: Framework,
        batched: Callable[[Shape], str],
        declared: bool,
        training: str = "",
    ) -> str:
        """Return the docstring that opens a file; `batched` writes a shape as the dialect does.

        `declared`: the file makes the layers that are never called, too. training: how it trains.
        """
        name = one_line(self.network.title) or self.network.name
        given, found = batched(self.network.input_shape), batched(self.elaboration.output)
        first = f"{name} in {framework.title}."
        lines = [
            f"Input {given}, output {found}, {self.parameters(declared):,} trainable parameters.",
        ]
        if one_line(self.network.source):
            lines.append(f"After {one_line(self.network.source)}.")
        norms = [step.op for step in self.elaboration.steps if isinstance(step.op, BatchNorm)]
        if any(each.zero_debias for each in norms) and not framework.zero_debias:
            lines.append("It departs from that in the running means, which are not zero-debiased.")
        if training:
            lines.append(f"It is trained by {training}.")
        body = textwrap.wrap(" ".join(lines), self.line_length, break_on_hyphens=False)
        return '"""' + "\n".join(map(quoted, [first, "", *body])) + '\n"""'


def shapes_of(shapes: Iterable[str]) -> str:
    """Return shapes as a comment has them; equal ones are said once."""
    found = list(shapes)
    return f"each {found[0]}" if len(found) > 1 and len(set(found)) == 1 else ", ".join(found)


def batched(shape: tuple[int, ...]) -> str:
    """Return a shape with its batch, channels first: (N, 3, 32, 32)."""
    return f"({', '.join(map(str, ('N', *shape)))})"


def constant(values: Iterable[Value], what: str) -> Value:
    """Return what all instances of a kind agree on, or raise an EmitError."""
    found = set(values)
    if len(found) != 1:
        raise EmitError(f"{what} differs between instances of the block: {sorted(map(str, found))}")
    return found.pop()


@lru_cache(maxsize=256)
def formatted(text: str, line_length: int = LINE_LENGTH) -> str:
    """Return source text as ruff formats it. Raises EmitError with ruff's own message."""
    command = [RUFF, "format", "--isolated", f"--line-length={line_length}", "-"]
    done = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise EmitError(f"written source does not parse: {done.stderr.strip()}")
    return done.stdout
