"""The SE-ResNet of tensorpack's examples: "same" padding, residual branches that start at zero."""

from __future__ import annotations

from dataclasses import replace

from common.initializers import ZEROS, Normal
from common.network import Network
from common.networks.blocks import SQUEEZE_EXCITE, conv_bn
from common.networks.laws import TENSORPACK as LAWS
from common.networks.resnet import RESIDUAL, imagenet, stem
from common.ops import SAME, Add, BatchNorm, Conv2d, Dense, ReLU
from common.spec import Block, When

TENSORPACK = "tensorpack's ResNet examples, se_resnet_bottleneck, which follows arXiv:1709.01507"


def tensorpack_bottleneck(conv_bn: Block) -> Block:
    """Return the gated bottleneck of tensorpack's examples: the last γ of a block starts at 0."""
    return Block(
        "se_bottleneck",
        "width, stride=1, downsample=False, reduction=16",
        about="1×1, 3×3 and 1×1 convolutions, gated, beside a shortcut.",
        layers={
            "conv1": conv_bn("width", 1),
            "conv2": conv_bn("width", 3, stride="stride"),
            "conv3": Conv2d("4 * width", 1, bias=False),
            "bn3": BatchNorm(gamma_initializer=ZEROS),
            "se": SQUEEZE_EXCITE("4 * width", "4 * width // reduction"),
            "downsample": When(
                conv_bn("4 * width", 1, stride="stride", relu=False), when="downsample"
            ),
            "add": Add(),
            "relu": ReLU(),
        },
        wiring="""
            out = conv1(x)
            out = conv2(out)
            out = conv3(out)
            out = bn3(out)
            out = se(out)
        """
        + RESIDUAL,
    )


def se_resnet50_tensorpack() -> Network:
    """Return the network for 224×224; "same" pads its even sizes after rather than before."""
    block = conv_bn(padding=SAME)
    classifier = Dense("num_classes", kernel_initializer=Normal(0.01))
    network = imagenet(
        "se_resnet50_tensorpack",
        "SE-ResNet-50 of tensorpack",
        tensorpack_bottleneck(block),
        stem=stem(block, pool_padding=SAME),
        source=TENSORPACK,
        kind="se_resnet",
        laws=LAWS,
    )
    root = network.root
    return replace(network, root=root.but(layers={**root.layers, "fc": classifier}))


NETWORKS = {"se_resnet50_tensorpack": se_resnet50_tensorpack}
