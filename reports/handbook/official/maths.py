"""Elementwise arithmetic, comparisons and logic."""

from __future__ import annotations

import numpy as np

from reports.handbook.rows import Row, real, row, ways, whole

X = {"x": real(4, 6)}
POSITIVE = {"x": real(4, 6, low=0.1, high=4.0)}
TWO = {"a": real(3, 4), "b": real(3, 4, seed=1)}
INTEGERS = {"a": whole(3, 4, below=9) - 4, "b": whole(3, 4, below=5, seed=1) + 1}
MANY = {"a": whole(5, 5, below=3), "b": whole(5, 5, below=3, seed=1)}
# 25: Fluid rounds the last of them, which fills no vector of its processor, another way.
HALVES = np.arange(25) - 11.5
FLAGS = {"a": whole(3, 4, below=2).astype(bool), "b": whole(3, 4, below=2, seed=1).astype(bool)}


def one(number: int, name: str, inputs: object = None, **named: object) -> Row:
    """Return the row of a function of one argument that all call alike."""
    calls = {
        "tensorflow1": f"tf.{name}(x)",
        "fluid": f"fluid.layers.{name}(x)",
        "paddle": f"paddle.{name}(x)",
        "tensorflow": f"tf.{name}(x)",
        "torch": f"torch.{name}(x)",
    }
    return row(number, inputs or X, **(calls | named))  # type: ignore[arg-type]


def two(number: int, name: str, its: str, sign: str, inputs: object = None, **named: object) -> Row:
    """Return the row of a function of two arguments."""
    calls = {
        "tensorflow1": f"tf.{name}(a, b)",
        "fluid": f"fluid.layers.{its}(a, b)",
        "paddle": f"paddle.{name}(a, b)",
        "tensorflow": f"tf.{name}(a, b)",
        "torch": f"torch.{name}(a, b)",
    }
    if sign:
        calls["fluid"] = f"a {sign} b"
    return row(number, inputs or TWO, **(calls | named))  # type: ignore[arg-type]


ROWS = (
    one(1, "abs"),
    two(2, "add", "elementwise_add", ""),
    one(
        8,
        "cast",
        {"x": real(4, 6, low=-3, high=3)},
        tensorflow1="tf.cast(x, tf.int32)",
        fluid='fluid.layers.cast(x, "int32")',
        paddle='paddle.cast(x, "int32")',
        tensorflow="tf.cast(x, tf.int32)",
        torch="x.to(torch.int32)",
    ),
    one(25, "cos"),
    two(
        26,
        "div",
        "elementwise_div",
        "",
        INTEGERS,
        fluid=ways(
            "fluid.layers.elementwise_div(a, b)",
            recipe="wide = [fluid.layers.cast(each, 'float64') for each in (a, b)]\n"
            "y = fluid.layers.cast(fluid.layers.floor(wide[0] / wide[1]), 'int64')",
        ),
        paddle=ways("paddle.divide(a, b)", recipe="paddle.floor_divide(a, b)"),
        tensorflow=ways("tf.div(a, b)", recipe="tf.math.floordiv(a, b)"),
        torch=ways(
            "torch.div(a, b)", {'rounding_mode="floor"': 'torch.div(a, b, rounding_mode="floor")'}
        ),
    ),
    two(
        27,
        "divide",
        "elementwise_div",
        "",
        INTEGERS,
        fluid=ways(
            "fluid.layers.elementwise_div(a, b)",
            recipe='fluid.layers.elementwise_div(fluid.layers.cast(a, "float64"), '
            'fluid.layers.cast(b, "float64"))',
        ),
        paddle=ways("paddle.divide(a, b)", recipe='a.astype("float64") / b.astype("float64")'),
        torch=ways("torch.divide(a, b)", recipe="a.double() / b.double()"),
    ),
    two(29, "equal", "equal", "==", MANY, torch="a == b"),
    one(30, "exp"),
    one(33, "floor"),
    two(35, "greater", "greater_than", ">", MANY, paddle="paddle.greater_than(a, b)"),
    two(36, "greater_equal", "greater_equal", ">=", MANY, torch="torch.greater_equal(a, b)"),
    two(48, "less", "less_than", "<", MANY, paddle="paddle.less_than(a, b)"),
    two(49, "less_equal", "less_equal", "<=", MANY, torch="torch.less_equal(a, b)"),
    one(50, "log", POSITIVE, tensorflow="tf.math.log(x)"),
    two(51, "logical_and", "logical_and", "", FLAGS),
    one(52, "logical_not", {"x": FLAGS["a"]}),
    two(53, "logical_or", "logical_or", "", FLAGS),
    two(58, "maximum", "elementwise_max", ""),
    two(61, "minimum", "elementwise_min", ""),
    two(62, "multiply", "elementwise_mul", ""),
    row(
        91,
        {"x": real(3, 4, low=0.5, high=2), "b": real(3, 4, seed=1)},
        tensorflow1="tf.pow(x, b)",
        fluid=ways("fluid.layers.pow(x, b)", recipe="fluid.layers.elementwise_pow(x, b)"),
        paddle="paddle.pow(x, b)",
        tensorflow="tf.pow(x, b)",
        torch="torch.pow(x, b)",
    ),
    one(
        107,
        "round",
        {"x": HALVES},
        fluid=ways(
            "fluid.layers.round(x)",
            recipe="whole = fluid.layers.floor(x / 2.0) * 2.0\n"
            "part = x - whole\n"
            "y = fluid.layers.cast(part > 0.5, x.dtype) + fluid.layers.cast(part >= 1.5, x.dtype)\n"
            "y = y + whole",
        ),
    ),
    one(108, "rsqrt", POSITIVE, tensorflow="tf.math.rsqrt(x)"),
    one(
        109,
        "scalar_mul",
        tensorflow1="tf.scalar_mul(3.0, x)",
        fluid="fluid.layers.scale(x, 3.0)",
        paddle="paddle.scale(x, 3.0)",
        tensorflow="tf.math.scalar_mul(3.0, x)",
        torch="torch.mul(x, 3.0)",
    ),
    one(114, "sin"),
    one(117, "sqrt", POSITIVE),
    one(118, "square"),
    two(
        119,
        "squared_difference",
        "squared_difference",
        "",
        fluid=ways(
            "fluid.layers.squared_difference(a, b)",
            recipe="fluid.layers.square(fluid.layers.elementwise_sub(a, b))",
        ),
        paddle=ways("paddle.squared_difference(a, b)", recipe="paddle.square(a - b)"),
        torch=ways("torch.squared_difference(a, b)", recipe="torch.square(a - b)"),
        tensorflow="tf.math.squared_difference(a, b)",
    ),
    two(123, "subtract", "elementwise_sub", ""),
    two(
        135,
        "truediv",
        "elementwise_div",
        "",
        INTEGERS,
        fluid=ways(
            "fluid.layers.elementwise_div(a, b)",
            recipe='fluid.layers.elementwise_div(fluid.layers.cast(a, "float64"), '
            'fluid.layers.cast(b, "float64"))',
        ),
        paddle=ways("paddle.divide(a, b)", recipe='a.astype("float64") / b.astype("float64")'),
        torch=ways("torch.true_divide(a, b)", recipe="a.double() / b.double()"),
        tensorflow="tf.truediv(a, b)",
    ),
)
