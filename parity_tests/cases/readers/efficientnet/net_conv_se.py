"""As net.py, but the SE of 1x1 convolutions, as both official files have it."""

from common.ops import (
    AdaptiveAvgPool2d,
    BatchNorm,
    Conv2d,
    Dense,
    DepthwiseConv2d,
    Flatten,
    GlobalAvgPool2d,
    Scale,
    Sigmoid,
    SiLU,
)
from common.network import Network
from common.spec import Block


def build(flat=True):
    bn = dict(epsilon=1e-3, momentum=0.99)
    layers = {
        "expand": Conv2d("width * expand", 1, bias=False),
        "bn0": BatchNorm(**bn),
        "act0": SiLU(),
        "depth": DepthwiseConv2d(kernel_size=5, stride="stride", padding="same", bias=False),
        "bn1": BatchNorm(**bn),
        "act1": SiLU(),
        "squeeze": AdaptiveAvgPool2d(1),
        "reduce": Conv2d(4, 1),
        "act2": SiLU(),
        "excite": Conv2d("width * expand", 1),
        "gate": Sigmoid(),
        **({"flat": Flatten()} if flat else {}),
        "scale": Scale(),
        "project": Conv2d(12, 1, bias=False),
        "bn2": BatchNorm(**bn),
    }
    mb = Block(
        "mbconv",
        "width, expand, stride",
        layers=layers,
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
            *(["s = flat(s)"] if flat else []),
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


def unflat():
    return build(flat=False)
