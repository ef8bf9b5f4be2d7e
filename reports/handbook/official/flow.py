"""Control flow, recurrent cells, inputs and outputs."""

from __future__ import annotations

import numpy as np

from reports.handbook.rows import not_run, real, row, ways

X = {"x": real(4, 6)}
ONE = {"x": np.array([0.25])}
CELL = "a cell's one weight matrix has other blocks in another order in every framework"
ROWS = (
    row(
        7,
        ONE,
        gradients=False,
        tensorflow1="y = tf.case([(x[0] < 0.1, lambda: x * 2.0), (x[0] < 0.5, lambda: x * 3.0)],\n"
        "            default=lambda: x)",
        fluid='y = fluid.layers.create_global_var([1], 0.0, "float64")\n'
        'low = fluid.layers.fill_constant([1], "float64", 0.1)\n'
        'high = fluid.layers.fill_constant([1], "float64", 0.5)\n'
        "with fluid.layers.Switch() as switch:\n"
        "    with switch.case(x < low):\n        fluid.layers.assign(x * 2.0, y)\n"
        "    with switch.case(x < high):\n        fluid.layers.assign(x * 3.0, y)\n"
        "    with switch.default():\n        fluid.layers.assign(x, y)",
        paddle="paddle.static.nn.case(\n"
        "    [(x[0] < 0.1, lambda: x * 2.0), (x[0] < 0.5, lambda: x * 3.0)], default=lambda: x)",
        tensorflow="tf.case([(x[0] < 0.1, lambda: x * 2.0), (x[0] < 0.5, lambda: x * 3.0)],\n"
        "        default=lambda: x)",
        torch="x * 2.0 if x[0] < 0.1 else x * 3.0 if x[0] < 0.5 else x",
    ),
    row(
        13,
        ONE,
        gradients=False,
        tensorflow1="tf.cond(x[0] < 0.5, lambda: x * 2.0, lambda: x)",
        fluid=ways(
            "fluid.layers.ifElse(x < 0.5)",
            recipe="fluid.layers.cond(x < 0.5, lambda: x * 2.0, lambda: x)",
        ),
        paddle="paddle.static.nn.cond(x < 0.5, lambda: x * 2.0, lambda: x)",
        tensorflow="tf.cond(x[0] < 0.5, lambda: x * 2.0, lambda: x)",
        torch=ways(
            "torch.cond(x < 0.5, lambda: x * 2.0, lambda: x)", recipe="x * 2.0 if x < 0.5 else x"
        ),
    ),
    row(
        41,
        {"x": np.array([1.0, np.inf, np.nan])},
        gradients=False,
        tensorflow1="tf.is_finite(x)",
        fluid=ways("fluid.layers.isfinite(x)"),
        paddle="paddle.isfinite(x)",
        tensorflow=ways("tf.is_finite(x)", recipe="tf.math.is_finite(x)"),
        torch="torch.isfinite(x)",
    ),
    not_run(
        90,
        "a place for what is fed has no value to compare (fluid.layers.data puts a batch before the "
        "shape that it is given, fluid.data does not)",
    ),
    not_run(92, "prints; its result is a side effect"),
    row(
        93,
        X,
        gradients=False,
        tensorflow1="tf.py_func(np.cumsum, [x], tf.float64)",
        fluid=ways(
            "fluid.layers.py_func(np.cumsum, x, 'float64')",
            recipe="out = fluid.default_main_program().current_block().create_var(\n"
            '    name="out", shape=[24], dtype="float64")\n'
            "y = fluid.layers.py_func(lambda x: np.cumsum(np.array(x)), x, out)",
        ),
        paddle=ways(
            "paddle.static.py_func(np.cumsum, x, paddle.empty([24], 'float64'))",
            recipe="paddle.to_tensor(np.cumsum(x.numpy()))",
        ),
        tensorflow=ways(
            "tf.py_func(np.cumsum, [x], tf.float64)",
            recipe="tf.numpy_function(np.cumsum, [x], tf.float64)",
        ),
        torch=ways("torch.from_numpy(np.cumsum(x.detach().numpy()))"),
    ),
    row(
        122,
        X,
        tensorflow1="x * tf.stop_gradient(x)",
        fluid=ways(
            "x * fluid.layers.stop_gradient(x)",
            recipe="kept = fluid.layers.assign(x)\nkept.stop_gradient = True\ny = x * kept",
        ),
        paddle=ways("x * paddle.stop_gradient(x)", recipe="x * x.detach()"),
        tensorflow="x * tf.stop_gradient(x)",
        torch=ways("x * torch.stop_gradient(x)", recipe="x * x.detach()"),
    ),
    row(
        140,
        ONE,
        gradients=False,
        tensorflow1="y = tf.while_loop(lambda v: v[0] < 10.0, lambda v: [v * 2.0], [x])",
        fluid='limit = fluid.layers.fill_constant([1], "float64", 10.0)\n'
        "y = fluid.layers.assign(x)\nbelow = fluid.layers.less_than(y, limit)\n"
        "loop = fluid.layers.While(below)\n"
        "with loop.block():\n    fluid.layers.assign(y * 2.0, y)\n"
        "    fluid.layers.less_than(y, limit, cond=below)",
        paddle="paddle.static.nn.while_loop(lambda v: v < 10.0, lambda v: [v * 2.0], [x])",
        tensorflow="tf.while_loop(lambda v: v[0] < 10.0, lambda v: [v * 2.0], [x])",
        torch=ways(
            "torch.while_loop(lambda v: v < 10.0, lambda v: [v * 2.0], [x])",
            recipe="y = x\nwhile y < 10.0:\n    y = y * 2.0",
        ),
    ),
    not_run(21, CELL),
    not_run(22, CELL),
    not_run(23, f"steps over a cell, and {CELL}; DynamicRNN takes LoD tensors alone"),
    not_run(65, CELL),
    not_run(70, f"steps over a cell, and {CELL}; DynamicRNN takes LoD tensors alone"),
    not_run(77, CELL),
)
