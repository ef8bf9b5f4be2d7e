"""From a specification to its instances: every step with its path, shapes and bound op."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from types import MappingProxyType

from common.errors import SpecificationError
from common.expressions import Value, evaluate
from common.initializers import Law
from common.limits import MOST_BLOCKS, MOST_STEPS
from common.ops import NOT_TRAINABLE, Add, Concat, Op, Shape
from common.spec import Block, Chain, Layer, Parallel, Plain, Use, When, plain
from common.wiring import REQUIRED

Shapes = tuple[Shape, ...]


@dataclass(frozen=True)
class Step:
    """One call of one op. `path` ends in #2, #3 … where a layer is called again.

    `sources` are the indices of the steps that gave the inputs, -1 for the network's input.
    """

    path: str
    layer: str
    op: Op
    inputs: Shapes
    output: Shape
    sources: tuple[int, ...]


@dataclass(frozen=True)
class BlockInstance:
    """One call of one block.

    `layer_inputs` maps a layer to its input shapes at its first call, `results` holds the output
    shapes of every line of wiring.
    """

    path: str
    layer: str
    block: Block
    arguments: Mapping[str, Value]
    inputs: Shapes
    outputs: Shapes
    layer_inputs: Mapping[str, Shapes]
    results: tuple[Shapes, ...]
    used: bool


@dataclass(frozen=True)
class Parameter:
    """A tensor: its canonical name is `<layer>.<kind>`, its shape is the canonical layout's, its
    law says how it starts."""

    name: str
    kind: str
    shape: Shape
    op: Op
    used: bool
    law: Law

    @property
    def layer(self) -> str:
        return self.name.rpartition(".")[0]

    @property
    def trainable(self) -> bool:
        return self.kind not in NOT_TRAINABLE

    @property
    def size(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True)
class Elaboration:
    """A network's steps in the order of execution, its blocks (callers first) and parameters.

    `output` is the shape of one sample's output.
    """

    steps: tuple[Step, ...]
    blocks: tuple[BlockInstance, ...]
    parameters: Mapping[str, Parameter]
    output: Shape

    def instances(self, block: Block) -> list[BlockInstance]:
        """Return the instances of a kind."""
        return self._by_kind.get(block.kind, [])

    @cached_property
    def _by_kind(self) -> dict[str, list[BlockInstance]]:
        found: dict[str, list[BlockInstance]] = {}
        for each in self.blocks:
            found.setdefault(each.block.kind, []).append(each)
        return found

    def bound(self, block: Block, name: str) -> list[tuple[Op, Shapes]]:
        """Return an op layer as bound in every instance where it is there, with its inputs."""
        if (block.kind, name) not in self._bound:
            self._bound[block.kind, name] = self._bind(block, name)
        return list(self._bound[block.kind, name])

    @cached_property
    def _bound(self) -> dict[tuple[str, str], list[tuple[Op, Shapes]]]:
        return {}

    def _bind(self, block: Block, name: str) -> list[tuple[Op, Shapes]]:
        found = []
        for each in self.instances(block):
            op = present(block.layers[name], each)
            if isinstance(op, Op) and name in each.layer_inputs:
                found.append((op.bind(each.arguments), each.layer_inputs[name]))
        return found


def present(layer: Layer, instance: BlockInstance) -> Layer | None:
    """Return the layer of an instance, None where it is optional and left out."""
    if not isinstance(layer, When):
        return layer
    return layer.layer if evaluate(layer.when, instance.arguments) else None


def elaborate(root: Use, input_shape: Shape) -> Elaboration:
    """Return the instances of a root on an input (C, H, W) or (F,).

    Raises SpecificationError with the path of the step at fault.
    """
    wrong = any(type(n) is not int or n < 1 for n in input_shape)
    if len(input_shape) not in (1, 3) or wrong:
        raise SpecificationError(f"input shape {input_shape}; expected (C, H, W) or (F,), positive")
    if len(root.block.inputs) != 1 or len(root.block.outputs) != 1:
        raise SpecificationError(
            f"block {root.block.kind}: a root takes and gives one value, got "
            f"{list(root.block.inputs)} and {list(root.block.outputs)}; write a network for each"
        )
    return _Walk().whole(root, input_shape)


class _Given(tuple[int, ...]):
    """A shape that knows which step gave it."""

    source = -1


class _Walk:
    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._blocks: list[BlockInstance] = []
        self._parameters: dict[str, Parameter] = {}
        self._calls: dict[str, int] = {}
        self._shapes: dict[str, Shapes] = {}
        self._unused = 0

    def whole(self, root: Use, input_shape: Shape) -> Elaboration:
        (output,) = self.use("", root, {}, (input_shape,))
        return Elaboration(
            tuple(self._steps), tuple(self._blocks), MappingProxyType(self._parameters), output
        )

    def use(self, path: str, use: Use, scope: Mapping[str, Value], shapes: Shapes) -> Shapes:
        """Elaborate a block, its arguments evaluated in the scope of the block around it."""
        block = use.block
        if len(self._blocks) >= MOST_BLOCKS:
            raise SpecificationError(f"step {path}: more than {MOST_BLOCKS:,} blocks")
        arguments: dict[str, Value] = {k: v for k, v in block.arguments if v is not REQUIRED}
        arguments |= {name: _value(path, value, scope) for name, value in use.arguments}
        _check_lengths(path or block.kind, block, arguments)
        if len(shapes) != len(block.inputs):
            raise SpecificationError(
                f"step {path or block.kind}: {block.kind} takes {len(block.inputs)} inputs, "
                f"got {len(shapes)}"
            )
        self._check_channels(path, block, arguments, shapes)
        position = len(self._blocks)
        self._blocks.append(None)  # type: ignore[arg-type]  # callers stand first
        numbered = self._numbered(path)
        layer_inputs: dict[str, Shapes] = {}
        results: list[Shapes] = []
        outputs = self._wire(path, block, arguments, shapes, layer_inputs, results)
        found = BlockInstance(
            numbered,
            path,
            block,
            arguments,
            shapes,
            outputs,
            layer_inputs,
            tuple(results),
            not self._unused,
        )
        self._blocks[position] = found
        return outputs

    def _wire(
        self,
        path: str,
        block: Block,
        arguments: Mapping[str, Value],
        shapes: Shapes,
        layer_inputs: dict[str, Shapes],
        results: list[Shapes],
    ) -> Shapes:
        values = dict(zip(block.inputs, shapes, strict=True))
        first = dict(values)
        for call in block.wiring:
            where = f"{path}.{call.layer}".lstrip(".")
            taken = tuple(values[name] for name in call.inputs)
            layer_inputs.setdefault(call.layer, taken)
            layer = block.layers[call.layer]
            if isinstance(layer, When) and not _value(where, layer.when, arguments):
                given = tuple(values[name] for name in call.passed)
            else:
                given = self._layer(where, plain(layer), arguments, taken)
            if len(given) != len(call.outputs):
                hint = "; an optional layer passes the input that is called as its output"
                raise SpecificationError(
                    f"step {where}: gives {len(given)} values, {len(call.outputs)} are named"
                    + (hint if isinstance(layer, When) else "")
                )
            for name, shape in zip(call.outputs, given, strict=True):
                values[name] = shape
                first.setdefault(name, shape)
            results.append(given)
        for name, value in block.unused.items():
            where = f"{path}.{name}".lstrip(".")
            layer_inputs[name] = (first[value],)
            self._unused += 1
            layer = block.layers[name]
            if not isinstance(layer, When) or _value(where, layer.when, arguments):
                self._layer(where, plain(layer), arguments, layer_inputs[name])
            self._unused -= 1
        return tuple(values[name] for name in block.outputs)

    def _layer(self, path: str, layer: Plain, scope: Mapping[str, Value], shapes: Shapes) -> Shapes:
        if isinstance(layer, Use):
            return self.use(path, layer, scope, shapes)
        if isinstance(layer, Chain):
            return self._chain(path, layer, scope, shapes)
        if isinstance(layer, Parallel):
            return self._parallel(path, layer, scope, shapes)
        return (self._op(path, layer, scope, shapes),)

    def _chain(self, path: str, layer: Chain, scope: Mapping[str, Value], shapes: Shapes) -> Shapes:
        index = 0
        for use, count in layer.links:
            for _ in range(_count(path, count, scope, 0)):
                shapes = self.use(f"{path}.{index}", use, scope, shapes)
                index += 1
        return shapes

    def _parallel(
        self, path: str, layer: Parallel, scope: Mapping[str, Value], shapes: Shapes
    ) -> Shapes:
        count = _count(path, layer.count, scope, 2)
        outputs = [self.use(f"{path}.{i}", layer.path, scope, shapes) for i in range(count)]
        if any(len(given) != 1 for given in outputs):
            raise SpecificationError(f"step {path}: parallel paths give one value each")
        merge = Add() if layer.merge == "sum" else Concat()
        inputs = tuple(given[0] for given in outputs)
        return (self._record(path, merge, inputs),)

    def _op(self, path: str, op: Op, scope: Mapping[str, Value], shapes: Shapes) -> Shape:
        try:
            bound = op.bind(scope)
            output = self._record(path, bound, shapes)
            parameters = bound.parameters(shapes[0])
        except SpecificationError as error:
            raise SpecificationError(f"step {path}: {error}") from None
        if any(size < 1 for size in output):
            raise SpecificationError(f"step {path}: gives an empty output {output}")
        first = self._shapes.setdefault(path, shapes)
        if parameters and bound.parameters(first[0]) != parameters:
            raise SpecificationError(f"step {path}: shared, yet called on {first} and {shapes}")
        for kind, shape in parameters.items():
            name = f"{path}.{kind}"
            known = self._parameters.get(name)
            used = not self._unused or (known is not None and known.used)
            law = bound.law(kind, shapes[0])
            self._parameters[name] = Parameter(name, kind, shape, bound, used, law)
        return output

    def _record(self, path: str, op: Op, shapes: Shapes) -> Shape:
        output = _Given(op.output(*shapes))
        if len(self._steps) >= MOST_STEPS:
            raise SpecificationError(f"step {path}: more than {MOST_STEPS:,} steps")
        if not self._unused:
            sources = tuple(s.source if isinstance(s, _Given) else -1 for s in shapes)
            step = Step(self._numbered(path), path, op, shapes, output, sources)
            output.source = len(self._steps)
            self._steps.append(step)
        return output

    def _numbered(self, path: str) -> str:
        if self._unused:
            return path
        self._calls[path] = self._calls.get(path, 0) + 1
        return path if self._calls[path] == 1 else f"{path}#{self._calls[path]}"

    @staticmethod
    def _check_channels(
        path: str, block: Block, arguments: Mapping[str, Value], shapes: Shapes
    ) -> None:
        for (name, size), shape in zip(block.inputs.items(), shapes, strict=True):
            channels = shape[0] if size is None else _value(path, size, arguments)
            if type(channels) is not int or channels != shape[0]:
                raise SpecificationError(
                    f"step {path or block.kind}: input {name} is declared with "
                    f"{channels} channels ({size}), got {shape[0]}"
                )


def _check_lengths(path: str, block: Block, arguments: Mapping[str, Value]) -> None:
    """Raise a SpecificationError for a tuple of another length than the default's: what is beyond
    would be ignored."""
    for name, default in block.arguments:
        given = arguments[name]
        if isinstance(default, tuple) and not (
            isinstance(given, tuple) and len(given) == len(default)
        ):
            raise SpecificationError(
                f"step {path}: {name} is {given}, expected {len(default)} values"
            )


def _value(path: str, value: object, scope: Mapping[str, Value]) -> Value:
    try:
        return evaluate(value, scope)
    except SpecificationError as error:
        raise SpecificationError(f"step {path}: {error}") from None


def _count(path: str, count: object, scope: Mapping[str, Value], least: int) -> int:
    value = _value(path, count, scope)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise SpecificationError(f"step {path}: a count of {value!r}, expected >= {least}")
    if value > MOST_BLOCKS:
        raise SpecificationError(f"step {path}: more than {MOST_BLOCKS:,} blocks")
    return value
