"""What is written in the historical dialects alone; what all share is in test_source."""

from __future__ import annotations

import ast

import pytest

from common.networks import load
from common.ops import BatchNorm, Conv2d, Softmax
from frontends.frameworks import HISTORICAL
from frontends.writing.emit import emit
from frontends.writing.text import EmitError
from parity_tests.cases.catalogue import WIRINGS
from parity_tests.cases.op_rows import on_map

PANELS = dict(zip(HISTORICAL, HISTORICAL))


def test_fluid_activates_within_the_layer_before() -> None:
    """As Fluid's own models do; a softmax over channels has no such word, nor has a twin."""
    network = load("se_resnext_published_fluid")
    text, twin = emit(network, "fluid").text, emit(network, "fluid", taps=True).text
    assert text.count('act="relu"') == 4 and 'act="softmax"' in text and ".relu(" not in text
    assert "act=" not in twin and twin.count(".relu(") == 4
    maps = on_map(Conv2d(2, 1), Softmax())
    assert "softmax(x, axis=1" in emit(maps, "fluid").text


def _signatures(text: str) -> dict[str, list[str]]:
    tree = ast.parse(text)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {each.name: [arg.arg for arg in each.args.args] for each in functions}


def test_training_goes_only_where_it_is_used() -> None:
    signatures = _signatures(emit(load("se_resnext_cifar"), "tensorflow1").text)
    assert "training" not in signatures["squeeze_excite"] + signatures["pooled_shortcut"]
    assert "training" in signatures["conv_bn"]


def test_nothing_is_written_of_a_block_that_is_never_called() -> None:
    for panel in HISTORICAL:
        assert "def conv_bn" not in emit(WIRINGS["unused-block"], panel).text


def test_fluid_refuses_a_large_epsilon() -> None:
    with pytest.raises(EmitError, match=r"block op, layer step0: epsilon 0\.01; Fluid takes"):
        emit(on_map(BatchNorm(epsilon=0.01)), "fluid")
