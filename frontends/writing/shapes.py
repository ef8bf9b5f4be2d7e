"""The shapes of a network's values as comments that stay true with other arguments and sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from common.errors import SpecificationError
from common.expressions import literal
from common.network import Network
from common.spec import When, plain
from frontends.writing.draft import Draft

LONGEST = 48  # of a symbolic shape
SIDES = ("H", "W")
LARGER = 64  # times as large: enough halves for any network of ours
Shapes = Sequence[tuple[int, ...]]


class Symbols:
    """The shapes of what the root's calls give: (N, 4 * width, H / 4, W / 4)."""

    def __init__(self, draft: Draft, channels_last: bool = False) -> None:
        self._draft, self._network, self._channels_last = draft, draft.network, channels_last
        (root,) = draft.instances(draft.root)
        self._results: Sequence[Shapes] = root.results
        self._larger = _results_at_a_larger_size(draft.network)
        self._channels = _channels(draft)

    def of(self, position: int) -> list[str]:
        """Return the shapes of what a call of the root gives, with the batch."""
        larger = self._larger[position] if self._larger else self._results[position]
        return [
            self._shape(*each)
            for each in zip(self._channels[position], self._results[position], larger)
        ]

    def _shape(self, channels: Any, shape: tuple[int, ...], larger: tuple[int, ...]) -> str:
        given = self._network.input_shape
        found = ["N", literal(shape[0] if channels is None else channels)]
        sides = [_side(*each) for each in zip(SIDES, given[1:], shape[1:], larger[1:])]
        found += map(str, shape[1:]) if "" in sides else sides
        if len(", ".join(found)) > LONGEST:
            found = ["N", *map(str, shape)]
        if self._channels_last:
            found.append(found.pop(1))
        return f"({', '.join(found)})"


def _side(name: str, given: int, size: int, larger: int) -> str:
    """Return the size of a map over that of the input, "" where no quotient says it."""
    if size == larger:
        return str(size)
    quotient, rest = divmod(LARGER * given, larger)
    if rest or given != quotient * size:
        return ""
    return name if quotient == 1 else f"{name} / {quotient}"


def _results_at_a_larger_size(network: Network) -> Sequence[Shapes] | None:
    """Return what the root's calls give for an input whose halves are whole, None where that is no
    input of the network."""
    channels, *sides = network.input_shape
    shape = (channels, *(LARGER * side for side in sides))
    try:
        return replace(network, input_shape=shape).elaboration.blocks[0].results
    except SpecificationError:
        return None


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
