"""Losses."""

from __future__ import annotations

import numpy as np

from reports.handbook.rows import real, row, ways, whole

LABELS = whole(5, 1, below=4, seed=3)
CLASSES = {"logits": real(5, 4, low=-4, high=4), "labels": np.eye(4)[LABELS[:, 0]], "c": LABELS}
BINARY = {"logits": real(5, 3, low=-4, high=4), "labels": whole(5, 3, below=2, seed=1) * 1.0}
PAIR = {"a": real(4, 3), "b": real(4, 3, seed=1)}
ROWS = (
    row(
        54,
        PAIR,
        tensorflow1="tf.losses.mean_squared_error(a, b)",
        fluid=ways(
            "fluid.layers.square_error_cost(a, b)",
            recipe="fluid.layers.reduce_mean(fluid.layers.square_error_cost(a, b))",
        ),
        paddle="F.mse_loss(a, b)",
        tensorflow=ways(
            "keras.losses.mean_squared_error(a, b)",
            recipe="keras.losses.MeanSquaredError()(a, b)",
        ),
        torch="F.mse_loss(a, b)",
        dtype="float32",
    ),
    row(
        55,
        BINARY,
        fixed=("labels",),
        tensorflow1="tf.losses.sigmoid_cross_entropy(labels, logits)",
        fluid=ways(
            "fluid.layers.sigmoid_cross_entropy_with_logits(logits, labels)",
            recipe="fluid.layers.reduce_mean(\n"
            "    fluid.layers.sigmoid_cross_entropy_with_logits(logits, labels))",
        ),
        paddle="F.binary_cross_entropy_with_logits(logits, labels)",
        tensorflow=ways(
            "keras.losses.BinaryCrossentropy()(labels, logits)",
            {
                "from_logits=True": "keras.losses.BinaryCrossentropy(from_logits=True)(labels, logits)"
            },
        ),
        torch="F.binary_cross_entropy_with_logits(logits, labels)",
        dtype="float32",
    ),
    row(
        56,
        CLASSES,
        fixed=("labels",),
        tensorflow1="tf.losses.softmax_cross_entropy(labels, logits)",
        fluid=ways(
            "fluid.layers.softmax_with_cross_entropy(logits, labels)",
            {
                "soft_label=True": "fluid.layers.softmax_with_cross_entropy(logits, labels, soft_label=True)"
            },
            recipe="fluid.layers.reduce_mean(\n"
            "    fluid.layers.softmax_with_cross_entropy(logits, c))",
        ),
        paddle=ways(
            "F.cross_entropy(logits, labels)",
            {"soft_label=True": "F.cross_entropy(logits, labels, soft_label=True)"},
        ),
        tensorflow=ways(
            "keras.losses.CategoricalCrossentropy()(labels, logits)",
            {
                "from_logits=True": "keras.losses.CategoricalCrossentropy(from_logits=True)(labels, logits)"
            },
        ),
        torch="F.cross_entropy(logits, labels)",
        dtype="float32",
    ),
    row(
        80,
        BINARY,
        fixed=("labels",),
        tensorflow1="tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)",
        fluid="fluid.layers.sigmoid_cross_entropy_with_logits(logits, labels)",
        paddle=ways(
            "F.binary_cross_entropy_with_logits(logits, labels)",
            {
                'reduction="none"': "F.binary_cross_entropy_with_logits("
                'logits, labels, reduction="none")'
            },
        ),
        tensorflow="tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)",
        torch=ways(
            "F.binary_cross_entropy_with_logits(logits, labels)",
            {
                'reduction="none"': "F.binary_cross_entropy_with_logits("
                'logits, labels, reduction="none")'
            },
        ),
    ),
    row(
        82,
        CLASSES,
        fixed=("labels",),
        tensorflow1="tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)",
        fluid=ways(
            "fluid.layers.softmax_with_cross_entropy(logits, labels)",
            recipe="fluid.layers.squeeze(\n"
            "    fluid.layers.softmax_with_cross_entropy(logits, labels, soft_label=True), [1])",
        ),
        paddle=ways(
            "F.cross_entropy(logits, labels)",
            recipe='F.cross_entropy(logits, labels, soft_label=True, reduction="none")[:, 0]',
        ),
        tensorflow="tf.nn.softmax_cross_entropy_with_logits(labels, logits)",
        torch=ways(
            "F.cross_entropy(logits, labels)",
            {'reduction="none"': 'F.cross_entropy(logits, labels, reduction="none")'},
        ),
    ),
)
