"""What the historical panels' writers write; nothing runs, so no environment is needed."""

from __future__ import annotations

import ast
import re

import pytest

from common.network import Network
from common.networks import available, load
from common.ops import BatchNorm, Conv2d, Softmax
from common.transform import float32_exact, smooth
from frontends.frameworks import HISTORICAL
from frontends.writing.emit import emit
from frontends.writing.text import EmitError
from parity_tests.cases.catalogue import OPS, WIRINGS
from parity_tests.cases.op_rows import on_map
from parity_tests.rows import rows

NETWORKS = {**{name: load(name) for name in available()}, **OPS, **WIRINGS}
WRITTEN = {
    f"{panel}-{name}": (panel, net) for panel in HISTORICAL for name, net in NETWORKS.items()
}
PANELS = dict(zip(HISTORICAL, HISTORICAL))


@rows("panel, network", WRITTEN)
def test_is_python_3_7_and_imports_no_more_than_it_may(panel: str, network: Network) -> None:
    text = emit(network, panel).text
    tree = ast.parse(text, feature_version=(3, 7))
    compile(text, "written", "exec")
    imported = {
        name.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for name in node.names
    }
    assert imported == {"numpy", "paddle" if panel == "fluid" else "tensorflow"}
    assert "with (" not in text  # of Python 3.9; to 3.7 it is a tuple


@rows("panel", PANELS)
def test_se_resnext_fits_a_page(panel: str) -> None:
    assert len(emit(load("se_resnext_cifar"), panel).text.splitlines()) <= 120
    assert len(emit(load("resnet50"), panel).text.splitlines()) <= 100


@rows("panel", PANELS)
def test_exact_twin_differs_in_literals_alone(panel: str) -> None:
    network = load("se_resnext_cifar")
    plain, exact = emit(network, panel).text, emit(float32_exact(network), panel).text
    assert "momentum=0.8999999761581421" in exact
    assert "epsilon=9.999999747378752e-6" in exact
    number = r"\b\d+\.?\d*(e-?\d+)?"

    def normal(text: str) -> str:
        return re.sub(r"\s+", "", re.sub(number, "#", text)).replace(",)", ")")

    assert normal(plain) == normal(exact)


@rows("panel", PANELS)
def test_smooth_twin_has_no_relu(panel: str) -> None:
    text = emit(smooth(load("se_resnext_cifar")), panel).text
    assert ".swish(" in text or 'act="swish"' in text
    assert ".relu(" not in text and '"relu"' not in text


def test_fluid_activates_within_the_layer_before() -> None:
    """As Fluid's own models do; a softmax over channels has no such word, nor has a twin."""
    network = load("se_resnext_published_fluid")
    text, twin = emit(network, "fluid").text, emit(network, "fluid", taps=True).text
    assert text.count('act="relu"') == 4 and 'act="softmax"' in text and ".relu(" not in text
    assert "act=" not in twin and twin.count(".relu(") == 4
    maps = on_map(Conv2d(2, 1), Softmax())
    assert "softmax(x, axis=1" in emit(maps, "fluid").text


@rows("panel", PANELS)
def test_functions_stand_as_in_the_keras_file(panel: str) -> None:
    """Same functions, order and arguments; `training` and helpers are TensorFlow 1's own."""
    for name in ("se_resnext_cifar", "resnet50", "rir18"):
        keras, own = (_signatures(emit(load(name), each).text) for each in ("tensorflow", panel))
        helpers = {"grouped_conv2d"}
        shared = {f: a for f, a in own.items() if f not in helpers}
        assert list(shared) == list(keras)
        for function in list(keras)[:-1]:  # the last takes channels there, an input here
            assert [a for a in shared[function] if a != "training"] == keras[function], function


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
