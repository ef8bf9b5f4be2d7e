"""Every published figure, at full size: parameters by convention, multiply-adds, FLOPs, files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

import pytest

from common import counting
from common.elaborate import Parameter
from common.network import Network
from common.networks import available, load
from common.networks.blocks import CONV_BN
from common.networks.fluid_names import official_names
from common.networks.overview import parts
from common.networks.published import FIGURES as PUBLISHED
from common.networks.published import Figure
from common.networks.resnet import imagenet, keras_bottleneck
from common.ops import SAME, BatchNorm, Conv2d, Dense, MaxPool2d, padding_on
from frontends.workers.environments import ROOT
from reports.networks import counted, page

# name -> convention -> figure, beside those of PUBLISHED
FIGURES: dict[str, dict[str, int]] = {
    "se_resnext_cifar": {"trainable": 4_088_410, "with_statistics": 4_109_658},
    "se_resnext_cifar_concatenated": {"trainable": 4_088_410, "with_statistics": 4_109_658},
    "se_resnext_mnist": {"trainable": 104_986, "macs": 22_175_488},
    "se_resnext_published_fluid": {"with_statistics": 4_109_658},
    "se_resnext_published_tensorflow": {"with_statistics": 4_107_968},
    "resnext_block_summed": {"batchflow": 70_144},
    "resnext_block_concatenated": {"batchflow": 70_144},
    "resnext_block_grouped": {"batchflow": 70_144},
    "resnet50": {"with_statistics": 25_610_152},
    "se_resnet50": {"trainable": 28_088_024},
    "se_resnet50_tensorpack": {"trainable": 28_088_024},
    "se_resnext50_32x4d": {"trainable": 27_559_896},
    "resnet50_keras": {"trainable": 25_583_592},
    "resnet50_fluid": {"with_statistics": 25_610_152},
    "resnet50_fluid_flowers": {"trainable": 23_717_030, "with_statistics": 23_770_150},
    "rir18": {
        "trainable": 9_547_690,
        "unused": 23_328,
        "shared": 23_328,
        "with_statistics": 9_555_562,
    },
    "resnet18_rir": {"trainable": 9_566_602},
    "batchflow_resnet": {
        "batchflow": 8_020_490,
        "trainable": 8_032_138,
        "with_statistics": 8_043_786,
    },
    "batchflow_se_resnet": {
        "batchflow": 8_720_890,
        "trainable": 8_732_538,
        "with_statistics": 8_744_186,
    },
}
GIGAMACS = {
    "resnet18": 1.814,
    "resnet34": 3.664,
    "resnet50": 4.089,
    "resnet50_keras": 3.858,
    "resnet101": 7.801,
    "resnet152": 11.514,
    "resnext50_32x4d": 4.230,
    "resnext101_32x8d": 16.414,
    "se_resnet50": 4.092,
    "se_resnext50_32x4d": 4.233,
    "resnext29_8x64d": 5.387,
    "resnext29_16x64d": 10.689,
    "resnext29_32x4d": 0.774,
}


def test_every_network_has_a_figure() -> None:
    without = set(available()) - set(FIGURES) - {each.network for each in PUBLISHED}
    assert without == {"resnext_cifar_tensorflow"}  # no source states one


@pytest.mark.parametrize("name", FIGURES)
def test_parameters(name: str) -> None:
    network = load(name)
    assert {key: getattr(counting, key)(network) for key in FIGURES[name]} == FIGURES[name]


@pytest.mark.parametrize("name", GIGAMACS)
def test_macs(name: str) -> None:
    assert round(counting.macs(load(name)) / 1e9, 3) == GIGAMACS[name]


@pytest.mark.parametrize(
    ("name", "trainable"),
    [
        ("resnext29_8x64d", 34_518_948),
        ("resnext29_16x64d", 68_247_460),
        ("resnext29_32x4d", 4_868_004),
    ],
)
def test_resnext29_for_cifar_100(name: str, trainable: int) -> None:
    assert counting.trainable(load(name).with_arguments(num_classes=100)) == trainable


def test_resnet50_with_the_stride_on_the_first_convolution() -> None:
    network = imagenet("resnet50", "", keras_bottleneck(CONV_BN))
    assert counting.trainable(network) == 25_557_032
    assert round(counting.macs(network) / 1e9, 3) == 3.858


@pytest.mark.parametrize(
    "name",
    [
        "se_resnext_published_tensorflow",
        "resnext_cifar_tensorflow",
        "se_resnet50_tensorpack",
        "batchflow_resnet",
        "batchflow_se_resnet50",
    ],
)
def test_networks_of_tensorflow_pad_as_same_does(name: str) -> None:
    for step in load(name).elaboration.steps:
        if isinstance(step.op, (Conv2d, MaxPool2d)):
            shape, same = step.inputs[0], replace(step.op, padding=SAME)
            assert padding_on(step.op, shape) == padding_on(same, shape), step.path


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "sides"),
    [
        (28, 7, 2, (2, 3)),
        (14, 3, 2, (0, 1)),
        (7, 3, 2, (1, 1)),
        (4, 3, 2, (0, 1)),
        (2, 3, 1, (1, 1)),
    ],
)
def test_what_same_pads_in_batchflow(
    size: int, kernel: int, stride: int, sides: tuple[int, int]
) -> None:
    """The sizes of ResNet-50 on 28×28, worked out by hand from the notes on padding of tf.nn."""
    found = padding_on(Conv2d(1, kernel, stride=stride, padding=SAME), (1, size, size))
    assert found == (sides, sides)


def size(network: Network, chosen: Callable[[Parameter], bool]) -> int:
    """Return the trainable numbers in the parameters that are chosen."""
    parameters = network.elaboration.parameters.values()
    return sum(p.size for p in parameters if p.trainable and chosen(p))


@pytest.mark.parametrize(
    ("name", "gates", "dense"),
    [
        ("se_resnext_published_fluid", 130_704, 2_570),
        ("se_resnext_published_tensorflow", 129_024, 2_560),
    ],
)
def test_published_pair_by_kind_of_layer(name: str, gates: int, dense: int) -> None:
    network = load(name)
    found = [
        size(network, lambda p: isinstance(p.op, Conv2d)),
        size(network, lambda p: isinstance(p.op, BatchNorm)),
        size(network, lambda p: isinstance(p.op, Dense) and ".se." in p.name),
        size(network, lambda p: p.layer == "fc"),
    ]
    assert found == [3_933_888, 21_248, gates, dense]
    assert sum(isinstance(step.op, Conv2d) for step in network.elaboration.steps) == 154


# name -> part -> trainable, or for RiR all parameters
BY_PART = {
    "se_resnext_published_tensorflow": {
        **{f"stage1.{i}": 364_672 for i in range(3)},
        "stage2.0": 403_712,
        "stage2.1": 436_480,
        "stage2.2": 436_480,
        "stage3.0": 526_848,
        "stage3.1": 592_384,
        "stage3.2": 592_384,
    },
}


@pytest.mark.parametrize("name", BY_PART)
def test_parameters_by_part(name: str) -> None:
    found = {part.path: part.parameters for part in parts(load(name))}
    assert {path: found[path] for path in BY_PART[name]} == BY_PART[name]


# part -> parameters with statistics, FLOPs of paddle.flops at batch 128
RIR_PARTS = {
    "stem": (3_072, 377_487_360),
    "layer1.0": (167_040, 21_843_935_232),
    "layer1.1": (167_040, 21_843_935_232),
    "layer2.0": (509_376, 16_820_207_616),
    "layer2.1": (665_856, 21_793_603_584),
    "layer2.2": (665_856, 21_793_603_584),
    "layer3.0": (2_032_512, 16_790_323_200),
    "layer3.1": (2_658_816, 21_768_437_760),
    "layer3.2": (2_658_816, 21_768_437_760),
    "classifier": (3_850, 31_539_200),
    "pool": (0, 83_200),
}
RESNET18_STAGES = {
    "stem": (3_072, 377_487_360),
    "layer1": (333_696, 43_637_538_816),
    "layer2": (1_849_152, 60_517_515_264),
    "layer3": (7_384_704, 60_457_746_432),
    "classifier": (3_850, 31_539_200),
    "pool": (0, 83_200),
}


@pytest.mark.parametrize(
    ("name", "expected"), [("rir18", RIR_PARTS), ("resnet18_rir", RESNET18_STAGES)]
)
def test_rir_by_part(name: str, expected: dict[str, tuple[int, int]]) -> None:
    elaboration = load(name).elaboration
    found = {}
    for path in expected:
        inside = [p for p in elaboration.parameters.values() if p.name.startswith(f"{path}.")]
        steps = [s for s in elaboration.steps if s.layer == path or s.layer.startswith(f"{path}.")]
        flops = 128 * sum(map(counting.paddle_flops_of, steps))
        found[path] = (sum(p.size for p in inside if p.used), flops)
    assert found == expected


# group -> kernels, biases, gate; without batch normalization
CONFIGURED = {
    "stem": (3_136, 64, 0),
    "layer1": (73_728, 640, 8_464),
    "layer2": (376_832, 1_280, 33_312),
    "layer3": (1_507_328, 2_560, 132_160),
    "layer4": (6_029_312, 5_120, 526_464),
}
PRINTED = {
    "stem": (3_136, 64, 0),
    "layer1": (212_992, 1_408, 25_392),
    "layer2": (1_212_416, 3_584, 67_648),
    "layer3": (7_077_888, 10_240, 202_848),
    "layer4": (14_942_208, 11_264, 202_800),
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("batchflow_se_resnet", CONFIGURED), ("batchflow_se_resnet50", PRINTED)],
)
def test_batchflow_by_group(name: str, expected: dict[str, tuple[int, int, int]]) -> None:
    network = load(name)
    found = {}
    for group in expected:
        inside = [p for p in network.elaboration.parameters.values() if p.name.startswith(group)]
        kernels = sum(p.size for p in inside if isinstance(p.op, Conv2d) and p.kind == "kernel")
        biases = sum(p.size for p in inside if isinstance(p.op, Conv2d) and p.kind == "bias")
        found[group] = (kernels, biases, sum(p.size for p in inside if ".se." in p.name))
    assert found == expected
    assert size(network, lambda p: p.layer == "fc") == 20_490


def fluid_file_size(shape: tuple[int, ...]) -> int:
    """Return the bytes of a separate Fluid 1.x file: 20 of header, the description, float32."""
    dims = [1 + max(1, -(-size.bit_length() // 7)) for size in shape]
    return 20 + 2 + sum(dims) + 4 * prod(shape)


@pytest.mark.parametrize(
    ("name", "total"), [("resnet50_fluid", 102_447_613), ("resnet50_fluid_flowers", 95_087_603)]
)
def test_fluid_files(name: str, total: int) -> None:
    network = load(name)
    names = official_names(network)
    assert len(set(names.values())) == len(names) == 267
    files = [fluid_file_size(p.shape) for p in network.elaboration.parameters.values()]
    assert sum(files) == total
    assert fluid_file_size((64, 3, 7, 7)) == 37_662
    dense = [name for name in names if name.startswith("fc.")]
    sizes = dict(zip(names, files))
    assert len(names) - len(dense) == 265
    assert total - sum(sizes[name] for name in dense) == 94_251_560


@pytest.mark.parametrize(
    ("network", "canonical", "official"),
    [
        ("resnet50_fluid", "stem.conv.kernel", "conv1_weights"),
        ("resnet50_fluid", "stem.bn.mean", "bn_conv1_mean"),
        ("resnet50_fluid", "layer3.5.conv2.conv.kernel", "res4f_branch2b_weights"),
        ("resnet50_fluid", "layer1.0.downsample.bn.gamma", "bn2a_branch1_scale"),
        ("resnet50_fluid", "layer4.2.conv3.bn.beta", "bn5c_branch2c_offset"),
        ("resnet50_fluid", "fc.kernel", "fc_0.w_0"),
        ("resnet101", "layer3.0.conv1.bn.variance", "bn4a_branch2a_variance"),
        ("resnet101", "layer3.22.conv1.conv.kernel", "res4b22_branch2a_weights"),
        ("resnet101", "layer2.3.conv1.conv.kernel", "res3d_branch2a_weights"),
    ],
)
def test_official_names(network: str, canonical: str, official: str) -> None:
    assert official_names(load(network))[canonical] == official


@pytest.mark.parametrize("figure", PUBLISHED, ids=lambda f: f"{f.network}-{f.convention}")
def test_what_the_sources_say(figure: Figure) -> None:
    assert counted(figure) == figure.value


def test_the_page_of_the_networks_is_up_to_date() -> None:
    assert (ROOT / "reports" / "networks.md").read_text(encoding="utf-8") == page()
