"""Activations."""

from __future__ import annotations

from reports.handbook.rows import real, row, ways

X = {"x": real(4, 6, low=-8, high=8)}
ROWS = (
    row(
        19,
        X,
        tensorflow1="tf.contrib.layers.softmax(x)",
        fluid="fluid.layers.softmax(x)",
        paddle="F.softmax(x)",
        tensorflow="tf.nn.softmax(x)",
        torch=ways("F.softmax(x)", {"dim=-1": "F.softmax(x, dim=-1)"}),
    ),
    row(
        72,
        X,
        tensorflow1="tf.nn.leaky_relu(x)",
        fluid=ways(
            "fluid.layers.leaky_relu(x)", {"alpha=0.2": "fluid.layers.leaky_relu(x, alpha=0.2)"}
        ),
        paddle=ways("F.leaky_relu(x)", {"negative_slope=0.2": "F.leaky_relu(x, 0.2)"}),
        tensorflow=ways(
            "keras.layers.LeakyReLU()(x)",
            {"negative_slope=0.2": "keras.layers.LeakyReLU(negative_slope=0.2)(x)"},
        ),
        torch=ways("F.leaky_relu(x)", {"negative_slope=0.2": "F.leaky_relu(x, 0.2)"}),
        dtype="float32",
    ),
    row(
        75,
        X,
        tensorflow1="tf.nn.relu(x)",
        fluid="fluid.layers.relu(x)",
        paddle="F.relu(x)",
        tensorflow="tf.nn.relu(x)",
        torch="F.relu(x)",
    ),
    row(
        76,
        X,
        tensorflow1="tf.nn.relu6(x)",
        fluid="fluid.layers.relu6(x)",
        paddle="F.relu6(x)",
        tensorflow="tf.nn.relu6(x)",
        torch="F.relu6(x)",
    ),
    row(
        79,
        X,
        tensorflow1="tf.nn.sigmoid(x)",
        fluid="fluid.layers.sigmoid(x)",
        paddle="F.sigmoid(x)",
        tensorflow="tf.nn.sigmoid(x)",
        torch="torch.sigmoid(x)",
    ),
    row(
        81,
        {"x": real(2, 3, 4)},
        tensorflow1="tf.nn.softmax(x)",
        fluid="fluid.layers.softmax(x)",
        paddle="F.softmax(x)",
        tensorflow="tf.nn.softmax(x)",
        torch=ways("F.softmax(x)", {"dim=-1": "F.softmax(x, dim=-1)"}),
    ),
    row(
        83,
        {"x": real(4, 6, low=-60, high=60)},
        tensorflow1="tf.nn.softplus(x)",
        fluid="fluid.layers.softplus(x)",
        paddle="F.softplus(x)",
        tensorflow="tf.nn.softplus(x)",
        torch=ways("F.softplus(x)", {"threshold=40": "F.softplus(x, threshold=40)"}),
    ),
    row(
        84,
        X,
        tensorflow1="tf.nn.softsign(x)",
        fluid="fluid.layers.softsign(x)",
        paddle="F.softsign(x)",
        tensorflow="tf.nn.softsign(x)",
        torch="F.softsign(x)",
    ),
    row(
        85,
        X,
        tensorflow1="tf.nn.tanh(x)",
        fluid="fluid.layers.tanh(x)",
        paddle="F.tanh(x)",
        tensorflow="tf.nn.tanh(x)",
        torch="torch.tanh(x)",
    ),
    row(
        113,
        X,
        tensorflow1="tf.sigmoid(x)",
        fluid="fluid.layers.sigmoid(x)",
        paddle="paddle.nn.functional.sigmoid(x)",
        tensorflow="tf.sigmoid(x)",
        torch="torch.sigmoid(x)",
    ),
    row(
        124,
        X,
        tensorflow1="tf.tanh(x)",
        fluid="fluid.layers.tanh(x)",
        paddle="paddle.tanh(x)",
        tensorflow="tf.tanh(x)",
        torch="torch.tanh(x)",
    ),
)
