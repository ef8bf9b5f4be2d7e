"""Networks of libraries, and the published pair, compared as files with no specification."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from common.networks import load
from frontends.checkpoints.convert import arrays_of
from frontends.ladder.asked import Asked
from frontends.ladder.verify import verify_files
from frontends.workers.pool import Workers
from frontends.writing.emit import emit
from parity_tests.cases.reader import READERS, wrong_of
from parity_tests.checkpoints import libraries
from parity_tests.rows import rows

SHAPE, BATCH = (3, 64, 64), 4
FILES = {"torchvision": "weights.pth", "keras": "weights.weights.h5"}
BIASES = "conv1_conv.bias (64,) of keras_net.py:resnet50"


@dataclass(frozen=True)
class Zoo:
    """Two libraries' networks; the first has real weights, which its library saved.

    said: what the report has to say, in this order; nothing where they are the same network.
    """

    files: tuple[str, str]
    library: str
    said: tuple[str, ...] = ()


ZOO = {
    "PyTorch and Paddle": Zoo(("torch_net.py:resnet50", "paddle_net.py:resnet50"), "torchvision"),
    "PyTorch and Keras": Zoo(
        ("torch_net.py:resnet50", "keras_net.py:resnet50"),
        "torchvision",
        (BIASES, "first apart: bn1 (BatchNorm2d) of torch_net.py:resnet50"),
    ),
    "but for the epsilon": Zoo(
        ("torch_net.py:as_keras", "keras_net.py:resnet50"),
        "torchvision",
        (BIASES, "first apart: layer2.0.conv1 (Conv2d) of torch_net.py:as_keras"),
    ),
    "Keras and Paddle": Zoo(
        ("keras_net.py:resnet50", "paddle_net.py:resnet50"),
        "keras",
        (BIASES, "first apart: conv1_bn (BatchNormalization) of keras_net.py:resnet50"),
    ),
}


@pytest.mark.exhaustive
@rows("case", ZOO)
def test_the_resnet50s_of_three_libraries(case: Zoo, workers: Workers, tmp_path: Path) -> None:
    given = {"input": np.zeros((1, *SHAPE), np.float32)}
    libraries.run(case.library, "resnet50", given, tmp_path, save=True)
    asked = Asked(SHAPE, weights=arrays_of(tmp_path / FILES[case.library]), batch=BATCH)
    files = [str(READERS / "zoo" / each) for each in case.files]
    report = verify_files(files, asked, workers=workers)
    wrong = "\n".join(wrong_of(report))
    assert report.proved == (not case.said), report.text()
    places = [wrong.find(each) for each in case.said]
    assert -1 not in places and places == sorted(places), report.text()
    assert wrong.count("_net.py:") >= 2 * bool(case.said), report.text()


PUBLISHED = (  # what the specifications of the pair differ in, TensorFlow's first
    "epsilon 0.001 and 1e-05",
    "followed by nothing / relu",
    "padding ((0, 1), (0, 1)) and 1",
    "bias False and True",
    "followed by nothing / softmax",
)


@pytest.mark.exhaustive
def test_the_published_pair_parts_at_a_line_of_each(workers: Workers, tmp_path: Path) -> None:
    files = []
    for name, panel in {"tensorflow": "tensorflow1", "fluid": "fluid"}.items():
        source = emit(load(f"se_resnext_published_{name}"), panel)
        path = tmp_path / f"{panel}_net.py"
        path.write_text(source.text, encoding="utf-8")
        files.append(f"{path}:{source.entry}@{panel}")
    shape = load("se_resnext_published_fluid").input_shape
    report = verify_files(files, Asked(shape=shape), workers=workers)
    assert not report.proved
    (note,) = [row.note for row in report.rows if row.rung == "forward, eval"]
    found = re.findall(r"(tensorflow1|fluid)_net\.py:\d+: ", note)
    assert found == ["tensorflow1", "fluid"], report.text()
    (layers,) = report.layers
    assert sorted({line.split(": ")[-1] for line in layers.lines}) == sorted(PUBLISHED), "\n".join(
        layers.lines
    )
