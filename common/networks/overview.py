"""What a network is made of, for people: its outer parts as a table and as a Mermaid flowchart."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from common.elaborate import Step
from common.network import Network
from common.ops import Shape
from common.spec import Block, Chain, Layer, Parallel, Plain, Use, When
from common.wiring import write_signature


@dataclass
class Part:
    """A block or an op that the outermost block is made of, with the steps in it."""

    path: str
    kind: str
    steps: list[Step] = field(default_factory=list)
    parameters: int = 0

    @property
    def output(self) -> Shape:
        return self.steps[-1].output

    @property
    def macs(self) -> int:
        return sum(step.op.macs(step.inputs[0]) for step in self.steps)


def parts(network: Network) -> list[Part]:
    """Return the outer parts in the order of execution; `parameters` are trainable and used."""
    elaboration = network.elaboration
    owners = _outer_blocks(network)
    found: dict[str, Part] = {}
    for step in elaboration.steps:
        path = _owner(step.layer, owners)
        part = found.setdefault(path, Part(path, owners.get(path, step.op.symbol)))
        part.steps.append(step)
    for parameter in elaboration.parameters.values():
        if parameter.trainable and parameter.used:
            found[_owner(parameter.layer, owners)].parameters += parameter.size
    return list(found.values())


def _outer_blocks(network: Network) -> dict[str, str]:
    """Return path -> kind of the blocks that stand in no other block but the outermost."""
    found: dict[str, str] = {}
    for instance in network.elaboration.blocks[1:]:
        if not instance.used or _owner(instance.layer, found) != instance.layer:
            continue
        path, kind = instance.layer, instance.block.kind
        name = path.partition(".")[0]
        if isinstance(_unconditional(network.root.layers[name]), Parallel):
            path, kind = name, f"parallel {kind}"
        found[path] = kind
    return found


def _unconditional(layer: Layer) -> Plain:
    return layer.layer if isinstance(layer, When) else layer


def _owner(layer: str, owners: dict[str, str]) -> str:
    end = layer.find(".")
    while end >= 0:
        if layer[:end] in owners:
            return layer[:end]
        end = layer.find(".", end + 1)
    return layer


def mermaid(network: Network) -> str:
    """Return a flowchart: the outer parts as they feed each other, then each kind of block."""
    kinds = list(network.blocks().values())[:-1]
    lines = [*_flow(network), *(line for kind in kinds for line in _kind(kind))]
    return "\n".join(["flowchart TD", *lines])


def _flow(network: Network) -> list[str]:
    everything = parts(network)
    number = {step.path: i for i, part in enumerate(everything) for step in part.steps}
    steps = network.elaboration.steps
    lines = [f'  input(["{_shape(network.input_shape)}"])']
    for index, part in enumerate(everything):
        lines.append(f'  p{index}["{part.path}<br/>{part.kind}<br/>{_shape(part.output)}"]')
        sources = [source for step in part.steps for source in step.sources]
        before = ["input" if s < 0 else f"p{number[steps[s].path]}" for s in sources]
        lines += [f"  {name} --> p{index}" for name in dict.fromkeys(before) if name != f"p{index}"]
    return lines


def _kind(block: Block) -> list[str]:
    """Return the wiring of a kind as a subgraph."""
    last = {name: f"{block.kind}_{name}" for name in block.inputs}
    lines = [f'  subgraph {block.kind}["{block.kind}({write_signature(block.arguments)})"]']
    lines += [f'    {node}(["{name}"])' for name, node in last.items()]
    for index, call in enumerate(block.wiring):
        node = f"{block.kind}_{index}"
        lines.append(f'    {node}["{call.layer}<br/>{_what(block.layers[call.layer])}"]')
        lines += [f"    {last[name]} --> {node}" for name in call.inputs]
        last |= dict.fromkeys(call.outputs, node)
    return [*lines, "  end"]


def _what(layer: Layer) -> str:
    if isinstance(layer, When):
        return f"{_what(layer.layer)}, if {escape(str(layer.when))}"
    if isinstance(layer, Use):
        return layer.block.kind
    if isinstance(layer, Parallel):
        return f"{layer.count} parallel {layer.path.block.kind}, {layer.merge}"
    if isinstance(layer, Chain):
        return ", ".join(f"{count} × {use.block.kind}" for use, count in layer.links)
    return layer.symbol


def _shape(shape: Shape) -> str:
    return "×".join(map(str, shape))
