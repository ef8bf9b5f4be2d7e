"""ResNet and its kin for ImageNet: basic and bottleneck blocks, grouped or gated on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial

from common.network import Member, Network
from common.networks.blocks import CONV_BN, SQUEEZE_EXCITE, conv_bn, stages
from common.networks.fluid_names import PADDLE_MODELS
from common.networks.keras_names import KERAS_APPLICATIONS
from common.networks.laws import FLUID_MODELS, HE_NORMAL_CONVOLUTIONS, TENSORFLOW, TORCHVISION
from common.ops import Add, BatchNorm, Dense, GlobalAvgPool2d, MaxPool2d, Op, Padding, ReLU, Softmax
from common.spec import Block, Layer, Use, When
from common.transform import Laws, initialized

RESNET = "He et al., Deep residual learning for image recognition (arXiv:1512.03385)"
RESNET_V15 = f"{RESNET}, but with the stride on the 3×3 convolution"
RESNEXT = (
    "Xie et al., Aggregated residual transformations for deep neural networks (arXiv:1611.05431)"
)
SENET = "Hu et al., Squeeze-and-excitation networks (arXiv:1709.01507)"
DEPTHS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
DEPTHS[152] = (3, 8, 36, 3)

RESIDUAL = """
    x = downsample(x)
    x = add(out, x)
    x = relu(x)
"""


def basic_block(
    conv_bn: Block = CONV_BN, downsample: Op | Use | None = None, reduction: int = 0
) -> Block:
    """Return two 3×3 convolutions and a shortcut, projected on demand; a reduction gates them."""
    gate = {"se": SQUEEZE_EXCITE("width", "width // reduction")} if reduction else {}
    project = downsample or conv_bn("width", 1, stride="stride", relu=False)
    return Block(
        "se_basic_block" if reduction else "basic_block",
        "width, stride=1, downsample=False" + (f", reduction={reduction}" if reduction else ""),
        about=f"Two 3×3 convolutions{', gated,' if reduction else ''} beside a shortcut.",
        layers={
            "conv1": conv_bn("width", 3, stride="stride"),
            "conv2": conv_bn("width", 3, relu=False),
            **gate,
            "downsample": When(project, when="downsample"),
            "add": Add(),
            "relu": ReLU(),
        },
        wiring="out = conv1(x)\nout = conv2(out)\n"
        + ("out = se(out)" if reduction else "")
        + RESIDUAL,
    )


def bottleneck(
    conv_bn: Block = CONV_BN,
    groups: int = 1,
    width_per_group: int = 64,
    reduction: int = 0,
) -> Block:
    """Return 1×1, 3×3 and 1×1 convolutions and a shortcut; four times the width comes out.

    Groups make it ResNeXt's, a reduction gates it as SENet does. The stride is that of the 3×3
    convolution, as in torchvision and Fluid.
    """
    grouped = groups > 1
    inner = "groups * (width * width_per_group // 64)" if grouped else "width"
    signature = "width, stride=1, downsample=False"
    signature += f", groups={groups}, width_per_group={width_per_group}" if grouped else ""
    signature += f", reduction={reduction}" if reduction else ""
    gate = {"se": SQUEEZE_EXCITE("4 * width", "4 * width // reduction")} if reduction else {}
    return Block(
        "se_bottleneck" if reduction else "bottleneck",
        signature,
        about=f"1×1, {'grouped ' if grouped else ''}3×3 and 1×1 convolutions"
        f"{', gated,' if reduction else ''} beside a shortcut.",
        layers={
            "conv1": conv_bn(inner, 1),
            "conv2": conv_bn(inner, 3, stride="stride", groups="groups" if grouped else 1),
            "conv3": conv_bn("4 * width", 1, relu=False),
            **gate,
            "downsample": When(
                conv_bn("4 * width", 1, stride="stride", relu=False), when="downsample"
            ),
            "add": Add(),
            "relu": ReLU(),
        },
        wiring="out = conv1(x)\nout = conv2(out)\nout = conv3(out)\n"
        + ("out = se(out)" if reduction else "")
        + RESIDUAL,
    )


def keras_bottleneck(conv_bn: Block) -> Block:
    """Return the bottleneck of the paper as keras.applications has it: the stride is that of the
    first convolution, and the shortcut stands first, by which its files order their weights.
    """
    return Block(
        "bottleneck",
        "width, stride=1, downsample=False",
        about="1×1, 3×3 and 1×1 convolutions beside a shortcut.",
        layers={
            "downsample": When(
                conv_bn("4 * width", 1, stride="stride", relu=False), when="downsample"
            ),
            "conv1": conv_bn("width", 1, stride="stride"),
            "conv2": conv_bn("width", 3),
            "conv3": conv_bn("4 * width", 1, relu=False),
            "add": Add(),
            "relu": ReLU(),
        },
        wiring="""
            shortcut = downsample(x)
            x = conv1(x)
            x = conv2(x)
            x = conv3(x)
            x = add(shortcut, x)
            x = relu(x)
        """,
    )


def resnet(
    block: Block,
    num_blocks: tuple[int, ...],
    stem: Mapping[str, Layer],
    head: Mapping[str, Layer],
    num_classes: int = 1000,
    width: int = 64,
    project_first: bool = False,
    kind: str = "resnet",
) -> Block:
    """Return the outermost block: stem, one stage for each of `num_blocks`, head.

    `project_first` where the very first block changes the number of channels.
    """
    openings = [{"downsample": True}] if project_first else []
    return Block(
        kind,
        f"num_classes={num_classes}, num_blocks={num_blocks}, width={width}, in_channels=3",
        inputs={"x": "in_channels"},
        layers={**stem, **stages(block, len(num_blocks), *openings), **head},
    )


def stem(conv_bn: Block = CONV_BN, pool_padding: Padding = 1) -> dict[str, Layer]:
    """Return the stem for 224×224: a quarter of the size comes out."""
    pool = MaxPool2d(3, stride=2, padding=pool_padding)
    return {"stem": conv_bn("width", 7, stride=2), "maxpool": pool}


STEM = stem()
HEAD: dict[str, Layer] = {"avgpool": GlobalAvgPool2d(), "fc": Dense("num_classes")}


def imagenet(
    name: str,
    title: str,
    block: Block,
    depth: int = 50,
    num_classes: int = 1000,
    stem: Mapping[str, Layer] = STEM,
    head: Mapping[str, Layer] = HEAD,
    source: str = RESNET,
    kind: str = "resnet",
    laws: Laws = TORCHVISION,
    members: Iterable[str] = (),
) -> Network:
    """Return a member of the family for 3×224×224; `members` are those that its root can make."""
    bottlenecks = depth >= 50
    root = resnet(
        block, DEPTHS[depth], stem, head, num_classes, project_first=bottlenecks, kind=kind
    )
    family = tuple(
        Member(each, _MEMBERS[each][0], (("num_blocks", DEPTHS[_MEMBERS[each][1]]),))
        for each in members
    )
    network = Network(name, root, (3, 224, 224), source, title, flat=("conv_bn",), members=family)
    return initialized(network, laws)


def _keras() -> Network:
    biased = conv_bn(bias=True, bn=BatchNorm(epsilon=1.001e-5, momentum=0.99))
    source = f"{RESNET}, with the biases and batch normalization of keras.applications"
    network = imagenet(
        "resnet50_keras", "ResNet-50 of keras.applications", keras_bottleneck(biased),
        stem=stem(biased), source=source, laws=TENSORFLOW,
        members=("resnet50", "resnet101", "resnet152"),
    )  # fmt: skip
    return replace(network, naming=KERAS_APPLICATIONS)


def _fluid(name: str, title: str, num_classes: int, laws: Laws) -> Network:
    source = "ResNet-50 of PaddlePaddle/models, release 1.3, and of its transfer-learning tutorial"
    head = {**HEAD, "softmax": Softmax()}
    network = imagenet(
        name, title, bottleneck(), 50, num_classes, head=head, source=source, laws=laws
    )
    return replace(network, naming=PADDLE_MODELS)


# name -> title, depth, arguments of the bottleneck, source
_MEMBERS: dict[str, tuple[str, int, dict[str, int], str]] = {
    "resnet18": ("ResNet-18", 18, {}, RESNET),
    "resnet34": ("ResNet-34", 34, {}, RESNET),
    "resnet50": ("ResNet-50", 50, {}, RESNET_V15),
    "resnet101": ("ResNet-101", 101, {}, RESNET_V15),
    "resnet152": ("ResNet-152", 152, {}, RESNET_V15),
    "resnext50_32x4d": ("ResNeXt-50 (32×4d)", 50, {"groups": 32, "width_per_group": 4}, RESNEXT),
    "resnext101_32x8d": ("ResNeXt-101 (32×8d)", 101, {"groups": 32, "width_per_group": 8}, RESNEXT),
    "se_resnet50": ("SE-ResNet-50", 50, {"reduction": 16}, SENET),
    "se_resnext50_32x4d": (
        "SE-ResNeXt-50 (32×4d)",
        50,
        {"groups": 32, "width_per_group": 4, "reduction": 16},
        SENET,
    ),
}


def _member(name: str) -> Network:
    title, depth, variant, source = _MEMBERS[name]
    block = bottleneck(**variant) if depth >= 50 else basic_block()  # type: ignore[arg-type]
    kind = ("se_" if "reduction" in variant else "") + (
        "resnext" if "groups" in variant else "resnet"
    )
    laws = HE_NORMAL_CONVOLUTIONS if "reduction" in variant else TORCHVISION
    family = [
        each
        for each, (_, layers, own, _) in _MEMBERS.items()
        if own == variant and (layers >= 50) == (depth >= 50)
    ]
    return imagenet(name, title, block, depth, source=source, kind=kind, laws=laws, members=family)


NETWORKS: dict[str, Callable[[], Network]] = {
    **{name: partial(_member, name) for name in _MEMBERS},
    "resnet50_keras": _keras,
    "resnet50_fluid": partial(
        _fluid, "resnet50_fluid", "ResNet-50 of Fluid's model zoo", 1000, FLUID_MODELS
    ),
    "resnet50_fluid_flowers": partial(
        _fluid, "resnet50_fluid_flowers", "ResNet-50 of Fluid for Flowers-102", 102, {}
    ),
}
