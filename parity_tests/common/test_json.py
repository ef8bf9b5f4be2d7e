"""Networks as JSON: nothing is lost, and every mistake is one line that says where it is."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import SpecificationError, TriptychError
from common.network import Network
from common.networks import available, load
from common.serialize import from_json, to_json


@pytest.mark.parametrize("name", available())
def test_round_trip(name: str) -> None:
    network = load(name)
    text = to_json(network)
    again = from_json(text, "text")
    assert again == network
    kinds = network.blocks()  # equality leaves their descriptions out
    assert {k: b.about for k, b in again.blocks().items()} == {k: b.about for k, b in kinds.items()}
    assert max(map(len, text.splitlines())) < 200


def test_round_trip_keeps_arguments() -> None:
    network = load("resnet50").with_arguments(num_blocks=(1, 2, 1, 1), width=8)
    assert from_json(to_json(network), "text") == network


SMALL: dict[str, Any] = {
    "name": "small",
    "input_shape": [3, 8, 8],
    "root": "net",
    "blocks": {
        "conv_bn": {
            "arguments": "channels, stride=1",
            "layers": {
                "conv": {
                    "op": "conv2d",
                    "out_channels": "channels",
                    "kernel_size": 3,
                    "padding": 1,
                },
                "bn": {"op": "batch_norm", "when": "stride > 1"},
            },
        },
        "net": {
            "layers": {
                "stem": {"block": "conv_bn", "arguments": {"channels": 4}},
                "body": {"chain": [{"block": "conv_bn", "arguments": {"channels": 4}}]},
                "paths": {
                    "parallel": {"block": "conv_bn", "arguments": {"channels": 2}},
                    "count": 2,
                },
            },
        },
    },
}


def changed(path: str, value: object) -> str:
    """Return SMALL as text with the value at a path replaced, or removed if it is ...."""
    data = json.loads(json.dumps(SMALL))
    *outer, last = path.split("/")
    place = data
    for key in outer:
        place = place[int(key)] if isinstance(place, list) else place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return json.dumps(data)


STEM = "blocks/net/layers/stem"
CONV = "blocks/conv_bn/layers/conv"
MISTAKES: list[tuple[str, object, str]] = [
    ("root", "nothing", "root: unknown block 'nothing'; available: conv_bn, net"),
    ("root", ["net"], "root: ['net']; expected a string"),
    ("name", ..., "lacks 'name'; has: input_shape, root, blocks"),
    ("name", "a/b", "network 'a/b': its name is not an identifier"),
    ("colour", 1, "unknown key 'colour'; available: name, input_shape, root, blocks, title"),
    ("input_shape", 3, "input_shape: 3; expected a list"),
    ("input_shape", [3, 8], "input shape (3, 8); expected (C, H, W) or (F,)"),
    ("input_shape", [3, 0, 8], "input shape (3, 0, 8)"),
    ("input_shape", [3, True, 8], "input shape (3, True, 8)"),
    ("blocks", [], "blocks: []; expected an object"),
    ("arguments", {"width": 8}, "block net: unknown arguments ['width']"),
    (f"{STEM}/block", "net", "blocks.net.layers.stem: net > net: contains itself"),
    (f"{STEM}/block", "dense", "blocks.net.layers.stem: unknown block 'dense'; available: conv_bn"),
    (f"{STEM}/arguments", {}, "blocks.net.layers.stem: block conv_bn: unknown arguments []"),
    (f"{STEM}/arguments", {"channels": None}, "blocks.net.layers.stem: None; expected a number"),
    (f"{STEM}/arguments", {"channels": 0}, "step stem.conv: conv2d: out_channels is 0"),
    (f"{STEM}/arguments", {"channels": "1 +"}, "'1 +' is not an expression"),
    (f"{STEM}/op", "relu", "a layer with keys block, arguments, op; expected one of op, block"),
    (f"{CONV}/op", "Conv2D", "available: relu, relu6, silu"),
    (f"{CONV}/padding", "SAME", """undeclared arguments ['SAME']; padding 'SAME': "same" it is"""),
    (f"{CONV}/padding", "valid", "padding 'valid': write 0 for none"),
    (f"{CONV}/padding", "reflect", "padding 'reflect': convolutions and pools pad with zeros"),
    (f"{CONV}/op", "conv3d", "blocks.conv_bn.layers.conv: unknown op 'conv3d'; available: relu"),
    (f"{CONV}/kernel", 3, "blocks.conv_bn.layers.conv: unknown key 'kernel'; available: out_cha"),
    (f"{CONV}/kernel_size", ..., "blocks.conv_bn.layers.conv: lacks 'kernel_size'"),
    (f"{CONV}/kernel_size", 1.5, "step stem.conv: conv2d: kernel_size 1.5; expected an integer or"),
    (f"{CONV}/kernel_size", 99, "step stem.conv: conv2d: kernel of extent 99 is larger than the"),
    (f"{CONV}/kernel_size", [1, True], "conv2d: kernel_size (1, True); expected an integer or"),
    (f"{CONV}/bias", 1, "step stem.conv: conv2d: bias 1; expected true or false"),
    (f"{CONV}/bias", "no", "step conv: refers to undeclared arguments ['no']"),
    (
        f"{CONV}/padding",
        [1, 2, 3],
        "step stem.conv: conv2d: padding (1, 2, 3); expected an integer",
    ),
    (
        "blocks/conv_bn/layers/bn/zero_gamma",
        1,
        "blocks.conv_bn.layers.bn: zero_gamma 1; expected true or false",
    ),
    (f"{CONV}/kernel_initializer", "zeros", "blocks.conv_bn.layers.conv: 'zeros'; expected an obj"),
    (f"{CONV}/kernel_initializer", {"law": "he"}, "kernel_initializer: unknown law 'he'; availabl"),
    (f"{CONV}/kernel_initializer", {"law": "normal"}, "blocks.conv_bn.layers.conv: lacks 'std'"),
    (f"{CONV}/kernel_initializer", {"law": "normal", "std": 0}, "normal: std 0; expected a number"),
    (
        f"{CONV}/kernel_initializer",
        {"law": "variance_scaling", "mode": "fan"},
        "variance_scaling: mode 'fan'; expected one of ('fan_in', 'fan_out', 'fan_avg')",
    ),
    (f"{CONV}/gamma_initializer", {"law": "normal"}, "unknown key 'gamma_initializer'; available"),
    ("blocks/conv_bn/arguments", "a b", "blocks.conv_bn: arguments 'a b'; expected names such as"),
    ("blocks/conv_bn/wiring", ["x = conv"], "blocks.conv_bn: wiring 'x = conv'; expected 'value"),
    ("blocks/conv_bn/wiring", ["x = bn(x)"], "step conv: is declared but neither called nor"),
    ("blocks/conv_bn/wiring", ["x = conv(y)", "x = bn(x)"], "step conv: takes ['y'], known so far"),
    ("blocks/conv_bn/unused", {"relu": "x"}, "step relu: cannot be unused with input 'x'"),
    ("blocks/conv_bn/outputs", ["z"], "step outputs: unknown values ['z']"),
    ("blocks/net/layers/body/chain/0/repeat", 0.5, "step body: a count of 0.5, expected >= 0"),
    ("blocks/net/layers/body/chain/0/repeat", 10**9, "more than 10,000 blocks"),
    ("blocks/net/layers/paths/count", 1, "step paths: a count of 1, expected >= 2"),
    ("blocks/net/layers/paths/merge", "max", "merge 'max'; expected 'sum' or 'concat'"),
]


@pytest.mark.parametrize(("path", "value", "message"), MISTAKES)
def test_a_mistake_is_named(path: str, value: object, message: str) -> None:
    with pytest.raises(SpecificationError) as caught:
        from_json(changed(path, value), "net.json")
    assert str(caught.value).startswith("net.json: ")
    assert message in str(caught.value)


TEXTS = [
    ("", "line 1, column 1: not JSON"),
    (json.dumps(SMALL)[:100], "not JSON"),
    ('{"name": "a",\n "name": "b"}', "an object with equal keys: name"),
    ('{"name": NaN}', "NaN is not a number of JSON"),
    ("[" * 100_000, "nested too deeply"),
    ("1" * 5000, "not JSON"),
    ("[1, 2]", "[1, 2]; expected an object"),
]


@pytest.mark.parametrize(("text", "message"), TEXTS, ids=range(len(TEXTS)))
def test_what_is_no_network_at_all(text: str, message: str) -> None:
    with pytest.raises(SpecificationError, match=r"^net\.json: ") as caught:
        from_json(text, "net.json")
    assert message in str(caught.value)


def test_the_small_network_is_one() -> None:
    assert isinstance(from_json(json.dumps(SMALL), "net.json"), Network)


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value in a JSON document but the document itself."""
    items: Iterable[tuple[Any, Any]] = data.items() if isinstance(data, dict) else ()
    items = enumerate(data) if isinstance(data, list) else items
    return [p for k, v in items for p in [(*path, k), *places(v, (*path, k))]]


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 10**20),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from(["stride", "channels // 0", "(1, 2) * 9", "stride[0]", "-" * 3000 + "1"]),
    st.sampled_from([[], {}, [1, 2], [[0, 1], [0, 1]], {"op": "relu"}, {"block": "net"}]),
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_document_raises_anything_else(data: st.DataObject) -> None:
    document = json.loads(json.dumps(SMALL))
    for _ in range(data.draw(st.integers(1, 3))):
        *outer, last = data.draw(st.sampled_from(places(document) or [("name",)]))
        place = document
        for key in outer:
            place = place[key]
        place[last] = json.loads(json.dumps(data.draw(JUNK)))
    text = json.dumps(document)
    cut = data.draw(st.one_of(st.none(), st.integers(0, len(text))))
    try:
        network = from_json(text[:cut], "net.json")
    except SpecificationError as error:
        assert str(error).startswith("net.json: ") and "\n" not in str(error)
    else:
        assert from_json(to_json(network), "again") == network


USER_FILE = """
from common.networks import load
def good(): return load("resnet18")
def bad(): raise KeyError("two\\nlines")
def odd(): return 3
def leaves(): raise SystemExit(1)
value = 3
"""


def test_networks_from_files(tmp_path: Path) -> None:
    code, data = tmp_path / "mine.py", tmp_path / "mine.json"
    code.write_text(USER_FILE)
    data.write_text(to_json(load("resnet18")))
    assert load(f"{code}:good") == load(str(data)) == load("resnet18")


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("mine.py:bad", "mine.py:bad: KeyError: 'two\\nlines'"),
        ("mine.py:odd", "gave int, not a Network"),
        ("mine.py:leaves", "SystemExit: 1"),
        ("mine.py:value", "no such function"),
        ("mine.py:absent", "no such function"),
        ("mine.py", "expected FILE.py:function"),
        ("broken.py:f", "SyntaxError"),
        ("absent.py:f", "cannot be read"),
        ("absent.json", "cannot be read"),
        ("latin.json", "cannot be read"),
        ("resnet51", "unknown network"),
    ],
)
def test_references_that_lead_nowhere(
    reference: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(USER_FILE)
    Path("broken.py").write_text("def f(:")
    Path("latin.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(TriptychError) as caught:
        load(reference)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_names_are_unique_and_their_own() -> None:
    names = available()
    assert len(set(names)) == len(names)
    assert [load(name).name for name in names] == names
