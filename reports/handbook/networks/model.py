"""What a page of a network shows, as data: blocks, their steps in rows, code in columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from common.elaborate import BlockInstance
from common.network import Network
from common.ops import Op
from common.prune import prune
from common.spec import Block, Chain, Layer, Parallel, When, plain
from common.text import one_line
from frontends.writing.draft import batched
from frontends.writing.emit import emit
from reports.handbook.columns import PANELS
from reports.handbook.networks.file import HEAD, ColumnFile, Part, plainly
from reports.handbook.networks.notes import Note, notes_of


@dataclass(frozen=True)
class Cell:
    """What a panel writes for a step: "make" parts of a constructor, "call" where it is applied.
    steps: those of the block that share these lines. within: the step in whose
    block this is written where the kind has no function or class of its own."""

    parts: tuple[Part, ...]
    steps: tuple[str, ...] = ()
    within: str = ""


@dataclass(frozen=True)
class Row:
    """A step: its name, what it is, the shapes that it gives, under which condition it is there,
    and panel -> what is written for it."""

    step: str
    what: str
    shape: str = ""
    when: str = ""
    block: str = ""  # the kind of block that it calls
    cells: Mapping[str, Cell] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Section:
    """A kind of block, or a part of the task: its rows."""

    name: str
    about: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Files:
    """The written files of a network, and these at the width of a column."""

    texts: Mapping[str, str]
    columns: Mapping[str, ColumnFile]


def files(network: Network) -> Files:
    """Return the files of a network in all panels. Raises EmitError."""
    sources = {panel: emit(network, panel) for panel in PANELS}
    texts = {panel: source.text for panel, source in sources.items()}
    return Files(texts, {panel: ColumnFile(source) for panel, source in sources.items()})


def sections(network: Network, written: Files) -> list[Section]:
    """Return a section for every kind of block, the network's own last, and one each for what
    files bring along and how they end."""
    pruned = prune(network)
    every = pruned.elaboration
    kinds = [b for b in pruned.blocks().values() if every.instances(b)]
    order = sorted(kinds, key=lambda block: _height(block, kinds))
    found = [_section(pruned, block, written) for block in order]
    return [*found, _rest(written, {plainly(block.kind) for block in kinds})]


def _height(block: Block, kinds: Sequence[Block]) -> int:
    known = {each.kind for each in kinds}
    inner = [_height(use.block, kinds) for use in block.children() if use.block.kind in known]
    return 1 + max(inner, default=0)


def _section(network: Network, block: Block, written: Files) -> Section:
    instances = network.elaboration.instances(block)
    fullest = max(instances, key=lambda each: len(each.layer_inputs))
    cells = {panel: _cells(file, block.kind) for panel, file in written.columns.items()}
    heads = {panel: own[HEAD] for panel, own in cells.items() if HEAD in own}
    rows = [Row("def", "its arguments", cells=heads)]
    for layer in dict.fromkeys(call.layer for call in block.wiring):
        own = {panel: each[layer] for panel, each in cells.items() if layer in each}
        rows.append(_row(network, block, fullest, layer, own))
    called = {HEAD, *(call.layer for call in block.wiring)}
    idle = dict.fromkeys(layer for each in cells.values() for layer in each if layer not in called)
    for layer in idle:
        own = {panel: each[layer] for panel, each in cells.items() if layer in each}
        rows.append(Row(layer, "declared, and never called", cells=own))
    return Section(block.kind, _about(network, block, instances, fullest), tuple(rows))


def _about(
    network: Network, block: Block, instances: Sequence[BlockInstance], shown: BlockInstance
) -> str:
    inputs, outputs = (", ".join(map(batched, each)) for each in (shown.inputs, shown.outputs))
    told = one_line(block.about).rstrip(".")
    if block is network.root:
        return f"{told or 'The network'}. {inputs} in, {outputs} out."
    times = "once" if len(instances) == 1 else f"{len(instances)} times"
    return f"{told or block.kind}. {times} in the network; shapes are those of `{shown.path}`: " \
        f"{inputs} in, {outputs} out."  # fmt: skip


def _row(
    network: Network, block: Block, shown: BlockInstance, layer: str, cells: dict[str, Cell]
) -> Row:
    found = block.layers[layer]
    ops = [op for op, _ in network.elaboration.bound(block, layer)]
    shapes = [
        ", ".join(map(batched, shapes))
        for call, shapes in zip(block.wiring, shown.results)
        if call.layer == layer
    ]
    when = str(found.when) if isinstance(found, When) else ""
    what, kind = _what(found)
    return Row(layer, what, " · ".join(dict.fromkeys(shapes)), when, kind, cells, notes_of(ops))


def _what(layer: Layer) -> tuple[str, str]:
    """Return what a layer is, and the kind of block that it calls, "" for an op."""
    inner = plain(layer)
    if isinstance(inner, Op):
        return inner.symbol, ""
    if isinstance(inner, Chain):
        parts = [f"{count} × {use.block.kind}" for use, count in inner.links]
        return ", then ".join(parts).replace("1 × ", ""), inner.links[0][0].block.kind
    if isinstance(inner, Parallel):
        return f"{inner.count} × {inner.path.block.kind}, {inner.merge}", inner.path.block.kind
    return inner.block.kind, inner.block.kind


def _cells(file: ColumnFile, kind: str) -> dict[str, Cell]:
    """Return layer -> what a file writes for it."""
    node, within = file.nodes.get(plainly(kind)), ""
    if node is not None:
        pieces = file.pieces_of(node, kind)
    else:
        within, pieces = file.pieces_within(kind)
    fused = file.fused(kind)
    return {
        layer: Cell(file.parts(each), tuple(fused.get(layer, [])), within)
        for layer, each in pieces.items()
    }


def _rest(written: Files, kinds: set[str]) -> Section:
    """Return imports, helpers and the lines that run a file."""
    imports, helpers, demos = {}, {}, {}
    for panel, file in written.columns.items():
        imports[panel] = Cell(file.parts([file.imports()]))
        own = [file.whole(node) for name, node in file.nodes.items() if name not in kinds]
        if own:
            helpers[panel] = Cell(file.parts(own))
        demos[panel] = Cell(file.parts([file.demo()]))
    rows = [Row("imports", "what comes first", cells=imports)]
    if helpers:
        rows.append(Row("helpers", "what the framework lacks", cells=helpers))
    rows.append(Row("run", "one sample, in evaluation", cells=demos))
    return Section("file", "What stands around the network in its file.", tuple(rows))


def facts(network: Network) -> Mapping[str, Any]:
    """Return what a page says of a network at once."""
    return {
        "title": one_line(network.title) or network.name,
        "source": one_line(network.source),
        "input": batched(network.input_shape),
        "output": batched(network.elaboration.output),
    }
