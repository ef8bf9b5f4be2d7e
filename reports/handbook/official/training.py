"""Optimizers and schedules."""

from __future__ import annotations

import numpy as np

from reports.handbook.rows import real, row, ways

STEPS = {"w": real(6), "g": real(5, 6, seed=1)}
TRAINED = {"optimizer": True, "gradients": False}
COUNTED = {"step": np.arange(25, dtype="int64")}
FIRST = (
    "y = []\nfor _ in range(25):\n    y.append(rate())\n    rate.step()\ny = np.array(y, 'float32')"
)
TORCH = (
    "w = torch.zeros(1, requires_grad=True)\noptimizer = torch.optim.SGD([w], lr={lr})\n"
    "rate = torch.optim.lr_scheduler.{call}\ny = []\nfor _ in range(25):\n"
    "    y.append(rate.get_last_lr()[0])\n    optimizer.step()\n    rate.step()\n"
    "y = np.array(y, 'float32')"
)
ROWS = (
    row(
        127,
        STEPS,
        **TRAINED,
        tensorflow1="optimizer = tf.train.AdagradOptimizer(0.1)",
        fluid=ways(
            "optimizer = fluid.optimizer.AdagradOptimizer(0.1)",
            {
                "epsilon=0, initial_accumulator_value=0.1": "optimizer = fluid.optimizer.AdagradOptimizer(\n"
                "    0.1, epsilon=0.0, initial_accumulator_value=0.1)"
            },
        ),
        paddle=ways(
            "optimizer = paddle.optimizer.Adagrad(0.1, parameters=[w])",
            {
                "epsilon=0, initial_accumulator_value=0.1": "optimizer = paddle.optimizer.Adagrad(\n"
                "    0.1, epsilon=0.0, parameters=[w], initial_accumulator_value=0.1)"
            },
        ),
        tensorflow=ways(
            "optimizer = keras.optimizers.Adagrad(0.1)",
            {"epsilon=0": "optimizer = keras.optimizers.Adagrad(0.1, epsilon=0.0)"},
        ),
        torch=ways(
            "optimizer = torch.optim.Adagrad([w], 0.1)",
            {
                "initial_accumulator_value=0.1, eps=0": "optimizer = torch.optim.Adagrad([w], 0.1, initial_accumulator_value=0.1, eps=0)"
            },
        ),
        dtype="float32",
    ),
    row(
        128,
        {"w": real(6), "g": real(5, 6, seed=1) * 1e-6},
        **TRAINED,
        tensorflow1="optimizer = tf.train.AdamOptimizer()",
        fluid=ways("optimizer = fluid.optimizer.Adam()"),
        paddle="optimizer = paddle.optimizer.Adam(parameters=[w])",
        tensorflow=ways(
            "optimizer = keras.optimizers.Adam()",
            {"epsilon=1e-8": "optimizer = keras.optimizers.Adam(epsilon=1e-8)"},
        ),
        torch=ways("optimizer = torch.optim.Adam([w])"),
        dtype="float32",
    ),
    row(
        130,
        STEPS,
        **TRAINED,
        tensorflow1="optimizer = tf.train.GradientDescentOptimizer(0.1)",
        fluid="optimizer = fluid.optimizer.SGDOptimizer(0.1)",
        paddle="optimizer = paddle.optimizer.SGD(0.1, parameters=[w])",
        tensorflow="optimizer = keras.optimizers.SGD(0.1)",
        torch="optimizer = torch.optim.SGD([w], 0.1)",
        dtype="float32",
    ),
    row(
        131,
        STEPS,
        **TRAINED,
        tensorflow1="optimizer = tf.train.MomentumOptimizer(0.1, 0.9)",
        fluid="optimizer = fluid.optimizer.MomentumOptimizer(0.1, 0.9)",
        paddle="optimizer = paddle.optimizer.Momentum(0.1, 0.9, parameters=[w])",
        tensorflow="optimizer = keras.optimizers.SGD(0.1, 0.9)",
        torch="optimizer = torch.optim.SGD([w], 0.1, 0.9)",
        dtype="float32",
    ),
    row(
        133,
        STEPS,
        **TRAINED,
        tensorflow1="optimizer = tf.train.RMSPropOptimizer(0.1)",
        fluid=ways(
            "optimizer = fluid.optimizer.RMSPropOptimizer(0.1)",
            {
                "rho=0.9, epsilon=1e-10": "optimizer = fluid.optimizer.RMSPropOptimizer(\n"
                "    0.1, rho=0.9, epsilon=1e-10)"
            },
        ),
        paddle=ways(
            "optimizer = paddle.optimizer.RMSProp(0.1, parameters=[w])",
            {
                "rho=0.9, epsilon=1e-10": "optimizer = paddle.optimizer.RMSProp(\n"
                "    0.1, rho=0.9, epsilon=1e-10, parameters=[w])"
            },
        ),
        tensorflow=ways(
            "optimizer = keras.optimizers.RMSprop(0.1)",
            {"epsilon=1e-10": "optimizer = keras.optimizers.RMSprop(0.1, epsilon=1e-10)"},
        ),
        torch=ways(
            "optimizer = torch.optim.RMSprop([w], 0.1)",
            {"alpha=0.9": "optimizer = torch.optim.RMSprop([w], 0.1, alpha=0.9)"},
        ),
        dtype="float32",
    ),
    row(
        129,
        COUNTED,
        gradients=False,
        runs=25,
        tensorflow1="tf.train.exponential_decay(0.1, step, 10, 0.9)",
        fluid="fluid.layers.exponential_decay(0.1, 10, 0.9)",
        paddle=ways(
            f"rate = paddle.optimizer.lr.ExponentialDecay(0.1, 0.9)\n{FIRST}",
            recipe=f"rate = paddle.optimizer.lr.ExponentialDecay(0.1, 0.9 ** 0.1)\n{FIRST}",
        ),
        tensorflow="rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)\n"
        "y = tf.stack([rate(each) for each in step])",
        torch=ways(
            TORCH.format(lr=0.1, call="ExponentialLR(optimizer, 0.9)"),
            recipe=TORCH.format(lr=0.1, call="ExponentialLR(optimizer, 0.9 ** 0.1)"),
        ),
        dtype="float32",
    ),
    row(
        132,
        COUNTED,
        gradients=False,
        runs=25,
        tensorflow1="tf.train.polynomial_decay(0.1, step, 10)",
        fluid="fluid.layers.polynomial_decay(0.1, 10)",
        paddle=f"rate = paddle.optimizer.lr.PolynomialDecay(0.1, 10)\n{FIRST}",
        tensorflow="rate = keras.optimizers.schedules.PolynomialDecay(0.1, 10)\n"
        "y = tf.stack([rate(each) for each in step])",
        torch=ways(
            TORCH.format(lr=0.1, call="PolynomialLR(optimizer, 10)"),
            recipe=TORCH.format(
                lr=0.1,
                call="LambdaLR(optimizer, lambda n: 0.001 + 0.999 * (1 - min(n, 10) / 10))",
            ),
        ),
        dtype="float32",
    ),
)
