"""Two files layer by layer: all that differs comes out, each layer by itself, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from common.ops import AvgPool2d, BatchNorm, Conv2d, Dense, DepthwiseConv2d, MaxPool2d, Op
from common.ops.local import Given
from frontends.ladder.asked import Asked
from frontends.ladder.fitting import fitted
from frontends.ladder.following import functions
from frontends.ladder.layers import INPUT
from frontends.ladder.report import Report
from frontends.ladder.verify import verify_files
from frontends.workers.pool import Workers
from parity_tests.rows import rows

TORCH = """
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, stride=2, padding=1)
        self.bn = nn.BatchNorm2d(6, eps=1e-3)
        self.body = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(6, 4, 3, padding=1, bias=False),
            nn.BatchNorm2d(4, eps=1e-3),
            nn.SiLU(),
            nn.MaxPool2d(2),
        )
        self.fc = nn.Linear(4, 5)

    def forward(self, x):
        x = self.body(self.bn(self.conv(x))).mean((2, 3))
        return self.fc(x)
"""
KERAS = """
import keras
from keras import layers


def net():
    image = keras.Input((16, 16, 3))
    x = layers.Conv2D(6, 3, 2, "same", use_bias=False, name="first")(image)
    x = layers.BatchNormalization(name="norm")(layers.Activation("relu")(x))
    x = layers.Conv2D(4, 3, 1, "same", use_bias=False)(layers.Activation("relu")(x))
    x = layers.BatchNormalization(epsilon=1e-5)(x)
    x = layers.MaxPooling2D()(x * keras.ops.sigmoid(x))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(5, activation="softmax")(x))
"""
PADDLE = """
import paddle
from paddle import nn


class Net(nn.Layer):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2D(3, 6, 3, stride=2, padding="SAME", bias_attr=False)
        self.norm = nn.BatchNorm2D(6, epsilon=1e-3)
        self.conv = nn.Conv2D(6, 4, 3, padding=1, bias_attr=False)
        self.norm2 = nn.BatchNorm2D(4, epsilon=1e-5)
        self.head = nn.Linear(4, 5)

    def forward(self, x):
        relu = nn.functional.relu
        x = self.conv(relu(self.norm(relu(self.stem(x)))))
        x = nn.functional.max_pool2d(nn.functional.silu(self.norm2(x)), 2)
        return nn.functional.softmax(self.head(x.mean([2, 3])), axis=-1)
"""


@dataclass(frozen=True)
class Case:
    """Two files' texts, and what is told layer by layer: all of it, in any order, without places.

    replaced: in the first text, to make the second where there is none of its own.
    """

    said: tuple[str, ...]
    second: str = ""
    replaced: tuple[tuple[str, str], ...] = ()
    first: str = TORCH


ALL = (
    "conv and {stem}: bias True and False",
    "conv and {stem}: padding 1 and ((0, 1), (0, 1))",
    "conv and {stem}: followed by nothing / relu",
    "body.2 and {norm}: epsilon 0.001 and 1e-05",
    "fc and {head}: followed by nothing / softmax",
)


def _all(stem: str, norm: str, head: str) -> tuple[str, ...]:
    return tuple(each.format(stem=stem, norm=norm, head=head) for each in ALL)


CASES = {
    "the last layer alone": Case(
        ("fc and fc: followed by nothing / tanh",),
        replaced=(("return self.fc(x)", "return self.fc(x).tanh()"),),
    ),
    "other names and another order of what commutes": Case(
        ("bn and norm: epsilon 0.001 and 0.002",),
        replaced=(
            ("self.bn", "self.norm"),
            ("self.body", "self.rest"),
            ("BatchNorm2d(6, eps=1e-3)", "BatchNorm2d(6, eps=2e-3)"),
            ("nn.ReLU(),", "nn.Threshold(0, 0),"),
            ("nn.SiLU(),\n            nn.MaxPool2d(2),", "nn.Identity(),\n            Swish(),"),
            ("class Net", "class Swish(nn.Module):\n    def forward(self, x):\n        x = "
             "x * x.sigmoid()\n        return nn.functional.max_pool2d(x, 2)\n\n\nclass Net"),
        ),
    ),
    "windows and slopes": Case(
        (
            "the input and the input: followed by nothing / times 0.5",
            "conv and conv: stride 2 and 1",
            "bn and bn: followed by relu / leaky relu of slope 0.2",
            "body.1 and body.1: padding 1 and 2",
            "body.1 and body.1: dilation 1 and 2",
            "body.2 and body.2: followed by silu, max pool 2×2, stride 2, padding 0 / "
            "gelu, average pool 2×2, stride 2, padding 0",
        ),
        replaced=(
            ("self.bn(self.conv(x))", "self.bn(self.conv(x * 0.5))"),
            ("stride=2, padding=1", "stride=1, padding=1"),
            ("nn.ReLU()", "nn.LeakyReLU(0.2)"),
            ("4, 3, padding=1,", "4, 3, padding=2, dilation=2,"),
            ("nn.SiLU()", "nn.GELU()"),
            ("nn.MaxPool2d(2)", "nn.AvgPool2d(2)"),
        ),
    ),
}  # fmt: skip


def _check(case: Case, workers: Workers, folder: Path) -> Report:
    second = case.second or case.first
    for old, new in case.replaced:
        assert old in second, old
        second = second.replace(old, new)
    entries = []
    for name, text in (("mine", case.first), ("port", second)):
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
        entry = "Net" if "class Net" in text else "net"
        entries.append(f"{folder / name}.py:{entry}")
    report = verify_files(entries, Asked(shape=(3, 16, 16)), workers=workers)
    (found,) = report.layers
    told = sorted(re.sub(r" \([a-z]+\.py:\d+\)", "", line) for line in found.lines)
    assert told == sorted(case.said), report.text()
    for line in found.lines:
        assert INPUT in line or ("mine.py:" in line and "port.py:" in line), report.text()
    assert found.title in report.text() and found.lines[0] in report.text()
    return report


@rows("case", CASES)
def test_what_differs_in_each_layer(case: Case, workers: Workers, tmp_path: Path) -> None:
    _check(case, workers, tmp_path)


@pytest.mark.complete
def test_keras(workers: Workers, tmp_path: Path) -> None:
    _check(Case(_all("first", "batch_normalization", "dense"), KERAS), workers, tmp_path)


@pytest.mark.exhaustive
def test_paddle(workers: Workers, tmp_path: Path) -> None:
    _check(Case(_all("stem", "norm2", "head"), PADDLE), workers, tmp_path)


FITTED = {
    "convolution": (Conv2d(4, 3, padding=1), {"padding": "1"}),
    "stride": (Conv2d(4, 3, stride=2, padding=((0, 1), (0, 1))), {"padding": "((0, 1), (0, 1))"}),
    "dilation": (Conv2d(4, (1, 3), dilation=2, padding=(0, 2)), {"dilation": "(1, 2)"}),
    "groups": (Conv2d(4, 3, groups=2, bias=False), {"padding": "0", "stride": "1"}),
    "depthwise": (DepthwiseConv2d(5, stride=2, padding=2, out_channels=2), {"stride": "2"}),
    "epsilon": (BatchNorm(epsilon=1e-5), {"epsilon": "1e-05"}),
    "no epsilon": (BatchNorm(epsilon=1e-30), {"epsilon": "0"}),
    "dense": (Dense(3), {}),
}


@rows("op, facets", FITTED)
def test_what_a_layer_computes(op: Op, facets: dict[str, str]) -> None:
    drawn = np.random.default_rng(0)
    x = drawn.standard_normal((2, 5) if isinstance(op, Dense) else (2, 6, 12, 10))
    shapes = op.parameters(x.shape[1:])
    numbers = {kind: drawn.uniform(0.5, 1.5, shape) for kind, shape in shapes.items()}
    y = op.local(Given((x,), numbers, None, False)).result
    last = [each.transpose(0, 2, 3, 1) if each.ndim == 4 else each for each in (x, y)]
    for given, result in ((x, y), last):
        found = fitted(given, result, numbers)
        assert found is not None
        told = found.layer.facets()
        assert {name: told[name] for name in facets} == facets
    assert fitted(x, y + 1e-6 * x.mean() * drawn.standard_normal(y.shape), numbers) is None
    assert fitted(x, np.where(y > y.mean(), y, np.inf), numbers) is None


POOLS = {
    "max": (MaxPool2d(3, 2, padding=1), "max pool 3×3, stride 2, padding 1"),
    "average": (AvgPool2d(2, 2), "average pool 2×2, stride 2, padding 0"),
}


@rows("op, name", POOLS)
def test_what_a_pool_computes(op: Op, name: str) -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, 8, 8))
    y = op.local(Given((x,), {}, None, False)).result
    assert name in [each.name for each in functions(x, y)]
    assert not functions(x, 1.001 * y)
