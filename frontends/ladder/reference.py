"""A network in numpy, float64: nobody's framework, from the ops' own arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from common.elaborate import Step
from common.network import Network
from common.ops.local import Array, Given, Local


class Reference:
    """The results of every step for a batch (N, *input_shape), and gradients for a cotangent."""

    def __init__(
        self, network: Network, parameters: Mapping[str, Array], batch: Array, training: bool
    ) -> None:
        self.steps = network.elaboration.steps
        self._parameters, self._batch, self._training = parameters, batch, training
        self.results: list[Array] = []
        for step in self.steps:
            self.results.append(step.op.local(self._given(step)).result)

    def gradients(
        self, cotangent: Array, scales: Mapping[str, Array] | None = None
    ) -> dict[str, Array]:
        """Return the gradients by parameter name, and that of "input".

        `scales`: layer -> factors (H, W) of the cotangent at the result of that layer.
        """
        found: dict[str, Any] = {"input": np.zeros_like(self._batch)}
        for step, given in self._back(cotangent, scales or {}):
            local = step.op.local(given)
            self._hand_back(step, local.inputs)
            _add(found, step, local)
        return found

    def cotangents(self, cotangent: Array) -> dict[str, Array]:
        """Return the gradient with respect to the result of every step that reaches the output, by
        the step's path."""
        found: dict[str, Any] = {}
        for step, given in self._back(cotangent, {}):
            found[step.path] = given.cotangent
            self._hand_back(step, step.op.local(given).inputs)
        return found

    def gradient_terms(self, cotangent: Array) -> dict[str, float]:
        """Return, per gradient, the largest of the sums of its terms' absolute values."""
        found: dict[str, Any] = {"input": np.zeros_like(self._batch)}
        for step, given in self._back(cotangent, {}):
            self._hand_back(step, step.op.local(given).inputs)
            _add(found, step, step.op.magnitudes(given))
        return {name: float(np.abs(terms).max()) for name, terms in found.items()}

    def _back(self, cotangent: Array, scales: Mapping[str, Array]) -> Iterator[tuple[Step, Given]]:
        """Yield the steps that reach the output, last first, with what each is computed from."""
        self._cotangents: dict[int, Any] = {len(self.steps) - 1: cotangent}
        for index in reversed(range(len(self.steps))):
            if index in self._cotangents:
                step, own = self.steps[index], self._cotangents.pop(index)
                yield step, self._given(step, own * scales.get(step.layer, 1.0))

    def _hand_back(self, step: Step, gradients: Sequence[Array]) -> None:
        for source, gradient in zip(step.sources, gradients):
            so_far = self._cotangents.get(source, 0.0)
            self._cotangents[source] = so_far + np.nan_to_num(gradient)

    def _given(self, step: Step, cotangent: Array | None = None) -> Given:
        inputs = [self.results[i] if i >= 0 else self._batch for i in step.sources]
        own = parameters_of(step, self._parameters)
        return Given(inputs, own, cotangent, self._training, first=True)


def parameters_of(step: Step, parameters: Mapping[str, Array]) -> dict[str, Array]:
    """Return a step's own parameters, kind -> array."""
    return {kind: parameters[f"{step.layer}.{kind}"] for kind in step.op.parameters(step.inputs[0])}


def _add(found: dict[str, Any], step: Step, local: Local) -> None:
    """Add what a call gives to the gradients of its parameters and of the network's input."""
    for kind, gradient in local.parameters.items():
        name = f"{step.layer}.{kind}"
        found[name] = found.get(name, 0.0) + gradient
    for source, gradient in zip(step.sources, local.inputs):
        if source < 0:
            found["input"] = found["input"] + np.nan_to_num(gradient)
