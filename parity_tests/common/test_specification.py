"""What a specification may say: expressions, ops, wiring; a mistake names its step."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import SpecificationError
from common.expressions import evaluate, literal, substitute
from common.network import Network
from common.networks import load
from common.ops import (
    OPS,
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
    MaxPool2d,
    Op,
    ReLU,
    Scale,
    Shape,
    ZeroPad2d,
    padding_on,
)
from common.spec import Block, Layer, Parallel, When, chain
from common.wiring import parse_call

AFTER = ((0, 1), (0, 1))


MAP = (2, 7, 6)
BN: dict[str, Shape] = dict.fromkeys(("gamma", "beta", "mean", "variance"), (2,))
STRIDED = Conv2d(8, 3, stride=2, padding=AFTER, bias=False, groups=4)
DILATED = Conv2d(8, 3, dilation=2, padding=2, bias=False)
DEPTHWISE = DepthwiseConv2d(3, out_channels=2)
CONV = Block("conv", "out_channels, stride=1", layers={"conv": Conv2d("out_channels", 1, "stride")})
# op, shapes of its inputs, shape of its output, shapes of its parameters, multiply-adds
SHAPES: list[tuple[Op, list[Shape], Shape, dict[str, Shape], int]] = [
    (Conv2d(8, 3), [(4, 9, 7)], (8, 7, 5), {"kernel": (8, 4, 3, 3), "bias": (8,)}, 288 * 35),
    (Conv2d(8, (1, 3), bias=False), [(4, 9, 7)], (8, 9, 5), {"kernel": (8, 4, 1, 3)}, 96 * 45),
    (STRIDED, [(4, 8, 8)], (8, 4, 4), {"kernel": (8, 1, 3, 3)}, 72 * 16),
    (DILATED, [(1, 8, 8)], (8, 8, 8), {"kernel": (8, 1, 3, 3)}, 72 * 64),
    (DEPTHWISE, [(5, 8, 8)], (10, 6, 6), {"kernel": (10, 1, 3, 3), "bias": (10,)}, 90 * 36),
    (Dense(3), [(7,)], (3,), {"kernel": (3, 7), "bias": (3,)}, 21),
    (BatchNorm(), [MAP], MAP, BN, 0),
    (MaxPool2d(3, stride=2, padding="same"), [(2, 7, 8)], (2, 4, 4), {}, 0),
    (MaxPool2d(3, stride=2, padding=1), [(2, 7, 8)], (2, 4, 4), {}, 0),
    (MaxPool2d(2, stride=2, rounding="ceil"), [(2, 7, 8)], (2, 4, 4), {}, 0),
    (MaxPool2d(1, stride=3, rounding="ceil"), [(2, 7, 8)], (2, 3, 3), {}, 0),
    (AvgPool2d(2, stride=2, padding=1, rounding="ceil"), [MAP], (2, 4, 4), {}, 0),
    (GlobalAvgPool2d(), [MAP], (2,), {}, 0),
    (AdaptiveAvgPool2d((1, 2)), [MAP], (2, 1, 2), {}, 0),
    (Flatten(), [MAP], (84,), {}, 0),
    (Concat(), [MAP, (3, 7, 6)], (5, 7, 6), {}, 0),
    (Add(), [MAP, MAP, MAP], MAP, {}, 0),
    (Scale(), [MAP, (2,)], MAP, {}, 0),
    (ChannelPad(1, 2), [MAP], (5, 7, 6), {}, 0),
    (ZeroPad2d(((1, 2), (0, 3))), [MAP], (2, 10, 9), {}, 0),
]


@pytest.mark.parametrize(("op", "inputs", "output", "parameters", "macs"), SHAPES)
def test_shapes(
    op: Op, inputs: list[Shape], output: Shape, parameters: dict[str, Shape], macs: int
) -> None:
    assert op.output(*inputs) == output
    assert op.parameters(inputs[0]) == parameters
    assert op.macs(inputs[0]) == macs


@pytest.mark.parametrize(
    ("padding", "stored"),
    [((1, 1), 1), (((1, 1), (1, 1)), 1), (AFTER, AFTER), (((1, 1), (0, 2)), (1, (0, 2)))],
)
def test_equal_padding_has_one_form(padding: object, stored: object) -> None:
    assert ZeroPad2d(padding).padding == stored  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv2d(0, 3), "conv2d: out_channels is 0, expected >= 1"),
        (lambda: Conv2d(4, (3, 3, 3)), "conv2d: kernel_size (3, 3, 3); expected an integer or a"),  # type: ignore[arg-type]
        (lambda: Conv2d(4, 3, padding=-1), "conv2d: padding is -1, expected >= 0"),
        (lambda: Conv2d(4, 3, bias=1), "conv2d: bias 1; expected true or false"),  # type: ignore[arg-type]
        (lambda: DepthwiseConv2d(3, groups=2), "depthwise_conv2d: groups follow the input's"),
        (lambda: BatchNorm(epsilon=0.0), "batch_norm: epsilon 0.0, momentum 0.9"),
        (lambda: BatchNorm(momentum=1.0), "expected epsilon > 0 and 0 <= momentum < 1"),
        (lambda: MaxPool2d(2, padding=2), "max_pool2d: padding 2 is over half the kernel 2"),
        (lambda: MaxPool2d(2, rounding="up"), "rounding 'up'; expected one of ('floor', 'ceil')"),
        (lambda: MaxPool2d(3, padding="same", rounding="up"), "rounding 'up'"),
        (lambda: ZeroPad2d("same"), "zero_pad2d: padding is to be stated in numbers"),
        (lambda: Conv2d(4, 3, padding="same", stride=0), "conv2d: stride is 0, expected >= 1"),
        (lambda: Conv2d(4, "same"), "conv2d: kernel_size 'same'; expected an integer"),
        (lambda: Block("b", "same", layers={"a": ReLU()}), "is a padding, and so cannot be"),
        (lambda: Dropout(1.0), "dropout: rate 1.0, expected 0 <= rate < 1"),
        (lambda: Parallel(CONV(3), 2, "product"), "merge 'product'; expected 'sum' or 'concat'"),
    ],
)
def test_ops_that_make_no_sense(make: Callable[[], object], message: str) -> None:
    with pytest.raises(SpecificationError) as caught:
        make()
    assert message in str(caught.value)


def network(wiring: str = "", **layers: Layer) -> Network:
    """Return a network for 4×6×6 of these layers."""
    return Network("net", Block("net", layers=layers, wiring=wiring or None), (4, 6, 6))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: network(a=Dense(3)), "step a: dense takes a vector (F,), got shape (4, 6, 6)"),
        (lambda: network(a=Conv2d(3, 9)), "step a: conv2d: kernel of extent 9 is larger than"),
        (lambda: network(a=Conv2d(3, 1, groups=2)), "step a: conv2d: 4 input and 3 output"),
        (lambda: network(a=CONV(3), b=CONV(0)), "step b.conv: conv2d: out_channels is 0"),
        (lambda: network(a=chain((CONV(3), 2), CONV(-1))), "step a.2.conv: conv2d: out_channels"),
        (lambda: network(a=Conv2d("k", 1)), "block net, step a: refers to undeclared arguments"),
        (lambda: network("x = b(x)", a=ReLU()), "block net, step b: is called but not declared"),
        (lambda: network("y = a(z)", a=ReLU()), "block net, step a: takes ['z'], known so far"),
        (lambda: network("x a(x)", a=ReLU()), "wiring 'x a(x)'; expected 'value = layer(value"),
        (lambda: network("y = a(x)\nx = s(x, y)", a=CONV(3), s=Add()), "step s: add takes two"),
        (lambda: network("x, y = a(x)\nx = a(x)", a=ReLU()), "step a: gives 1 values, 2 are named"),
        (lambda: network(a=Parallel(CONV(3), 1)), "step a: a count of 1, expected >= 2"),
        (lambda: network(a=When(ReLU(), "1 // 0")), "step a: '1 // 0': integer division"),
        (lambda: network("", **{"class": ReLU()}), "block net, step class: is not an identifier"),
        (
            lambda: network("x = a(x)\nx = b(x)\nx = a(x)", a=Conv2d(3, 1), b=Conv2d(5, 1)),
            "step a: shared, yet called on ((4, 6, 6),) and ((5, 6, 6),)",
        ),
        (lambda: CONV(), "block conv: unknown arguments [], missing ['out_channels']"),
        (lambda: CONV(1, depth=2), "block conv: unknown arguments ['depth']"),
        (
            lambda: network(a=Block("conv", layers={"r": ReLU()})(), b=CONV(3)),
            "two different blocks are both named 'conv'",
        ),
        (
            lambda: network(a=Block("wide", "n", inputs={"x": "n"}, layers={"r": ReLU()})(5)),
            "step a: input x is declared with 5 channels (n), got 4",
        ),
    ],
)
def test_a_mistake_names_its_step(make: Callable[[], object], message: str) -> None:
    with pytest.raises(SpecificationError) as caught:
        make()
    assert message in str(caught.value)


def test_steps_know_where_their_inputs_come_from() -> None:
    wired = network("y = a(x)\ny = a(y)\nx = s(x, y)", a=Conv2d(4, 1), s=Add())
    steps = wired.elaboration.steps
    assert [(step.path, step.sources) for step in steps] == [
        ("a", (-1,)),
        ("a#2", (0,)),
        ("s", (-1, 1)),
    ]


def test_a_layer_never_called_takes_the_value_as_first_given() -> None:
    shapes = {n: p.shape for n, p in load("rir18").elaboration.parameters.items() if not p.used}
    assert shapes == {
        "layer2.0.shortcut1.kernel": (96, 48, 1, 1),
        "layer2.0.shortcut1.bias": (96,),
        "layer3.0.shortcut1.kernel": (192, 96, 1, 1),
        "layer3.0.shortcut1.bias": (192,),
    }


def test_arguments_at_their_defaults_are_left_out() -> None:
    assert CONV(3, stride=1) == CONV(3)
    assert CONV(3, stride=2) != CONV(3)
    assert parse_call("a, b = f(x , y)") == parse_call(" a,b=f( x,y ) ")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 * k + 1", 7),
        ("k // 2", 1),
        ("k > 2", True),
        ("not k", False),
        ("-s[1]", -5),
        ("k > 2 and k < 3", False),
        ("k > 3 or s[0] == 4", True),
        ("1 if k == 3 else 2", 1),
    ],
)
def test_expressions(text: str, value: object) -> None:
    assert evaluate(text, {"k": 3, "s": (4, 5)}) == value


@pytest.mark.parametrize(
    "text",
    [
        "k k",
        "f(k)",
        "k.real",
        "'k'",
        "[k for k in 1]",
        "lambda: k",
        "[k]",
        "k ** 2",
        "~k",
        "",
        "k\n+1",
    ],
)
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(SpecificationError):
        evaluate(text, {"k": 3})


NUMBERS = st.integers(-99, 99) | st.floats(allow_nan=False, allow_infinity=False)


@given(st.recursive(NUMBERS | st.booleans(), lambda inner: st.tuples(inner, inner)))
def test_literals_read_back(value: object) -> None:
    assert evaluate(literal(value), {}) == value


@given(st.integers(1, 9), st.integers(1, 9))
def test_substitution_agrees_with_evaluation(a: int, b: int) -> None:
    text = substitute("(2 * width - 1) // k", {"width": "a + b", "k": b})
    assert evaluate(text, {"a": a, "b": b}) == (2 * (a + b) - 1) // b


def test_every_op_has_a_symbol_and_says_what_it_is() -> None:
    assert all(op.symbol == symbol and op.__doc__ for symbol, op in OPS.items())


@given(st.integers(1, 40), st.integers(1, 7), st.integers(1, 5), st.integers(1, 3))
def test_same_shrinks_a_map_by_the_stride(size: int, kernel: int, stride: int, spread: int) -> None:
    """And it pads no more than that takes, an odd cell after."""
    op = Conv2d(1, kernel, stride=stride, padding="same", dilation=spread, bias=False)
    (before, after), across = padding_on(op, (1, size, size))
    assert across == (before, after) and 0 <= after - before <= 1
    assert op.output((1, size, size)) == (1, -(-size // stride), -(-size // stride))
    reached = (-(-size // stride) - 1) * stride + spread * (kernel - 1) + 1
    assert before + after == max(reached - size, 0)
    pool = MaxPool2d(kernel, stride=stride, padding="same", rounding="ceil")
    assert pool == MaxPool2d(kernel, stride=stride, padding="same")  # no window is partial
    assert pool.output((1, size, size)) == (1, -(-size // stride), -(-size // stride))
    assert pool.overhang((1, size, size)) == (0, 0)
