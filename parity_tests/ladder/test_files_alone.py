"""What is known of files before they run: references, names, weights, places of what parts."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from common.errors import TriptychError
from common.ops.local import Array
from frontends.ladder.aligned import NOWHERE, UNSEEN, Traced, apart, same
from frontends.ladder.asked import read_inputs
from frontends.ladder.carried import carried
from frontends.ladder.files import is_file, parse_file
from frontends.ladder.pairing import Holder, pair
from frontends.ladder.placing import placed_alike
from frontends.ladder.report import Report, Row
from frontends.ladder.runs import Job
from frontends.ladder.unlike import misplaced
from frontends.workers.outcomes import AGREES, MISMATCHED
from frontends.workers.protocol import Call, Looked, Tensor
from parity_tests.rows import rows

FRAMEWORKS = {
    "torch": ("from torch import nn", "torch"),
    "torchvision": ("from torchvision.models import resnet50", "torch"),
    "Keras": ("import keras", "tensorflow"),
    "tf.keras": ("import tensorflow as tf\nx = tf.keras.layers", "tensorflow"),
    "tf.layers": ("import tensorflow as tf\nx = tf.layers.dense", "tensorflow1"),
    "slim": ("import tensorflow as tf\nimport tensorflow.contrib.slim as slim", "tensorflow1"),
    "Paddle": ("import paddle.nn as nn", "paddle"),
    "Fluid": ("import paddle.fluid as fluid", "fluid"),
    "Fluid, from": ("from paddle import fluid", "fluid"),
    "a file beside": ("from beside import net", "torch"),
    "a file beside, relatively": ("from .beside import net", "torch"),
}


@rows("text, framework", FRAMEWORKS)
def test_the_framework_is_found(text: str, framework: str, tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("import torch\n")
    (tmp_path / "net.py").write_text(f"{text}\n")
    assert parse_file(f"{tmp_path}/net.py:Net").framework == framework
    assert parse_file(f"{tmp_path}/net.py:Net@paddle").framework == "paddle"


REFERENCES = {
    "no entry": ("net.py", "expected FILE.py:ENTRY"),
    "no file": ("nowhere.py:Net@torch", "no such file"),
    "no framework": ("net.py:Net", "imports no framework: net.py:Net@torch says which"),
    "an unknown one": ("net.py:Net@caffe", "caffe"),
    "an expression": ("net.py:Net(f(1))@torch", "arguments are no plain values"),
}


@rows("reference, said", REFERENCES)
def test_a_wrong_reference_is_one_line(
    reference: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text("x = 1\n")
    with pytest.raises(TriptychError) as raised:
        parse_file(reference)
    assert said in str(raised.value) and "\n" not in str(raised.value)


def test_a_network_of_ours_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "ours.py").write_text("from frontends.api import Network\n")
    assert not is_file(f"{tmp_path}/ours.py:net") and not is_file("resnet50")


def _holder(title: str, *layers: tuple[str, dict[str, tuple[int, ...]]]) -> Holder:
    tensors = {
        f"{layer}.{kind}": Tensor(shape, kind)
        for layer, kinds in layers
        for kind, shape in kinds.items()
    }
    return Holder(title, Looked(tensors, tuple(tensors), {}, (), {}))


Shapes = dict[str, tuple[int, ...]]
CONV: Shapes = {"kernel": (4, 3, 3, 3)}
BN: Shapes = {"gamma": (4,), "beta": (4,)}
FC: Shapes = {"kernel": (10, 4), "bias": (10,)}


def test_layers_are_matched_by_order_and_a_shortcut_by_its_shape() -> None:
    own = _holder("a", ("one", CONV), ("two", {"kernel": (8, 4, 1, 1)}), ("fc", FC))
    other = _holder("b", ("x", {"kernel": (8, 4)}), ("y", CONV), ("z", FC))
    found = pair(own, other)
    assert found.names == {
        "y.kernel": "one.kernel",
        "x.kernel": "two.kernel",
        "z.kernel": "fc.kernel",
        "z.bias": "fc.bias",
    }
    assert not found.lines


def test_what_has_no_counterpart_is_a_line() -> None:
    own, other = _holder("a", ("conv", {**CONV, "bias": (4,)})), _holder("b", ("c", CONV))
    (line,) = pair(own, other).lines
    assert line == "conv.bias (4,) of a has no counterpart in b"


def test_names_say_which_layer_is_which() -> None:
    own = _holder("a", ("one", BN), ("two", BN))
    other = _holder("b", ("x", BN), ("y", BN))
    assert pair(own, other).names["x.gamma"] == "one.gamma"
    assert pair(own, other, {"one": "y"}).names["x.gamma"] == "two.gamma"
    with pytest.raises(TriptychError, match="no 'z' in b; such as x, y"):
        pair(own, other, {"one": "z"})


def test_a_file_of_names_is_proposed_of_what_fits() -> None:
    own = _holder("a", ("gain", {"scale": (4,)}), ("fc", FC))
    other = _holder("b", ("gate", {"factor": (4,)}), ("fc", FC), ("more", {"shift": (3,)}))
    found = pair(own, other)
    assert json.loads(found.proposal) == {"gain.scale": "gate.factor"}
    assert "gate.factor" in pair(own, other, json.loads(found.proposal)).names
    assert pair(own, _holder("b", ("more", {"shift": (3,)}), ("fc", FC))).proposal == ""


def test_a_normalization_by_hand_is_proposed_by_what_its_vectors_are_called() -> None:
    own = _holder(
        "a", ("bn", dict.fromkeys(("weight", "bias", "running_mean", "running_var"), (4,)))
    )
    other = _holder("b", ("bn", dict.fromkeys(("beta", "gamma", "mean", "variance"), (4,))))
    assert json.loads(pair(own, other).proposal) == {
        "bn.weight": "bn.gamma",
        "bn.bias": "bn.beta",
        "bn.running_mean": "bn.mean",
        "bn.running_var": "bn.variance",
    }


def test_branches_of_one_shape_are_told_by_what_follows_them() -> None:
    one = {"a": ("stem",), "b": ("a",), "short": ("stem",), "fc": ("b", "short")}
    other = {"q": ("p",), "r": ("p",), "s": ("r",), "t": ("q", "s")}  # q is called first
    signatures = ["stem", "conv", "conv", "conv", "fc"]
    mine, theirs = (dict(zip(names, signatures)) for names in (["stem", *one], ["p", *other]))
    found = placed_alike(mine, one, theirs, other)
    assert found is not None
    left, right = ({place: name for name, place in each.items()} for each in found)
    pairs = {left[place]: right[place] for place in left}
    assert pairs == {"stem": "p", "a": "r", "b": "s", "short": "q", "fc": "t"}
    assert placed_alike(mine, one, theirs, {**other, "t": ("q",)}) is None


def test_weights_are_found_by_their_framework_s_names() -> None:
    look = _holder("a", ("fc", FC)).look
    kernel, bias = np.arange(40.0).reshape(10, 4), np.arange(10.0)
    found = carried({"fc.weight": kernel, "fc.bias": bias}, look, "torch", "file")
    assert np.array_equal(found["fc.kernel"], kernel)
    found = carried({"fc.weight": kernel.T, "fc.bias": bias}, look, "paddle", "file")
    assert np.array_equal(found["fc.kernel"], kernel)
    found = carried({"fc/0": kernel.T, "fc/1": bias}, look, "tensorflow", "file")
    assert np.array_equal(found["fc.kernel"], kernel)
    found = carried({"fc.w_0": kernel.T, "fc.b_0": bias}, look, "fluid", "file")
    assert np.array_equal(found["fc.kernel"], kernel)
    with pytest.raises(TriptychError, match=r"file: no fc.bias \(10,\); it has fc.weight"):
        carried({"fc.weight": kernel}, look, "torch", "file")
    kept = Looked({**look.tensors, "mean": Tensor((3,), "", trains=False)}, (), {}, (), {})
    found = carried({"fc.weight": kernel, "fc.bias": bias}, kept, "torch", "file")
    assert "mean" not in found  # it starts as it does, where no file holds it
    with pytest.raises(TriptychError, match=r"file: fc.weight has shape \(4, 10\)"):
        carried({"fc.weight": kernel.T, "fc.bias": bias}, look, "torch", "file")


RANDOM = np.random.default_rng(0).standard_normal((6, 2, 3, 4, 4))


def _seen(title: str, *values: object, names: str = "abcdef") -> Traced:
    """Return a chain of calls that give these values."""
    arrays = {i: np.asarray(value) for i, value in enumerate(values)}
    calls = [Call(names[i], f"{title}.py:{i + 1}", "x", (i - 1,)) for i in arrays]
    return Traced(title, calls, arrays, arrays[len(arrays) - 1])


def test_the_first_call_without_a_partner_is_named_on_both_sides() -> None:
    one, two = _seen("p", *RANDOM[:4]), _seen("q", *RANDOM[:2], *(RANDOM[2:4] + 0.1))
    said = apart(one, two)
    assert said.startswith("first apart: c of p (p.py:3: x) and c of q (q.py:3: x): "), said


def test_one_call_may_be_several_of_the_other_file() -> None:
    one = _seen("p", RANDOM[0], RANDOM[1], RANDOM[3])
    two = _seen("q", RANDOM[0], RANDOM[4], RANDOM[1].transpose(0, 2, 3, 1), RANDOM[3] + 0.1)
    assert apart(one, two).startswith("first apart: c of p (p.py:3: x) and d of q (q.py:4: x)")


def test_values_in_another_order_are_told() -> None:
    said = "first apart: b of p (p.py:2: x) and b of q (q.py:2: x): the same values in another"
    flat = RANDOM[1].transpose(0, 2, 3, 1).reshape(2, -1)
    one, two = _seen("p", *RANDOM[:3]), _seen("q", RANDOM[0], flat, RANDOM[3])
    assert apart(one, two).startswith(said)
    assert apart(_seen("p", *RANDOM[:2]), _seen("q", RANDOM[0], flat)).startswith(said)


def test_maps_as_high_as_they_have_channels_are_compared_both_ways() -> None:
    cube = np.random.default_rng(1).standard_normal((2, 4, 4, 4))
    one, two = _seen("p", cube, RANDOM[1]), _seen("q", cube.transpose(0, 2, 3, 1), RANDOM[2])
    assert apart(one, two).startswith("first apart: b of p (p.py:2: x) and b of q (q.py:2: x): ")
    assert "another order" not in apart(one, two)


def test_an_order_is_that_of_what_the_partner_is_given() -> None:
    """Its flatten gives another order than the map in front of it, which is of the same numbers."""
    flat = RANDOM[0].transpose(0, 2, 3, 1).reshape(2, -1)
    one = _seen("p", RANDOM[0], RANDOM[0].reshape(2, -1), RANDOM[1])
    two = _seen("q", RANDOM[0], flat, RANDOM[2])
    assert "b of p (p.py:2: x) and b of q (q.py:2: x): the same values in another" in apart(
        one, two
    )


def test_other_numbers_are_not_the_same_in_any_order() -> None:
    value = RANDOM[0]
    assert same(value, value.transpose(0, 2, 3, 1)) and not same(value, value[::-1])
    near = value.copy()
    near[0, 0, 0, :2] += np.array([1e-3, -1e-3])  # with the same mean
    assert not same(value, near)


class Dropping:
    """Stands for the runs of two files whose dropouts are given these values."""

    def __init__(self, **dropped: list[Array]) -> None:
        self.dropped = dropped.__getitem__

    def run(self, job: Job) -> SimpleNamespace:
        told = {"dropouts": {"train": [job.subject]}, "dropped_at": {"train": ["net.py:3: drop"]}}
        return SimpleNamespace(told=SimpleNamespace(**told))


def test_a_dropout_that_stands_elsewhere_is_a_difference() -> None:
    """Before or after a rectifier is one place."""
    positive = np.maximum(RANDOM[0], 0)
    rectified: Any = Dropping(one=[RANDOM[0]], other=[positive])
    assert not list(misplaced(rectified, ("one", "other")))
    apart_: Any = Dropping(one=[RANDOM[0]], other=[RANDOM[1]])
    found = list(misplaced(apart_, ("one", "other")))
    assert [row.panels for row in found] == [("one",), ("other",)]
    assert "dropout 1 of one (net.py:3: drop) stands where none" in found[0].note


def test_nothing_is_named_where_nothing_is_known() -> None:
    seen = _seen("p", *RANDOM[:2])
    assert apart(seen, seen) == NOWHERE
    assert apart(seen, Traced("q", [], {}, RANDOM[0])) == UNSEEN


def test_an_image_is_read_and_stretched(tmp_path: Path) -> None:
    path = str(tmp_path / "cat.png")
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    read = read_inputs(path, None)
    assert read.shape == (1, 3, 6, 8) and read.dtype == np.float64
    assert np.allclose(read[0, 0], (pixels[..., 0] - 123.675) / 58.395, atol=1e-5)
    assert read_inputs(path, (3, 12, 12)).shape == (1, 3, 12, 12)
    with pytest.raises(TriptychError, match=r"an image is \(3, H, W\), expected \(1, 28, 28\)"):
        read_inputs(path, (1, 28, 28))
    (tmp_path / "dog.jpg").write_text("no picture")
    with pytest.raises(TriptychError, match=r"dog.jpg: cannot be decoded"):
        read_inputs(str(tmp_path / "dog.jpg"), None)


def test_what_is_so_of_files_that_agree_is_told_once() -> None:
    """Of four files, three of which agree, the other is told of once, on every rung."""
    names = ["a", "b", "odd", "c"]
    rows = [
        Row(rung, pair, MISMATCHED if "odd" in pair else AGREES, 1.0, 0.1, f"{pair[0]} parts")
        for rung in ("eval", "train")
        for pair in combinations(names, 2)
    ]
    lines = [each for each in Report("four", 2, names, rows).text().splitlines() if "parts" in each]
    assert [each for each in lines if "↔" in each and ", " in each] == [
        f"{rung}, a ↔ odd: mismatched: a parts; and so b ↔ odd, odd ↔ c"
        for rung in ("eval", "train")
    ]
