"""The ops' own arithmetic: gradients are those of finite differences, magnitudes bound them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest

from common import ops, transform, weights
from common.compare import difference
from common.elaborate import Step
from common.network import Network
from common.ops.local import Array, Given, Local
from frontends.ladder.reference import Reference, parameters_of
from frontends.ladder.runs import Job, Runs, batch_for
from frontends.workers.pool import Workers
from frontends.workers.scratch import scratch
from parity_tests.cases import catalogue, small
from parity_tests.rows import rows

BATCH = 4
STEP = 1e-6  # of a central difference
CLOSE = 1e-7  # of the larger of 1 and the derivative; measured: at most 6e-9
MODES = {"evaluate": False, "train": True}


def _given(network: Network, training: bool) -> Iterator[tuple[Step, Given]]:
    """Yield each step with what it is computed from, and a cotangent of its own."""
    network = transform.without_dropout(network)
    values, stream = weights.probe(network), np.random.default_rng(1)
    batch = weights.inputs(network, BATCH)
    reference = Reference(network, values, batch, training)
    for step, result in zip(reference.steps, reference.results, strict=True):
        inputs = [reference.results[i] if i >= 0 else batch for i in step.sources]
        cotangent = stream.standard_normal(result.shape)
        yield step, Given(inputs, parameters_of(step, values), cotangent, training)


def _along(step: Step, given: Given, name: str | int, direction: Array) -> float:
    """Return the derivative of ⟨result, cotangent⟩ in a direction, by a central difference."""
    cotangent = given.cotangent
    assert cotangent is not None

    def value(sign: int) -> float:
        moved = sign * STEP * direction
        inputs, parameters = list(given.inputs), dict(given.parameters)
        if isinstance(name, int):
            inputs[name] = inputs[name] + moved
        else:
            parameters[name] = parameters[name] + moved
        result = step.op.local(Given(inputs, parameters, None, given.training)).result
        return float((result * cotangent).sum())

    return (value(1) - value(-1)) / (2 * STEP)


@rows("network", catalogue.NETWORKS)
def test_gradients_are_those_of_finite_differences(network: Network) -> None:
    stream = np.random.default_rng(0)
    for training in MODES.values():
        for step, given in _given(network, training):
            found = step.op.local(given)
            assert found.result.shape[1:] == tuple(step.output)
            assert len(found.inputs) == len(given.inputs)
            trained = {k for k in given.parameters if k not in ops.NOT_TRAINABLE}
            assert set(found.parameters) == trained
            gradients: list[tuple[str | int, Array]] = [*enumerate(found.inputs)]
            for name, gradient in [*gradients, *found.parameters.items()]:
                if np.isnan(gradient).any():
                    assert isinstance(step.op, ops.MaxPool2d)  # equals behind a rectifier
                    continue
                direction = stream.standard_normal(gradient.shape)
                number = _along(step, given, name, direction)
                apart = abs(number - float((gradient * direction).sum()))
                assert apart < CLOSE * max(1, abs(number)), (step.path, name, apart)


def _arrays(local: Local) -> list[Array]:
    return [local.result, *local.inputs, *local.parameters.values()]


@rows("network", catalogue.NETWORKS)
def test_magnitudes_are_no_less_than_values(network: Network) -> None:
    for training in MODES.values():
        for step, given in _given(network, training):
            exact, scale = step.op.local(given), step.op.magnitudes(given)
            assert list(scale.parameters) == list(exact.parameters)
            for own, size in zip(_arrays(exact), _arrays(scale), strict=True):
                assert own.shape == size.shape
                known = ~np.isnan(own)  # equals behind a rectifier are left open
                assert known.all() or isinstance(step.op, ops.MaxPool2d), step.path
                assert np.isfinite(size[known]).all(), step.path
                assert (np.abs(own) <= size * (1 + 1e-6))[known].all(), step.path  # float32 scales


def test_ties_in_a_maximum_are_left_open() -> None:
    x = np.array([[[[1.0, 1.0, 0.0], [0.0, 0.5, 2.0]]]])
    pool = ops.MaxPool2d((2, 2), stride=1)
    (gradient,) = pool.local(Given([x], cotangent=np.ones((1, 1, 1, 2)))).inputs
    assert np.isnan(gradient[0, 0, 0, :2]).all() and gradient[0, 0, 1, 2] == 1
    assert (gradient[0, 0, 1, :2] == 0).all() and gradient[0, 0, 0, 2] == 0
    distinct = np.array([[[[1.0, 1.5, 0.0], [0.0, 0.5, 2.0]]]])
    (gradient,) = pool.local(Given([distinct], cotangent=np.ones((1, 1, 1, 2)))).inputs
    assert gradient.sum() == 2 and not np.isnan(gradient).any()


def test_the_first_of_equals_takes_it_where_that_is_asked() -> None:
    """As in the frameworks, which the ladder's predictions follow (catalogue: max_pools)."""
    x, cotangent = np.ones((1, 1, 2, 4)), np.array([[[[3.0, 5.0]]]])
    found = ops.MaxPool2d(2, stride=2).local(Given([x], cotangent=cotangent, first=True)).inputs[0]
    assert found.tolist() == [[[[3.0, 0.0, 5.0, 0.0], [0.0] * 4]]]


def test_a_tie_with_a_padding_of_zeros_is_left_open() -> None:
    """A dialect without another word pads by zeros where nothing is negative."""
    pool, cotangent = ops.MaxPool2d(2, stride=2, padding=1), np.ones((1, 1, 2, 2))
    x = np.array([[[[0.0, 0.5], [2.0, 0.0]]]])  # each window has one value; two of them are 0
    (gradient,) = pool.local(Given([x], cotangent=cotangent)).inputs
    assert np.isnan(gradient[0, 0]).tolist() == [[True, False], [False, True]]
    (gradient,) = pool.local(Given([x - 1], cotangent=cotangent)).inputs
    assert (gradient == 1).all()


WHOLE = {"joins": catalogue.COMBINED["joins"], "se_resnext": small.se_resnext()}


@rows("network", WHOLE)
def test_a_whole_network_is_that_of_pytorch(network: Network, workers: Workers) -> None:
    """Every step in both modes, and every gradient."""
    with scratch() as folder:
        runs = Runs(network, [], workers, folder, batch_for(network))
        job = Job("torch", taps=True, keep_steps=True)
        references = {
            mode: Reference(network, runs.parameters, runs.batch_of("input"), training)
            for mode, training in MODES.items()
        }
        gradients = references["train"].gradients(runs.batch_of("cotangent"))
        with runs.run(job).read() as found:
            for mode, (step, index) in product(
                MODES, [(s, i) for i, s in enumerate(references["train"].steps)]
            ):
                own = references[mode].results[index]
                apart = difference(own, found.get(f"{mode}/step/{step.path}"))
                assert apart.relative < 1e-12, (mode, step.path, apart)
            largest = max(float(np.abs(each).max()) for each in gradients.values())
            for name, own in gradients.items():
                apart = difference(own, found.get(f"train/gradient/{name}"), largest)
                assert apart.relative < 1e-12, (name, apart)


def test_a_wrong_gradient_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = ops.ReLU6._point
    monkeypatch.setattr(
        ops.ReLU6, "_point", lambda op, x: (right(op, x)[0], 0.99 * right(op, x)[1])
    )
    with pytest.raises(AssertionError, match="step1"):
        test_gradients_are_those_of_finite_differences(catalogue.OPS["relu6"])
