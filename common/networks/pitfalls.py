"""A small network for MNIST that has a place for each pitfall, and what pitfalls make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from common.initializers import (
    BY_FAN_IN,
    HE_NORMAL_FAN_OUT,
    ONES,
    ZEROS,
    Constant,
    VarianceScaling,
)
from common.network import Network
from common.ops import (
    SAME,
    Add,
    AvgPool2d,
    BatchNorm,
    ChannelPad,
    Conv2d,
    Dense,
    DepthwiseConv2d,
    Flatten,
    Identity,
    MaxPool2d,
    Op,
    ReLU,
    ReLU6,
    Softmax,
    ZeroPad2d,
)
from common.spec import Block

SOURCE = "the handbook's page of pitfalls"
LAYERS: dict[str, Op] = {
    "stem": Conv2d(8, 3, padding=1, bias=False),
    "bn": BatchNorm(epsilon=1e-3),
    "relu": ReLU(),
    "strided": Conv2d(16, 3, stride=2, padding=SAME, groups=2),
    "louder": Add(),  # so that the cap of ReLU6 is reached
    "relu6": ReLU6(),
    "dilated": Conv2d(16, 3, padding=2, dilation=2, bias=False),
    "last": BatchNorm(epsilon=1e-3, gamma_initializer=ZEROS),
    "add": Add(),
    "again": Conv2d(16, 3, stride=2, padding=SAME),  # linear: the maxima behind may be negative
    "halved": MaxPool2d(2, stride=2, rounding="ceil"),  # of 7 rows
    "widest": MaxPool2d(3, stride=2, padding=1),  # 2 rows, of 4 and of 3
    "mean": AvgPool2d(2, padding=1),  # of 1, 2 or 4 values
    "norm": BatchNorm(epsilon=1e-3),
    "widen": ChannelPad(8, 8),
    "flatten": Flatten(),
    "hidden": Dense(32),
    "relu_hidden": ReLU(),
    "square": Dense(32),
    "relu_square": ReLU(),
    "fc": Dense(10),
}
# With a place for what a pitfall adds: twice, always, zeros, probabilities, taken_for_logits.
WIRING = """
x = stem(x)
x = twice(x)
x = bn(x)
x = relu(x)
x = strided(x)
x = louder(x, x, x)
x = relu6(x)
out = dilated(x)
out = last(out)
out = always(out)
x = add(out, x)
x = again(x)
x = halved(x)
x = zeros(x)
x = widest(x)
x = mean(x)
x = norm(x)
x = widen(x)
x = flatten(x)
x = hidden(x)
x = relu_hidden(x)
x = square(x)
x = relu_square(x)
x = fc(x)
x = probabilities(x)
x = taken_for_logits(x)
"""


def pitfalls(changed: Mapping[str, Op] | None = None) -> Network:
    """Return the network with some layers in place of its own, or added where WIRING has them."""
    layers = {**LAYERS, **(changed or {})}
    lines = [line for line in WIRING.split("\n") if line]
    kept = [line for line in lines if line.split(" = ")[1].partition("(")[0] in layers]
    root = Block("pitfalls", layers=layers, wiring=kept)
    return Network("pitfalls", root, (1, 28, 28), SOURCE, "A place for each pitfall, for MNIST")


def _with(name: str, **fields: Any) -> dict[str, Op]:
    return {name: replace(LAYERS[name], **fields)}


def _each(*kinds: type[Op], **fields: Any) -> dict[str, Op]:
    """Return every layer of some kinds with other fields; those of a bias where there is one."""
    found = {n: op for n, op in LAYERS.items() if isinstance(op, kinds)}
    if "bias" in fields or "bias_initializer" in fields:
        found = {n: op for n, op in found.items() if getattr(op, "bias", False)}
    return {n: replace(op, **fields) for n, op in found.items()}


def _unmoved(name: str) -> dict[str, Op]:
    """Return a batch normalization by the running mean 0 and variance 1: a factor, on which an L2
    on kernels acts, and a sum."""
    own = LAYERS[name]
    assert isinstance(own, BatchNorm)
    factor = own.gamma_initializer
    return {name: DepthwiseConv2d(1, kernel_initializer=factor)}


# Pitfall -> the layers that are others, of those that are a network's.
CHANGES: dict[str, dict[str, Op]] = {
    "same_at_stride_2": _with("strided", padding=1) | _with("again", padding=1),
    "padding_counted": _with("mean", count_include_pad=True),
    "largest_for_mean": {"mean": MaxPool2d(2, padding=1)},
    "zero_in_a_maximum": {"zeros": ZeroPad2d(1)} | _with("widest", padding=0),
    "ceil_mode": _with("halved", rounding="floor"),
    "flatten_order": _with("flatten", order="HWC"),
    "pad_on_one_side": {"widen": ChannelPad(16, 0)},
    "activated_twice": {"twice": ReLU()},
    "always_activated": {"always": ReLU()},
    "relu_for_relu6": {"relu6": ReLU()},
    "dilation_dropped": _with("dilated", padding=1, dilation=1),
    "bias_not_added": _each(Conv2d, Dense, bias=False),
    "bias_not_declared": _with("fc", bias=False),
    "epsilon": _each(BatchNorm, epsilon=1e-5),
    "momentum": _each(BatchNorm, momentum=0.1),
    "eval_in_training": _unmoved("bn"),
    "evaluation while training": _unmoved("bn") | _unmoved("last") | _unmoved("norm"),
    "double softmax": {"probabilities": Softmax(), "taken_for_logits": Identity()},
    "fan": _each(Conv2d, kernel_initializer=HE_NORMAL_FAN_OUT),
    "gain": _each(Conv2d, kernel_initializer=VarianceScaling(1 / 3, "fan_in", "normal")),
    "distribution": _each(Conv2d, kernel_initializer=VarianceScaling(2.0, "fan_in", "uniform")),
    "bias_of_zeros": _each(Conv2d, Dense, bias_initializer=BY_FAN_IN),
    "bias_of_its_own": _each(Conv2d, Dense, bias_initializer=Constant(0.1)),
    "gamma": _with("last", gamma_initializer=ONES),
}
