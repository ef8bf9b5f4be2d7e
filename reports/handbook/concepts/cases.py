"""The concepts: words, cases as snippets of five frameworks, and what to mind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reports.handbook.rows import Row, real, row, whole


@dataclass(frozen=True)
class Case:
    """A thing to do: what it is in a few words, and how each framework does it."""

    title: str
    row: Row


@dataclass(frozen=True)
class Concept:
    """An idea in two sentences; a table of words, panel by panel; cases; what to mind, each with
    its page. {probe} stands for what panels do by default."""

    name: str
    title: str
    about: str
    words: tuple[tuple[str, str, str, str, str, str], ...]  # what, then the five panels
    cases: tuple[Case, ...]
    mind: tuple[str, ...]


def _case(title: str, inputs: Any, *texts: str, **named: Any) -> Case:
    """Return a case: texts of TF 1, Fluid, Paddle, Keras and PyTorch."""
    panels = ("tensorflow1", "fluid", "paddle", "tensorflow", "torch")
    return Case(title, row(0, inputs, **dict(zip(panels, texts, strict=True)), **named))


def _layer(made: str, called: str = "layer(x)") -> str:
    return f"layer = {made}\n\ny = {called}"


MAPS = {"x": real(2, 4, 8, 8)}
KERNEL = MAPS | {"w": real(6, 4, 3, 3, seed=1)}
OF_KERNEL = {"layouts": {"w": "kernel"}, "weights": ("w",), "images": True}
LOGITS = {"x": real(5, 4), "l": whole(5, below=4)}
COLUMN = "fluid.layers.unsqueeze(l, [1])"
STEPS = {"w": real(6), "g": real(5, 6, seed=1)}
TRAINED = {"optimizer": True, "gradients": False, "dtype": "float32"}

CONCEPTS = (
    Concept(
        "convolution", "Convolution and padding",
        "TensorFlow says how large the result shall be, the others how many zeros go around the map. "
        "That is one question at stride 1 and two at stride 2.",
        (("map", "(N, H, W, C)", "(N, C, H, W)", "(N, C, H, W)", "(N, H, W, C)", "(N, C, H, W)"),
         ("kernel", "(h, w, in, out)", "(out, in, h, w)", "(out, in, h, w)", "(h, w, in, out)",
          "(out, in, h, w)"),
         ("channels out", "`filters`", "`num_filters`", "`out_channels`", "`filters`", "`out_channels`"),
         ("channels in", "read off", "read off", "`in_channels`", "read off", "`in_channels`")),
        (
            _case("A map that stays as wide", KERNEL,
                  'tf.layers.conv2d(x, 6, 3, padding="same", use_bias=False)',
                  "fluid.layers.conv2d(x, 6, 3, padding=1, bias_attr=False)",
                  _layer("nn.Conv2D(4, 6, 3, padding=1, bias_attr=False)"),
                  _layer('keras.layers.Conv2D(6, 3, padding="same", use_bias=False)'),
                  _layer("nn.Conv2d(4, 6, 3, padding=1, bias=False)"), **OF_KERNEL),
            _case("Halve the map: zeros on both sides", KERNEL,
                  "x = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])\n"
                  "y = tf.layers.conv2d(x, 6, 3, strides=2, use_bias=False)",
                  "fluid.layers.conv2d(x, 6, 3, stride=2, padding=1, bias_attr=False)",
                  _layer("nn.Conv2D(4, 6, 3, stride=2, padding=1, bias_attr=False)"),
                  "pad = keras.layers.ZeroPadding2D(1)\n"
                  "layer = keras.layers.Conv2D(6, 3, strides=2, use_bias=False)\n\ny = layer(pad(x))",
                  _layer("nn.Conv2d(4, 6, 3, stride=2, padding=1, bias=False)"), **OF_KERNEL),
            _case('Halve the map: TensorFlow\'s "same", on an even map', KERNEL,
                  'tf.layers.conv2d(x, 6, 3, strides=2, padding="same", use_bias=False)',
                  'fluid.layers.conv2d(x, 6, 3, stride=2, padding="SAME", bias_attr=False)',
                  _layer('nn.Conv2D(4, 6, 3, stride=2, padding="SAME", bias_attr=False)'),
                  _layer('keras.layers.Conv2D(6, 3, strides=2, padding="same", use_bias=False)'),
                  "layer = nn.Conv2d(4, 6, 3, stride=2, bias=False)\n\n"
                  "y = layer(F.pad(x, (0, 1, 0, 1)))", **OF_KERNEL),
        ),
        ("The two ways to halve have equal shapes and other numbers: [the pitfall]"
         "(pitfalls.md#same_at_stride_2).", "A fresh kernel has a deviation of {conv_kernel}."),
    ),
    Concept(
        "pooling", "Pooling",
        "A maximum or a mean over windows. What differs is the stride when none is given, and whether "
        "padding counts in the mean.",
        (("window", "`pool_size`", "`pool_size`", "`kernel_size`", "`pool_size`", "`kernel_size`"),
         ("kind", "a function each", '`pool_type="max"`', "a class each", "a class each",
          "a class each"),
         ("stride, left out", "must be given", "1", "the window", "the window", "the window")),
        (
            _case("Halve by a maximum", MAPS, "tf.layers.max_pooling2d(x, 2, 2)",
                  "fluid.layers.pool2d(x, 2, pool_stride=2)", "F.max_pool2d(x, 2)",
                  _layer("keras.layers.MaxPooling2D(2)"), "F.max_pool2d(x, 2)", images=True),
            _case("A mean whose padding does not count", MAPS,
                  'tf.layers.average_pooling2d(x, 3, 1, padding="same")',
                  'fluid.layers.pool2d(x, 3, "avg", pool_padding=1)',
                  "F.avg_pool2d(x, 3, stride=1, padding=1)",
                  _layer('keras.layers.AveragePooling2D(3, 1, padding="same")'),
                  "F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)", images=True,
                  dtype="float32"),
            _case("A mean over the whole map", MAPS, "tf.reduce_mean(x, [1, 2])",
                  "fluid.layers.reduce_mean(x, [2, 3])", "x.mean([2, 3])",
                  _layer("keras.layers.GlobalAveragePooling2D()"), "x.mean((2, 3))", images=True),
        ),
        ("In an average the padding is {avg_pool_padding}.", "A pool of 2 that is told no stride strides by {pool_stride}; that is `tf.keras` in TF 1, "
         "where `tf.layers` must be told."),
    ),
    Concept(
        "batch-normalization", "Batch normalization",
        "Values are normalized by their batch in training, by running averages in evaluation. Who says "
        "which of the two, and who moves the averages, differs.",
        (("training is said by", "`training=`", "`is_test`, `clone(for_test=True)`", "`.train()`",
          "`training=`", "`.train()`"),
         ("momentum weighs", "the old average", "the old average", "the old average",
          "the old average", "the new value"),
         ("averages move", "by `UPDATE_OPS`", "by themselves", "by themselves", "by themselves",
          "by themselves")),
        (
            _case("By the batch, epsilon 1e-5", {"x": real(8, 6)},
                  "tf.layers.batch_normalization(x, epsilon=1e-5, training=True)",
                  "fluid.layers.batch_norm(x)", _layer("nn.BatchNorm1D(6)"),
                  _layer("keras.layers.BatchNormalization(epsilon=1e-5)", "layer(x, training=True)"),
                  _layer("nn.BatchNorm1d(6)"), dtype="float32"),
            _case("In evaluation, fresh", {"x": real(8, 6)},
                  "tf.layers.batch_normalization(x, epsilon=1e-5, training=False)",
                  "fluid.layers.batch_norm(x, is_test=True)",
                  "layer = nn.BatchNorm1D(6)\nlayer.eval()\n\ny = layer(x)",
                  _layer("keras.layers.BatchNormalization(epsilon=1e-5)", "layer(x, training=False)"),
                  "layer = nn.BatchNorm1d(6)\nlayer.eval()\n\ny = layer(x)", gradients=False, dtype="float32"),
        ),
        ("Epsilon, left out, is {bn_epsilon}; the old average weighs {bn_momentum}.",
         "The running variance of pictures is {bn_variance}: [the pitfall](pitfalls.md#variance)."),
    ),
    Concept(
        "dense", "Dense layers",
        "A matrix and a bias. PyTorch keeps the matrix as (out, in), the others as (in, out).",
        (("width", "`units`", "`size`", "`out_features`", "`units`", "`out_features`"),
         ("matrix", "(in, out)", "(in, out)", "(in, out)", "(in, out)", "(out, in)"),
         ("of a map", "its last axis", "all axes, flattened", "its last axis", "its last axis",
          "its last axis")),
        (
            _case("With a matrix and a bias", {"x": real(5, 6), "w": real(4, 6, seed=1),
                  "b": real(4, seed=2)}, "tf.layers.dense(x, 4)", "fluid.layers.fc(x, 4)",
                  _layer("nn.Linear(6, 4)"), _layer("keras.layers.Dense(4)"),
                  _layer("nn.Linear(6, 4)"), layouts={"w": "dense"}, weights=("w", "b")),
        ),
        ("A square matrix fits either way round: [the pitfall](pitfalls.md#transposed_square).",
         "Fresh weights, 256 to 128, have a deviation of {dense_kernel}."),
    ),
    Concept(
        "flatten", "Flatten",
        "A map becomes a row of features, in the order in which it lies. NHWC and NCHW lie in other "
        "orders, so that the dense layer behind has other rows.",
        (("order", "H, W, C", "C, H, W", "C, H, W", "H, W, C", "C, H, W"),),
        (
            _case("In TensorFlow's order", MAPS, "tf.layers.flatten(x)",
                  "fluid.layers.flatten(fluid.layers.transpose(x, [0, 2, 3, 1]))",
                  "x.transpose([0, 2, 3, 1]).flatten(1)", _layer("keras.layers.Flatten()"),
                  "x.permute(0, 2, 3, 1).flatten(1)", images=True),
            _case("In the others' order", MAPS,
                  "tf.layers.flatten(tf.transpose(x, [0, 3, 1, 2]))", "fluid.layers.flatten(x)",
                  "x.flatten(1)", _layer("keras.layers.Flatten()", "layer(tf.transpose(x, [0, 3, 1, 2]))"),
                  "x.flatten(1)", images=True),
        ),
        ("Shapes agree either way: [the pitfall](pitfalls.md#flatten_order).",),
    ),
    Concept(
        "dropout", "Dropout",
        "Some values become zero in training. In Fluid the rest stays as it is and everything shrinks "
        "at inference, in the others it grows in training.",
        (("rate is of", "what is dropped", "what is dropped", "what is dropped", "what is dropped",
          "what is dropped"),
         ("`tf.nn.dropout`", "its `keep_prob` is of what stays", "–", "–", "–", "–")),
        (
            _case("At inference nothing happens", {"x": real(4, 6)},
                  "tf.layers.dropout(x, 0.5, training=False)",
                  'fluid.layers.dropout(\n    x, 0.5, is_test=True, dropout_implementation="upscale_in_train")',
                  "F.dropout(x, 0.5, training=False)",
                  _layer("keras.layers.Dropout(0.5)", "layer(x, training=False)"),
                  "F.dropout(x, 0.5, training=False)", gradients=False),
        ),
        ("In training what is kept is times {dropout_training}, at inference everything times "
         "{dropout_inference}.",),
    ),
    Concept(
        "activations", "Activations with a number in them",
        "ReLU is ReLU everywhere. What has a slope or a cap has another default in each framework.",
        (("leaky slope", "`alpha`", "`alpha`", "`negative_slope`", "`negative_slope`",
          "`negative_slope`"),),
        (
            _case("Leaky ReLU of slope 0.1", {"x": real(4, 6)}, "tf.nn.leaky_relu(x, 0.1)",
                  "fluid.layers.leaky_relu(x, 0.1)", "F.leaky_relu(x, 0.1)",
                  "keras.ops.leaky_relu(x, 0.1)", "F.leaky_relu(x, 0.1)"),
            _case("ReLU6", {"x": real(4, 6) * 5}, "tf.nn.relu6(x)", "fluid.layers.relu6(x)",
                  "F.relu6(x)", "keras.ops.relu6(x)", "F.relu6(x)"),
        ),
        ("Leaky ReLU's slope, left out, is {leaky_slope}; Keras' is that of its layer, its function has "
         "another. Hard sigmoid's is {hard_sigmoid_slope}.",),
    ),
    Concept(
        "softmax-and-loss", "Softmax and cross-entropy",
        "Some losses take logits, some the probabilities behind a softmax. Given the wrong one, nothing "
        "raises and training goes on, slowly.",
        (("takes", "logits", "logits, by this name", "logits", "probabilities, unless told",
          "logits"),
         ("labels", "(N,)", "(N, 1)", "(N,)", "(N,)", "(N,)"),
         ("gives", "one a sample; `tf.losses` the mean", "one a sample", "the mean",
          "one a sample; as an object the mean", "the mean")),
        (
            _case("Mean cross-entropy of logits", LOGITS,
                  "tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(\n    labels=l, logits=x))",
                  "loss = fluid.layers.softmax_with_cross_entropy(x, " + COLUMN + ")\n"
                  "y = fluid.layers.reshape(fluid.layers.mean(loss), [1])",
                  "F.cross_entropy(x, l)",
                  "keras.ops.mean(keras.losses.sparse_categorical_crossentropy(\n"
                  "    l, x, from_logits=True))", "F.cross_entropy(x, l)", fixed=("l",)),
        ),
        ("Cross-entropy takes {cross_entropy_takes} by default (in Fluid `cross_entropy`): [the pitfall]"
         "(pitfalls.md#double-softmax).", "A batch's losses are reduced to {cross_entropy_reduction}: "
         "[the pitfall](pitfalls.md#loss-summed)."),
    ),
    Concept(
        "l2", "L2: in the loss or on the gradient",
        "TensorFlow 1 adds half a sum of squares to the loss; Fluid, Paddle and PyTorch add λw to the "
        "gradient. Keras' factor is of the whole sum.",
        (("written as", "`tf.nn.l2_loss`", "`L2Decay`", "`weight_decay=`", "`regularizers.L2`",
          "`weight_decay=`"),),
        (
            _case("Half the sum of squares, times 0.1", {"x": real(4, 6)}, "0.1 * tf.nn.l2_loss(x)",
                  "0.05 * fluid.layers.reduce_sum(fluid.layers.square(x))", "0.05 * (x * x).sum()",
                  "keras.regularizers.L2(0.05)(x)", "0.05 * (x * x).sum()"),
        ),
        ("The gradient of a term of factor λ is, in λw, {sgd_l2}: [the pitfall]"
         "(pitfalls.md#l2-in-the-loss-and-on-the-gradient).",),
    ),
    Concept(
        "momentum", "Momentum",
        "The velocity remembers gradients. Keras keeps the rate within it, the others beside it: they "
        "are alike until the rate drops.",
        (("rate within the velocity", "no", "no", "no", "yes", "no"),),
        (
            _case("Five steps at one rate", STEPS, "optimizer = tf.train.MomentumOptimizer(0.1, 0.9)",
                  "optimizer = fluid.optimizer.Momentum(0.1, 0.9)",
                  "optimizer = paddle.optimizer.Momentum(0.1, 0.9, parameters=[w])",
                  "optimizer = keras.optimizers.SGD(0.1, momentum=0.9)",
                  "optimizer = torch.optim.SGD([w], 0.1, momentum=0.9)", **TRAINED),
            _case("Five steps, Nesterov", STEPS,
                  "optimizer = tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True)",
                  "optimizer = fluid.optimizer.Momentum(0.1, 0.9, use_nesterov=True)",
                  "optimizer = paddle.optimizer.Momentum(\n    0.1, 0.9, parameters=[w], use_nesterov=True)",
                  "optimizer = keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True)",
                  "optimizer = torch.optim.SGD([w], 0.1, momentum=0.9, nesterov=True)", **TRAINED),
        ),
        ("They part when the rate changes: [the pitfall](pitfalls.md#rate-within-the-velocity).",),
    ),
    Concept(
        "adam", "Adam",
        "Epsilon stands beside the corrected root in PyTorch and Paddle, beside the uncorrected one in "
        "TensorFlow and Fluid. With gradients of everyday size nobody sees it.",
        (("epsilon", "1e-8", "1e-8", "1e-8", "1e-7", "1e-8"),),
        (
            _case("Five steps on gradients of everyday size", STEPS,
                  "optimizer = tf.train.AdamOptimizer(0.1)", "optimizer = fluid.optimizer.Adam(0.1)",
                  "optimizer = paddle.optimizer.Adam(0.1, parameters=[w])",
                  "optimizer = keras.optimizers.Adam(0.1)", "optimizer = torch.optim.Adam([w], 0.1)",
                  **TRAINED),
        ),
        ("A vanishing gradient is first divided by {adam_denominator}: [the pitfall]"
         "(pitfalls.md#epsilon-at-another-place).",),
    ),
    Concept(
        "gate", "A gate on channels (squeeze and excitation)",
        "One number per channel multiplies its map. The frameworks line shapes up from the right; Fluid "
        "can from the left, by an axis.",
        (("broadcast", "from the right", "`axis=0`: from the left", "from the right",
          "from the right", "from the right"),),
        (
            _case("A gate times its map", MAPS | {"s": real(2, 4, seed=3)},
                  "x * s[:, None, None, :]", "fluid.layers.elementwise_mul(x, s, axis=0)",
                  "x * s.unsqueeze([2, 3])", "x * s[:, None, None, :]", "x * s[:, :, None, None]",
                  images=True),
        ),
        ("A gate of (N, C) against a map of (N, H, W, C) fails loudly, unless sizes happen to fit.",),
    ),
    Concept(
        "shortcut", "A shortcut that halves and widens",
        "Without a projection the shortcut is pooled, and padded with channels of zeros on both sides. "
        "PyTorch counts axes of a pad from the last, TensorFlow from the first.",
        (("pad", "a pair an axis", "numbers, first axis first", "8 numbers: first axis first; 4: last axis first",
          "a pair an axis", "numbers, last axis first"),),
        (
            _case("Two channels more on each side", MAPS,
                  "tf.pad(x, [[0, 0], [0, 0], [0, 0], [2, 2]])",
                  "fluid.layers.pad(x, [0, 0, 2, 2, 0, 0, 0, 0])",
                  "F.pad(x, [0, 0, 2, 2, 0, 0, 0, 0])",
                  "keras.ops.pad(x, [[0, 0], [0, 0], [0, 0], [2, 2]])",
                  "F.pad(x, (0, 0, 0, 0, 2, 2))", images=True),
        ),
        ("Padded on one side, shapes agree: [the pitfall](pitfalls.md#pad_on_one_side).",),
    ),
    Concept(
        "resizing", "Resizing",
        "Where the cells of the larger map lie: on corners, on half pixels, or as they fall. Each was "
        "somebody's default.",
        (("bilinear", "`align_corners=False`", "`align_corners=True`", "half pixels", "half pixels",
          "half pixels"),),
        (
            _case("Bilinear, corners aligned", {"x": real(1, 2, 4, 5)},
                  "tf.image.resize_bilinear(x, [7, 9], align_corners=True)",
                  "fluid.layers.resize_bilinear(x, [7, 9])",
                  'F.interpolate(x, [7, 9], mode="bilinear", align_corners=True)',
                  "tf.compat.v1.image.resize_bilinear(x, [7, 9], align_corners=True)",
                  'F.interpolate(x, [7, 9], mode="bilinear", align_corners=True)', images=True,
                  dtype="float32"),
        ),
        ("By default, from 4 to 8: {resize_corners}.",),
    ),
    Concept(
        "labels", "Labels and accuracy",
        "Fluid wants labels as a column, the others as a row. One-hot labels have a function each.",
        (("labels", "(N,)", "(N, 1)", "(N,) or (N, 1)", "(N,)", "(N,)"),),
        (
            _case("One-hot", {"l": whole(5, below=4)}, "tf.one_hot(l, 4)",
                  "fluid.layers.one_hot(" + COLUMN + ", 4)", "F.one_hot(l, 4)",
                  "keras.ops.one_hot(l, 4)", "F.one_hot(l, 4).float()", gradients=False,
                  dtype="float32"),
            _case("How many are right", LOGITS,
                  "tf.reduce_sum(tf.cast(tf.equal(tf.argmax(x, 1), l), tf.int32))",
                  "right = fluid.layers.equal(fluid.layers.argmax(x, 1), l)\n"
                  'y = fluid.layers.reduce_sum(fluid.layers.cast(right, "int32"))',
                  '(x.argmax(1) == l).astype("int32").sum()',
                  "keras.ops.sum(keras.ops.cast(keras.ops.argmax(x, 1) == keras.ops.cast(\n"
                  '    l, "int32"), "int32"))', "(x.argmax(1) == l).int().sum()", gradients=False),
        ),
        ("`fluid.layers.argmax` takes axis 0 where none is given, `paddle.argmax` all of it: "
         "[Fluid → Paddle 3](fluid-to-paddle-3.md).",),
    ),
)  # fmt: skip


def cases() -> dict[str, Case]:
    """Return every case by "concept/number"."""
    return {
        f"{concept.name}/{number}": each
        for concept in CONCEPTS
        for number, each in enumerate(concept.cases)
    }
