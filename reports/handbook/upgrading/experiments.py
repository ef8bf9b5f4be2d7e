"""Small experiments on rows of the table: Fluid's call, and the one that the table names for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from reports.handbook.rows import Array, Row, Way, real, ways, whole
from reports.handbook.upgrading.table import renamed

X = {"x": real(4, 6)}
POSITIVE = {"x": real(4, 6, low=0.1)}
SMALL = {"x": real(4, 6, low=-0.9, high=0.9)}
PAIR = {"a": real(4, 6), "b": real(4, 6, seed=1)}
NEAR = {"a": real(4, 6), "b": real(4, 6, seed=1, low=0.5)}
LOGIC = {"a": real(4, 6) > 0, "b": real(4, 6, seed=1) > 0}
MAPS = {"x": real(2, 4, 7, 7)}
STEPS = {"w": real(6), "g": real(5, 6, seed=1)}
TINY = 1e-6  # of gradients beside which an epsilon shows
LABELS = whole(5, 1, below=4)
Calls = Mapping[str, "str | tuple[Way, ...]"]

# One argument, the same in both; Fluid's name says it all.
OF_ONE = {
    "abs ceil cos erf exp floor gelu hard_shrink hard_swish logsigmoid "
    "relu relu6 reciprocal round selu sigmoid sign sin softplus softshrink softsign square stanh "
    "swish tanh tanh_shrink thresholded_relu elu softmax log_softmax ones_like zeros_like "
    "logsumexp isfinite has_inf has_nan is_empty rank shape size": X,
    "log log1p rsqrt sqrt": POSITIVE,
    "acos asin atan": SMALL,
}
OF_TWO = {
    "elementwise_add elementwise_sub elementwise_mul elementwise_max elementwise_min "
    "less_than less_equal greater_than greater_equal equal not_equal": PAIR,
    "elementwise_div": NEAR,
    "logical_and logical_or logical_xor": LOGIC,
}


def _row(inputs: Mapping[str, Array], fluid: Any, paddle: Any, **named: Any) -> Row:
    calls = {"fluid": fluid, "paddle": paddle}
    found = {name: ways(each) if isinstance(each, str) else each for name, each in calls.items()}
    return Row(0, found, dict(inputs), **named)


def _target(name: str) -> str:
    return next(each.targets[0] for each in renamed() if each.short == name)


def _plain() -> dict[str, Row]:
    """Return the rows whose two calls differ in their names alone."""
    found = {}
    for names, inputs in OF_ONE.items():
        for name in names.split():
            call = f"{_target(f'fluid.layers.{name}')}(x)"
            found[f"fluid.layers.{name}"] = _row(inputs, f"fluid.layers.{name}(x)", call)
    for names, inputs in OF_TWO.items():
        for name in names.split():
            call = f"{_target(f'fluid.layers.{name}')}(a, b)"
            found[f"fluid.layers.{name}"] = _row(inputs, f"fluid.layers.{name}(a, b)", call)
    return found


def _reductions() -> dict[str, Row]:
    found = {}
    for name in "sum mean max min prod".split():
        target = _target(f"fluid.layers.reduce_{name}")
        found[f"fluid.layers.reduce_{name}"] = _row(
            X, f"fluid.layers.reduce_{name}(x)", f"{target}(x)"
        )
    for name in "all any".split():
        found[f"fluid.layers.reduce_{name}"] = _row(
            {"x": real(4, 6) > 0}, f"fluid.layers.reduce_{name}(x)", f"paddle.{name}(x)"
        )
    return found


def _optimizers() -> dict[str, Row]:
    """Return optimizers by their defaults, five steps on given gradients."""
    found = {}
    plain = {"Adadelta": "", "Adagrad": "0.1, ", "Adam": "0.1, ", "Adamax": "0.1, ",
             "RMSProp": "0.1, ", "SGD": "0.1, "}  # fmt: skip
    for name, rate in plain.items():
        for fluid in (name, f"{name}Optimizer"):
            first = rate.rstrip(", ") or "0.001"
            call = f"optimizer = fluid.optimizer.{fluid}({first})"
            paddle = f"optimizer = paddle.optimizer.{name}({rate}parameters=[w])"
            found[f"fluid.optimizer.{fluid}"] = _steps(call, paddle, 1.0 if name == "SGD" else TINY)
    for fluid in ("Momentum", "MomentumOptimizer"):
        found[f"fluid.optimizer.{fluid}"] = _steps(
            f"optimizer = fluid.optimizer.{fluid}(0.1, 0.9)",
            "optimizer = paddle.optimizer.Momentum(0.1, 0.9, parameters=[w])",
        )
    for fluid in ("L2Decay", "L2DecayRegularizer", "L1Decay", "L1DecayRegularizer"):
        name = fluid.removesuffix("Regularizer")
        found[f"fluid.regularizer.{fluid}"] = _steps(
            f"optimizer = fluid.optimizer.SGD(\n    0.1, regularization=fluid.regularizer.{fluid}(0.5))",
            "optimizer = paddle.optimizer.SGD(\n"
            f"    0.1, parameters=[w], weight_decay=paddle.regularizer.{name}(0.5))",
        )
    for name in ("Norm", "GlobalNorm", "Value"):
        found[f"fluid.clip.GradientClipBy{name}"] = _steps(
            f"optimizer = fluid.optimizer.SGD(\n    0.1, grad_clip=fluid.clip.GradientClipBy{name}(0.5))",
            f"optimizer = paddle.optimizer.SGD(\n    0.1, parameters=[w], grad_clip=paddle.nn.ClipGradBy{name}(0.5))",
        )
    return {name: each for name, each in found.items() if any(r.short == name for r in renamed())}


def _steps(fluid: str, paddle: str, scale: float = 1.0) -> Row:
    given = STEPS | {"g": STEPS["g"] * scale}
    return _row(given, fluid, paddle, optimizer=True, gradients=False, dtype="float32")


def _initializers() -> dict[str, Row]:
    """Return initializers by their defaults, as they fill a matrix."""
    names = {
        "Constant ConstantInitializer": "Constant", "Normal NormalInitializer": "Normal",
        "Uniform UniformInitializer": "Uniform", "Xavier XavierInitializer": "XavierUniform",
        "MSRA MSRAInitializer": "KaimingUniform",
        "TruncatedNormal TruncatedNormalInitializer": "TruncatedNormal",
    }  # fmt: skip
    found = {}
    for fluids, paddle in names.items():
        for fluid in fluids.split():
            found[f"fluid.initializer.{fluid}"] = _row(
                {}, 'fluid.layers.create_parameter(\n    [256, 512], "float32", '
                f"default_initializer=fluid.initializer.{fluid}())",
                'paddle.create_parameter(\n    [256, 512], "float32", '
                f"default_initializer=nn.initializer.{paddle}())",
                drawn=True, gradients=False, dtype="float32",
            )  # fmt: skip
    return found


KERNEL = {"layouts": {"w": "kernel"}, "weights": ("w",)}
DENSE = {"layouts": {"w": "dense"}, "weights": ("w",)}
OWN: dict[str, Row] = {
    "fluid.layers.fc": _row(
        {"x": real(8, 6), "w": real(4, 6, seed=1)}, "fluid.layers.fc(x, 4)",
        ways("layer = nn.Linear(6, 4)\n\ny = layer(x)"), **DENSE),
    "fluid.layers.conv2d": _row(
        MAPS | {"w": real(5, 4, 3, 3, seed=1)}, "fluid.layers.conv2d(x, 5, 3)",
        "layer = nn.Conv2D(4, 5, 3)\n\ny = layer(x)", **KERNEL),
    "fluid.layers.pool2d": _row(
        MAPS, "fluid.layers.pool2d(x, 2)",
        ways("F.max_pool2d(x, 2)", {"stride=1": "F.max_pool2d(x, 2, stride=1)"})),
    "fluid.layers.adaptive_pool2d": _row(
        MAPS, "fluid.layers.adaptive_pool2d(x, 3)", "F.adaptive_max_pool2d(x, 3)"),
    "fluid.layers.batch_norm": _row(
        {"x": real(8, 6)}, "fluid.layers.batch_norm(x)",
        "layer = nn.BatchNorm1D(6)\n\ny = layer(x)", state=True, dtype="float32"),
    "fluid.layers.layer_norm": _row(
        {"x": real(8, 6)}, "fluid.layers.layer_norm(x)", "layer = nn.LayerNorm(6)\n\ny = layer(x)"),
    "fluid.layers.group_norm": _row(
        MAPS, "fluid.layers.group_norm(x, 2)", "layer = nn.GroupNorm(2, 4)\n\ny = layer(x)"),
    "fluid.layers.instance_norm": _row(
        MAPS, "fluid.layers.instance_norm(x)", "layer = nn.InstanceNorm2D(4)\n\ny = layer(x)"),
    "fluid.layers.dropout": _row(
        {"x": real(400, 50)}, "fluid.layers.dropout(x, 0.3)",
        ways("F.dropout(x, 0.3)", {'mode="downscale_in_infer"':
             'F.dropout(x, 0.3, mode="downscale_in_infer")'}),
        drawn=True, gradients=False, dtype="float32"),
    "fluid.layers.lrn": _row(MAPS, "fluid.layers.lrn(x)", ways("F.local_response_norm(x, 5)", {
        "alpha=5e-4": "F.local_response_norm(x, 5, alpha=5e-4)"}),
                             dtype="float32"),
    "fluid.layers.prelu": _row(
        MAPS | {"w": np.full((1,), 0.3)}, 'fluid.layers.prelu(x, "all")',
        "layer = nn.PReLU()\n\ny = layer(x)", weights=("w",)),
    "fluid.layers.leaky_relu": _row(
        X, "fluid.layers.leaky_relu(x)",
        ways("F.leaky_relu(x)", {"negative_slope=0.02": "F.leaky_relu(x, negative_slope=0.02)"})),
    "fluid.layers.hard_sigmoid": _row(
        X, "fluid.layers.hard_sigmoid(x)",
        ways("F.hardsigmoid(x)", {"slope=0.2": "F.hardsigmoid(x, slope=0.2)"})),
    "fluid.layers.maxout": _row(MAPS, "fluid.layers.maxout(x, 2)", "F.maxout(x, 2)"),
    "fluid.layers.pixel_shuffle": _row(
        MAPS, "fluid.layers.pixel_shuffle(x, 2)", "F.pixel_shuffle(x, 2)"),
    "fluid.layers.unfold": _row(MAPS, "fluid.layers.unfold(x, 3)", "F.unfold(x, 3)"),
    "fluid.layers.interpolate": _row(
        {"x": real(1, 2, 4, 5)}, "fluid.layers.interpolate(x, [7, 11])",
        ways('F.interpolate(x, [7, 11], mode="bilinear")', {"align_corners=True":
             'F.interpolate(x, [7, 11], mode="bilinear", align_corners=True)'}), dtype="float32"),
    "fluid.layers.pad": _row(
        {"x": real(3, 4)}, "fluid.layers.pad(x, [0, 1, 2, 0])",
        ways("F.pad(x, [0, 1, 2, 0])", {"pad_from_left_axis=True":
             "F.pad(x, [0, 1, 2, 0], pad_from_left_axis=True)"})),
    "fluid.layers.pad2d": _row(
        MAPS, "fluid.layers.pad2d(x, [1, 2, 3, 0])",
        ways("F.pad(x, [1, 2, 3, 0])", {"left and right first": "F.pad(x, [3, 0, 1, 2])"})),
    "fluid.layers.cross_entropy": _row(
        {"x": real(5, 4, low=0.1, high=0.9), "l": LABELS}, "fluid.layers.cross_entropy(x, l)",
        ways("F.cross_entropy(x, l)", {'use_softmax=False, reduction="none"':
             'F.cross_entropy(x, l, use_softmax=False, reduction="none")'})),
    "fluid.layers.softmax_with_cross_entropy": _row(
        {"x": real(5, 4), "l": LABELS}, "fluid.layers.softmax_with_cross_entropy(x, l)",
        ways("F.cross_entropy(x, l)", {'reduction="none"':
             'F.cross_entropy(x, l, reduction="none")'})),
    "fluid.layers.sigmoid_cross_entropy_with_logits": _row(
        {"x": real(5, 4), "l": (real(5, 4, seed=1) > 0).astype("float64")},
        "fluid.layers.sigmoid_cross_entropy_with_logits(x, l)",
        ways("F.binary_cross_entropy(x, l)", recipe="F.binary_cross_entropy_with_logits(\n"
             '    x, l, reduction="none")'), fixed=("l",)),
    "fluid.layers.mse_loss": _row(PAIR, "fluid.layers.mse_loss(a, b)", "F.mse_loss(a, b)"),
    "fluid.layers.square_error_cost": _row(
        PAIR, "fluid.layers.square_error_cost(a, b)", "F.square_error_cost(a, b)"),
    "fluid.layers.log_loss": _row(
        {"x": real(5, 1, low=0.1, high=0.9), "l": (real(5, 1, seed=1) > 0).astype("float32")},
        "fluid.layers.log_loss(x, l)", "F.log_loss(x, l)", fixed=("l",), dtype="float32"),
    "fluid.layers.kldiv_loss": _row(
        {"x": real(5, 4), "l": real(5, 4, seed=1, low=0.1)}, "fluid.layers.kldiv_loss(x, l)",
        "F.kl_div(x, l)", fixed=("l",)),
    "fluid.layers.smooth_l1": _row(
        PAIR, "fluid.layers.smooth_l1(a, b)",
        ways("F.smooth_l1_loss(a, b)", recipe='F.smooth_l1_loss(a, b, reduction="none").sum(\n'
             "    1, keepdim=True)"), fixed=("b",), dtype="float32"),
    "fluid.layers.margin_rank_loss": _row(
        {"l": np.sign(real(5, 1, seed=2)), "a": real(5, 1), "b": real(5, 1, seed=1)},
        "fluid.layers.margin_rank_loss(l, a, b)",
        ways("F.margin_ranking_loss(l, a, b)", {'(a, b, l), margin=0.1, reduction="none"':
             'F.margin_ranking_loss(a, b, l, margin=0.1, reduction="none")'}),
        fixed=("l",), dtype="float32"),
    "fluid.layers.label_smooth": _row(
        {"x": np.eye(4)[[0, 2, 1]]}, "fluid.layers.label_smooth(x)", "F.label_smooth(x)"),
    "fluid.layers.cos_sim": _row(
        PAIR, "fluid.layers.cos_sim(a, b)", "F.cosine_similarity(a, b)", dtype="float32"),
    "fluid.layers.matmul": _row(
        {"a": real(3, 4), "b": real(4, 5, seed=1)}, "fluid.layers.matmul(a, b)",
        "paddle.matmul(a, b)"),
    "fluid.layers.mul": _row(
        {"a": real(2, 3, 4), "b": real(12, 5, seed=1)}, "fluid.layers.mul(a, b)",
        ways("paddle.matmul(a, b)", recipe="paddle.matmul(a.flatten(1), b)")),
    "fluid.layers.argmax": _row(
        X, "fluid.layers.argmax(x)", ways("paddle.argmax(x)", {"axis=0": "paddle.argmax(x, axis=0)"})),
    "fluid.layers.argmin": _row(
        X, "fluid.layers.argmin(x)", ways("paddle.argmin(x)", {"axis=0": "paddle.argmin(x, axis=0)"})),
    "fluid.layers.argsort": _row(
        X, "fluid.layers.argsort(x)",
        ways("paddle.argsort(x)", recipe="paddle.sort(x), paddle.argsort(x)")),
    "fluid.layers.cumsum": _row(
        X, "fluid.layers.cumsum(x)", ways("paddle.cumsum(x)", {"axis=-1": "paddle.cumsum(x, axis=-1)"})),
    "fluid.layers.topk": _row(X, "fluid.layers.topk(x, 2)", "paddle.topk(x, 2)"),
    "fluid.layers.clip": _row(X, "fluid.layers.clip(x, -1.0, 1.0)", "paddle.clip(x, -1.0, 1.0)"),
    "fluid.layers.clip_by_norm": _row(
        X, "fluid.layers.clip_by_norm(x, 1.0)", "nn.clip.clip_by_norm(x, 1.0)", dtype="float32"),
    "fluid.layers.cast": _row(
        X, 'fluid.layers.cast(x, "float32")', 'paddle.cast(x, "float32")', dtype="float64"),
    "fluid.layers.scale": _row(X, "fluid.layers.scale(x, 2.0, 1.0)", "paddle.scale(x, 2.0, 1.0)"),
    "fluid.layers.pow": _row(POSITIVE, "fluid.layers.pow(x, 3.0)", "paddle.pow(x, 3.0)"),
    "fluid.layers.elementwise_pow": _row(
        {"a": real(4, 6, low=0.2), "b": real(4, 6, seed=1)},
        "fluid.layers.elementwise_pow(a, b)", "paddle.pow(a, b)"),
    "fluid.layers.elementwise_mod": _row(
        {"a": whole(4, 6, below=50) - 25, "b": whole(4, 6, below=5, seed=1) + 1},
        "fluid.layers.elementwise_mod(a, b)",
        ways("paddle.mod(a, b)", recipe='a - b * paddle.trunc(a / b).astype("int64")')),
    "fluid.layers.elementwise_floordiv": _row(
        {"a": whole(4, 6, below=50) - 25, "b": whole(4, 6, below=5, seed=1) + 1},
        "fluid.layers.elementwise_floordiv(a, b)",
        ways("paddle.floor_divide(a, b)", recipe='paddle.trunc(a / b).astype("int64")')),
    "fluid.layers.mean": _row(X, "fluid.layers.mean(x)", "paddle.mean(x)"),
    "fluid.layers.sums": _row(PAIR, "fluid.layers.sums([a, b])", "paddle.add_n([a, b])"),
    "fluid.layers.concat": _row(PAIR, "fluid.layers.concat([a, b])", "paddle.concat([a, b])"),
    "fluid.layers.stack": _row(PAIR, "fluid.layers.stack([a, b])", "paddle.stack([a, b])"),
    "fluid.layers.split": _row(
        X, "fluid.layers.split(x, 2)",
        ways("paddle.split(x, 2)", {"axis=-1": "paddle.split(x, 2, axis=-1)"})),
    "fluid.layers.unstack": _row(X, "fluid.layers.unstack(x)", "paddle.unstack(x)"),
    "fluid.layers.reshape": _row(X, "fluid.layers.reshape(x, [3, 8])", "paddle.reshape(x, [3, 8])"),
    "fluid.layers.transpose": _row(
        X, "fluid.layers.transpose(x, [1, 0])", "paddle.transpose(x, [1, 0])"),
    "fluid.layers.flatten": _row(
        MAPS, "fluid.layers.flatten(x)",
        ways("paddle.flatten(x)", {"start_axis=1": "paddle.flatten(x, start_axis=1)"})),
    "fluid.layers.squeeze": _row(
        {"x": real(3, 1, 4)}, "fluid.layers.squeeze(x, [1])", "paddle.squeeze(x, [1])"),
    "fluid.layers.unsqueeze": _row(
        X, "fluid.layers.unsqueeze(x, [1])", "paddle.unsqueeze(x, [1])"),
    "fluid.layers.expand": _row(
        X, "fluid.layers.expand(x, [2, 3])",
        ways("paddle.expand(x, [2, 3])", recipe="paddle.tile(x, [2, 3])")),
    "fluid.layers.expand_as": _row(
        {"x": real(1, 6), "t": real(4, 6, seed=1)}, "fluid.layers.expand_as(x, t)",
        "paddle.expand_as(x, t)", fixed=("t",)),
    "fluid.layers.gather": _row(
        X | {"i": np.array([2, 0], "int64")}, "fluid.layers.gather(x, i)", "paddle.gather(x, i)"),
    "fluid.layers.gather_nd": _row(
        X | {"i": np.array([[2, 1], [0, 3]], "int64")}, "fluid.layers.gather_nd(x, i)",
        "paddle.gather_nd(x, i)"),
    "fluid.layers.scatter": _row(
        X | {"i": np.array([2, 0], "int64"), "u": real(2, 6, seed=1)},
        "fluid.layers.scatter(x, i, u)", "paddle.scatter(x, i, u)"),
    "fluid.layers.slice": _row(
        X, "fluid.layers.slice(x, [0, 1], [1, 2], [3, 5])", "paddle.slice(x, [0, 1], [1, 2], [3, 5])"),
    "fluid.layers.strided_slice": _row(
        X, "fluid.layers.strided_slice(x, [1], [0], [6], [2])",
        "paddle.strided_slice(x, [1], [0], [6], [2])"),
    "fluid.layers.where": _row(
        {"x": real(4, 6) > 0}, "fluid.layers.where(x)",
        ways("paddle.where(x)", recipe="paddle.nonzero(x)")),
    "fluid.layers.one_hot": _row(
        {"l": LABELS}, "fluid.layers.one_hot(l, 4)",
        ways("F.one_hot(l, 4)", recipe="F.one_hot(l.squeeze(1), 4)")),
    "fluid.one_hot": _row({"l": LABELS}, "fluid.one_hot(l, 4)", "F.one_hot(l, 4)"),
    "fluid.embedding": _row(
        {"l": LABELS, "w": real(4, 3)}, "fluid.embedding(l, [4, 3])",
        "layer = nn.Embedding(4, 3)\n\ny = layer(l)", weights=("w",)),
    "fluid.layers.embedding": _row(
        {"l": LABELS, "w": real(4, 3)}, "fluid.layers.embedding(l, [4, 3])",
        ways("layer = nn.Embedding(4, 3)\n\ny = layer(l)",
             recipe="layer = nn.Embedding(4, 3)\n\ny = layer(l).squeeze(1)"), weights=("w",)),
    "fluid.layers.fill_constant": _row(
        {}, 'fluid.layers.fill_constant([2, 3], "float32", 0.5)',
        ways('paddle.full([2, 3], "float32", 0.5)', recipe='paddle.full([2, 3], 0.5, "float32")'),
        gradients=False),
    "fluid.layers.ones": _row(
        {}, 'fluid.layers.ones([2, 3], "float32")', 'paddle.ones([2, 3], "float32")',
        gradients=False),
    "fluid.layers.zeros": _row(
        {}, 'fluid.layers.zeros([2, 3], "float32")', 'paddle.zeros([2, 3], "float32")',
        gradients=False),
    "fluid.layers.eye": _row({}, "fluid.layers.eye(3, 4)", "paddle.eye(3, 4)", gradients=False),
    "fluid.layers.linspace": _row(
        {}, 'fluid.layers.linspace(0, 1, 5, "float32")', 'paddle.linspace(0, 1, 5, "float32")',
        gradients=False),
    "fluid.layers.range": _row(
        {}, 'fluid.layers.range(0, 10, 3, "int64")', 'paddle.arange(0, 10, 3, "int64")',
        gradients=False),
    "fluid.layers.diag": _row(
        {"x": real(4)}, "fluid.layers.diag(x)", "paddle.diag(x)", gradients=False),
    "fluid.layers.assign": _row(X, "fluid.layers.assign(x)", "paddle.assign(x)"),
    "fluid.layers.increment": _row(
        {"x": real(1)}, "fluid.layers.increment(x)", "paddle.increment(x)", gradients=False,
        dtype="float32"),
    "fluid.layers.unique": _row(
        {"x": np.array([2, 3, 3, 1, 5, 3], "int64")}, "fluid.layers.unique(x)",
        ways("paddle.unique(x)", {"return_inverse=True": "paddle.unique(x, return_inverse=True)"}),
        gradients=False),
    "fluid.layers.multiplex": _row(
        PAIR | {"i": np.array([[0], [1], [0], [1]], "int32")},
        "fluid.layers.multiplex([a, b], i)", "paddle.multiplex([a, b], i)"),
    "fluid.layers.logical_not": _row(
        {"a": real(4, 6) > 0}, "fluid.layers.logical_not(a)", "paddle.logical_not(a)"),
    "fluid.layers.triu": _row(X, "fluid.layers.triu(x)", "paddle.triu(x)"),
    "fluid.layers.shard_index": _row(
        {"l": LABELS}, "fluid.layers.shard_index(l, 20, 2, 0)", "paddle.shard_index(l, 20, 2, 0)"),
}  # fmt: skip


def experiments() -> dict[str, Row]:
    """Return the experiments by Fluid's name."""
    return _plain() | _reductions() | _optimizers() | _initializers() | OWN
