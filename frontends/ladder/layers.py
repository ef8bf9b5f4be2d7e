"""The layers of a file, each by itself: what it computes of what it is given, and what follows it.

Both are found from the values that the file's calls give; what is not identified by value is left
out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from common.ops.local import Array
from frontends.ladder.aligned import NEAR, Traced, same
from frontends.ladder.fitting import Fit, Numbers, by_channel, close, fitted
from frontends.ladder.following import IDENTITY, Function, functions
from frontends.workers.protocol import Looked

INPUT = "the input"
BACK, AHEAD = 4, 12  # calls before and behind those that take a layer's parameters
Path = tuple[tuple[Function, ...], ...]  # of every step, the functions that it may be


@dataclass(frozen=True)
class Found:
    """A layer in a file: what it computes, and what is computed from its result alone.

    y: number of the call that gives it; -1 for the input. held: kinds of its parameters. once: it
    is called once.
    """

    name: str
    place: str
    y: int
    value: Array
    fit: Fit | None
    held: frozenset[str]
    once: bool = True

    def __str__(self) -> str:
        return f"{self.name} ({self.place})" if self.place else self.name


@dataclass(frozen=True)
class Side:
    """A file whose layers are looked at. matched: own name of a parameter -> the first file's.
    numbers: the parameters by the first file's names. batch: the input (N, C, …)."""

    seen: Traced
    look: Looked
    matched: Mapping[str, str]
    numbers: Mapping[str, Any]
    batch: Array

    @cached_property
    def used(self) -> dict[int, list[int]]:
        """By call, the calls that are given its result; -1 is the input."""
        found: dict[int, list[int]] = {}
        for number, call in enumerate(self.seen.calls):
            for source in call.sources:
                found.setdefault(source, []).append(number)
        return found

    @cached_property
    def reaching(self) -> set[int]:
        """The calls that the output is computed from."""
        return self.seen.reaching()

    @cached_property
    def layers(self) -> dict[str, list[str]]:
        """By the first file's name of a layer, own names of its parameters, the unmatched too."""
        found: dict[str, list[str]] = {}
        of: dict[str, str] = {}
        for own, first in self.matched.items():
            of.setdefault(_layer(own), _layer(first))
        for own in self.look.tensors:
            known = self.matched.get(own)
            layer = _layer(known) if known is not None else of.get(_layer(own))
            if layer is not None:
                found.setdefault(layer, []).append(own)
        return found

    @cached_property
    def figures(self) -> Array:
        """Of each call's first sample, as of `_figures`."""
        found = [_figures(self.value(n)) for n in range(len(self.seen.calls))]
        return np.array(found).reshape(-1, 3)

    def value(self, number: int) -> Array:
        """Return what a call gives; -1 is the input."""
        if number < 0:
            return self.batch
        return np.asarray(self.seen.values[number])

    def found(self, layer: str) -> Found | None:
        """Return what a layer is here, None where that is not known."""
        own = self.layers.get(layer, [])
        taking = [n for n, c in enumerate(self.seen.calls) if not set(own).isdisjoint(c.takes)]
        if not taking:
            return None
        taken = [n for n in own if any(n in self.seen.calls[t].takes for t in taking)]
        for names in (own, taken):  # some frameworks add a bias in a call that does not take it
            numbers = self._numbers(names)
            for given in self._given(taking[0]):
                computed = self._computed(given, own, taking)
                last = max(set(taking) & set(computed), default=0)
                results = [number for number in computed if number >= last]
                if numbers.get("bias", 0) is None:  # as many as look like one are part of it
                    results.reverse()
                for number in results:
                    fit = fitted(self.value(given), self.value(number), numbers)
                    if fit is not None:
                        name, place = _layer(taken[0]), self._place(taken[0])
                        once = set(taking) <= set(computed)
                        return Found(name, place, number, fit.y, fit, frozenset(numbers), once)
        return None

    def _numbers(self, taken: Iterable[str]) -> Numbers:
        found: dict[str, Any] = {}
        for own in taken:
            tensor, first = self.look.tensors[own], self.matched.get(own)
            value = self.numbers.get(first) if first is not None else None
            if value is not None and value.size == np.prod(tensor.shape, dtype=int):
                found[tensor.kind] = np.reshape(value, tensor.shape)
            else:
                found[tensor.kind] = None
        return found

    def _place(self, own: str) -> str:
        return self.look.places.get(own, "").partition(": ")[0]

    def _given(self, first: int) -> list[int]:
        """Return what a layer may be given, what is before paddings first."""
        found: list[int] = []
        left = list(self.seen.calls[first].sources)
        while len(left) == 1 and len(found) < BACK:
            found.append(left[0])
            call = self.seen.calls[left[0]] if left[0] >= 0 else None
            left = [] if call is None or call.takes else list(call.sources)
        return found[::-1]

    def _computed(self, given: int, own: Sequence[str], taking: Sequence[int]) -> list[int]:
        """Return the calls that are computed from one value with a layer's parameters alone, from
        the first that takes one on."""
        within, found = {given}, []
        for number in range(given + 1, min(len(self.seen.calls), taking[-1] + AHEAD)):
            call = self.seen.calls[number]
            if call.sources and within.issuperset(call.sources) and set(call.takes) <= set(own):
                within.add(number)
                found += [number] if number >= taking[0] else []
        return found

    def paths(self, layer: Found) -> dict[int, Path]:
        """Return, by call, the functions that give its value from a layer's result, of calls that
        are used by others than these and lead to the output."""
        known: dict[int, tuple[Array, Path]] = {layer.y: (layer.value, ())}
        within = {layer.y}
        for number in range(layer.y + 1, len(self.seen.calls)):
            call = self.seen.calls[number]
            if call.takes or not call.sources or not within.issuperset(call.sources):
                continue
            within.add(number)
            step = self._step(number, [s for s in (*call.sources, layer.y) if s in known], known)
            if step is not None:
                known[number] = step
        ends = (n for n in known if not (users := self.used.get(n)) or set(users) - set(known))
        return {n: known[n][1] for n in ends if n in self.reaching}

    def _step(
        self, number: int, before: list[int], known: Mapping[int, tuple[Array, Path]]
    ) -> tuple[Array, Path] | None:
        for source in dict.fromkeys(before):
            x, path = known[source]
            for y in _laid_out(self.value(number), x):
                count = min(len(x), len(y))
                ways = functions(x[:count], y[:count])
                if y.size == x.size and _same(np.reshape(y, x.shape), x):  # ReLU may do nothing
                    return x, (*path, (IDENTITY, *ways)) if ways else path
                if ways:
                    return y, (*path, tuple(ways))
        return None

    def has(self, value: Array) -> bool:
        """Return whether any call gives a value, in whatever layout; a value that is the same
        everywhere tells nothing, and counts as given."""
        told = count, _, size = _figures(value)
        if size <= 0:
            return True
        near = np.abs(self.figures - told) <= NEAR * size
        near[:, 0] = self.figures[:, 0] == count
        given = (self.value(int(number)) for number in np.nonzero(near.all(1))[0])
        return any(
            close(*(_rows(v, min(len(each), len(value))) for v in (each, value))) for each in given
        )

    def follows(self, layer: Found) -> str:
        """Return what else is computed from a layer's result, "" where that is not known."""
        if layer.y >= 0 and layer.y not in self.reaching:
            return ""
        users = self.used.get(layer.y, [])
        alone = [n for n in users if not self.seen.calls[n].takes and n in self.reaching]
        alone = [n for n in alone if len(self.seen.calls[n].sources) == 1]
        if alone:
            return self.seen.calls[alone[0]].name
        ends = layer.y >= 0 and same(self.value(layer.y), self.seen.output)
        return "nothing" if users or ends else ""


def _laid_out(value: Array, beside: Array) -> Iterator[Array]:
    """Yield a value as it is, and with its channels in second place."""
    if value.ndim == 4 and beside.ndim == 4:
        yield from by_channel(value, beside.shape[1])
    else:
        yield value


def _figures(value: Array) -> tuple[float, float, float]:
    """Return count, mean and size of a first sample; a size of 0 of one that is the same
    everywhere, or not finite."""
    first = np.ravel(value[0])
    low, high = float(first.min(initial=np.inf)), float(first.max(initial=-np.inf))
    size = max(abs(low), abs(high))
    if not np.isfinite(size) or high - low <= NEAR * size:
        return float(first.size), 0.0, 0.0
    return float(first.size), float(first.mean()), float(np.sqrt(np.square(first).mean()))


def _rows(value: Array, count: int) -> Array:
    """Return the numbers of each of the first samples, in order of size."""
    return np.sort(value[:count].reshape(count, -1), axis=1)


def _same(one: Array, another: Array) -> bool:
    """Return whether two values are the same, but for what Fluid's pools are made exact by."""
    return bool(np.abs(one - another).max() <= 1e-6 * np.abs(another).max())


def _layer(name: str) -> str:
    return name.rpartition(".")[0]
