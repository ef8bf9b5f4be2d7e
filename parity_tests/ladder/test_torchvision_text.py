"""torchvision's own ResNet-18, as its text stands, and ten faults of one line, each located.

The text is read where torchvision is installed; of its package only what the classes need stands in
the file: they are the reader's file, and `resnet18` its entry.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from importlib import util
from pathlib import Path

import pytest

from common.network import Network
from common.networks import load
from frontends.ladder.report import Report
from frontends.ladder.verify import verify_mine
from frontends.workers.pool import Workers
from parity_tests.rows import rows, sampled

OPENING = """\
from typing import Any, Callable, Optional, Union

import torch
import torch.nn as nn
from torch import Tensor


def _log_api_usage_once(model):
    pass


"""
CLOSING = """

def resnet18():
    return ResNet(BasicBlock, [2, 2, 2, 2])
"""
KEPT = ("conv3x3", "conv1x1", "BasicBlock", "Bottleneck", "ResNet")
NETWORK: Network = replace(load("resnet18"), input_shape=(3, 64, 64))


def text() -> str:
    """Return the classes of torchvision's resnet.py, to the letter."""
    spec = util.find_spec("torchvision")
    assert spec and spec.origin, "torchvision is not installed"
    source = (Path(spec.origin).parent / "models" / "resnet.py").read_text(encoding="utf-8")
    parts = [
        ast.get_source_segment(source, node)
        for node in ast.parse(source).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in KEPT
    ]
    assert len(parts) == len(KEPT)
    return OPENING + "\n\n\n".join(filter(None, parts)) + CLOSING


@dataclass(frozen=True)
class Fault:
    """Edits of the text, (place, mistake), each at the first place; the rung and where it is."""

    edits: tuple[tuple[str, str], ...]
    rung: str
    where: str


EVAL, STRUCTURE = "forward, eval", "structure"
FAULTS = {
    "stride": Fault(
        (
            ("conv3x3(inplanes, planes, stride)", "conv3x3(inplanes, planes)"),
            ("conv2 = conv3x3(planes, planes)", "conv2 = conv3x3(planes, planes, stride)"),
        ),
        EVAL,
        "layer2.0.conv1",
    ),
    "epsilon": Fault(
        (("self.bn2 = norm_layer(planes)", "self.bn2 = norm_layer(planes, eps=1e-3)"),),
        EVAL,
        "layer1.0.conv2.bn",
    ),
    "missing ReLU": Fault(
        (("out = self.bn1(out)\n        out = self.relu(out)", "out = self.bn1(out)"),),
        EVAL,
        "between step layer1.0.conv1.bn and layer1.0.conv2.conv",
    ),
    "counted padding": Fault(
        (("nn.AdaptiveAvgPool2d((1, 1))", "nn.AvgPool2d(4, padding=1)"),),
        EVAL,
        "between step layer4.1.conv2.bn and fc",
    ),
    "left in training": Fault(
        (
            (
                "out = self.bn2(out)",
                "out = nn.functional.batch_norm("
                "out, None, None, self.bn2.weight, self.bn2.bias, True)",
            ),
        ),
        EVAL,
        "layer1.0.conv2.bn",
    ),
    "bias": Fault((("bias=False", "bias=True"),), STRUCTURE, "layer1.0.conv1.bias (64,)"),
    "reflect padding": Fault(
        (("padding=dilation,", 'padding=dilation, padding_mode="reflect",'),),
        EVAL,
        "layer1.0.conv1.conv",
    ),
    "dropout": Fault(
        (
            (
                "out = self.conv2(out)",
                "out = self.conv2(nn.functional.dropout(out, 0.3, self.training))",
            ),
        ),
        STRUCTURE,
        "dropout",
    ),
    "momentum": Fault(
        (("self.bn2 = norm_layer(planes)", "self.bn2 = norm_layer(planes, momentum=0.01)"),),
        "running statistics",
        "layer1.0.conv2.bn",
    ),
    "shared BN": Fault(
        (("self.bn2 = norm_layer(planes)", "self.bn2 = self.bn1"),),
        STRUCTURE,
        "layer1.0.conv2.bn.gamma",
    ),
}


def verified(source: str, folder: Path, workers: Workers) -> Report:
    path = folder / "resnet.py"
    path.write_text(source, encoding="utf-8")
    return verify_mine(NETWORK, f"{path}:resnet18", "torch", workers=workers)


def check(fault: Fault, folder: Path, workers: Workers) -> None:
    source = text()
    for place, mistake in fault.edits:
        assert place in source, f"the place of {place!r} is gone"
        source = source.replace(place, mistake, 1)
    report = verified(source, folder, workers)
    failed = [row for row in report.rows if not row.passed]
    assert failed and failed[0].rung == fault.rung, report.text()
    assert any(fault.where in row.note for row in failed[:2]), report.text()


@rows("fault", sampled(FAULTS, ("left in training", "shared BN")))
def test_a_fault_is_located(fault: Fault, tmp_path: Path, workers: Workers) -> None:
    check(fault, tmp_path, workers)


@pytest.mark.complete
def test_the_text_as_it_stands_is_resnet18(tmp_path: Path, workers: Workers) -> None:
    """Also with the two sides of an addition swapped."""
    assert verified(text(), tmp_path, workers).proved
    swapped = text().replace("out += identity", "out = identity + out", 1)
    assert swapped != text()
    report = verified(swapped, tmp_path, workers)
    assert report.proved, report.text()
