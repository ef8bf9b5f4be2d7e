"""One MBConv with SE as TensorFlow's EfficientNet has it (padding "same"), on an even map."""

from common.ops import (
    BatchNorm,
    Conv2d,
    Dense,
    DepthwiseConv2d,
    GlobalAvgPool2d,
    Scale,
    Sigmoid,
    SiLU,
    Add,
)
from common.network import Network
from common.spec import Block


def build():
    bn = dict(epsilon=1e-3, momentum=0.99)
    mb = Block(
        "mbconv",
        "width, expand, stride",
        layers={
            "expand": Conv2d("width * expand", 1, bias=False),
            "bn0": BatchNorm(**bn),
            "act0": SiLU(),
            "depth": DepthwiseConv2d(kernel_size=5, stride="stride", padding="same", bias=False),
            "bn1": BatchNorm(**bn),
            "act1": SiLU(),
            "squeeze": GlobalAvgPool2d(),
            "reduce": Dense(4),
            "act2": SiLU(),
            "excite": Dense("width * expand"),
            "gate": Sigmoid(),
            "scale": Scale(),
            "project": Conv2d(12, 1, bias=False),
            "bn2": BatchNorm(**bn),
        },
        wiring=[
            "y = expand(x)",
            "y = bn0(y)",
            "y = act0(y)",
            "y = depth(y)",
            "y = bn1(y)",
            "y = act1(y)",
            "s = squeeze(y)",
            "s = reduce(s)",
            "s = act2(s)",
            "s = excite(s)",
            "s = gate(s)",
            "y = scale(y, s)",
            "y = project(y)",
            "y = bn2(y)",
        ],
    )
    root = Block(
        "effnet",
        "",
        layers={
            "stem": Conv2d(8, 3, stride=2, padding="same", bias=False),
            "bn": BatchNorm(**bn),
            "act": SiLU(),
            "mb": mb(width=8, expand=4, stride=2),
            "pool": GlobalAvgPool2d(),
            "fc": Dense(10),
        },
        wiring=["x = stem(x)", "x = bn(x)", "x = act(x)", "x = mb(x)", "x = pool(x)", "x = fc(x)"],
    )
    return Network(name="effnet_small", root=root, input_shape=(3, 32, 32))
