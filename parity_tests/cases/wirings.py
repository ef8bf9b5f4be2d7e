"""Small networks, one for each way in which layers are wired."""

from __future__ import annotations

from common import ops
from common.network import Network
from common.spec import Block, Layer, Parallel, When, chain
from parity_tests.cases.small import sequence

MAP = (4, 7, 9)
HEAD: dict[str, Layer] = {"pool": ops.GlobalAvgPool2d(), "fc": ops.Dense(3)}

CONV_BN = Block(
    "conv_bn",
    "out_channels, kernel_size=3, groups=1, relu=True",
    layers={
        "conv": ops.Conv2d(
            "out_channels", "kernel_size", padding="kernel_size // 2", groups="groups", bias=False
        ),
        "bn": ops.BatchNorm(),
        "relu": When(ops.ReLU(), when="relu"),
    },
)
GATE = Block(
    "gate",
    "channels",
    inputs={"x": "channels"},
    layers={
        "squeeze": ops.GlobalAvgPool2d(),
        "expand": ops.Dense("channels"),
        "sigmoid": ops.Sigmoid(),
        "scale": ops.Scale(),
    },
    wiring="g = squeeze(x)\ng = expand(g)\ng = sigmoid(g)\nx = scale(x, g)",
)
STREAMS = Block(
    "streams",
    "out_channels",
    inputs=("left", "right"),
    layers={
        "own": ops.Conv2d("out_channels", 3, padding=1),
        "across": ops.Conv2d("out_channels", 1, bias=False),
        "bn": ops.BatchNorm(),
        "merge": ops.Add(),
        "never": CONV_BN("out_channels"),
    },
    wiring="""
        crossed = across(right)
        kept = own(left)
        left = merge(kept, crossed)
        left = bn(left)
        right = across(right)
        right = bn(right)
    """,
    outputs=("left", "right"),
    unused={"never": "left"},
)
SHORTCUT = Block(
    "shortcut",
    "out_channels, stride=1",
    layers={
        "conv": ops.Conv2d("out_channels", 3, stride="stride", padding=1),
        "project": When(ops.Conv2d("out_channels", 1, stride="stride"), when="stride > 1"),
        "add": ops.Add(),
    },
    wiring="out = conv(x)\nx = project(x)\nx = add(out, x)",
)

INVERTED = Block(
    "inverted",
    "channels, out_channels, stride=1",
    inputs={"x": "channels"},
    layers={
        "expand": ops.Conv2d("2 * channels", 1),
        "depth": ops.DepthwiseConv2d(3, stride="stride", padding=1),
        "project": ops.Conv2d("out_channels", 1),
        "add": When(ops.Add(), when="stride == 1 and channels == out_channels"),
    },
    wiring="y = expand(x)\ny = depth(y)\ny = project(y)\ny = add(x, y)",
)
WIDENED = Block(
    "widened",
    "width, widen=False, gated=False",
    layers={
        "conv": When(ops.Conv2d("2 * width", 1), when="widen"),
        "bn": ops.BatchNorm(),
        "gate": When(CONV_BN("2 * width"), when="gated or not widen and width > 4"),
        "last": ops.Conv2d("width", 3),
    },
)
GROWING = Block(
    "growing",
    "channels, growth=2",
    inputs={"x": "channels"},
    layers={"bn": ops.BatchNorm(), "conv": ops.Conv2d("growth", 3, padding=1),
            "concat": ops.Concat()},
    wiring="y = bn(x)\ny = conv(y)\nx = concat(x, y)",
)  # fmt: skip


CEILED = Block(
    "ceiled",
    "padding=1",
    layers={"pool": ops.MaxPool2d(3, stride=2, padding="padding", rounding="ceil")},
)
ATROUS = Block(  # "same" in torch where it pads by halves, in a layer that is never called
    "atrous",
    layers={"conv": ops.Conv2d(4, 1), "never": ops.Conv2d(4, 2, padding="same")},
    wiring="x = conv(x)",
    unused={"never": "x"},
)


def _wired(wiring: str, **layers: Layer) -> Network:
    return Network("wired", Block("wired", layers={**layers, **HEAD}, wiring=wiring), MAP)


def _rest(*lines: str) -> str:
    return "\n".join([*lines, "x = pool(x)", "x = fc(x)"])


ROWS = {
    "chain": sequence("wired", MAP, blocks=chain(CONV_BN(6), (CONV_BN(6, groups=2), 3)), **HEAD),
    "parallel-sum": sequence("wired", MAP, paths=Parallel(CONV_BN(5), 3), **HEAD),
    "parallel-concat": sequence("wired", MAP, paths=Parallel(CONV_BN(5), 3, "concat"), **HEAD),
    "gate": sequence("wired", MAP, gate=GATE(4), **HEAD),
    "optional": sequence("wired", MAP, first=CONV_BN(5, relu=False), last=CONV_BN(6, 1), **HEAD),
    "input-needed-after-padding": sequence(
        "wired", MAP, first=SHORTCUT(4), second=SHORTCUT(6, 2), **HEAD
    ),
    "concat-and-three-sums": _wired(
        _rest("y = conv(x)", "z = add(x, y, x)", "x = concat(z, y)"),
        conv=ops.Conv2d(4, 1),
        add=ops.Add(),
        concat=ops.Concat(),
    ),
    "shared-op": _wired(_rest("x = conv(x)", "x = conv(x)"), conv=ops.Conv2d(4, 3, groups=2)),
    "shared-block-with-statistics": _wired(
        _rest("x = block(x)", "x = block(x)", "x = block(x)"), block=CONV_BN(4)
    ),
    "shared-block-beside-a-value-of-its-names": _wired(
        _rest("body_x = pre(x)", "x = body(x)", "x = body(x)", "x = add(x, body_x)"),
        pre=ops.Conv2d(4, 1),
        body=CONV_BN(4),
        add=ops.Add(),
    ),
    "pool-padded-by-an-argument-rounded-up": sequence("wired", MAP, pool1=CEILED(), **HEAD),
    "same-in-a-layer-that-is-never-called": sequence("wired", MAP, atrous=ATROUS(), **HEAD),
    "shared-chain": _wired(
        _rest("x = blocks(x)", "x = blocks(x)"), blocks=chain((CONV_BN(4, 1), 2))
    ),
    "streams-shared-and-unused": _wired(
        _rest("x, y = streams(x, x)", "x = concat(x, y)"), streams=STREAMS(5), concat=ops.Concat()
    ),
    "optional-sum": sequence(
        "wired", MAP, first=INVERTED(4, 6, 2), second=INVERTED(6, 6), third=INVERTED(6, 4), **HEAD
    ),
    "optional-and-other-channels": sequence(
        "wired", MAP, one=WIDENED(4), two=WIDENED(3, widen=True), three=WIDENED(6, True, True),
        **HEAD,
    ),
    "growing-evenly": sequence(
        "wired", MAP, first=CONV_BN(6),
        blocks=chain(*(GROWING(6 + 2 * i) for i in range(4)), GROWING(14, 3), GROWING(17)), **HEAD,
    ),
    "unused-block": Network(
        "wired",
        Block("wired", layers={**HEAD, "never": CONV_BN(5)}, unused={"never": "x"},
              wiring="y = pool(x)\ny = fc(y)"),
        MAP,
    ),
}  # fmt: skip
