"""Small networks for the historical panels: one per op and setting, one per kind of wiring."""

from __future__ import annotations

from common import ops
from common.network import Network
from common.spec import Block, Layer, Parallel, When, chain
from parity_tests.cases.small import sequence

MAP, VECTOR = (4, 7, 9), (6,)
HEAD: dict[str, Layer] = {"pool": ops.GlobalAvgPool2d(), "fc": ops.Dense(3)}


def on_map(*layers: ops.Op, **options: bool) -> Network:
    """Return a network of these ops between two convolutions, so that gradients pass."""
    named: dict[str, Layer] = {f"step{index}": op for index, op in enumerate(layers)}
    return sequence("op", MAP, before=ops.Conv2d(6, 3, padding=1), **named)


OPS = {
    "conv": on_map(ops.Conv2d(4, 3)),
    "conv-padded": on_map(ops.Conv2d(4, 3, padding=1, bias=False)),
    "conv-strided": on_map(ops.Conv2d(4, 3, stride=2, padding=1)),
    "conv-pairs": on_map(ops.Conv2d(4, (1, 3), stride=(2, 1), padding=(0, 1))),
    "conv-uneven-padding": on_map(ops.Conv2d(4, 3, stride=2, padding=((0, 1), (2, 0)))),
    "conv-dilated": on_map(ops.Conv2d(4, 3, padding=2, dilation=2)),
    "conv-dilated-strided": on_map(ops.Conv2d(4, 3, stride=2, padding=2, dilation=(2, 1))),
    "conv-same": on_map(ops.Conv2d(4, 3, stride=2, padding="same")),
    "conv-same-dilated": on_map(ops.Conv2d(4, 3, padding="same", dilation=2)),
    "conv-same-dilated-strided": on_map(ops.Conv2d(4, 2, stride=2, padding="same", dilation=3)),
    "depthwise-same": on_map(ops.DepthwiseConv2d(2, stride=2, padding="same")),
    "grouped-same": on_map(ops.Conv2d(4, 3, stride=2, padding="same", groups=2)),
    "max-pool-same": on_map(ops.MaxPool2d(3, stride=2, padding="same")),
    "mean-pool-of-same": on_map(ops.AvgPool2d(3, stride=2, padding="same")),
    "mean-pool-of-same-counted": on_map(
        ops.AvgPool2d(3, stride=2, padding="same", count_include_pad=True)
    ),
    "softmax-of-conv": on_map(ops.Conv2d(4, 1), ops.Softmax()),
    "grouped": on_map(ops.Conv2d(4, 3, padding=1, groups=2, bias=False)),
    "grouped-bias-strided": on_map(ops.Conv2d(4, (3, 1), stride=2, groups=2)),
    "grouped-dilated": on_map(ops.Conv2d(4, 3, padding=2, dilation=2, groups=2)),
    "grouped-some-with-bias": on_map(
        ops.Conv2d(4, 3, groups=2, bias=False), ops.Conv2d(4, 1, groups=2)
    ),
    "grouped-each-channel": on_map(ops.Conv2d(12, 3, stride=2, padding=1, groups=6, bias=False)),
    "depthwise": on_map(ops.DepthwiseConv2d(3, padding=1, bias=False)),
    "depthwise-multiplied": on_map(ops.DepthwiseConv2d(3, stride=2, padding=1, out_channels=2)),
    "depthwise-dilated": on_map(ops.DepthwiseConv2d(3, padding=2, dilation=2)),
    "depthwise-uneven-stride": on_map(ops.DepthwiseConv2d(3, stride=(1, 2), padding=1)),
    "batch-norm": on_map(ops.BatchNorm()),
    "batch-norm-keras": on_map(ops.BatchNorm(epsilon=1e-3, momentum=0.99)),
    "relu": on_map(ops.ReLU()),
    "relu6": on_map(ops.BatchNorm(), ops.ReLU6()),
    "silu": on_map(ops.SiLU()),
    "sigmoid": on_map(ops.Sigmoid()),
    "softmax": on_map(ops.Softmax()),
    "softmax-vector": sequence("op", VECTOR, fc=ops.Dense(4), softmax=ops.Softmax()),
    "max-pool": on_map(ops.MaxPool2d(2, stride=2)),
    "max-pool-padded": on_map(ops.MaxPool2d(3, stride=2, padding=1)),
    "max-pool-uneven": on_map(ops.MaxPool2d((3, 2), stride=(2, 1), padding=((1, 0), (0, 1)))),
    "max-pool-ceil": on_map(ops.MaxPool2d(2, stride=2, rounding="ceil")),
    "max-pool-ceil-dropped-window": on_map(ops.MaxPool2d(2, stride=3, padding=1, rounding="ceil")),
    "mean-pool": on_map(ops.AvgPool2d(2, stride=2)),
    "mean-pool-same": on_map(ops.AvgPool2d(3, padding=1)),
    "mean-pool-uncounted": on_map(ops.AvgPool2d(3, stride=2, padding=((1, 0), (1, 1)))),
    "mean-pool-counted": on_map(ops.AvgPool2d(3, stride=2, padding=1, count_include_pad=True)),
    "mean-pool-ceil": on_map(ops.AvgPool2d(2, stride=2, rounding="ceil")),
    "mean-pool-ceil-counted": on_map(
        ops.AvgPool2d(3, stride=3, padding=1, rounding="ceil", count_include_pad=True)
    ),
    "global-mean": on_map(ops.GlobalAvgPool2d()),
    "adaptive-to-one": on_map(ops.AdaptiveAvgPool2d(1)),
    "adaptive": on_map(ops.AdaptiveAvgPool2d((3, 4))),
    "dense": sequence("op", VECTOR, fc=ops.Dense(6), last=ops.Dense(4, bias=False)),
    "flatten-channels-outermost": on_map(ops.Flatten("CHW"), ops.Dense(3)),
    "flatten-channels-innermost": on_map(ops.Flatten("HWC"), ops.Dense(3)),
    "channel-pad": on_map(ops.ChannelPad(1, 2)),
    "zero-pad": on_map(ops.ZeroPad2d(((1, 0), (2, 3)))),
    "dropout": on_map(ops.Dropout(0.25)),
    "identity": on_map(ops.Identity()),
}

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


def _wired(wiring: str, **layers: Layer) -> Network:
    return Network("wired", Block("wired", layers={**layers, **HEAD}, wiring=wiring), MAP)


def _rest(*lines: str) -> str:
    return "\n".join([*lines, "x = pool(x)", "x = fc(x)"])


WIRINGS = {
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
    "shared-chain": _wired(
        _rest("x = blocks(x)", "x = blocks(x)"), blocks=chain((CONV_BN(4, 1), 2))
    ),
    "streams-shared-and-unused": _wired(
        _rest("x, y = streams(x, x)", "x = concat(x, y)"), streams=STREAMS(5), concat=ops.Concat()
    ),
    "unused-block": Network(
        "wired",
        Block("wired", layers={**HEAD, "never": CONV_BN(5)}, unused={"never": "x"},
              wiring="y = pool(x)\ny = fc(y)"),
        MAP,
    ),
}  # fmt: skip
