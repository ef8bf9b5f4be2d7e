"""A file that is written of one input size is the network at any other: "same" is a rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from common.network import Network
from common.networks import available
from common.ops import AvgPool2d, Concat, Conv2d, DepthwiseConv2d, GlobalAvgPool2d, MaxPool2d
from common.spec import Block
from frontends.frameworks import FRAMEWORKS, MODERN
from frontends.ladder.runs import comparable
from frontends.ladder.subjects import Fault
from frontends.ladder.verify import verify
from frontends.workers.pool import Workers
from frontends.writing.emit import emit
from parity_tests.cases.reductions import reduced
from parity_tests.cases.small import sequence
from parity_tests.rows import rows, sooner

ODD = {8: 9, 28: 29, 32: 33, 96: 97}
# Their shortcuts pool by halves, rounded down, and their convolutions round up: maps that halve
# are even. The last one is odd here, and the padding "same" another one than at 32.
EVEN = {
    **{name: 36 for name in available() if name.startswith("se_resnext_") and "50" not in name},
    "se_resnext_mnist": 36,
    "resnext_cifar_tensorflow": 36,
}
del EVEN["se_resnext_published_tensorflow"]  # its pool pads "same", too
KERAS_INPUT = re.compile(r"keras\.Input\(input_shape or \(\d+, \d+, ")
QUICK = ("batchflow_resnet", "resnet18", "rir18", "se_resnext_published_tensorflow")


def _elsewhere(network: Network, size: int) -> Network:
    return replace(network, input_shape=(network.input_shape[0], size, size))


def _written_for(network: Network, panel: str, size: int) -> Fault:
    """Return what puts the file of the network's own size in the place of another's.

    A Keras model is of one size, which is stated in one place.
    """

    def text(other: str) -> str:
        own = emit(comparable(network), panel, taps=" = tap(" in other or "return tap(" in other)
        return KERAS_INPUT.sub(f"keras.Input(input_shape or ({size}, {size}, ", own.text)

    return text


def _check(network: Network, size: int, panels: Sequence[str], workers: Workers) -> None:
    faults = {panel: _written_for(network, panel, size) for panel in panels}
    other = _elsewhere(network, size)
    report = verify(other, list(panels), workers=workers, faults=faults, rounding=False)
    assert report.passed, report.text()
    assert {row.rung for row in report.rows} >= {"structure", "forward, eval", "gradients"}


def _size(name: str) -> int:
    return EVEN.get(name) or ODD[reduced(name).input_shape[1]]


SAMES = sequence(
    "sames",
    (4, 16, 15),
    maximum=MaxPool2d((2, 3), stride=(1, 2), padding="same"),
    conv=Conv2d(6, 3, stride=2, padding="same"),
    spread=Conv2d(6, 2, stride=2, padding="same", dilation=3),
    even=MaxPool2d(2, stride=1, padding="same"),
    dilated=Conv2d(4, 3, padding="same", dilation=2),
    depthwise=DepthwiseConv2d(2, stride=(2, 1), padding="same"),
    mean=AvgPool2d(3, stride=2, padding="same"),
    counted=AvgPool2d(2, stride=2, padding="same", count_include_pad=True),
)


@rows("size", {str(size): size for size in (17, 30)})
def test_every_op_that_is_padded_same(size: int, workers: Workers) -> None:
    _check(SAMES, size, MODERN, workers)


@pytest.mark.complete
@rows("size", {str(size): size for size in (17, 30)})
def test_every_op_that_is_padded_same_in_five_panels(size: int, workers: Workers) -> None:
    _check(SAMES, size, FRAMEWORKS, workers)


POOLS = {
    "maximum": MaxPool2d(3, stride=2, rounding="ceil"),
    "uneven": MaxPool2d((3, 2), stride=(2, 1), padding=((0, 1), (1, 0)), rounding="ceil"),
    "dropped": MaxPool2d(2, stride=3, padding=1, rounding="ceil"),  # a window in padding alone
    "mean": AvgPool2d(2, stride=2, rounding="ceil"),
    "padded": AvgPool2d(2, stride=3, padding=1, rounding="ceil"),
    "counted": AvgPool2d(3, stride=2, padding=1, rounding="ceil", count_include_pad=True),
    "spread": AvgPool2d(3, stride=3, padding=1, rounding="ceil", count_include_pad=True),
}
CEILS = Network(
    "ceils",
    Block(
        "ceils",
        layers={**POOLS, **{f"{name}_mean": GlobalAvgPool2d() for name in POOLS}, "all": Concat()},
        wiring="\n".join(
            [
                *(f"{name}_map = {name}(x)\n{name}s = {name}_mean({name}_map)" for name in POOLS),
                f"x = all({', '.join(f'{name}s' for name in POOLS)})",
            ]
        ),
    ),
    (4, 12, 12),
)


@rows("size", {str(size): size for size in (13, 14, 15)})
def test_every_pool_that_rounds_up(size: int, workers: Workers) -> None:
    _check(CEILS, size, MODERN, workers)


@pytest.mark.complete
@rows("size", {str(size): size for size in (13, 14, 15, 16)})
def test_every_pool_that_rounds_up_in_five_panels(size: int, workers: Workers) -> None:
    _check(CEILS, size, FRAMEWORKS, workers)


@rows("name", sooner({name: name for name in QUICK}, QUICK[:2]))
def test_three_panels(name: str, workers: Workers) -> None:
    _check(reduced(name), _size(name), MODERN, workers)


@pytest.mark.complete
@rows("name", {name: name for name in available()[::8]})
def test_five_panels(name: str, workers: Workers) -> None:
    _check(reduced(name), _size(name), FRAMEWORKS, workers)


@pytest.mark.exhaustive
@rows("name", {name: name for name in available() if name not in available()[::8]})
def test_the_others_in_five_panels(name: str, workers: Workers) -> None:
    _check(reduced(name), _size(name), FRAMEWORKS, workers)


def test_even_and_odd_maps_in_one_kind_of_block(workers: Workers) -> None:
    """What no numbers say: the same pool pads on one map and not on the next."""
    halved = Block("halved", layers={"pool": MaxPool2d(3, stride=2, padding="same")})
    twice = sequence("twice", (2, 10, 10), first=halved(), second=halved())
    report = verify(twice, list(MODERN), workers=workers, rounding=False)
    assert report.passed, report.text()


def test_numbers_of_one_size_are_caught(workers: Workers) -> None:
    """What torch files once said of a pool: right at 28, a row too few at 29."""
    network, size = reduced("batchflow_resnet"), 29
    rule = _written_for(network, "torch", size)

    def frozen(other: str) -> str:
        old = 'nn.Sequential(nn.ConstantPad2d((0, 1, 0, 1), float("-inf")), nn.MaxPool2d(3, 2))'
        return rule(other).replace("MaxPool2dSame(3, stride=2)", old)

    faults = {"torch": frozen, "paddle": _written_for(network, "paddle", size)}
    other = _elsewhere(network, size)
    report = verify(other, list(faults), workers=workers, faults=faults, rounding=False)
    assert not report.passed
    assert report.reason("torch") and not report.reason("paddle"), report.text()
