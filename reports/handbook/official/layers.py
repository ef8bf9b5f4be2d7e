"""Convolutions, pooling, dense layers, normalization, dropout, resizing."""

from __future__ import annotations

from reports.handbook.rows import not_run, real, row, ways

PICTURE = {"x": real(2, 4, 7, 7)}
KERNEL = {"layouts": {"w": "kernel"}, "weights": ("w",), "images": True}
CONV = PICTURE | {"w": real(5, 4, 3, 3, seed=1)}
FEATURES = {"x": real(8, 6)}
DENSE = FEATURES | {"w": real(4, 6, seed=1)}
ROWS = (
    row(
        15,
        FEATURES,
        tensorflow1="tf.contrib.layers.batch_norm(x)",
        fluid=ways(
            "fluid.layers.batch_norm(x)",
            {
                "momentum=0.999, epsilon=1e-3, param_attr without training": "fluid.layers.batch_norm(\n"
                "    x, momentum=0.999, epsilon=1e-3,\n"
                "    param_attr=fluid.ParamAttr(trainable=False, initializer=fluid.initializer.Constant(1.0)))"
            },
        ),
        paddle=ways(
            "layer = nn.BatchNorm1D(6)\n\ny = layer(x)",
            {
                "momentum=0.999, epsilon=1e-3": "layer = nn.BatchNorm1D(6, momentum=0.999, epsilon=1e-3)\n\ny = layer(x)"
            },
        ),
        tensorflow=ways(
            "layer = keras.layers.BatchNormalization()\n\ny = layer(x)",
            {
                "training=True, momentum=0.999, scale=False": "layer = keras.layers.BatchNormalization(momentum=0.999, scale=False)\n\n"
                "y = layer(x, training=True)"
            },
        ),
        torch=ways(
            "layer = nn.BatchNorm1d(6)\n\ny = layer(x)",
            {
                "eps=1e-3, momentum=0.001": "layer = nn.BatchNorm1d(6, eps=1e-3, momentum=0.001)\n\ny = layer(x)"
            },
        ),
        state=True,
        dtype="float32",
    ),
    row(
        17,
        DENSE,
        layouts={"w": "dense"},
        weights=("w",),
        tensorflow1="tf.contrib.layers.fully_connected(x, 4)",
        fluid=ways("fluid.layers.fc(x, 4)", {'act="relu"': 'fluid.layers.fc(x, 4, act="relu")'}),
        paddle=ways(
            "layer = nn.Linear(6, 4)\n\ny = layer(x)",
            recipe="layer = nn.Linear(6, 4)\n\ny = F.relu(layer(x))",
        ),
        tensorflow=ways(
            "layer = keras.layers.Dense(4)\n\ny = layer(x)",
            {
                'activation="relu"': 'layer = keras.layers.Dense(4, activation="relu")\n\ny = layer(x)'
            },
        ),
        torch=ways(
            "layer = nn.Linear(6, 4)\nnn.init.zeros_(layer.bias)\n\ny = layer(x)",
            recipe="layer = nn.Linear(6, 4)\nnn.init.zeros_(layer.bias)\n\ny = F.relu(layer(x))",
        ),
    ),
    row(
        28,
        {"x": real(400, 50)},
        drawn=True,
        tensorflow1="tf.nn.dropout(x, 0.7)",
        fluid=ways(
            "fluid.layers.dropout(x, 0.7)",
            recipe='fluid.layers.dropout(x, 0.3, dropout_implementation="upscale_in_train")',
        ),
        paddle=ways("F.dropout(x, 0.7)", {"p=0.3": "F.dropout(x, p=0.3)"}),
        tensorflow=ways("tf.nn.dropout(x, 0.7)", {"rate=0.3": "tf.nn.dropout(x, rate=0.3)"}),
        torch=ways("F.dropout(x, 0.7)", {"p=0.3": "F.dropout(x, p=0.3)"}),
        gradients=False,
        dtype="float32",
    ),
    row(
        38,
        {"x": real(1, 2, 4, 5)},
        images=True,
        tensorflow1="tf.image.resize_bilinear(x, [7, 11])",
        fluid=ways(
            "fluid.layers.resize_bilinear(x, [7, 11])",
            {
                "align_corners=False, align_mode=1": "fluid.layers.resize_bilinear(\n"
                "    x, [7, 11], align_corners=False, align_mode=1)"
            },
        ),
        paddle=ways(
            'F.interpolate(x, [7, 11], mode="bilinear")',
            {"align_mode=1": 'F.interpolate(x, [7, 11], mode="bilinear", align_mode=1)'},
        ),
        tensorflow=ways(
            "tf.image.resize(x, [7, 11])", recipe="tf.compat.v1.image.resize_bilinear(x, [7, 11])"
        ),
        torch='F.interpolate(x, [7, 11], mode="bilinear")',
        dtype="float32",
    ),
    row(
        39,
        {"x": real(1, 2, 4, 5)},
        images=True,
        tensorflow1="tf.image.resize_images(x, [7, 11])",
        fluid=ways(
            "fluid.layers.image_resize(x, [7, 11])",
            {"align_corners=False": "fluid.layers.image_resize(x, [7, 11], align_corners=False)"},
        ),
        paddle=ways(
            "F.interpolate(x, [7, 11])",
            {
                'mode="bilinear", align_mode=1': 'F.interpolate(x, [7, 11], mode="bilinear", align_mode=1)'
            },
        ),
        tensorflow=ways(
            "tf.image.resize(x, [7, 11])", recipe="tf.compat.v1.image.resize_images(x, [7, 11])"
        ),
        torch=ways("F.interpolate(x, [7, 11])"),
        dtype="float32",
    ),
    row(
        40,
        {"x": real(1, 2, 4, 5)},
        images=True,
        tensorflow1="tf.image.resize_nearest_neighbor(x, [7, 11])",
        fluid=ways(
            "fluid.layers.resize_nearest(x, [7, 11])",
            {"align_corners=False": "fluid.layers.resize_nearest(x, [7, 11], align_corners=False)"},
        ),
        paddle="F.interpolate(x, [7, 11])",
        tensorflow=ways(
            'tf.image.resize(x, [7, 11], method="nearest")',
            recipe="tf.compat.v1.image.resize_nearest_neighbor(x, [7, 11])",
        ),
        torch="F.interpolate(x, [7, 11])",
        dtype="float32",
    ),
    row(
        42,
        FEATURES,
        tensorflow1="tf.layers.batch_normalization(x)",
        fluid=ways(
            "fluid.layers.batch_norm(x)",
            {
                "is_test=True, momentum=0.99, epsilon=1e-3": "fluid.layers.batch_norm(x, is_test=True, momentum=0.99, epsilon=1e-3)"
            },
        ),
        paddle=ways(
            "layer = nn.BatchNorm1D(6)\n\ny = layer(x)",
            recipe="layer = nn.BatchNorm1D(6, momentum=0.99, epsilon=1e-3)\nlayer.eval()\n\ny = layer(x)",
        ),
        tensorflow="layer = keras.layers.BatchNormalization()\n\ny = layer(x)",
        torch=ways(
            "layer = nn.BatchNorm1d(6)\n\ny = layer(x)",
            recipe="layer = nn.BatchNorm1d(6, momentum=0.01, eps=1e-3)\nlayer.eval()\n\ny = layer(x)",
        ),
        gradients=False,  # Fluid takes none in test mode
        state=True,
        dtype="float32",
    ),
    row(
        43,
        CONV,
        **KERNEL,
        tensorflow1="tf.layers.conv2d(x, 5, 3)",
        fluid="fluid.layers.conv2d(x, 5, 3)",
        paddle="layer = nn.Conv2D(4, 5, 3)\n\ny = layer(x)",
        tensorflow="layer = keras.layers.Conv2D(5, 3)\n\ny = layer(x)",
        torch="layer = nn.Conv2d(4, 5, 3)\nnn.init.zeros_(layer.bias)\n\ny = layer(x)",
    ),
    row(
        44,
        {"x": real(2, 3, 6), "w": real(4, 6, seed=1)},
        layouts={"w": "dense"},
        weights=("w",),
        tensorflow1="tf.layers.dense(x, 4)",
        fluid=ways(
            "fluid.layers.fc(x, 4)",
            {"num_flatten_dims=2": "fluid.layers.fc(x, 4, num_flatten_dims=2)"},
        ),
        paddle="layer = nn.Linear(6, 4)\n\ny = layer(x)",
        tensorflow="layer = keras.layers.Dense(4)\n\ny = layer(x)",
        torch="layer = nn.Linear(6, 4)\nnn.init.zeros_(layer.bias)\n\ny = layer(x)",
    ),
    *(
        row(
            number,
            {"x": real(400, 50)},
            drawn=True,
            tensorflow1=text,
            fluid=ways(
                "fluid.layers.dropout(x, 0.5)",
                {
                    'is_test=True, dropout_implementation="upscale_in_train"': "fluid.layers.dropout(\n"
                    '    x, 0.5, is_test=True, dropout_implementation="upscale_in_train")'
                },
            ),
            paddle=ways("F.dropout(x)", {"training=False": "F.dropout(x, training=False)"}),
            tensorflow="keras.layers.Dropout(0.5)(x)",
            torch=ways("F.dropout(x)", {"training=False": "F.dropout(x, training=False)"}),
            gradients=False,
            dtype="float32",
        )
        for number, text in ((45, "tf.layers.dropout(x)"), (46, "tf.layers.Dropout()(x)"))
    ),
    row(
        63,
        PICTURE,
        images=True,
        tensorflow1='tf.nn.avg_pool(x, [1, 3, 3, 1], [1, 2, 2, 1], "SAME")',
        fluid=ways(
            'fluid.layers.pool2d(x, 3, "avg", 2)',
            {'pool_padding="SAME"': 'fluid.layers.pool2d(x, 3, "avg", 2, pool_padding="SAME")'},
        ),
        paddle=ways(
            "F.avg_pool2d(x, 3, 2)", {'padding="SAME"': 'F.avg_pool2d(x, 3, 2, padding="SAME")'}
        ),
        tensorflow='tf.nn.avg_pool(x, 3, 2, "SAME")',
        torch=ways(
            "F.avg_pool2d(x, 3, 2)",
            {
                "padding=1, count_include_pad=False": "F.avg_pool2d(x, 3, 2, padding=1, count_include_pad=False)"
            },
        ),
    ),
    row(
        64,
        FEATURES | {"m": real(6, seed=1), "v": real(6, seed=2, low=0.5, high=2)},
        tensorflow1="tf.nn.batch_normalization(x, m, v, None, None, 1e-3)",
        fluid=ways(
            "fluid.layers.batch_norm(x, m, v, None, None, 1e-3)",
            recipe="y = fluid.layers.elementwise_div(\n"
            "    fluid.layers.elementwise_sub(x, m), fluid.layers.sqrt(v + 1e-3))",
        ),
        paddle=ways(
            "F.batch_norm(x, m, v)", {"epsilon=1e-3": "F.batch_norm(x, m, v, epsilon=1e-3)"}
        ),
        tensorflow="tf.nn.batch_normalization(x, m, v, None, None, 1e-3)",
        torch=ways("F.batch_norm(x, m, v)", {"eps=1e-3": "F.batch_norm(x, m, v, eps=1e-3)"}),
        gradients=False,
        dtype="float32",
    ),
    row(
        66,
        {"x": real(2, 4, 8, 8), "w": CONV["w"]},
        **KERNEL,
        tensorflow1='tf.nn.conv2d(x, w, [1, 2, 2, 1], "SAME")',
        fluid=ways(
            "fluid.layers.conv2d(x, 5, 3, stride=2, padding=1, bias_attr=False)",
            {
                'padding="SAME"': "fluid.layers.conv2d("
                'x, 5, 3, stride=2, padding="SAME", bias_attr=False)'
            },
        ),
        paddle=ways(
            "F.conv2d(x, w, stride=2, padding=1)",
            {'padding="SAME"': 'F.conv2d(x, w, stride=2, padding="SAME")'},
        ),
        tensorflow='tf.nn.conv2d(x, w, 2, "SAME")',
        torch=ways(
            "F.conv2d(x, w, stride=2, padding=1)",
            recipe="F.conv2d(F.pad(x, (0, 1, 0, 1)), w, stride=2)",
        ),
    ),
    row(
        67,
        PICTURE | {"w": real(4, 5, 3, 3, seed=1)},
        **KERNEL,
        tensorflow1='tf.nn.conv2d_transpose(x, w, [2, 14, 14, 5], 2, "SAME")',
        fluid=ways(
            "fluid.layers.conv2d_transpose(\n"
            "    x, 5, [14, 14], 3, stride=2, padding=1, bias_attr=False)",
            {
                'padding="SAME"': "fluid.layers.conv2d_transpose(\n"
                '    x, 5, [14, 14], 3, stride=2, padding="SAME", bias_attr=False)'
            },
            recipe="fluid.layers.slice(\n    fluid.layers.conv2d_transpose(\n"
            "        x, 5, [15, 15], 3, stride=2, bias_attr=False), [2, 3], [0, 0], [14, 14])",
        ),
        paddle=ways(
            "F.conv2d_transpose(x, w, stride=2, padding=1, output_padding=1)",
            recipe="F.conv2d_transpose(x, w, stride=2)[:, :, :14, :14]",
        ),
        tensorflow='tf.nn.conv2d_transpose(x, w, [2, 14, 14, 5], 2, "SAME")',
        torch=ways(
            "F.conv_transpose2d(x, w, stride=2, padding=1, output_padding=1)",
            recipe="F.conv_transpose2d(x, w, stride=2)[:, :, :14, :14]",
        ),
    ),
    row(
        68,
        {"x": real(1, 2, 3, 3, 3), "w": real(2, 3, 3, 3, 3, seed=1)},
        **KERNEL,
        tensorflow1='tf.nn.conv3d_transpose(x, w, [1, 6, 6, 6, 3], [1, 2, 2, 2, 1], "SAME")',
        fluid=ways(
            "fluid.layers.conv3d_transpose(\n"
            "    x, 3, [6, 6, 6], 3, stride=2, padding=1, bias_attr=False)",
            recipe="fluid.layers.slice(\n    fluid.layers.conv3d_transpose(\n"
            "        x, 3, [7, 7, 7], 3, stride=2, bias_attr=False),\n"
            "    [2, 3, 4], [0, 0, 0], [6, 6, 6])",
        ),
        paddle=ways(
            "F.conv3d_transpose(x, w, stride=2, padding=1, output_padding=1)",
            recipe="F.conv3d_transpose(x, w, stride=2)[:, :, :6, :6, :6]",
        ),
        tensorflow='tf.nn.conv3d_transpose(x, w, [1, 6, 6, 6, 3], 2, "SAME")',
        torch=ways(
            "F.conv_transpose3d(x, w, stride=2, padding=1, output_padding=1)",
            recipe="F.conv_transpose3d(x, w, stride=2)[:, :, :6, :6, :6]",
        ),
    ),
    row(
        69,
        PICTURE | {"w": real(4, 1, 3, 3, seed=1)},
        layouts={"w": "depthwise"},
        weights=("w",),
        images=True,
        tensorflow1='tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "VALID")',
        fluid=ways(
            "fluid.layers.conv2d(x, 4, 3, bias_attr=False)",
            {"groups=4": "fluid.layers.conv2d(x, 4, 3, groups=4, bias_attr=False)"},
        ),
        paddle=ways("F.conv2d(x, w)", {"groups=4": "F.conv2d(x, w, groups=4)"}),
        tensorflow='tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "VALID")',
        torch=ways("F.conv2d(x, w)", {"groups=4": "F.conv2d(x, w, groups=4)"}),
    ),
    row(
        73,
        PICTURE,
        images=True,
        tensorflow1="tf.nn.lrn(x)",
        fluid=ways(
            "fluid.layers.lrn(x)",
            {"n=11, alpha=1.0, beta=0.5": "fluid.layers.lrn(x, n=11, alpha=1.0, beta=0.5)"},
        ),
        paddle=ways(
            "F.local_response_norm(x, 5)",
            {
                "size=11, alpha=11.0, beta=0.5": "F.local_response_norm(x, size=11, alpha=11.0, beta=0.5)"
            },
        ),
        tensorflow="tf.nn.lrn(x)",
        torch=ways(
            "F.local_response_norm(x, 5)",
            {
                "size=11, alpha=11.0, beta=0.5": "F.local_response_norm(x, size=11, alpha=11.0, beta=0.5)"
            },
        ),
        dtype="float32",
    ),
    row(
        74,
        PICTURE,
        images=True,
        tensorflow1='tf.nn.max_pool(x, [1, 3, 3, 1], [1, 2, 2, 1], "SAME")',
        fluid=ways(
            'fluid.layers.pool2d(x, 3, "max", 2)',
            {'pool_padding="SAME"': 'fluid.layers.pool2d(x, 3, "max", 2, pool_padding="SAME")'},
        ),
        paddle=ways(
            "F.max_pool2d(x, 3, 2)", {'padding="SAME"': 'F.max_pool2d(x, 3, 2, padding="SAME")'}
        ),
        tensorflow='tf.nn.max_pool(x, 3, 2, "SAME")',
        torch=ways("F.max_pool2d(x, 3, 2)", {"padding=1": "F.max_pool2d(x, 3, 2, padding=1)"}),
    ),
    row(
        78,
        PICTURE | {"w": real(4, 1, 3, 3, seed=1), "p": real(5, 4, 1, 1, seed=2)},
        layouts={"w": "depthwise", "p": "kernel"},
        weights=("w", "p"),
        images=True,
        tensorflow1='tf.nn.separable_conv2d(x, w, p, [1, 1, 1, 1], "VALID")',
        fluid=ways(
            "fluid.layers.separable_conv2d(x, 5, 3)",
            recipe="depthwise = fluid.layers.conv2d(x, 4, 3, groups=4, bias_attr=False)\n"
            "y = fluid.layers.conv2d(depthwise, 5, 1, bias_attr=False)",
        ),
        paddle=ways("F.separable_conv2d(x, w, p)", recipe="F.conv2d(F.conv2d(x, w, groups=4), p)"),
        tensorflow='tf.nn.separable_conv2d(x, w, p, [1, 1, 1, 1], "VALID")',
        torch=ways("F.separable_conv2d(x, w, p)", recipe="F.conv2d(F.conv2d(x, w, groups=4), p)"),
    ),
    not_run(
        37,
        "takes boxes and scores of one class and gives indices; multiclass_nms gives a LoD tensor of "
        "boxes: there is no common value to hold one against the other",
    ),
)
