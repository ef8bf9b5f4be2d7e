"""A whole network in numpy and float64, in eval mode: nobody's framework."""

from __future__ import annotations

from common.network import Network
from common.ops.local import Given
from common.weights import Array, Weights


def forward(network: Network, weights: Weights, batch: Array) -> list[Array]:
    """Return the result of every step, in order, for inputs (N, *input_shape)."""
    results: list[Array] = []
    for step in network.elaboration.steps:
        taken = [results[source] if source >= 0 else batch for source in step.sources]
        own = {kind: weights[f"{step.layer}.{kind}"] for kind in step.op.parameters(step.inputs[0])}
        results.append(step.op.local(Given(taken, own)).result)
        assert results[-1].shape[1:] == tuple(step.output)
    return results
