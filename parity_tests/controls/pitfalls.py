"""The pitfalls: what goes wrong, where it must be found, and how each panel gets it."""

from __future__ import annotations

from collections.abc import Callable

from common.network import Network
from parity_tests.cases import small
from parity_tests.controls.planting import Cell, Edits, Pitfall, edit

EVAL, TRAIN = "forward, eval", "forward, batch statistics"
STATISTICS, FLOAT32 = "running statistics", "rounding, results (eval)"
INITIALIZATION = "initialization"


def _pitfall(
    name: str,
    divergence: str,
    rung: str,
    where: str,
    network: Callable[[], Network] = small.pitfalls,
    **cells: Cell,
) -> Pitfall:
    return Pitfall(name, divergence, rung, where, network, cells)


def _call(layer: str, replacement: str, *texts: str, add: str = "") -> Edits:
    """Return the edit of a call in a class."""
    return edit(rf"self\.{layer}\(x\)", replacement, *texts, add=add)


def _real(name: str, value: str) -> Edits:
    """Return the edit of a BN's real."""
    return edit(rf"\b{name}=[\d.e-]+", f"{name}={value}")


STEM = r"fluid\.layers\.conv2d(?=\(\s*x,\s*num_filters=8,\s*filter_size=3,\s*padding=1,\s*param)"
STRIDED = r"fluid\.layers\.conv2d(?=\(\s*x,\s*num_filters=8,\s*filter_size=3,\s*stride=2)"

PITFALLS = (
    _pitfall(
        "epsilon",
        "BN epsilon",
        EVAL,
        "step bn:",
        tensorflow=_real("epsilon", "1e-3"),
        paddle=_real("epsilon", "1e-3"),
        torch=_real("eps", "1e-3"),
        fluid=_real("epsilon", "1e-3"),
        tensorflow1=_real("epsilon", "1e-3"),
    ),
    _pitfall(
        "momentum",
        "BN momentum",
        STATISTICS,
        "bn.mean",
        tensorflow=_real("momentum", "0.1"),
        paddle=_real("momentum", "0.1"),
        torch=_real("momentum", "0.9"),
        fluid=_real("momentum", "0.1"),
        tensorflow1=_real("momentum", "0.1"),
    ),
    _pitfall(
        "variance",
        "BN running variance",
        STATISTICS,
        "bn.variance",
        tensorflow=edit(r"layers\.BatchNormalization", "UnbiasedVariance", add="UnbiasedVariance"),
        paddle=_call("bn", "unbiased(self.bn, x)", add="unbiased"),
        torch=_call("bn", "biased(self.bn, x)", add="biased"),
        fluid="the op batch_norm moves its statistics itself; a Program has no say in how",
        tensorflow1=edit(
            r"tf\.layers\.batch_normalization", "unbiased_variance", add="unbiased_variance"
        ),
    ),
    _pitfall(
        "training_at_eval",
        "train/eval flag",
        EVAL,
        "step bn:",
        tensorflow=edit(r"layers\.BatchNormalization", "AlwaysTraining", add="AlwaysTraining"),
        paddle=_call("bn", "(self.bn.train(), self.bn(x))[1]"),
        torch=_call("bn", "self.bn.train()(x)"),
        fluid="clone(for_test=True) turns every batch_norm to evaluation, whatever a file says",
        tensorflow1=edit("training=training", "training=True"),
    ),
    _pitfall(
        "eval_in_training",
        "train/eval flag",
        TRAIN,
        "step bn:",
        tensorflow=edit(r"layers\.BatchNormalization", "NeverTraining", add="NeverTraining"),
        paddle=_call("bn", "(self.bn.eval(), self.bn(x))[1]"),
        torch=_call("bn", "self.bn.eval()(x)"),
        fluid=edit(r"(?=moving_mean_name)", "use_global_stats=True, "),
        tensorflow1=edit("training=training", "training=False"),
    ),
    _pitfall(
        "same_at_stride_2",
        "SAME padding at stride 2",
        EVAL,
        "step strided:",
        tensorflow=edit(
            r".*ZeroPadding2D\(1, .*\n",
            "",
            r"strides=2,\s*groups=2",
            'strides=2, padding="same", groups=2',
        ),
        paddle=edit(r"stride=2, padding=1, groups", 'stride=2, padding="SAME", groups'),
        torch=_call(
            "strided",
            "self.strided(F.pad(x, (0, 1, 0, 1)))",
            r"stride=2, padding=1, groups",
            "stride=2, groups",
        ),
        fluid=edit(r"(stride=2,\s*)padding=1", r'\1padding="SAME"'),
        tensorflow1=edit(
            r".*tf\.pad.*\n(?=.*grouped_conv2d\()",
            "",
            r'strides=2,(?=[^)]*name="strided")',
            'strides=2, padding="same",',
        ),
    ),
    _pitfall(
        "padding_counted",
        "average pool",
        EVAL,
        "step mean:",
        tensorflow=edit(r"\s*/ ops\.average_pool\(\s*counted, 2, strides=1\s*\)", ""),
        paddle=edit(r"(?<=AvgPool2D\(2, stride=1, padding=1)", ", exclusive=False"),
        torch=edit(r", count_include_pad=False", ""),
        fluid=edit(r"(?<=pool_padding=1,) ", " exclusive=False, "),
        tensorflow1=edit(r"x /= (?=tf\.layers\.average_pooling2d\(counted)", ""),
    ),
    _pitfall(
        "largest_for_mean",
        "average pool",
        EVAL,
        "step mean:",
        tensorflow=edit(r"AveragePooling2D", "MaxPooling2D"),
        paddle=edit(r"AvgPool2D", "MaxPool2D"),
        torch=edit(r"AvgPool2d", "MaxPool2d", r", count_include_pad=False", ""),
        fluid=edit('pool_type="avg"', 'pool_type="max"'),
        tensorflow1=edit(r"average_pooling2d(?=\(x)", "max_pooling2d"),
    ),
    _pitfall(
        "ceil_mode",
        "ceil_mode",
        "structure",
        "block tail has shape",
        small.rounded,
        tensorflow=edit(r"\(0, \(2 - x\.shape\[.\]\) % 2\)", "(0, 0)"),
        paddle=edit(r", ceil_mode=True", ""),
        torch=edit(r", ceil_mode=True", ""),
        fluid=edit(r"ceil_mode=True,\s*", ""),
        tensorflow1=edit(r"\[0, \(2 - x\.shape.*", "[0, 0],"),
    ),
    _pitfall(
        "zero_in_a_maximum",
        "max pool",
        EVAL,
        "step widest:",
        tensorflow=edit(r"-3\.4e38", "0.0"),
        paddle=_call(
            "widest",
            "self.widest(nn.ZeroPad2D([1, 0, 1, 0])(x))",
            r", padding=\[1, 0, 1, 0\]",
            "",
        ),
        torch=edit(r'float\("-inf"\)', "0.0"),
        fluid=edit(
            r"x,(\s*pool_size=3[^)]*), *\s*pool_padding=\[1, 0, 1, 0\]",
            r"fluid.layers.pad2d(x, [1, 0, 1, 0]),\1",
        ),
        tensorflow1=edit(r'float\("-inf"\)', "0.0"),
    ),
    _pitfall(
        "kernel_axes",
        "convolution kernels",
        EVAL,
        "step stem:",
        tensorflow=edit(r"layers\.Conv2D(?=\(\s*8,\s*3)", "SwappedConv2D", add="SwappedConv2D"),
        paddle=_call("stem", "F.conv2d(x, self.stem.weight.transpose([0, 1, 3, 2]), padding=1)"),
        torch=_call("stem", "F.conv2d(x, self.stem.weight.transpose(2, 3), padding=1)"),
        fluid=edit(STEM, "swapped_conv2d", add="swapped_conv2d"),
        tensorflow1=edit(
            r"tf\.layers\.conv2d(?=\(\s*x,\s*8,\s*3)", "swapped_conv2d", add="swapped_conv2d"
        ),
    ),
    _pitfall(
        "transposed_square",
        "dense weights",
        EVAL,
        "step square:",
        tensorflow=edit(
            r'layers\.Dense(?=\(8, name="square")', "TransposedDense", add="TransposedDense"
        ),
        paddle=_call("square", "F.linear(x, self.square.weight.T, self.square.bias)"),
        torch=_call("square", "F.linear(x, self.square.weight.T, self.square.bias)"),
        fluid=edit(
            r'fluid\.layers\.fc(?=\(\s*x,\s*size=8,\s*param_attr=ParamAttr\("square)',
            "transposed_fc",
            add="transposed_fc",
        ),
        tensorflow1=edit(
            r'tf\.layers\.dense(?=\(x, 8, name="square")',
            "transposed_dense",
            add="transposed_dense",
        ),
    ),
    _pitfall(
        "bias_not_added",
        "dense weights",
        EVAL,
        "step fc:",
        tensorflow=edit(r'layers\.Dense(?=\(5, .*name="fc")', "UnbiasedDense", add="UnbiasedDense"),
        paddle=_call("fc", "F.linear(x, self.fc.weight)"),
        torch=_call("fc", "F.linear(x, self.fc.weight)"),
        fluid=edit(r"fluid\.layers\.fc(?=\(\s*x,\s*size=5)", "unbiased_fc", add="unbiased_fc"),
        tensorflow1=edit(r"tf\.layers\.dense(?=\(x, 5)", "unbiased_dense", add="unbiased_dense"),
    ),
    _pitfall(
        "bias_not_declared",
        "dense weights",
        "stage weights",
        "fc.bias",
        tensorflow=edit(r'Dense\(5, (.*)name="fc"', r'Dense(5, \1use_bias=False, name="fc"'),
        paddle=edit(r"Linear\(8, 5\)", "Linear(8, 5, bias_attr=False)"),
        torch=edit(
            r"Linear\(8, 5\)",
            "Linear(8, 5, bias=False)",
            r"nn\.init\.zeros_\(m\.bias\)",
            r"m.bias is None or \g<0>",
        ),
        fluid=edit(r'bias_attr=ParamAttr\("fc(_offset|\.bias)"\)', "bias_attr=False"),
        tensorflow1=edit(r'dense\(x, 5, name="fc"', 'dense(x, 5, use_bias=False, name="fc"'),
    ),
    _pitfall(
        "flatten_order",
        "flatten",
        EVAL,
        "step flatten:",
        tensorflow=edit(r".*layers\.Permute\(\(3, 1, 2\), .*\n", ""),
        paddle=edit(r"x\.flatten\(1\)", "x.transpose([0, 2, 3, 1]).flatten(1)"),
        torch=edit(r"torch\.flatten\(x, 1\)", "x.permute(0, 2, 3, 1).flatten(1)"),
        fluid=edit(r"flatten\(x\)", "flatten(fluid.layers.transpose(x, [0, 2, 3, 1]))"),
        tensorflow1=edit(r"flatten\(tf\.transpose\(x, \[0, 3, 1, 2\]\)\)", "flatten(x)"),
    ),
    _pitfall(
        "activated_twice",
        "activation in a layer call",
        EVAL,
        "step stem:",
        tensorflow=edit(r'name="stem"', 'activation="relu", name="stem"'),
        paddle=_call("stem", "F.relu(self.stem(x))"),
        torch=_call("stem", "F.relu(self.stem(x))"),
        fluid=edit("bias_attr=False,", 'bias_attr=False, act="relu",'),
        tensorflow1=edit(r'name="stem"', 'activation=tf.nn.relu, name="stem"'),
    ),
    _pitfall(
        "always_activated",
        "activation in a layer call",
        EVAL,
        "step last.conv:",
        small.optional,
        tensorflow=edit("relu=False", "relu=True"),
        paddle=edit("relu=False", "relu=True"),
        torch=edit("relu=False", "relu=True"),
        fluid=edit("relu=False", "relu=True"),
        tensorflow1=edit("relu=False", "relu=True"),
    ),
    _pitfall(
        "relu_for_relu6",
        "activations",
        EVAL,
        "step relu6:",
        tensorflow=edit(r'ReLU\(6, name="relu6"\)', 'ReLU(name="relu6")'),
        paddle=edit(r"nn\.ReLU6\(\)", "nn.ReLU()"),
        torch=edit(r"nn\.ReLU6\(\)", "nn.ReLU()"),
        fluid=edit(r"layers\.relu6", "layers.relu"),
        tensorflow1=edit(r"tf\.nn\.relu6", "tf.nn.relu"),
    ),
    _pitfall(
        "pad_on_one_side",
        "channel padding",
        EVAL,
        "step widen:",
        tensorflow=edit(r"\(1, 1\)\)\)", "(2, 0)))"),
        paddle=edit(r"\[0, 0, 1, 1,", "[0, 0, 2, 0,"),
        torch=edit(r"\(0, 0, 0, 0, 1, 1\)", "(0, 0, 0, 0, 2, 0)"),
        fluid=edit(r"\[0, 0, 1, 1,", "[0, 0, 2, 0,"),
        tensorflow1=edit(r"\[1, 1\]\]\)", "[2, 0]])"),
    ),
    _pitfall(
        "dilation_dropped",
        "convolution arguments",
        EVAL,
        "step dilated:",
        tensorflow=edit(r"\s*dilation_rate=2,", ""),
        paddle=edit(r"padding=2, dilation=2", "padding=1"),
        torch=edit(r"padding=2, dilation=2", "padding=1"),
        fluid=edit(r"padding=2,\s*dilation=2", "padding=1"),
        tensorflow1=edit(r"\s*dilation_rate=2,", ""),
    ),
    _pitfall(
        "order_of_groups",
        "convolution arguments",
        EVAL,
        "step strided:",
        tensorflow=edit(r"tf\.split\(kernel, self\.groups, -1\)", r"\g<0>[::-1]"),
        paddle=_call("strided", "paddle.concat(self.strided(x).chunk(2, 1)[::-1], 1)"),
        torch=_call("strided", "torch.cat(self.strided(x).chunk(2, 1)[::-1], 1)"),
        fluid=edit(STRIDED, "reordered_conv2d", add="reordered_conv2d"),
        tensorflow1=edit(r"tf\.split\(kernel, groups, -1\)", r"\g<0>[::-1]"),
    ),
    _pitfall(
        "fan",
        "initializers",
        INITIALIZATION,
        "first.kernel: deviation",
        small.started,
        tensorflow=edit('"fan_out"', '"fan_in"'),
        paddle=edit(r'mode="fan_out"', ""),
        torch=edit(r'mode="fan_out", ', ""),
        fluid=edit(r"fan_in=\d+", "fan_in=None"),
        tensorflow1=edit('"fan_out"', '"fan_in"'),
    ),
    _pitfall(
        "gain",
        "initializers",
        INITIALIZATION,
        "first.kernel: deviation",
        small.started,
        tensorflow=edit('"scale": 2.0', '"scale": 1.8'),
        paddle=edit(
            r"KaimingNormal\(", 'KaimingNormal(negative_slope=0.3, nonlinearity="leaky_relu", '
        ),
        torch=edit('nonlinearity="relu"', 'a=0.3, nonlinearity="leaky_relu"'),
        fluid=edit(r"fan_in=(\d+)", r"fan_in=\1 + 90"),
        tensorflow1=edit(r"initializer\(\s*2\.0", "initializer(1.8"),
    ),
    _pitfall(
        "distribution",
        "initializers",
        INITIALIZATION,
        "first.kernel: largest value",
        small.started,
        tensorflow=edit("untruncated", "truncated"),
        paddle=edit("KaimingNormal", "KaimingUniform"),
        torch=edit("kaiming_normal", "kaiming_uniform"),
        fluid=edit("uniform=False", "uniform=True"),
        tensorflow1=edit("untruncated", "truncated"),
    ),
    _pitfall(
        "bias_of_zeros",
        "initializers",
        INITIALIZATION,
        "fc.bias: ",
        small.started,
        tensorflow=edit(r"bias_initializer=[^)]*\),", ""),
        paddle=edit(r"bias_attr=nn.initializer[^)]*\),?", ""),
        torch=edit(r"( +)self\.fc = .*\n", r"\g<0>\1nn.init.zeros_(self.fc.bias)\n"),
        fluid=edit(r'("fc(_offset|\.bias)"), initializer=[^)]*\)', r"\1"),
        tensorflow1=edit(r"bias_initializer=[^)]*\),", ""),
    ),
    _pitfall(
        "bias_of_its_own",
        "initializers",
        INITIALIZATION,
        "second.bias: 48 values differ",
        small.started,
        tensorflow=edit('name="second"', 'bias_initializer="ones", name="second"'),
        paddle=edit(r"48, 3, padding=1", r"\g<0>, bias_attr=nn.initializer.Constant(0.1)"),
        torch=edit(r" +if m\.bias is not None:\n.*\n", ""),
        fluid=edit(
            r'"second(_offset|\.bias)"', r"\g<0>, initializer=fluid.initializer.Constant(0.1)"
        ),
        tensorflow1=edit('name="second"', 'bias_initializer=tf.ones_initializer(), name="second"'),
    ),
    _pitfall(
        "gamma",
        "initializers",
        INITIALIZATION,
        "bn.gamma: 96 values differ",
        small.started,
        tensorflow=edit(r'gamma_initializer="zeros",', ""),
        paddle=edit(r"weight_attr=nn.initializer.Constant\(0.0\),", ""),
        torch=edit(r" +nn\.init\.zeros_\(self\.bn\.weight\).*\n", ""),
        fluid=edit(r", initializer=fluid.initializer.Constant\(0.0\)", ""),
        tensorflow1=edit(r"gamma_initializer=tf\.zeros_initializer\(\),", ""),
    ),
    _pitfall(
        "one_initializer_for_all",
        "initializers",
        INITIALIZATION,
        "third.kernel: the values of first.kernel",
        small.started,
        tensorflow=edit(
            r"CONV_KERNEL_INITIALIZER = \{(.*\n)+?\}\n",
            "CONV_KERNEL_INITIALIZER = keras.initializers.VarianceScaling("
            '2.0, "fan_out", "untruncated_normal")\n',
        ),
        paddle=edit(
            r"( +)def forward",
            r"        self.third.weight.set_value(self.first.weight)\n\n\g<0>",
        ),
        torch=edit(
            r"( +)def forward",
            r"        self.third.weight.data.copy_(self.first.weight)\n\n\g<0>",
        ),
        fluid=edit(r"uniform=False", "uniform=False, seed=7"),
        tensorflow1=edit(r'"untruncated_normal"', r"\g<0>, seed=7"),
    ),
    _pitfall(
        "tf32",
        "TF32 on GPU",
        FLOAT32,
        "step stem:",
        tensorflow=edit(
            r"layers\.Conv2D(?=\(\s*8,\s*3)", "CoarseConv2D", add="coarse CoarseConv2D"
        ),
        paddle=_call(
            "stem", "F.conv2d(coarse(x), coarse(self.stem.weight), padding=1)", add="coarse"
        ),
        torch=_call(
            "stem", "F.conv2d(coarse(x), coarse(self.stem.weight), padding=1)", add="coarse"
        ),
        fluid=edit(STEM, "coarse_conv2d", add="coarse coarse_conv2d"),
        tensorflow1=edit(
            r"conv2d\(\s*x,\s*8,\s*3,\s*padding", "conv2d(coarse(x), 8, 3, padding", add="coarse"
        ),
    ),
)
