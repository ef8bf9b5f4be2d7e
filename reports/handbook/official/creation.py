"""Constants, variables, initializers and random numbers."""

from __future__ import annotations

from reports.handbook.rows import Row, real, row, ways

X = {"x": real(4, 6)}
DRAWN = {"drawn": True, "gradients": False, "dtype": "float32"}
KERNEL = "[256, 512]"


def initializer(
    number: int,
    tensorflow1: str,
    fluid: str,
    paddle: str,
    tensorflow: str,
    torch: str,
    given: dict[str, dict[str, str]] | None = None,
) -> Row:
    """Return the row of an initializer, as it fills a matrix."""
    made = {
        "fluid": 'fluid.layers.create_parameter(\n    [256, 512], "float32", default_initializer={})',
        "paddle": 'paddle.create_parameter(\n    [256, 512], "float32", default_initializer={})',
        "tensorflow": "{}((256, 512))",
        "torch": "{}",
    }
    texts = {"fluid": fluid, "paddle": paddle, "tensorflow": tensorflow, "torch": torch}
    calls = {
        panel: ways(
            made[panel].format(texts[panel]),
            {
                argument: made[panel].format(text)
                for argument, text in (given or {}).get(panel, {}).items()
            },
        )
        for panel in made
    }
    first = f'tf.get_variable("w", [256, 512], initializer={tensorflow1})'
    if tensorflow1.endswith("([256, 512])"):  # no initializer, a tensor
        first = tensorflow1
    return row(number, {}, tensorflow1=first, **calls, **DRAWN)


EMPTY = "torch.empty(256, 512)"
ROWS = (
    row(
        5,
        X,
        gradients=False,
        tensorflow1="v = tf.Variable(np.zeros((4, 6)))\ny = tf.assign(v, x)",
        fluid='v = fluid.layers.create_global_var([4, 6], 0.0, "float64")\n'
        "y = fluid.layers.assign(x, v)",
        paddle="v = paddle.zeros([4, 6], x.dtype)\ny = paddle.assign(x, v)",
        tensorflow=ways(
            "v = tf.Variable(np.zeros((4, 6)))\ny = tf.assign(v, x)",
            recipe="v = tf.Variable(np.zeros((4, 6)))\ny = v.assign(x)",
        ),
        torch="v = torch.zeros(4, 6, dtype=x.dtype)\ny = v.copy_(x)",
    ),
    row(
        6,
        {"x": real(1)},
        gradients=False,
        tensorflow1="v = tf.Variable(np.zeros(1))\nwith tf.control_dependencies([tf.assign(v, x)]):\n"
        "    y = tf.assign_add(v, [2.5])",
        fluid="fluid.layers.increment(x, 2.5)",
        paddle="paddle.increment(x, 2.5)",
        tensorflow=ways(
            "v = tf.Variable(x)\ny = tf.assign_add(v, [2.5])",
            recipe="v = tf.Variable(x)\ny = v.assign_add([2.5])",
        ),
        torch=ways("x.add_(2.5)"),
    ),
    row(
        14,
        {},
        gradients=False,
        tensorflow1="tf.constant(3.0, shape=[2, 3])",
        fluid='fluid.layers.fill_constant([2, 3], "float32", 3.0)',
        paddle="paddle.full([2, 3], 3.0)",
        tensorflow="tf.constant(3.0, shape=[2, 3])",
        torch="torch.full([2, 3], 3.0)",
        dtype="float32",
    ),
    initializer(
        20,
        "tf.contrib.layers.xavier_initializer()",
        "fluid.initializer.Xavier()",
        "nn.initializer.XavierUniform()",
        "keras.initializers.GlorotUniform()",
        f"nn.init.xavier_uniform_({EMPTY})",
    ),
    row(
        24,
        {},
        gradients=False,
        tensorflow1="tf.convert_to_tensor(np.arange(6.0).reshape(2, 3))",
        fluid=ways(
            "fluid.layers.assign(np.arange(6.0).reshape(2, 3))",
            recipe='fluid.layers.cast(\n    fluid.layers.assign(np.arange(6.0, dtype="float32").reshape(2, 3)), "float64")',
        ),
        paddle="paddle.to_tensor(np.arange(6.0).reshape(2, 3))",
        tensorflow="tf.convert_to_tensor(np.arange(6.0).reshape(2, 3))",
        torch="torch.as_tensor(np.arange(6.0).reshape(2, 3))",
    ),
    row(
        32,
        {},
        gradients=False,
        tensorflow1="tf.fill([2, 3], 9)",
        fluid='fluid.layers.fill_constant([2, 3], "int32", 9)',
        paddle=ways(
            "paddle.full([2, 3], 9)", {'dtype="int32"': 'paddle.full([2, 3], 9, dtype="int32")'}
        ),
        tensorflow="tf.fill([2, 3], 9)",
        torch=ways(
            "torch.full([2, 3], 9)",
            {"dtype=torch.int32": "torch.full([2, 3], 9, dtype=torch.int32)"},
        ),
    ),
    row(
        87,
        {},
        gradients=False,
        tensorflow1="tf.ones([2, 3])",
        fluid=ways(
            "fluid.layers.ones([2, 3])", {'dtype="float32"': 'fluid.layers.ones([2, 3], "float32")'}
        ),
        paddle="paddle.ones([2, 3])",
        tensorflow="tf.ones([2, 3])",
        torch="torch.ones([2, 3])",
        dtype="float32",
    ),
    initializer(
        88,
        "tf.initializers.ones()",
        "fluid.initializer.Constant()",
        "nn.initializer.Constant()",
        "keras.initializers.Ones()",
        f"nn.init.ones_({EMPTY})",
        given={
            "fluid": {"value=1.0": "fluid.initializer.Constant(1.0)"},
            "paddle": {"value=1.0": "nn.initializer.Constant(1.0)"},
        },
    ),
    row(
        94,
        {},
        **DRAWN,
        tensorflow1="tf.random_normal([256, 512])",
        fluid="fluid.layers.gaussian_random([256, 512])",
        paddle="paddle.randn([256, 512])",
        tensorflow="tf.random.normal([256, 512])",
        torch="torch.randn(256, 512)",
    ),
    initializer(
        95,
        "tf.random_normal_initializer()",
        "fluid.initializer.Normal()",
        "nn.initializer.Normal()",
        "keras.initializers.RandomNormal()",
        f"nn.init.normal_({EMPTY})",
        given={"tensorflow": {"stddev=1.0": "keras.initializers.RandomNormal(stddev=1.0)"}},
    ),
    row(
        96,
        {},
        **DRAWN,
        tensorflow1="tf.random_uniform([256, 512])",
        fluid=ways(
            "fluid.layers.uniform_random([256, 512])",
            {"min=0.0": "fluid.layers.uniform_random([256, 512], min=0.0)"},
        ),
        paddle=ways(
            "paddle.uniform([256, 512])", {"min=0.0": "paddle.uniform([256, 512], min=0.0)"}
        ),
        tensorflow="tf.random.uniform([256, 512])",
        torch="torch.rand(256, 512)",
    ),
    initializer(
        97,
        "tf.random_uniform_initializer()",
        "fluid.initializer.UniformInitializer()",
        "nn.initializer.Uniform()",
        "keras.initializers.RandomUniform()",
        f"nn.init.uniform_({EMPTY})",
        given={
            "fluid": {"low=0.0": "fluid.initializer.UniformInitializer(low=0.0)"},
            "paddle": {"low=0.0": "nn.initializer.Uniform(low=0.0)"},
            "tensorflow": {
                "minval=0.0, maxval=1.0": "keras.initializers.RandomUniform(minval=0.0, maxval=1.0)"
            },
        },
    ),
    initializer(
        136,
        "tf.truncated_normal([256, 512])",
        "fluid.initializer.TruncatedNormal()",
        "nn.initializer.TruncatedNormal()",
        "keras.initializers.TruncatedNormal()",
        f"nn.init.trunc_normal_({EMPTY})",
        given={"tensorflow": {"stddev=1.0": "keras.initializers.TruncatedNormal(stddev=1.0)"}},
    ),
    initializer(
        137,
        "tf.truncated_normal_initializer()",
        "fluid.initializer.TruncatedNormal()",
        "nn.initializer.TruncatedNormal()",
        "keras.initializers.TruncatedNormal()",
        f"nn.init.trunc_normal_({EMPTY})",
        given={"tensorflow": {"stddev=1.0": "keras.initializers.TruncatedNormal(stddev=1.0)"}},
    ),
    row(
        139,
        {},
        gradients=False,
        tensorflow1="tf.Variable(np.ones((2, 3)))",
        fluid=ways(
            "fluid.layers.create_parameter(np.ones((2, 3)))",
            recipe='fluid.layers.create_parameter([2, 3], "float64", default_initializer=\n'
            "    fluid.initializer.Constant(1.0))",
        ),
        paddle=ways(
            "paddle.create_parameter(np.ones((2, 3)))",
            recipe='paddle.create_parameter([2, 3], "float64", default_initializer=\n'
            "    nn.initializer.Constant(1.0))",
        ),
        tensorflow="tf.Variable(np.ones((2, 3)))",
        torch="torch.nn.Parameter(torch.tensor(np.ones((2, 3))))",
    ),
    row(
        141,
        {},
        gradients=False,
        tensorflow1="tf.zeros([2, 3])",
        fluid=ways(
            "fluid.layers.zeros([2, 3])",
            {'dtype="float32"': 'fluid.layers.zeros([2, 3], "float32")'},
        ),
        paddle="paddle.zeros([2, 3])",
        tensorflow="tf.zeros([2, 3])",
        torch="torch.zeros([2, 3])",
        dtype="float32",
    ),
    initializer(
        142,
        "tf.zeros_initializer()",
        "fluid.initializer.Constant()",
        "nn.initializer.Constant()",
        "keras.initializers.Zeros()",
        f"nn.init.zeros_({EMPTY})",
    ),
)
