"""The shapes of a network's values as comments that stay true with other arguments and sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from common.elaborate import Elaboration
from common.errors import SpecificationError
from common.expressions import literal
from common.network import Network
from common.spec import When, plain
from frontends.writing.draft import Draft

LONGEST = 48  # of a symbolic shape
SIDES = ("H", "W")
Shapes = Sequence[tuple[int, ...]]


class Symbols:
    """The shapes of what the root's calls give: (N, 4 * width, H / 4, W / 4)."""

    def __init__(self, draft: Draft) -> None:
        self._draft, self._network = draft, draft.network
        (root,) = draft.instances(draft.root)
        self._results: Sequence[Shapes] = root.results
        self._doubled = _results_at_twice_the_size(draft.network)
        self._channels = _channels(draft)

    def of(self, position: int) -> list[str]:
        """Return the shapes of what a call of the root gives, with the batch."""
        doubled = self._doubled[position] if self._doubled else self._results[position]
        return [
            self._shape(*each)
            for each in zip(self._channels[position], self._results[position], doubled)
        ]

    def _shape(self, channels: Any, shape: tuple[int, ...], doubled: tuple[int, ...]) -> str:
        given = self._network.input_shape
        found = ["N", literal(shape[0] if channels is None else channels)]
        found += [
            _side(name, *sizes) for name, *sizes in zip(SIDES, given[1:], shape[1:], doubled[1:])
        ]
        if "" in found or len(", ".join(found)) > LONGEST:
            found = ["N", *map(str, shape)]
        return f"({', '.join(found)})"


def _side(name: str, given: int, size: int, doubled: int) -> str:
    """Return the size of a map over that of the input, "" where no quotient says it."""
    if size == doubled:
        return str(size)
    if given % size or doubled != 2 * size:
        return ""
    return name if given == size else f"{name} / {given // size}"


def _results_at_twice_the_size(network: Network) -> Sequence[Shapes] | None:
    """Return what the root's calls give for an input of twice the size, None where that is no input
    of the network."""
    channels, *sides = network.input_shape
    try:
        elaboration: Elaboration = replace(
            network, input_shape=(channels, *(2 * side for side in sides))
        ).elaboration
    except SpecificationError:
        return None
    return elaboration.blocks[0].results


def _channels(draft: Draft) -> list[list[Any]]:
    """Return the channels of what every call of the root gives, as expressions."""
    root, known = draft.root, draft.channels[draft.root]
    values = dict(zip(root.inputs, known.symbols))
    found: list[list[Any]] = []
    for call in root.wiring:
        layer, inputs = root.layers[call.layer], [values[name] for name in call.inputs]
        if isinstance(layer, When):
            outputs: list[Any] = [None for _ in call.outputs]
        else:
            outputs = draft.channels.outputs(plain(layer), inputs, root, call.layer)
        values |= dict(zip(call.outputs, outputs))
        found.append(outputs)
    return found
