"""Probes: what a framework does when an argument is left out, found by experiment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from reports.handbook import reading
from reports.handbook.reading import Seen, Value
from reports.handbook.rows import Array, real


@dataclass(frozen=True)
class Probe:
    """An experiment. read: what it shows, a number or a word. A snippet whose first word is
    `optimizer` takes a step on `w` for each gradient of `g`. exact: numbers are read to four
    digits, otherwise they are of random draws, and told to two."""

    name: str
    what: str
    read: Callable[[Seen], Value]
    texts: Mapping[str, str]
    inputs: Mapping[str, Array] = field(default_factory=dict)
    weights: tuple[str, ...] = ()
    layouts: Mapping[str, str] = field(default_factory=dict)
    images: bool = False
    exact: bool = True
    dtype: str = "float32"


def _texts(
    tensorflow1: str, fluid: str, paddle: str, tensorflow: str, torch: str
) -> dict[str, str]:
    names = {"tensorflow1": tensorflow1, "fluid": fluid, "paddle": paddle}
    return {**names, "tensorflow": tensorflow, "torch": torch}


# Batch normalization


NORM = _texts(
    "tf.layers.batch_normalization(x, training=True)",
    "fluid.layers.batch_norm(x)",
    "layer = nn.BatchNorm1D(6)\n\ny = layer(x)",
    "layer = keras.layers.BatchNormalization()\n\ny = layer(x, training=True)",
    "layer = nn.BatchNorm1d(6)\n\ny = layer(x)",
)
NORM_2D = {n: text.replace("Norm1", "Norm2") for n, text in NORM.items()}
TINY = {"x": real(8, 6, low=-1e-4, high=1e-4)}


# Initial values


FRESH_CONV = _texts(
    "layer = tf.layers.Conv2D(64, 3)\nlayer.build([None, 8, 8, 64])\ny = layer.{}",
    "fluid.layers.conv2d(x, 64, 3)\ny = fluid.default_main_program().all_parameters()[{}]",
    "y = nn.Conv2D(64, 64, 3).{}",
    "layer = keras.layers.Conv2D(64, 3)\nlayer.build([None, 8, 8, 64])\ny = layer.{}",
    "y = nn.Conv2d(64, 64, 3).{}",
)
FRESH_DENSE = _texts(
    "layer = tf.layers.Dense(128)\nlayer.build([None, 256])\ny = layer.kernel",
    "fluid.layers.fc(x, 128)\ny = fluid.default_main_program().all_parameters()[0]",
    "y = nn.Linear(256, 128).weight",
    "layer = keras.layers.Dense(128)\nlayer.build([None, 256])\ny = layer.kernel",
    "y = nn.Linear(256, 128).weight",
)


def _of(texts: Mapping[str, str], first: str, fluid: str, other: str) -> dict[str, str]:
    """Return snippets that take a parameter by its name in each framework."""
    names = {"tensorflow1": first, "tensorflow": first, "fluid": fluid}
    return {panel: text.format(names.get(panel, other)) for panel, text in texts.items()}


def _embedding() -> dict[str, str]:
    return _texts(
        'y = tf.get_variable("w", [512, 64])',
        "fluid.layers.embedding(n, [512, 64])\ny = fluid.default_main_program().all_parameters()[0]",
        "y = nn.Embedding(512, 64).weight",
        "layer = keras.layers.Embedding(512, 64)\nlayer.build()\ny = layer.embeddings",
        "y = nn.Embedding(512, 64).weight",
    )


# Pooling, padding, resizing


RAMP = (np.arange(4.0)[:, None] + np.arange(4.0)[None, :])[None, None]
ONES = np.ones((1, 1, 4, 4))


# Dropout and activations


# Losses


LOSS = {
    "x": np.array([[0.7, 0.2, 0.1]] * 3),
    "labels": np.zeros((3, 1), dtype="int64"),
    "hot": np.eye(3)[[0, 0, 0]],
}
CROSS_ENTROPY = _texts(
    "tf.losses.softmax_cross_entropy(hot, x)",
    "fluid.layers.cross_entropy(x, labels)",
    "F.cross_entropy(x, labels)",
    "keras.losses.SparseCategoricalCrossentropy()(labels, x)",
    "F.cross_entropy(x, labels[:, 0])",
)


# Optimizers, from their updates


def _optimizer(
    tensorflow1: str, fluid: str, paddle: str, tensorflow: str, torch: str
) -> dict[str, str]:
    found = _texts(
        f"tf.train.{tensorflow1}",
        f"fluid.optimizer.{fluid}",
        f"paddle.optimizer.{paddle}",
        f"keras.optimizers.{tensorflow}",
        f"torch.optim.{torch}",
    )
    return {panel: f"optimizer = {text}" for panel, text in found.items()}


RMSPROP = _optimizer(
    "RMSPropOptimizer(0.1)", "RMSPropOptimizer(0.1)", "RMSProp(0.1, parameters=[w])",
    "RMSprop(0.1)", "RMSprop([w], 0.1)",
)  # fmt: skip
ADAGRAD = _optimizer(
    "AdagradOptimizer(0.1)", "AdagradOptimizer(0.1)", "Adagrad(0.1, parameters=[w])",
    "Adagrad(0.1)", "Adagrad([w], 0.1)",
)  # fmt: skip
ADAM = _optimizer(
    "AdamOptimizer(0.1)", "Adam(0.1)", "Adam(0.1, parameters=[w])", "Adam(0.1)", "Adam([w], 0.1)"
)
PLAIN_ADAM = {
    panel: text.replace("0.1, ", "").replace(", 0.1", "").replace("0.1", "")
    for panel, text in ADAM.items()
}


def _steps(*gradients: float) -> dict[str, Array]:
    return {"w": np.zeros(2), "g": np.array([[each] * 2 for each in gradients])}


PROBES = (
    Probe("bn_momentum", "batch norm: weight of the old running mean", reading.momentum, NORM,
          {"x": real(8, 6, low=1, high=2)}),
    Probe("bn_epsilon", "batch norm: epsilon", reading.norm_epsilon(0), NORM, TINY),
    Probe("bn_variance", "batch norm of pictures: running variance", reading.estimate, NORM_2D,
          {"x": real(2, 6, 2, 2, low=1, high=2)}, images=True),
    Probe("layer_norm_epsilon", "layer norm: epsilon", reading.norm_epsilon(1), _texts(
        "tf.contrib.layers.layer_norm(x)", "fluid.layers.layer_norm(x)",
        "layer = nn.LayerNorm(6)\n\ny = layer(x)",
        "layer = keras.layers.LayerNormalization()\n\ny = layer(x)",
        "layer = nn.LayerNorm(6)\n\ny = layer(x)"), TINY),
    Probe("conv_kernel", "fresh 3×3 kernel, 64 to 64: deviation", reading.deviation,
          _of(FRESH_CONV, "kernel", "0", "weight"), {"x": np.ones((1, 64, 8, 8))}, exact=False),
    Probe("conv_bias", "its bias: deviation", reading.deviation,
          _of(FRESH_CONV, "bias", "1", "bias"), {"x": np.ones((1, 64, 8, 8))}, exact=False),
    Probe("dense_kernel", "fresh dense weights, 256 to 128: deviation", reading.deviation, FRESH_DENSE,
          {"x": np.ones((1, 256))}, exact=False),
    Probe("embedding", "fresh embedding of 512 in 64: deviation", reading.deviation, _embedding(),
          {"n": np.zeros((2, 1), dtype="int64")}, exact=False),
    Probe("avg_pool_padding", "average pool: its padding is", reading.corner, _texts(
        'tf.nn.avg_pool(x, [1, 3, 3, 1], [1, 1, 1, 1], "SAME")',
        'fluid.layers.pool2d(x, 3, "avg", 1, 1)', "F.avg_pool2d(x, 3, 1, 1)",
        'tf.nn.avg_pool(x, 3, 1, "SAME")', "F.avg_pool2d(x, 3, 1, 1)"), {"x": ONES}, images=True),
    Probe("pool_stride", "pool of 2: stride", reading.stride, _texts(
        "tf.keras.layers.MaxPool2D(2)(x)", "fluid.layers.pool2d(x, 2)", "F.max_pool2d(x, 2)",
        "keras.layers.MaxPool2D(2)(x)", "F.max_pool2d(x, 2)"), {"x": ONES}, images=True),
    Probe("same_even", "padding \"same\" of an even kernel of 4", reading.before, _texts(
        'tf.nn.conv2d(x, w, 1, "SAME")',
        'fluid.layers.conv2d(x, 1, (4, 1), padding="SAME", bias_attr=False)',
        'F.conv2d(x, w, padding="SAME")', 'tf.nn.conv2d(x, w, 1, "SAME")',
        'F.conv2d(x, w, padding="same")'),
          {"x": np.arange(1.0, 8.0).reshape(1, 1, 7, 1),
           "w": np.array([1.0, 0, 0, 0]).reshape(1, 1, 4, 1)},
          ("w",), {"w": "kernel"}, images=True),
    Probe("resize_corners", "bilinear resizing of 4 to 8", reading.corners, _texts(
        "tf.image.resize_bilinear(x, [8, 8])", "fluid.layers.resize_bilinear(x, [8, 8])",
        'F.interpolate(x, [8, 8], mode="bilinear")', "tf.image.resize(x, [8, 8])",
        'F.interpolate(x, [8, 8], mode="bilinear")'), {"x": RAMP}, images=True),
    Probe("dropout_training", "dropout of a half, in training: what is kept is times", reading.kept, _texts(
        "tf.layers.dropout(x, training=True)", "fluid.layers.dropout(x, 0.5)", "F.dropout(x)",
        "keras.layers.Dropout(0.5)(x, training=True)", "F.dropout(x)"), {"x": np.ones((40, 5))}),
    Probe("dropout_inference", "at inference, everything is times", reading.kept, _texts(
        "tf.layers.dropout(x, training=False)", "fluid.layers.dropout(x, 0.5, is_test=True)",
        "F.dropout(x, training=False)", "keras.layers.Dropout(0.5)(x, training=False)",
        "F.dropout(x, training=False)"), {"x": np.ones((40, 5))}),
    Probe("leaky_slope", "leaky ReLU: slope below zero", reading.minus_one, _texts(
        "tf.nn.leaky_relu(x)", "fluid.layers.leaky_relu(x)", "F.leaky_relu(x)",
        "keras.layers.LeakyReLU()(x)", "F.leaky_relu(x)"), {"x": -np.ones(2)}),
    Probe("elu_alpha", "ELU: alpha", reading.alpha, _texts(
        "tf.nn.elu(x)", "fluid.layers.elu(x)", "F.elu(x)", "keras.layers.ELU()(x)", "F.elu(x)"),
          {"x": -np.ones(2)}),
    Probe("hard_sigmoid_slope", "hard sigmoid: slope at zero", reading.slope, _texts(
        "tf.keras.backend.hard_sigmoid(x)", "fluid.layers.hard_sigmoid(x)", "F.hardsigmoid(x)",
        "keras.activations.hard_sigmoid(x)", "F.hardsigmoid(x)"), {"x": np.array([-0.5, 0.5])}),
    Probe("gelu", "GELU", reading.gelu, {
        "fluid": "fluid.layers.gelu(x)", "paddle": "F.gelu(x)",
        "tensorflow": "keras.activations.gelu(x)", "torch": "F.gelu(x)"}, {"x": np.ones(2)}),
    Probe("cross_entropy_takes", "cross-entropy takes", reading.takes, CROSS_ENTROPY, LOSS),
    Probe("cross_entropy_reduction", "cross-entropy of a batch: reduction", reading.reduction,
          CROSS_ENTROPY, LOSS),
    Probe("sgd_l2", "L2 term of factor λ: its gradient, in λw", reading.decays, {
        "tensorflow1": "y = w[None] - 0.1 * tf.gradients(tf.contrib.layers.l2_regularizer(0.5)(w), w)[0]",
        "fluid": "optimizer = fluid.optimizer.SGD(\n"
                 "    0.1, regularization=fluid.regularizer.L2Decay(0.5))",
        "paddle": "optimizer = paddle.optimizer.SGD(0.1, parameters=[w], weight_decay=0.5)",
        "tensorflow": "with tf.GradientTape() as tape:\n    tape.watch(w)\n"
                      "    loss = keras.regularizers.L2(0.5)(w)\n"
                      "y = (w - 0.1 * tape.gradient(loss, w))[None]",
        "torch": "optimizer = torch.optim.SGD([w], 0.1, weight_decay=0.5)"},
          {"w": np.ones(2), "g": np.zeros((1, 2))}),
    Probe("adam_rate", "Adam: learning rate", reading.adam_rate, PLAIN_ADAM, _steps(1e4),
          dtype="float64"),
    Probe("adam_betas", "Adam: its two rates of decay", reading.betas, ADAM, _steps(1e4, 0.0, 0.0),
          dtype="float64"),
    Probe("adam_denominator", "Adam: what a vanishing gradient is divided by at first", reading.denominator,
          ADAM, _steps(1e-16)),
    Probe("rmsprop_decay", "RMSProp: weight of the old square", reading.rate_of_decay, RMSPROP, _steps(1e4)),
    Probe("rmsprop_denominator", "RMSProp: what a vanishing gradient is divided by at first",
          reading.denominator, RMSPROP, _steps(1e-16)),
    Probe("adagrad_denominator", "Adagrad: what a vanishing gradient is divided by at first",
          reading.denominator, ADAGRAD, _steps(1e-16)),
)  # fmt: skip
