"""What writers start from: sums of sizes, and networks without what they do not need."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.elaborate import Elaboration
from common.expressions import evaluate
from common.network import Network
from common.networks import available, load
from common.networks.blocks import CONV_BN
from common.networks.se_resnext import network as make_network
from common.networks.se_resnext import residual_block
from common.prune import prune
from common.sizes import plus, product, total
from parity_tests.cases import catalogue, small
from parity_tests.rows import rows

NETWORKS = {name: load(name) for name in available()} | catalogue.NETWORKS
SIZES = st.one_of(
    st.integers(1, 9), st.sampled_from(["n", "m", "n + 2", "2 * n", "n - 1", "n // 2 + m"])
)
SCOPE = {"n": 6, "m": 5}


def _computed(found: Elaboration) -> list[object]:
    """Return what a network computes: steps in order, with ops and shapes, and its parameters."""
    steps = [(s.path, s.op, s.inputs, s.output) for s in found.steps]
    parameters = [(p.name, p.shape, p.used) for p in found.parameters.values()]
    return [steps, parameters, found.output]


def _check(network: Network) -> None:
    pruned = prune(network)
    assert _computed(pruned.elaboration) == _computed(network.elaboration)
    assert prune(pruned) == pruned


@rows("network", NETWORKS)
def test_pruning_changes_nothing_that_is_computed(network: Network) -> None:
    _check(network)


@given(
    form=st.sampled_from(["grouped", "concatenated", "summed"]),
    cardinality=st.integers(2, 3),
    num_blocks=st.integers(1, 3),
    width=st.sampled_from([4, 8]),
    activated=st.booleans(),
)
def test_pruning_of_drawn_networks(
    form: str, cardinality: int, num_blocks: int, width: int, activated: bool
) -> None:
    block = residual_block(form, cardinality=cardinality, depth=4, reduction=2, activated=activated)
    shape = (3, 8, 8)
    _check(make_network("drawn", "", block, input_shape=shape, num_blocks=num_blocks, width=width))


def test_pruning_drops_what_is_idle() -> None:
    """Arguments that every use leaves at an idle default go; options that always hold are plain."""
    kinds = prune(small.se_resnext()).blocks()
    assert "stride" in dict(kinds["conv_bn"].arguments)
    single = prune(small.sequence("one", (3, 8, 8), stem=CONV_BN(8, 1)))
    assert set(dict(single.blocks()["conv_bn"].arguments)) == {"out_channels", "kernel_size"}
    assert set(single.blocks()["conv_bn"].layers) == {"conv", "bn", "relu"}


@given(left=SIZES, right=SIZES, third=SIZES)
def test_sums_and_products_are_what_they_say(left: object, right: object, third: object) -> None:
    a, b, c = (evaluate(each, SCOPE) for each in (left, right, third))
    assert isinstance(a, int) and isinstance(b, int) and isinstance(c, int)
    assert evaluate(product(left, right), SCOPE) == a * b
    assert evaluate(total(left, right, third), SCOPE) == a + b + c
    assert evaluate(plus(left, b), SCOPE) == a + b


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (plus("n - 1", 1), "n"),
        (plus("n", 0), "n"),
        (plus("n + 2", -5), "n - 3"),
        (product(1, "n"), "n"),
        (total("n", "n"), "2 * n"),
    ],
)
def test_how_it_reads(found: object, expected: str) -> None:
    assert found == expected


SAID = {
    "always": ([True], "Convolution, batch normalization and ReLU."),
    "never": ([False], "Convolution and batch normalization."),
    "here and there": ([True, False], "Convolution, batch normalization and, by default, ReLU."),
}


@rows("states, said", SAID)
def test_a_block_says_what_is_left_of_it(states: list[bool], said: str) -> None:
    layers = {f"conv{i}": CONV_BN(4, 1, relu=state) for i, state in enumerate(states)}
    pruned = prune(small.sequence("said", (3, 8, 8), **layers))
    assert pruned.blocks()["conv_bn"].about == said
