"""A network in numpy, float64: nobody's framework, from the ops' own arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from common.elaborate import Step
from common.network import Network
from common.ops.local import Array, Given


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
        back: dict[int, Any] = {len(self.steps) - 1: cotangent}
        found: dict[str, Any] = {}
        for index in reversed(range(len(self.steps))):
            if index not in back:
                continue
            step, given = self.steps[index], back.pop(index)
            given = given * (scales or {}).get(step.layer, 1.0)
            local = step.op.local(self._given(step, given))
            for source, gradient in zip(step.sources, local.inputs):
                back[source] = back.get(source, 0.0) + np.nan_to_num(gradient)
            for kind, gradient in local.parameters.items():
                name = f"{step.layer}.{kind}"
                found[name] = found.get(name, 0.0) + gradient
        return found | {"input": back.get(-1, np.zeros_like(self._batch))}

    def _given(self, step: Step, cotangent: Array | None = None) -> Given:
        inputs = [self.results[i] if i >= 0 else self._batch for i in step.sources]
        return Given(inputs, parameters_of(step, self._parameters), cotangent, self._training)


def parameters_of(step: Step, parameters: Mapping[str, Array]) -> dict[str, Array]:
    """Return a step's own parameters, kind -> array."""
    return {kind: parameters[f"{step.layer}.{kind}"] for kind in step.op.parameters(step.inputs[0])}
