"""What is written of random networks in two frameworks is never called different as two files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from common.network import Network
from common.networks.blocks import CONV_BN
from common.ops import AdaptiveAvgPool2d, BatchNorm, Conv2d
from common.spec import chain
from frontends.frameworks import FRAMEWORKS, HISTORICAL, MODERN
from frontends.workers.pool import Workers
from parity_tests.cases.small import sequence
from parity_tests.random_files import beside, drawn, false_alarms
from parity_tests.rows import rows

FEW, MORE = 2, 4
RECORD = Path(__file__).parents[2] / "reports" / "data" / "random_files.jsonl"


def _conv() -> Conv2d:
    return Conv2d(2, 3, padding=1, bias=False)


FOUND = {  # by searches; panels, network, what is told
    "an adaptive pool, Fluid": (
        ("torch", "fluid"),
        sequence("pooled", (2, 5, 7), conv=_conv(), pool=AdaptiveAvgPool2d((4, 3))),
        "without Fluid's own rounding of 1/n",
    ),
    "layers of one shape, TensorFlow 1": (
        ("tensorflow1", "fluid"),
        sequence("alike", (2, 5, 5), blocks=chain((CONV_BN(2, 3), 3)), last=_conv()),
        "",
    ),
    "fused and not, TensorFlow 1": (
        ("tensorflow1", "torch"),
        sequence("fused", (2, 5, 5), a=BatchNorm(), conv=_conv(), b=BatchNorm(epsilon=1e-4)),
        "run unfused",
    ),
}


def _check(count: int, seed: int, panels: tuple[str, ...], workers: Workers) -> None:
    networks = drawn(count, seed)
    assert networks
    for _, report in false_alarms(networks, list(panels), workers):
        pytest.fail(report.text())


@rows("panels", {"modern": MODERN, "historical": (*HISTORICAL, "torch")})
def test_the_last_search_called_no_right_port_wrong(panels: tuple[str, ...]) -> None:
    lines = map(json.loads, RECORD.read_text(encoding="utf-8").splitlines())
    last = [each for each in lines if set(each["versions"]) == set(panels)][-1]
    assert last["networks"] and last["false alarms"] == 0


def test_modern_files_of_one_network_are_the_same(workers: Workers) -> None:
    _check(FEW, 7, MODERN, workers)


@pytest.mark.complete
def test_files_of_one_network_are_the_same(workers: Workers) -> None:
    _check(MORE, 1, FRAMEWORKS, workers)


@pytest.mark.complete
@rows("panels, network, said", FOUND)
def test_what_a_search_called_different_is_the_same(
    panels: tuple[str, str], network: Network, said: str, workers: Workers
) -> None:
    report = beside(network, panels, workers)
    assert report.proved and said in report.text(), report.text()
