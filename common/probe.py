"""Probe weights: generic, and such that no fault can hide and no right network fails.

Nothing is 0, 1 or symmetric, and running statistics are away from the batch's own. Scales are set
by a run in numpy, step by step in eval mode, so that neither values nor their sensitivity grow with
depth. What feeds a rectifier is spread around 3: some values are below 0, some beyond 6 (a ReLU6 in
place of a ReLU shows), and most pass, since a rectifier that cuts half of a normal value magnifies
relative changes by 1.21, one that cuts 2 % of it by 1.01: after 200 layers by 10¹⁶ or by 7. What is
added to a stream is a third of it, for the same reason.

Behind hundreds of layers in series, with no shortcut, even so little adds up: batch statistics
magnify what random kernels make small (by 10¹² after 333 blocks of 1×1), and zeros around a map
drown the input (to 10⁻³⁵ of the output after as many of 3×3). Their kernels nearly keep distances.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from common.elaborate import Step
from common.network import Network
from common.ops.local import Array, Given
from common.streams import draw, float32_exact, he_normal, near_isometry

SAMPLES = 2  # of the run that sets the scales
BIAS = 0.1  # the deviation of biases, running means and β, relative
LEAST_VARYING = 0.25  # of its size, that a layer's result is taken to vary
DEEP = 32  # kernels in series, with no shortcut, beyond which they nearly keep distances
SCALES, DEEP_SCALES = (0.5, 1.5), (0.8, 1.2)  # the least and the largest γ, relative
NUDGE = 1e-6  # relative, of the input: how far it is magnified is the sensitivity


class Spread(NamedTuple):
    """What a step is to give: the mean and the deviation of its values."""

    mean: float = 0.0
    deviation: float = 1.0


RECTIFIED = Spread(3.0, 1.5)
LEAST_BEYOND = 8  # values that are to be met on the far side of a break, where there are so many


@dataclass
class Probe:
    """Weights by canonical name, and what they were found to do.

    sensitivity: step -> how many times a relative change of the input was magnified there.
    unmet: step -> breaks of its op that had no value beyond them on one side.
    """

    weights: dict[str, Array] = field(default_factory=dict)
    sensitivity: dict[str, float] = field(default_factory=dict)
    unmet: dict[str, tuple[float, ...]] = field(default_factory=dict)

    def remarks(self) -> list[str]:
        """Return what a reader should know of them, a line each."""
        lines = []
        if self.sensitivity:
            step, most = max(self.sensitivity.items(), key=lambda each: each[1])
            lines.append(
                f"probe: a relative change of the input grows {most:.1f} times at most, at {step}"
            )
        for value, words in ((0.0, "on both sides of 0"), (6.0, "beyond 6")):
            steps = [step for step, breaks in self.unmet.items() if value in breaks]
            if steps:
                more = f" and {len(steps) - 1} more" if len(steps) > 1 else ""
                lines.append(f"probe: {steps[0]}{more} met no values {words}")
        return lines


def probe(network: Network, seed: int = 0) -> Probe:
    """Return probe weights of a network; they hold values that float32 holds exactly."""
    return _Probing(network, seed).run()


class _Probing:
    def __init__(self, network: Network, seed: int) -> None:
        self._network, self._seed, self._found = network, seed, Probe()
        self._steps = network.elaboration.steps
        self._wanted = wanted(self._steps)
        deep = in_series(self._steps) > DEEP
        self._kernel, self._scales = (near_isometry, DEEP_SCALES) if deep else (he_normal, SCALES)
        batch = draw("probe", seed).standard_normal((SAMPLES, *network.input_shape))
        nudged = batch + NUDGE * draw("nudge", seed).standard_normal(batch.shape)
        self._values: dict[int, tuple[Array, Array]] = {-1: (batch, nudged)}
        self._last = _last_uses(self._steps)

    def run(self) -> Probe:
        for index, step in enumerate(self._steps):
            self._step(index, step)
            for source in {*step.sources, index}:
                if self._last.get(source, index) <= index and source != len(self._steps) - 1:
                    del self._values[source]
        for each in self._network.elaboration.parameters.values():  # what is never called
            if each.name not in self._found.weights:
                self._set(each.name, self._raw(each.kind, each.name, each.shape))
        order = self._network.elaboration.parameters
        self._found.weights = {name: self._found.weights[name] for name in order}
        return self._found

    def _step(self, index: int, step: Step) -> None:
        inputs = [self._values[source] for source in step.sources]
        shapes = step.op.parameters(step.inputs[0])
        new = [kind for kind in shapes if f"{step.layer}.{kind}" not in self._found.weights]
        for kind in new:
            name = f"{step.layer}.{kind}"
            self._set(name, self._raw(kind, name, shapes[kind]))
        if new:
            values = SAMPLES * math.prod(step.output)
            wider = _wider(values) if index in self._wanted else 1.0
            mean, deviation = self._wanted.get(index, Spread())
            self._scale(step, inputs[0][0], Spread(mean, wider * deviation))
        given = self._own(step, shapes)
        value, nudged = (step.op.local(Given(each, given)).result for each in zip(*inputs))
        self._values[index] = value, nudged
        self._note(step, inputs[0][0], value, nudged)

    def _raw(self, kind: str, name: str, shape: tuple[int, ...]) -> Array:
        stream = draw(name, self._seed)
        if kind == "kernel":
            return self._kernel(name, shape, self._seed)
        if kind == "gamma":
            return stream.uniform(*self._scales, shape)
        if kind == "variance":
            return stream.uniform(0.5, 2.0, shape)
        return BIAS * stream.standard_normal(shape)

    def _scale(self, step: Step, x: Array, wanted: Spread) -> None:
        """Scale a layer's new parameters to what it takes and to what it is to give."""
        weights = self._found.weights
        own = {k: f"{step.layer}.{k}" for k in step.op.parameters(step.inputs[0])}
        if "gamma" in own:
            size = float(np.sqrt(x.var((0, 2, 3)).mean())) or 1.0
            self._set(own["mean"], x.mean((0, 2, 3)) + size * weights[own["mean"]])
            self._set(own["variance"], size**2 * weights[own["variance"]])
            self._set(own["gamma"], wanted.deviation * weights[own["gamma"]])
            self._set(own["beta"], wanted.mean + wanted.deviation * weights[own["beta"]])
        elif "bias" in own:
            self._scale_biased(step, x, wanted, own)
        elif "kernel" in own:
            self._set(own["kernel"], _bare(step, x, wanted, weights[own["kernel"]]))

    def _scale_biased(self, step: Step, x: Array, wanted: Spread, own: dict[str, str]) -> None:
        """Scale a kernel, and let the bias move what it gives to the mean that is wanted.

        What is nearly the same for every sample, as behind a global average, is not magnified much:
        then channels are spread instead.
        """
        kernel, bias = (self._found.weights[own[kind]] for kind in ("kernel", "bias"))
        bare = step.op.local(Given([x], {"kernel": kernel})).result
        along = (0, *range(2, bare.ndim))
        centre, whole = bare.mean(along), float(np.sqrt(np.square(bare).mean())) or 1.0
        varies = float(np.sqrt(bare.var(along).mean()))
        factor = wanted.deviation / max(varies, LEAST_VARYING * whole)
        rest = math.sqrt(max(0.0, wanted.deviation**2 - (factor * varies) ** 2))
        self._set(own["kernel"], factor * kernel)
        spread = wanted.deviation + rest / BIAS  # the raw bias is of this size
        self._set(own["bias"], wanted.mean + spread * bias - factor * centre)

    def _set(self, name: str, values: Array) -> None:
        self._found.weights[name] = float32_exact(values)

    def _own(self, step: Step, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
        return {kind: self._found.weights[f"{step.layer}.{kind}"] for kind in shapes}

    def _note(self, step: Step, x: Array, value: Array, nudged: Array) -> None:
        size = float(np.linalg.norm(value)) or 1.0
        self._found.sensitivity[step.path] = float(np.linalg.norm(nudged - value)) / size / NUDGE
        unmet = [b for b in step.op.breaks if not ((x < b).any() and (x > b).any())]
        if unmet:
            self._found.unmet[step.path] = tuple(unmet)


def _bare(step: Step, x: Array, wanted: Spread, kernel: Array) -> Array:
    """Return a kernel without a bias, scaled to what its layer is to give.

    Where what it takes is far from 0, as behind a rectifier, each channel's mean is moved, too: a
    channel of which a rectifier leaves next to nothing makes the batch statistics behind it
    magnify (by 10⁶ in all in the published Fluid network, whose rectifiers stand before them).
    """

    def given(kernel: Array) -> Array:
        return np.asarray(step.op.local(Given([x], {"kernel": kernel})).result)

    result, lifts = given(kernel), given(np.ones_like(kernel))
    along = (0, *range(2, result.ndim))
    whole = float(np.sqrt(np.square(result).mean())) or 1.0
    lift, is_map = lifts.mean(along), math.prod(result.shape[2:]) > 1
    if not (wanted.mean and is_map) or (np.abs(lift) < 2 * lifts.std(along)).any():
        return np.asarray(math.hypot(*wanted) / whole * kernel)
    varies = float(np.sqrt(result.var(along).mean()))
    scaled = wanted.deviation / max(varies, LEAST_VARYING * whole) * kernel
    moved = (wanted.mean - given(scaled).mean(along)) / lift
    return np.asarray(scaled + moved.reshape(-1, *[1] * (kernel.ndim - 1)))


def wanted(steps: tuple[Step, ...]) -> dict[int, Spread]:
    """Return what the steps whose results reach a rectifier unscaled are to give."""
    found: dict[int, Spread] = {}
    for index in reversed(range(len(steps))):
        step = steps[index]
        if step.op.breaks:
            found |= dict.fromkeys(step.sources, RECTIFIED)
        elif index in found and step.op.keeps_size:
            found |= dict.fromkeys(step.sources, found[index])
            if step.op.arity == 2:  # a map and its gate, of about a half
                found[step.sources[0]] = Spread(*(2 * each for each in found[index]))
                del found[step.sources[1]]
            elif len(step.sources) > 1:  # the last is added to the stream of the others
                found[max(step.sources)] = Spread(0.0, found[index].deviation / 3)
    return found


def in_series(steps: tuple[Step, ...]) -> int:
    """Return how many kernels stand on the shortest way from the input to the output."""
    passed = {-1: 0}
    for index, step in enumerate(steps):
        own = "kernel" in step.op.parameters(step.inputs[0])
        passed[index] = own + min((passed[source] for source in step.sources), default=0)
    return passed[len(steps) - 1]


def _wider(values: int) -> float:
    """Return how much wider than RECTIFIED few values are spread, so that some are below 0."""
    share = min(0.3, LEAST_BEYOND / values)
    return max(1.0, RECTIFIED.mean / -NormalDist().inv_cdf(share) / RECTIFIED.deviation)


def _last_uses(steps: tuple[Step, ...]) -> dict[int, int]:
    return {source: index for index, step in enumerate(steps) for source in step.sources}
