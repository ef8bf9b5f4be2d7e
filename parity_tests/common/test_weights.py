"""Seeded weights, and networks from networks."""

from __future__ import annotations

import json
import math
from itertools import pairwise, product

import numpy as np
import pytest

from common.initializers import Constant, RandomLaw
from common.network import Network
from common.networks import available, load
from common.networks.resnext import FORMS, convert_weights, resnext_block
from common.networks.se_resnext import se_resnext_cifar
from common.ops import Dropout, Op, ReLU
from common.serialize import to_json
from common.spec import Block, When
from common.transform import float32_exact, map_ops, without_dropout
from common.weights import cotangent, initial, inputs, probe
from frontends.ladder.initialization import figures
from frontends.ladder.reference import Reference
from parity_tests.rows import rows, sooner


def reduced(name: str) -> Network:
    """Return a network with a tenth of its weights, but every kind of tensor."""
    network = load(name)
    widths = {k: v for k, v in network.root.arguments if k == "width"}
    return network.with_arguments(**{k: v // 8 for k, v in widths.items()})


@pytest.mark.parametrize("name", ["se_resnext_mnist", "rir18", "se_resnet50_tensorpack"])
def test_recipes(name: str) -> None:
    network = reduced(name)
    parameters = network.elaboration.parameters
    generic, start = probe(network), initial(network)
    for weights in (generic, start):
        assert {n: v.shape for n, v in weights.items()} == {
            n: p.shape for n, p in parameters.items()
        }
        for value in weights.values():
            assert value.dtype == np.float64
            assert np.array_equal(value, value.astype(np.float32))
    for key, parameter in parameters.items():
        assert np.abs(generic[key]).max() < 100 and not np.isin(generic[key], (0, 1)).any()
        if parameter.kind in ("gamma", "variance"):
            assert generic[key].min() > 0
        assert len(np.unique(generic[key])) > 0.9 * parameter.size
        if parameter.kind != "kernel":
            assert len(np.unique(start[key])) == 1


def test_initial_values() -> None:
    weights = initial(load("se_resnet50_tensorpack"))
    assert weights["layer1.0.conv1.bn.gamma"][0] == 1
    assert weights["layer1.0.bn3.gamma"][0] == 0  # starts as an identity
    assert weights["layer1.0.conv1.bn.variance"][0] == 1
    assert weights["fc.bias"][0] == weights["layer1.0.conv1.bn.mean"][0] == 0
    kernel = weights["layer4.1.conv2.conv.kernel"]
    assert kernel.std() == pytest.approx(np.sqrt(2 / (512 * 9)), rel=0.01)


@pytest.mark.parametrize("name", ["se_resnext_mnist", "resnet18"])
def test_weights_start_as_the_specification_says(name: str) -> None:
    network = load(name)
    weights, parameters = initial(network), network.elaboration.parameters.values()
    allowed = math.log(4 * len(parameters) / 1e-6)
    for each in parameters:
        values = weights[each.name].ravel()
        if isinstance(each.law, Constant):
            assert (values == each.law.value).all(), each.name
        else:
            assert isinstance(each.law, RandomLaw)
            assert max(found.evidence for found in figures(values, each.law)) < allowed, each.name


def test_streams_are_seeded_by_name() -> None:
    small, large = (
        load("resnet18").with_arguments(width=8),
        load("resnet34").with_arguments(width=8),
    )
    first, second = initial(small), initial(large)
    shared = set(first) & set(second)
    assert len(shared) > 50 and all(np.array_equal(first[n], second[n]) for n in shared)
    other = initial(small, seed=1)
    assert not np.array_equal(other["stem.conv.kernel"], first["stem.conv.kernel"])
    assert not np.array_equal(
        first["layer1.0.conv1.conv.kernel"], first["layer1.0.conv2.conv.kernel"]
    )


def test_inputs_and_cotangents() -> None:
    network = load("resnet18")
    assert inputs(network, 2).shape == (2, 3, 224, 224)
    assert cotangent(network, 3).shape == (3, 1000)
    assert np.array_equal(inputs(network, 2), inputs(network, 2))
    assert not np.array_equal(inputs(network, 2), inputs(network, 2, seed=1))
    assert np.array_equal(inputs(network, 2).astype(np.float32), inputs(network, 2))


def test_depth_neither_explodes_nor_vanishes() -> None:
    network = load("resnet152").with_arguments(width=8)
    network = Network("small_resnet152", network.root, (3, 32, 32), "", "", network.arguments)
    results = Reference(network, probe(network), inputs(network, 2), training=False).results
    sizes = [float(np.sqrt(np.mean(value**2))) for value in results]
    assert min(sizes) > 0.05 and max(sizes) < 100


TURNS = {f"{a}-{b}": (a, b) for a, b in product(FORMS, FORMS)}


@rows("forms", sooner(TURNS, [f"{a}-{b}" for a, b in pairwise((*FORMS, FORMS[0]))]))
def test_the_three_forms_are_equal(forms: tuple[str, str]) -> None:
    source, target = forms
    left, right = resnext_block(source), resnext_block(target)
    weights = probe(left)
    converted = convert_weights(weights, target, cardinality=32)
    shapes = {name: value.shape for name, value in converted.items()}
    assert shapes == {name: p.shape for name, p in right.elaboration.parameters.items()}
    batch = inputs(left, 2)
    here = Reference(left, weights, batch, training=False).results[-1]
    there = Reference(right, converted, batch, training=False).results[-1]
    assert np.abs(here - there).max() < 1e-13 * np.abs(here).max()


@pytest.mark.parametrize(
    ("grouped", "paths", "cardinality"),
    [
        (se_resnext_cifar(), se_resnext_cifar("concatenated"), 8),
        (resnext_block("grouped"), resnext_block("concatenated"), 32),
    ],
)
def test_forms_there_and_back_in_any_order(
    grouped: Network, paths: Network, cardinality: int
) -> None:
    weights = initial(paths)
    shuffled = {name: weights[name] for name in sorted(weights)}  # split.10 before split.2
    there = convert_weights(shuffled, "grouped", cardinality)
    assert set(there) == set(grouped.elaboration.parameters)
    back = convert_weights(there, "concatenated", cardinality)
    assert set(back) == set(weights)
    assert all(np.array_equal(back[name], weights[name]) for name in weights)


def structure(network: Network) -> list[object]:
    """Return everything about a network's steps but the values of its reals."""
    return [
        (
            step.path,
            step.inputs,
            type(step.op),
            [v for v in fields(step.op) if type(v) is not float],
        )
        for step in network.elaboration.steps
    ]


def fields(op: Op) -> list[object]:
    return list(vars(op).values())


SOON = ("se_resnext_cifar", "resnet18", "rir18", "se_resnet50_tensorpack")


@rows("name", sooner({name: name for name in available()}, SOON))
def test_float32_exact_differs_in_reals_alone(name: str) -> None:
    network = load(name)
    exact = float32_exact(network)
    assert structure(network) == structure(exact)
    assert float32_exact(exact) == exact
    reals = [v for step in exact.elaboration.steps for v in fields(step.op) if type(v) is float]
    assert reals and all(float(np.float32(real)) == real for real in reals)
    assert map_ops(network, lambda op: op) == network


def test_float32_exact_reaches_arguments_and_expressions() -> None:
    drop = Block("drop", "rate=0.1", layers={"a": Dropout("rate"), "b": Dropout("rate * 0.3")})
    root = Block("net", layers={"first": drop(), "second": drop(rate=0.2)})
    text = json.loads(to_json(float32_exact(Network("net", root, (3, 4, 4)))))
    assert text["blocks"]["drop"]["arguments"] == "rate=0.10000000149011612"
    assert text["blocks"]["drop"]["layers"]["b"]["rate"] == "rate * 0.30000001192092896"
    second = text["blocks"]["net"]["layers"]["second"]
    assert second["arguments"]["rate"] == 0.20000000298023224


def test_float32_exact_keeps_what_a_condition_says() -> None:
    """0.1 is not above 0.1, nor is it so in float32."""
    drop = Block("drop", "rate=0.1", layers={"a": Dropout("rate"), "b": When(ReLU(), "rate > 0.1")})
    network = Network("net", Block("net", layers={"only": drop()}), (3, 4, 4))
    for each in (network, float32_exact(network)):
        assert [step.path for step in each.elaboration.steps] == ["only.a"]


def test_without_dropout() -> None:
    network = load("batchflow_resnet")
    before, after = network.elaboration.steps, without_dropout(network).elaboration.steps
    assert [step.path for step in before] == [step.path for step in after]
    rates = [step.op.rate for step in after if isinstance(step.op, Dropout)]
    assert rates and set(rates) == {0.0}
