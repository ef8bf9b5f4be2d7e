"""SE-ResNeXt as the article describes it, repaired: one network for every panel."""

from __future__ import annotations

from common.ops import (
    Add,
    AvgPool2d,
    BatchNorm,
    ChannelPad,
    Conv2d,
    Dense,
    GlobalAvgPool2d,
    ReLU,
    Scale,
    Sigmoid,
)
from common.spec import Block, Layer, Network, Optional, Parallel, chain

ARTICLE = (
    "PaperWeekly's article on SE-ResNeXt in TensorFlow and Paddle Fluid (2018), "
    "after arXiv:1709.01507 and arXiv:1611.05431"
)

CONV_BN = Block(
    "conv_bn",
    "out_channels, kernel_size, stride=1, groups=1, relu=True",
    about="Convolution, batch normalization and, unless told otherwise, ReLU.",
    layers={
        "conv": Conv2d(
            "out_channels",
            "kernel_size",
            stride="stride",
            padding="kernel_size // 2",
            groups="groups",
            bias=False,
        ),
        "bn": BatchNorm(),
        "relu": Optional(ReLU(), when="relu"),
    },
)

SQUEEZE_EXCITE = Block(
    "squeeze_excite",
    "channels, hidden",
    about="Squeeze-and-excitation: a gate in (0, 1) for every channel.",
    inputs={"x": "channels"},
    layers={
        "squeeze": GlobalAvgPool2d(),
        "reduce": Dense("hidden"),
        "relu": ReLU(),
        "expand": Dense("channels"),
        "gate": Sigmoid(),
        "scale": Scale(),
    },
    wiring="""
        gate = squeeze(x)
        gate = reduce(gate)
        gate = relu(gate)
        gate = expand(gate)
        gate = gate(gate)
        x = scale(x, gate)
    """,
)

POOLED_SHORTCUT = Block(
    "pooled_shortcut",
    "extra_channels",
    about="Halve the map and pad the channels with zeros, half before and half after.",
    layers={
        "pool": AvgPool2d(2, stride=2),
        "pad": ChannelPad("extra_channels // 2", "extra_channels // 2"),
    },
)

SPLIT_PATH = Block(
    "split_path",
    "depth, stride",
    about="One of the paths of the aggregated transformation.",
    layers={"reduce": CONV_BN("depth", 1), "transform": CONV_BN("depth", 3, stride="stride")},
)


def se_resnext_block(form: str, cardinality: int, depth: int, reduction: int) -> Block:
    """Return the block in form (b), "concatenated" paths, or (c), "grouped"."""
    if form == "grouped":
        split: dict[str, Layer] = {
            "split": CONV_BN("cardinality * depth", 1),
            "transform": CONV_BN("cardinality * depth", 3, stride="stride", groups="cardinality"),
        }
    else:
        split = {"split": Parallel(SPLIT_PATH("depth", "stride"), "cardinality", "concat")}
    steps = "".join(f"out = {name}({'x' if name == 'split' else 'out'})\n" for name in split)
    return Block(
        "se_resnext_block",
        f"out_channels, stride=1, cardinality={cardinality}, depth={depth}, reduction={reduction}",
        about="Split, transform, merge and gate; then add the shortcut.",
        layers={
            **split,
            "transition": CONV_BN("out_channels", 1, relu=False),
            "se": SQUEEZE_EXCITE("out_channels", "out_channels // reduction"),
            "shortcut": Optional(POOLED_SHORTCUT("out_channels // 2"), when="stride > 1"),
            "add": Add(),
            "relu": ReLU(),
        },
        wiring=steps
        + """
        out = transition(out)
        out = se(out)
        x = shortcut(x)
        x = add(out, x)
        x = relu(x)
        """,
    )


def se_resnext_cifar(
    form: str = "grouped",
    num_blocks: int = 3,
    width: int = 64,
    cardinality: int = 8,
    depth: int = 64,
    reduction: int = 4,
) -> Network:
    """Return the repaired SE-ResNeXt for 3×32×32: conv → BN → ReLU, nothing activated twice."""
    block = se_resnext_block(form, cardinality, depth, reduction)
    root = Block(
        "se_resnext",
        f"in_channels=3, num_classes=10, num_blocks={num_blocks}, width={width}",
        inputs={"x": "in_channels"},
        layers={
            "stem": CONV_BN("width", 3),
            "stage1": chain((block("width"), "num_blocks")),
            "stage2": chain(block("2 * width", stride=2), (block("2 * width"), "num_blocks - 1")),
            "stage3": chain(block("4 * width", stride=2), (block("4 * width"), "num_blocks - 1")),
            "pool": GlobalAvgPool2d(),
            "fc": Dense("num_classes"),
        },
    )
    return Network("se_resnext_cifar", root, (3, 32, 32), ARTICLE, "SE-ResNeXt for CIFAR-10")


NETWORKS = {
    "se_resnext_cifar": se_resnext_cifar,
}
