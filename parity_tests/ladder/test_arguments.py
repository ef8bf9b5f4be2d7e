"""Every declared argument of a written file holds for every value, alike in all dialects, or is
refused in one line: files are called with arguments that they were not written for."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from common.errors import SpecificationError
from common.network import Network
from common.networks.blocks import CONV_BN, SQUEEZE_EXCITE
from common.ops import (
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dense,
    DepthwiseConv2d,
    GlobalAvgPool2d,
    MaxPool2d,
    ReLU,
    ZeroPad2d,
)
from common.spec import Block, Layer, Parallel, When, chain
from frontends.frameworks import FRAMEWORKS, MODERN
from frontends.ladder.runs import comparable
from frontends.ladder.subjects import Fault
from frontends.ladder.verify import verify
from frontends.workers.pool import Workers
from frontends.writing.emit import emit
from parity_tests.cases.reductions import reduced
from parity_tests.rows import rows

Arguments = Mapping[str, Any]
UNWRITTEN = (
    "ValueError: se=True: written without what this asks"  # no such block was there to write
)
# A function takes no argument that nothing in it refers to.
CALLED = """

import functools, inspect

known = inspect.signature({entry}).parameters
{entry} = functools.partial({entry}, **{{n: v for n, v in {arguments}.items() if n in known}})
"""


def _called_with(network: Network, panel: str, arguments: Arguments) -> Fault:
    """Return what puts the network's own file, called with these arguments, in another's place."""

    def text(other: str) -> str:
        taps = " = tap(" in other or "return tap(" in other
        source = emit(comparable(network), panel, taps)
        return source.text + CALLED.format(entry=source.entry, arguments=dict(arguments))

    return text


def _check(network: Network, arguments: Arguments, panels: Sequence[str], workers: Workers) -> None:
    """The file as called is the network with these arguments, or neither is to be had."""
    faults = {panel: _called_with(network, panel, arguments) for panel in panels}
    try:
        other, said = network.with_arguments(**arguments), UNWRITTEN
    except SpecificationError:
        other, said = network, "Error: "
    report = verify(other, list(panels), workers=workers, faults=faults, rounding=False)
    if other is not network and report.passed:
        return
    refused = {row.panels: row.note for row in report.rows if not row.passed}
    assert set(refused) == {(panel,) for panel in panels}, report.text()
    for note in refused.values():
        assert said in note and "\n" not in note.strip(), report.text()


def _one(name: str, arguments: str, **layers: Layer) -> Network:
    """Return a network whose root hands its arguments to what is tried."""
    root = Block(name, arguments, layers={**layers, "pool": GlobalAvgPool2d(), "fc": Dense(3)})
    return Network(name, root, (4, 12, 13))


CONV = Conv2d("filters", "kernel_size", stride="stride", padding="padding", dilation="dilation")
GATED = Block(
    "gated",
    "channels, se=False, reduction=2",
    inputs={"x": "channels"},
    layers={
        "conv": Conv2d("channels", 1),
        "gate": When(SQUEEZE_EXCITE("channels", "channels // reduction"), when="se"),
    },
)
PATH = Block("path", "width", layers={"conv": Conv2d("width", 1)})
NETWORKS: dict[str, Network] = {
    "conv_bn": _one(
        "conv_bn_net",
        "kernel_size=3, stride=1, groups=1, relu=True",
        conv=CONV_BN(8, "kernel_size", stride="stride", groups="groups", relu="relu"),
    ),
    "conv": _one(
        "conv_net", "filters=4, kernel_size=3, stride=1, padding=1, dilation=1", conv=CONV
    ),
    "pools": _one(
        "pools_net",
        "kernel_size=3, stride=2",
        conv=Conv2d(4, 1),
        largest=MaxPool2d("kernel_size", stride="stride", padding="kernel_size // 2"),
        mean=AvgPool2d("kernel_size", stride=1, padding="kernel_size // 2"),
    ),
    "same": _one(
        "same_net",
        "kernel_size=3, stride=2, dilation=1",
        conv=Conv2d(4, "kernel_size", stride="stride", padding="same"),
        spread=Conv2d(4, 3, padding="same", dilation="dilation"),
        pool=MaxPool2d("kernel_size", stride="stride", padding="same"),
    ),
    "depthwise": _one(
        "depthwise_net",
        "multiplier=1, stride=1, width=8",
        conv=Conv2d("width", 1),
        depth=DepthwiseConv2d(3, stride="stride", padding=1, out_channels="multiplier"),
    ),
    "gated": _one("gated_net", "width=6, se=False, reduction=2", conv=Conv2d("width", 3),
                  block=GATED("width", "se", "reduction")),
    "optional": _one("optional_net", "pads=False, activated=True", conv=Conv2d(4, 3),
                     pad=When(ZeroPad2d(1), when="pads"), bn=BatchNorm(),
                     relu=When(ReLU(), when="activated")),
    "chained": _one(
        "chained_net",
        "count=2, paths=2, width=4",
        blocks=chain((PATH("width"), "count")),
        paths=Parallel(PATH("width"), "paths", "concat"),
    ),
}  # fmt: skip
# What each argument is drawn from; reals and sizes that no network has are the framework's to tell.
VALUES: dict[str, dict[str, Sequence[Any]]] = {
    "conv_bn": {
        "kernel_size": (1, 2, 3, 4, 5), "stride": (1, 2, 3), "groups": (1, 2, 4, 3),
        "relu": (True, False),
    },
    "conv": {
        "filters": (1, 5), "kernel_size": (1, 2, 3, (1, 3)), "stride": (1, 2, (2, 1)),
        "padding": (0, 1, 2, (0, 1), (2, 1)), "dilation": (1,),
    },
    "pools": {"kernel_size": (1, 2, 3, 5), "stride": (1, 2, 3)},
    "same": {"kernel_size": (1, 2, 3, 4), "stride": (1, 2, 3), "dilation": (1, 2)},
    "depthwise": {"multiplier": (1, 2), "stride": (1, 2), "width": (1, 3, 8)},
    "gated": {"width": (1, 4, 6), "se": (True, False), "reduction": (1, 2, 4, 9)},
    "optional": {"pads": (True, False), "activated": (True, False)},
    "chained": {"count": (0, 1, 3), "paths": (1, 2, 3), "width": (1, 4, 5)},
}  # fmt: skip
# What was once built wrongly, ignored, or ended in an error of Python's.
KNOWN: dict[str, tuple[str, Arguments]] = {
    "conv-bn-of-an-even-kernel": ("conv_bn", {"kernel_size": 2}),
    "conv-bn-in-groups": ("conv_bn", {"groups": 2}),
    "padding-at-stride-1": ("conv", {"padding": 2}),
    "padding-of-a-pair": ("conv", {"padding": (0, 1)}),
    "a-gate-that-was-off": ("gated", {"se": True}),
    "a-gate-of-no-channels": ("gated", {"se": True, "reduction": 9}),
    "an-option-that-was-off": ("optional", {"pads": True}),
    "an-option-that-was-on": ("optional", {"activated": False}),
    "five-stages": ("resnet18", {"num_blocks": (1, 1, 1, 1, 1)}),
    "three-stages": ("resnet18", {"num_blocks": (1, 1, 1)}),
    "a-stage-of-none": ("resnet50", {"num_blocks": (1, 0, 1, 1)}),
    "no-blocks": ("se_resnext_cifar", {"num_blocks": 0}),
    "groups-of-no-channels": ("resnext50_32x4d", {"width": 8}),
    "an-odd-width": ("se_resnext_cifar", {"width": 17}),
    "a-single-channel": ("se_resnext_cifar", {"width": 2}),
}
SOON = (
    "conv-bn-of-an-even-kernel", "padding-of-a-pair", "a-gate-of-no-channels",
    "an-option-that-was-off", "three-stages", "a-stage-of-none",
)  # fmt: skip
ROOTS: dict[str, Sequence[Any]] = {
    "num_blocks": (1, 2, 0, (1, 1, 1, 1), (2, 1, 1, 1), (1, 1, 1), (0, 1, 1, 1), (1, 1, 0)),
    "width": (16, 24, 33, 8, 1),
    "num_classes": (2, 7),
    "cardinality": (2, 3),
    "depth": (1, 4),
}
SEED = 20261126


def _network(name: str) -> Network:
    return NETWORKS[name] if name in NETWORKS else reduced(name)


@rows("name, arguments", {name: KNOWN[name] for name in SOON})
def test_what_was_once_wrong(name: str, arguments: Arguments, workers: Workers) -> None:
    _check(_network(name), arguments, MODERN, workers)


@pytest.mark.complete
@rows("name, arguments", KNOWN)
def test_what_was_once_wrong_in_five_panels(
    name: str, arguments: Arguments, workers: Workers
) -> None:
    _check(_network(name), arguments, FRAMEWORKS, workers)


def _drawn(name: str, count: int) -> list[Arguments]:
    draw = random.Random(f"{SEED} {name}")
    declared = dict(_network(name).root.arguments)
    values = VALUES.get(name) or {n: v for n, v in ROOTS.items() if n in declared}
    return [{n: draw.choice(v) for n, v in values.items()} for _ in range(count)]


def _draws(names: Sequence[str], count: int) -> dict[str, tuple[str, Arguments]]:
    return {
        f"{name}-{index}": (name, arguments)
        for name in names
        for index, arguments in enumerate(_drawn(name, count))
    }


@rows("name, arguments", _draws(list(NETWORKS), 1))
def test_drawn(name: str, arguments: Arguments, workers: Workers) -> None:
    _check(_network(name), arguments, MODERN, workers)


FAMILIES = ("resnet18", "resnext50_32x4d", "se_resnext_published_fluid", "rir18",
            "batchflow_se_resnet", "resnext_block_summed", "resnext29_32x4d")  # fmt: skip


@pytest.mark.complete
@rows("name, arguments", _draws([*NETWORKS, *FAMILIES], 2))
def test_drawn_in_five_panels(name: str, arguments: Arguments, workers: Workers) -> None:
    _check(_network(name), arguments, FRAMEWORKS, workers)


@pytest.mark.exhaustive
@rows("name, arguments", _draws([*NETWORKS, *FAMILIES], 8))
def test_more_drawn_in_five_panels(name: str, arguments: Arguments, workers: Workers) -> None:
    _check(_network(name), arguments, FRAMEWORKS, workers)
