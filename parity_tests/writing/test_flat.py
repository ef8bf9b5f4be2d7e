"""What classes are where the zoos have no module for a block, and what they overwrite."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from common import ops
from common.errors import SpecificationError
from common.network import Member, Network
from common.networks import available, load
from common.recipes.named import THROUGHPUT
from common.serialize import from_json, to_json
from common.spec import Block, When, chain
from frontends.frameworks import TABLE
from frontends.writing.draft import Draft
from frontends.writing.emit import emit
from frontends.writing.overwriting import may_overwrite
from frontends.writing.shapes import Symbols
from frontends.writing.text import EmitError
from parity_tests.rows import rows

CLASSES = {name: name for name, row in TABLE.items() if row.classes}
UNIT = Block(
    "unit",
    "width, relu=True",
    layers={
        "conv": ops.Conv2d("width", 1),
        "bn": ops.BatchNorm(),
        "relu": When(ops.ReLU(), when="relu"),
    },
)


def _flat(**layers: object) -> Network:
    root = Block("net", "more=True", layers=layers)  # type: ignore[arg-type]
    return Network("net", root, (3, 4, 4), flat=("unit",))


@rows("panel", CLASSES)
def test_what_is_paired(panel: str) -> None:
    """Steps, parameters and blocks of a shared ReLU, and of a sequence."""
    own = emit(load("resnet18"), panel).own
    assert own.steps["layer2.0.relu"] == "layer2.0.conv1.relu"
    assert own.steps["layer2.0.relu#2"] == "layer2.0.relu"
    assert own.steps["layer2.0.downsample.1"] == "layer2.0.downsample.bn"
    assert own.parameters["conv1.kernel"] == "stem.conv.kernel"
    assert own.parameters["layer2.0.bn2.variance"] == "layer2.0.conv2.bn.variance"
    assert own.blocks["relu"] == "stem" and own.blocks["layer2.0.bn2"] == "layer2.0.conv2"
    assert own.blocks["layer2.0.relu"] == "layer2.0.conv1" and not own.blocks["layer2.0.relu#2"]
    assert own.blocks["layer2.0.downsample.1"] == "layer2.0.downsample"
    blocks = {each.path for each in load("resnet18").elaboration.blocks}
    modules = {path for path in blocks if re.fullmatch(r"(layer\d\.\d)?", path)}
    assert {*filter(None, own.blocks.values())} | modules == blocks


def test_a_file_that_is_not_flat_has_the_names_of_the_specification() -> None:
    for panel in TABLE:
        own = emit(replace(load("resnet18"), flat=()), panel).own
        assert not own.steps and not own.parameters and not own.blocks


@rows("panel", CLASSES)
def test_a_flat_block_beside_others(panel: str) -> None:
    """In a chain it is a class, where it stands alone it is not; optional ones are sequences."""
    layers = {
        "unit1": UNIT(3),
        "unit2": UNIT(3, relu=False),
        "maybe": When(UNIT(3), when="more"),
        "many": chain((UNIT(3), 2)),
    }
    source = emit(_flat(**layers), panel)
    assert "class Unit(" in source.text and "self.many = nn.Sequential(" in source.text
    assert re.findall(r"self\.(\w+)\(x\)", source.text)[3:] == [
        "conv1", "bn1", "relu", "conv2", "bn2", "maybe", "many",
    ]  # fmt: skip


ROW = "block unit: cannot be flat, as it is no row of ops"
TWICE = UNIT.but(wiring="x = conv(x)\nx = bn(x)\nx = relu(x)\nx = relu(x)")
NESTED = Block("unit", layers={"inner": chain((Block("one", layers={"bn": ops.BatchNorm()})(), 2))})
REFUSED = {
    "a name that is taken": ({"unit1": UNIT(3), "bn1": ops.ReLU()}, "layer unit1: bn1 is another"),
    "two of one number": ({"unit1": UNIT(3), "other1": UNIT(4)}, "layer other1: conv1 is another"),
    "called twice": ({"unit1": TWICE(3)}, ROW),
    "no ops": ({"unit1": NESTED()}, ROW),
    "an open condition": ({"unit1": UNIT(3, relu="more")}, ROW),
}


@rows("layers, message", REFUSED)
def test_what_cannot_be_flat(layers: dict[str, object], message: str) -> None:
    for panel in CLASSES:
        with pytest.raises(EmitError, match=re.escape(message)):
            emit(_flat(**layers), panel)
    assert "def net(" in emit(_flat(**layers), "fluid").text


RELU, CONV, BN, ADD = ops.ReLU(), ops.Conv2d(3, 1), ops.BatchNorm(), ops.Add()
LAYERS = {"relu": RELU, "conv": CONV, "bn": BN, "add": ADD, "flag": When(BN, when="more")}
SAFE = {
    "after a batch normalization": ("x = bn(x)\nx = relu(x)", True),
    "of the input": ("x = relu(x)", False),
    "after a ReLU": ("x = bn(x)\nx = relu(x)\nx = relu(x)", False),
    "read again": ("y = bn(x)\nz = relu(y)\nx = add(y, z)", False),
    "read before": ("y = bn(x)\nz = conv(y)\nz = relu(y)", False),
    "given, too": ("y = bn(x)\nx = relu(y)", False),
    "after what may not be there": ("x = conv(x)\nx = flag(x)\nx = relu(x)", False),
}


@rows("wiring, safe", SAFE)
def test_what_may_be_overwritten(wiring: str, safe: bool) -> None:
    named = {name for name in LAYERS if f"{name}(" in wiring}
    outputs = ("x", "y") if "x = relu(y)" in wiring else ("x",)
    layers = {name: layer for name, layer in LAYERS.items() if name in named}
    block = Block("net", "more=True", layers=layers, wiring=wiring, outputs=outputs)  # type: ignore[arg-type]
    last = max(i for i, call in enumerate(block.wiring) if call.layer == "relu")
    assert may_overwrite(block, last, block.wiring[last].inputs[0]) is safe


def test_members_are_functions() -> None:
    text = emit(load("resnet101"), "torch").text
    assert re.findall(r"^def (\w+)", text, re.M) == ["resnet50", "resnet101", "resnet152"]
    assert "return ResNet(num_blocks=(3, 4, 23, 3), **kwargs)" in text
    narrow = emit(load("resnet101").with_arguments(width=8), "torch").text
    assert "def resnet50" not in narrow  # it would be another network
    network = replace(load("resnet18"), members=(Member("wide", "", (("width", 128),)),))
    assert from_json(to_json(network)) == network
    with pytest.raises(SpecificationError, match="unknown arguments"):
        replace(network, members=(Member("wide", "", (("wide", 128),)),))


@rows("panel", CLASSES)
def test_what_is_frozen_is_told_by_the_names_of_the_file(panel: str) -> None:
    recipe = replace(THROUGHPUT, frozen=("stem.*", "layer4.0.downsample.*"))
    text = emit(load("resnet18"), panel, recipe=recipe).text
    beginnings = re.search(r"if not name\.startswith\(\((.*?)\)\)", text, re.S)
    assert beginnings
    assert re.findall(r'"(.*?)"', beginnings[1]) == ["conv1.", "bn1.", "layer4.0.downsample."]


def test_flat_kinds_are_there() -> None:
    for name in available():
        assert set(load(name).flat) <= load(name).blocks().keys()
    wrong = to_json(load("resnet18")).replace('"flat": ["conv_bn"]', '"flat": ["conv"]')
    with pytest.raises(SpecificationError, match=r"flat: .*'conv'"):
        from_json(wrong, "wrong")


@rows("name", {name: name for name in available()})
def test_comments_say_the_shapes(name: str) -> None:
    """At the default arguments, at others, and at a larger input where the sides are in it."""
    draft = Draft(load(name), lambda op: True)
    symbols, (channels, *sides) = Symbols(draft), draft.network.input_shape
    wider = {"width": 128} if "width" in dict(draft.root.arguments) else {}
    said = 0
    for arguments, times in (({}, 1), (wider, 1), ({}, 2)):
        larger = replace(draft.network, input_shape=(channels, *(times * side for side in sides)))
        root = larger.with_arguments(**arguments).elaboration.blocks[0]
        known = dict(root.arguments) | dict(zip("HW", root.inputs[0][1:])) | {"N": 2}
        for position, shapes in enumerate(root.results):
            for text, shape in zip(symbols.of(position), shapes, strict=True):
                if times == 1 or "H" in text:
                    assert eval(text, {}, known) == (2, *shape), text
                    said += 1
    assert said > len(draft.root.wiring)
