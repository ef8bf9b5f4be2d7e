"""Parameters, multiply-adds and FLOPs: one network has several counts, so each has a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from common.elaborate import Parameter, Step
from common.network import Network
from common.ops import BatchNorm


def trainable(network: Network) -> int:
    """Return the numbers in trainable tensors, used or not."""
    return _size(p for p in _parameters(network) if p.trainable)


def with_statistics(network: Network) -> int:
    """Return all numbers that are stored: `trainable` and the BN running means and variances."""
    return _size(_parameters(network))


def unused(network: Network) -> int:
    """Return the numbers in layers that are declared and never called."""
    return _size(p for p in _parameters(network) if not p.used)


def shared(network: Network) -> int:
    """Return the numbers in layers that are called more than once."""
    calls = Counter(step.layer for step in network.elaboration.steps)
    again = {layer for layer, count in calls.items() if count > 1}
    return _size(p for p in _parameters(network) if p.layer in again)


def batchflow(network: Network) -> int:
    """Return the numbers outside batch normalization.

    BatchFlow's notebook helper drops every variable with `batch_normalization` in its name.
    """
    return _size(p for p in _parameters(network) if not isinstance(p.op, BatchNorm))


def paddle_parameters(network: Network) -> int:
    """Return "Total Params" of `paddle.flops`: statistics count, layers never called do not."""
    return with_statistics(network) - unused(network)


def paddle_flops(network: Network) -> int:
    """Return "Total Flops" of `paddle.flops` for one sample, the network in eval mode.

    A multiply-add counts as 1.
    """
    return sum(map(paddle_flops_of, network.elaboration.steps))


def macs(network: Network) -> int:
    """Return the multiply-adds of convolutions and dense layers for one sample."""
    return sum(step.op.macs(step.inputs[0]) for step in network.elaboration.steps)


CONVENTIONS: dict[str, Callable[[Network], int]] = {
    "trainable": trainable,
    "with statistics": with_statistics,
    "unused": unused,
    "shared": shared,
    "batchflow": batchflow,
    "paddle.flops parameters": paddle_parameters,
    "paddle.flops FLOPs": paddle_flops,
    "MACs": macs,
}


def _parameters(network: Network) -> Iterable[Parameter]:
    return network.elaboration.parameters.values()


def _size(parameters: Iterable[Parameter]) -> int:
    return sum(parameter.size for parameter in parameters)


def paddle_flops_of(step: Step) -> int:
    """Return what a step counts for in `paddle_flops`, for one sample."""
    return step.op.paddle_flops(step.inputs[0])
