"""ResNet in ResNet for CIFAR-10, and the ResNet-18 that its source compares it with."""

from __future__ import annotations

from common.network import Network
from common.networks.blocks import conv_bn, stages
from common.networks.resnet import basic_block, resnet
from common.ops import AdaptiveAvgPool2d, Add, BatchNorm, Concat, Conv2d, Flatten, ReLU
from common.spec import Block, Layer, When

RIR = (
    "RiR in Paddle for CIFAR-10 (AI Studio 4294062), which follows arXiv:1603.08029; kernels start "
    "as Paddle makes them, since its call of KaimingNormal initializes nothing"
)
BESIDE_RIR = "the ResNet-18 beside RiR in Paddle for CIFAR-10 (AI Studio 4294062)"
STREAMS = ("x_res", "x_tran")

CONV = Conv2d("out_channels", 3, stride="stride", padding=1)
SHORTCUT = When(Conv2d("out_channels", 1, stride="stride"), when="downsample")
ACTIVATIONS: dict[str, Layer] = {
    "bn_res": BatchNorm(),
    "relu_res": ReLU(),
    "bn": BatchNorm(),
    "relu": ReLU(),
}
HEAD: dict[str, Layer] = {
    "classifier": Conv2d("num_classes", 1),
    "pool": AdaptiveAvgPool2d(1),
    "flatten": Flatten(),
}

RIR_STEM = Block(
    "rir_stem",
    "out_channels",
    about="Open the two streams, residual and transient.",
    layers={
        "conv_res": Conv2d("out_channels", 3, padding=1),
        "conv": Conv2d("out_channels", 3, padding=1),
        **ACTIVATIONS,
    },
    wiring="""
        x_res = conv_res(x)
        x_res = bn_res(x_res)
        x_res = relu_res(x_res)
        x_tran = conv(x)
        x_tran = bn(x_tran)
        x_tran = relu(x_tran)
    """,
    outputs=STREAMS,
)

RIR_UNIT = Block(
    "rir_unit",
    "out_channels, stride=1, downsample=False",
    about="Each stream feeds both; only the residual one has a shortcut.",
    inputs=STREAMS,
    layers={
        "conv_res1": CONV,
        "conv_res2": CONV,
        "conv1": CONV,
        "conv2": CONV,
        "shortcut": SHORTCUT,
        "add_res": Add(),
        "add": Add(),
        **ACTIVATIONS,
    },
    wiring="""
        res = conv_res1(x_res)
        res_tran = conv_res2(x_res)
        tran_res = conv1(x_tran)
        tran = conv2(x_tran)
        x_res = shortcut(x_res)
        res = add_res(res, tran_res, x_res)
        tran = add(res_tran, tran)
        res = bn_res(res)
        res = relu_res(res)
        tran = bn(tran)
        tran = relu(tran)
    """,
    outputs=("res", "tran"),
)

RIR_BLOCK = Block(
    "rir_block",
    "out_channels, stride=1, downsample=False",
    about="Two units beside a shortcut that serves both streams.",
    inputs=STREAMS,
    layers={
        "unit1": RIR_UNIT("out_channels", "stride", "downsample"),
        "unit2": RIR_UNIT("out_channels"),
        "shortcut1": SHORTCUT,
        "shortcut2": SHORTCUT,
        "add_res": Add(),
        "add": Add(),
    },
    wiring="""
        res, tran = unit1(x_res, x_tran)
        res, tran = unit2(res, tran)
        x_res = shortcut2(x_res)
        x_tran = shortcut2(x_tran)
        res = add_res(x_res, res)
        tran = add(x_tran, tran)
    """,
    outputs=("res", "tran"),
    unused={"shortcut1": "x_res"},
)


def rir18() -> Network:
    """Return RiR-18: two streams of 48, 96 and 192 channels each."""
    body = stages(RIR_BLOCK, 3)
    through = [f"x_res, x_tran = {name}(x_res, x_tran)" for name in body]
    root = Block(
        "rir",
        "num_classes=10, num_blocks=(2, 3, 3), width=48, in_channels=3",
        inputs={"x": "in_channels"},
        layers={"stem": RIR_STEM("width"), **body, "concat": Concat(), **HEAD},
        wiring=[
            "x_res, x_tran = stem(x)",
            *through,
            "x = concat(x_res, x_tran)",
            *(f"x = {name}(x)" for name in HEAD),
        ],
    )
    return Network("rir18", root, (3, 32, 32), RIR, "RiR-18 for CIFAR-10")


def resnet18_rir() -> Network:
    """Return the source's ResNet-18: biases everywhere, shortcuts without batch normalization."""
    biased = conv_bn(bias=True)
    block = basic_block(biased, downsample=Conv2d("width", 1, stride="stride"))
    root = resnet(block, (2, 3, 3), {"stem": biased("width", 3)}, HEAD, num_classes=10, width=96)
    return Network(
        "resnet18_rir",
        root,
        (3, 32, 32),
        BESIDE_RIR,
        "ResNet-18 for CIFAR-10",
        flat=("conv_bn",),
    )


NETWORKS = {"rir18": rir18, "resnet18_rir": resnet18_rir}
