"""Small networks that hold, between them, every op in every form that frameworks disagree on."""

from __future__ import annotations

from common.network import Network
from common.ops import (
    AdaptiveAvgPool2d,
    Add,
    AvgPool2d,
    BatchNorm,
    ChannelPad,
    Concat,
    Conv2d,
    Dense,
    DepthwiseConv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Identity,
    MaxPool2d,
    ReLU,
    ReLU6,
    Scale,
    Sigmoid,
    SiLU,
    Softmax,
    ZeroPad2d,
)
from common.spec import Block, Layer
from parity_tests.cases.small import sequence

END: dict[str, Layer] = {"gap": GlobalAvgPool2d(), "fc": Dense(3)}


def _wired(name: str, shape: tuple[int, ...], wiring: str, **layers: Layer) -> Network:
    return Network(name, Block(name, layers=layers, wiring=wiring), shape)


CONVOLUTIONS = sequence(
    "convolutions",
    (4, 11, 10),
    sides=Conv2d(6, 3, padding=((1, 2), (0, 1))),
    axes=Conv2d(6, (3, 2), stride=(1, 2), padding=(1, 0), bias=False),
    dilated=Conv2d(4, (2, 3), dilation=(2, 1), padding=((1, 1), (2, 0))),
    both=Conv2d(4, 2, stride=2, dilation=2),
    grouped=Conv2d(8, 3, padding=1, groups=2),
    grouped_sides=Conv2d(6, (2, 1), padding=((1, 0), (0, 0)), groups=2, bias=False),
    **END,
)
DEPTHWISE = sequence(
    "depthwise",
    (3, 12, 11),
    plain=DepthwiseConv2d(3, padding=1),
    multiplied=DepthwiseConv2d(3, stride=2, padding=((0, 1), (0, 1)), bias=False, out_channels=2),
    dilated=DepthwiseConv2d((3, 2), padding=((2, 2), (0, 1)), dilation=(2, 1)),
    strides=DepthwiseConv2d(2, stride=(2, 1)),
    as_groups=Conv2d(12, 3, padding=1, groups=6),
    **END,
)
SAMES = sequence(
    "sames",
    (4, 16, 15),
    conv=Conv2d(6, 3, stride=2, padding="same"),
    dilated=Conv2d(4, 3, padding="same", dilation=2),
    grouped=Conv2d(4, (3, 2), stride=(1, 2), padding="same", groups=2),
    depthwise=DepthwiseConv2d(2, stride=2, padding="same"),
    point=Conv2d(4, 1, stride=3, padding="same"),
    skipping=MaxPool2d(1, stride=2, padding="same", rounding="ceil"),
    maximum=MaxPool2d(2, stride=1, padding="same"),
    mean=AvgPool2d(2, stride=1, padding="same"),
    counted=AvgPool2d(2, stride=1, padding="same", count_include_pad=True),
    **END,
)
MAX_POOLS = sequence(
    "max_pools",
    (3, 14, 13),
    padded=MaxPool2d(3, stride=1, padding=1),
    sides=MaxPool2d((3, 2), stride=(2, 1), padding=((1, 0), (0, 1))),
    ceil=MaxPool2d(2, stride=2, rounding="ceil"),
    ceil_padded=MaxPool2d(3, stride=2, padding=1, rounding="ceil"),
    ceil_drops=MaxPool2d(2, stride=2, padding=1, rounding="ceil"),  # no window in padding alone
    **END,
)
AVG_POOLS = sequence(
    "avg_pools",
    (3, 16, 15),
    plain=AvgPool2d((2, 3), stride=1),
    not_counted=AvgPool2d(3, padding=1),
    counted=AvgPool2d(3, padding=1, count_include_pad=True),
    sides=AvgPool2d(3, padding=((1, 0), (0, 1))),
    sides_counted=AvgPool2d(2, padding=((1, 0), (0, 1)), count_include_pad=True),
    ceil=AvgPool2d(2, stride=(2, 1), padding=(1, 0), rounding="ceil"),
    ceil_counted=AvgPool2d(3, stride=2, padding=1, rounding="ceil", count_include_pad=True),
    **END,
)
ADAPTIVE = sequence(
    "adaptive",
    (3, 7, 9),
    conv=Conv2d(4, 3),
    uneven=AdaptiveAvgPool2d((3, 4)),
    relu=ReLU(),
    one=AdaptiveAvgPool2d(1),
    flatten=Flatten(),
    fc=Dense(3),
)
FLATTENS = _wired(
    "flattens",
    (2, 4, 3),
    """
    rows = channels_first(x)
    columns = channels_last(x)
    x = both(rows, columns)
    x = fc(x)
    """,
    channels_first=Flatten("CHW"),
    channels_last=Flatten("HWC"),
    both=Concat(),
    fc=Dense(4),
)
JOINS = _wired(
    "joins",
    (3, 6, 6),
    """
    left = conv1(x)
    right = conv2(x)
    right = corner(right)
    right = widen(right)
    joined = concat(left, x, left)
    summed = add(left, right, left)
    gate = gap(joined)
    gate = narrow(gate)
    gate = sigmoid(gate)
    out = scale(summed, gate)
    out = bn(out)
    x = flatten(out)
    x = fc(x)
    x = softmax(x)
    """,
    conv1=Conv2d(6, 3, padding=1),
    conv2=Conv2d(3, 3),
    corner=ZeroPad2d(((2, 0), (0, 2))),
    widen=ChannelPad(1, 2),
    concat=Concat(),
    add=Add(),
    gap=GlobalAvgPool2d(),
    narrow=Dense(6),
    sigmoid=Sigmoid(),
    scale=Scale(),
    bn=BatchNorm(),
    flatten=Flatten(),
    fc=Dense(5, bias=False),
    softmax=Softmax(),
)
ACTIVATIONS = sequence(
    "activations",
    (3, 6, 6),
    conv1=Conv2d(6, 3),
    louder=Add(),  # so that the cap of ReLU6 is reached
    relu6=ReLU6(),
    identity=Identity(),
    dropout=Dropout(0.3),
    conv2=Conv2d(6, 1),
    relu=ReLU(),
    conv3=Conv2d(6, 1),
    silu=SiLU(),
    conv4=Conv2d(6, 1),
    sigmoid=Sigmoid(),
    frame=ZeroPad2d(1),
    softmax=Softmax(),
    **END,
)
# Its batch normalization sees a variance far below what rounds off the running one.
NEARLY_CONSTANT = sequence(
    "nearly_constant",
    (2, 6, 6),
    **{f"softmax{i}": Softmax() for i in range(1, 9)},
    conv=Conv2d(1, 1, bias=False),
    bn=BatchNorm(),
    **END,
)
NETWORKS = {
    each.name: each
    for each in (
        CONVOLUTIONS, DEPTHWISE, SAMES, MAX_POOLS, AVG_POOLS, ADAPTIVE, FLATTENS, JOINS,
        ACTIVATIONS, NEARLY_CONSTANT,
    )
}  # fmt: skip
