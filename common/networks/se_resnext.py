"""SE-ResNeXt and ResNeXt of the CIFAR scripts: pooled, zero-padded shortcuts and split paths.

The repaired network, its small sibling for MNIST, both published scripts with their mistakes, and
the TensorFlow ResNeXt that they come from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from common.network import Network
from common.networks.blocks import (
    CONV_BN,
    POOLED_SHORTCUT,
    SQUEEZE_EXCITE,
    conv_bn,
    pooled_shortcut,
    squeeze_excite,
)
from common.networks.laws import TENSORFLOW
from common.networks.resnext import split_transform_merge
from common.ops import SAME, Add, BatchNorm, Conv2d, Dense, GlobalAvgPool2d, ReLU, Softmax
from common.spec import Block, Layer, When, chain
from common.transform import Laws, initialized

ARTICLE = (
    "PaperWeekly's article on SE-ResNeXt in TensorFlow and Paddle Fluid (2018), "
    "which follows arXiv:1709.01507 and arXiv:1611.05431"
)
PUBLISHED = "the {} file of PaperWeekly's article on SE-ResNeXt (2018), as published"
RESNEXT_TENSORFLOW = "taki0112/ResNeXt-Tensorflow, ResNeXt.py, which follows arXiv:1611.05431"

# Fluid's script hands `act` to the convolution and to the batch normalization.
CONV_RELU_BN = Block(
    "conv_bn",
    "out_channels, kernel_size, stride=1",
    about="Convolution and batch normalization, both activated.",
    layers={
        "conv": Conv2d(
            "out_channels", "kernel_size", stride="stride", padding="kernel_size // 2", bias=False
        ),
        "act": ReLU(),
        "bn": BatchNorm(),
        "relu": ReLU(),
    },
)
TENSORFLOW_BN = BatchNorm(epsilon=1e-3)
CONV_BN_SAME = conv_bn(bn=BatchNorm(epsilon=1e-3, zero_debias=True), padding=SAME)
HEAD: dict[str, Layer] = {"pool": GlobalAvgPool2d(), "fc": Dense("num_classes")}
HEAD_NO_BIAS: dict[str, Layer] = {**HEAD, "fc": Dense("num_classes", bias=False)}


def residual_block(
    form: str = "grouped",
    cardinality: int = 8,
    depth: int = 64,
    reduction: int = 4,
    conv_bn: Block = CONV_BN,
    se: Block | None = SQUEEZE_EXCITE,
    stride_on: str = "3x3",
    activated: bool = True,
    shortcut: Block = POOLED_SHORTCUT,
    gate_sum: bool = False,
) -> Block:
    """Return the residual block; without `se` it is ResNeXt's.

    See `split_transform_merge` for form, stride_on and activated. gate_sum: the gate stands behind
    the addition, on the trunk, where no network of the sources has it.
    """
    layers, wiring = split_transform_merge(form, conv_bn, stride_on, activated)
    signature = f"in_channels, out_channels, stride=1, cardinality={cardinality}, depth={depth}"
    gate = {"se": se("out_channels", "out_channels // reduction")} if se else {}
    return Block(
        "se_resnext_block" if se else "resnext_block",
        signature + (f", reduction={reduction}" if se else ""),
        about=f"Split, transform{', merge and gate' if se else ' and merge'}; add the shortcut.",
        inputs={"x": "in_channels"},
        layers={
            **layers,
            **gate,
            "shortcut": When(shortcut("out_channels - in_channels"), when="stride > 1"),
            "add": Add(),
            "relu": ReLU(),
        },
        wiring=wiring
        + ("out = se(out)\n" if se and not gate_sum else "")
        + "x = shortcut(x)\nx = add(out, x)\n"
        + ("x = se(x)\n" if se and gate_sum else "")
        + "x = relu(x)",
    )


def network(
    name: str,
    title: str,
    block: Block,
    conv_bn: Block = CONV_BN,
    head: Mapping[str, Layer] = HEAD,
    source: str = ARTICLE,
    input_shape: tuple[int, int, int] = (3, 32, 32),
    num_blocks: int = 3,
    width: int = 64,
    laws: Laws | None = None,
) -> Network:
    """Return three stages of `num_blocks` blocks; channels double and maps halve in between."""
    root = Block(
        block.kind.removesuffix("_block"),
        f"num_classes=10, num_blocks={num_blocks}, width={width}, in_channels={input_shape[0]}",
        inputs={"x": "in_channels"},
        layers={
            "stem": conv_bn("width", 3),
            "stage1": chain((block("width", "width"), "num_blocks")),
            "stage2": chain(
                block("width", "2 * width", stride=2),
                (block("2 * width", "2 * width"), "num_blocks - 1"),
            ),
            "stage3": chain(
                block("2 * width", "4 * width", stride=2),
                (block("4 * width", "4 * width"), "num_blocks - 1"),
            ),
            **head,
        },
    )
    return initialized(Network(name, root, input_shape, source, title), laws or {})


def se_resnext_cifar(form: str = "grouped") -> Network:
    """Return the repaired SE-ResNeXt for 3×32×32: conv → BN → ReLU, nothing activated twice."""
    name, title = "se_resnext_cifar", "SE-ResNeXt for CIFAR-10"
    if form != "grouped":
        name, title = f"{name}_{form}", f"{title} (paths {form})"
    return network(name, title, residual_block(form))


def se_resnext_mnist() -> Network:
    """Return an SE-ResNeXt for 1×28×28 that a CPU runs through MNIST in seconds."""
    block = residual_block(depth=8)
    shape = (1, 28, 28)
    return network(
        "se_resnext_mnist", "SE-ResNeXt for MNIST", block, input_shape=shape, num_blocks=2, width=32
    )


def se_resnext_published_fluid() -> Network:
    """Return the published Fluid network: ReLU before and after each batch normalization."""
    return network(
        "se_resnext_published_fluid",
        "SE-ResNeXt for CIFAR-10 (published for Fluid)",
        residual_block("concatenated", conv_bn=CONV_RELU_BN),
        CONV_RELU_BN,
        {**HEAD, "softmax": Softmax()},
        PUBLISHED.format("Fluid"),
    )


def se_resnext_published_tensorflow() -> Network:
    """Return the published TensorFlow network: "same" padding, dense layers without bias, moving
    means rid of their start. The published class, run in TensorFlow 1.15, is what it is held
    against (parity_tests.published)."""
    se, pooled = squeeze_excite(bias=False), pooled_shortcut(SAME)
    return network(
        "se_resnext_published_tensorflow",
        "SE-ResNeXt for CIFAR-10 (published for TensorFlow)",
        residual_block("concatenated", conv_bn=CONV_BN_SAME, se=se, shortcut=pooled),
        CONV_BN_SAME,
        HEAD_NO_BIAS,
        PUBLISHED.format("TensorFlow"),
        laws=TENSORFLOW,
    )


def resnext_cifar_tensorflow() -> Network:
    """Return the TensorFlow ResNeXt of the notes: the stride is that of each path's 1×1."""
    block = conv_bn(bn=TENSORFLOW_BN)
    return network(
        "resnext_cifar_tensorflow",
        "ResNeXt for CIFAR-10 (stride on the 1×1)",
        residual_block("concatenated", conv_bn=block, se=None, stride_on="1x1", activated=False),
        block,
        HEAD_NO_BIAS,
        RESNEXT_TENSORFLOW,
        laws=TENSORFLOW,
    )


NETWORKS: dict[str, Callable[[], Network]] = {
    "se_resnext_cifar": se_resnext_cifar,
    "se_resnext_cifar_concatenated": partial(se_resnext_cifar, "concatenated"),
    "se_resnext_mnist": se_resnext_mnist,
    "se_resnext_published_fluid": se_resnext_published_fluid,
    "se_resnext_published_tensorflow": se_resnext_published_tensorflow,
    "resnext_cifar_tensorflow": resnext_cifar_tensorflow,
}
