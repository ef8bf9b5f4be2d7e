"""ResNet and SE-ResNet of BatchFlow's notebook on MNIST: as configured, and as its figures need."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from common.network import Network
from common.networks.blocks import SQUEEZE_EXCITE, conv_bn, stages
from common.networks.laws import TENSORFLOW
from common.ops import (
    SAME,
    Add,
    BatchNorm,
    Conv2d,
    Dense,
    Dropout,
    GlobalAvgPool2d,
    MaxPool2d,
    ReLU,
)
from common.spec import Block, When
from common.transform import initialized

BATCHFLOW = "BatchFlow's notebook on squeeze and excitation, MNIST"

# BatchFlow's TFModel.default_config sets the momentum for all blocks; the epsilon is TensorFlow's.
NORM = BatchNorm(epsilon=1e-3, momentum=0.1)
CONV_BN = conv_bn(bias=True, bn=NORM, padding=SAME)

# how wide the gate is -> further argument of the bottleneck, hidden units
GATES = {"by ratio": ("reduction=16", "4 * width // reduction"), "fixed": ("hidden=16", "hidden")}


def bottleneck(gate: str = "") -> Block:
    """Return the bottleneck, gated by one of GATES if asked for."""
    argument, hidden = GATES.get(gate, ("", ""))
    se = {"se": SQUEEZE_EXCITE("4 * width", hidden)} if gate else {}
    return Block(
        "se_bottleneck" if gate else "bottleneck",
        f"width, stride=1, downsample=False, {argument}",
        about=f"1×1, 3×3 and 1×1 convolutions{', gated,' if gate else ''} beside a shortcut.",
        layers={
            "conv1": CONV_BN("width", 1),
            "conv2": CONV_BN("width", 3, stride="stride"),
            "conv3": CONV_BN("4 * width", 1, relu=False),
            **se,
            "downsample": When(Conv2d("4 * width", 1, stride="stride"), when="downsample"),
            "add": Add(),
            "relu": ReLU(),
        },
        wiring=f"""
            out = conv1(x)
            out = conv2(out)
            out = conv3(out)
            {"out = se(out)" if gate else ""}
            x = downsample(x)
            x = add(out, x)
            x = relu(x)
        """,
    )


def batchflow(name: str, title: str, num_blocks: tuple[int, ...], gate: str = "") -> Network:
    """Return the network for 1×28×28."""
    root = Block(
        "se_resnet" if gate else "resnet",
        f"num_classes=10, num_blocks={num_blocks}, width=64, in_channels=1",
        inputs={"x": "in_channels"},
        layers={
            "stem": CONV_BN("width", 7, stride=2),
            "maxpool": MaxPool2d(3, stride=2, padding=SAME),
            **stages(bottleneck(gate), 4, {"downsample": True}),
            "avgpool": GlobalAvgPool2d(),
            "dropout": Dropout(0.4),
            "fc": Dense("num_classes"),
        },
    )
    source = BATCHFLOW if num_blocks == CONFIGURED else f"{BATCHFLOW}, as its printed figure needs"
    network = Network(name, root, (1, 28, 28), source, title, flat=("conv_bn",))
    return initialized(network, TENSORFLOW)


CONFIGURED, PRINTED = (1, 1, 1, 1), (3, 4, 6, 3)  # the printed figures are those of 50 layers
_MEMBERS = {
    "batchflow_resnet": ("ResNet of BatchFlow for MNIST", CONFIGURED, ""),
    "batchflow_se_resnet": ("SE-ResNet of BatchFlow for MNIST", CONFIGURED, "by ratio"),
    "batchflow_resnet50": ("ResNet-50 of BatchFlow for MNIST", PRINTED, ""),
    "batchflow_se_resnet50": ("SE-ResNet-50 of BatchFlow for MNIST", PRINTED, "fixed"),
}
NETWORKS: dict[str, Callable[[], Network]] = {
    name: partial(batchflow, name, *member) for name, member in _MEMBERS.items()
}
