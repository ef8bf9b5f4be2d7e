"""Reductions, matrix products, clipping."""

from __future__ import annotations

from reports.handbook.rows import Row, real, row, ways, whole

X = {"x": real(4, 6)}


def reduction(number: int, name: str, torch: str) -> Row:
    """Return the row of a reduction over every axis, its default."""
    return row(
        number,
        X,
        tensorflow1=f"tf.reduce_{name}(x)",
        fluid=f"fluid.layers.reduce_{name}(x)",
        paddle=f"paddle.{name}(x)",
        tensorflow=f"tf.reduce_{name}(x)",
        torch=f"torch.{torch}(x)",
    )


ROWS = (
    row(
        9,
        {"x": real(4, 6), "z": real(3, seed=1)},
        gradients=False,
        tensorflow1="y, _ = tf.clip_by_global_norm([x, z], 1.0)",
        fluid=ways(
            "fluid.clip.GradientClipByGlobalNorm([x, z], 1.0)",
            recipe="clip = fluid.clip.GradientClipByGlobalNorm(1.0)\n"
            "y = [gradient for _, gradient in clip([(x, x), (z, z)])]",
        ),
        paddle=ways(
            "nn.ClipGradByGlobalNorm([x, z], 1.0)",
            recipe="clip = nn.ClipGradByGlobalNorm(1.0)\n"
            "x.stop_gradient = z.stop_gradient = False\n"
            "y = [gradient for _, gradient in clip([(x, x.detach()), (z, z.detach())])]",
        ),
        tensorflow="y, _ = tf.clip_by_global_norm([x, z], 1.0)",
        torch=ways(
            "nn.utils.clip_grad_norm_([x, z], 1.0)",
            recipe="x.grad, z.grad = x.clone(), z.clone()\n"
            "nn.utils.clip_grad_norm_([x, z], 1.0)\ny = [x.grad, z.grad]",
        ),
        dtype="float32",
    ),
    row(
        10,
        X,
        tensorflow1="tf.clip_by_norm(x, 1.0)",
        fluid="fluid.layers.clip_by_norm(x, 1.0)",
        paddle=ways(
            "nn.ClipGradByNorm(1.0)(x)", recipe="x * (1.0 / paddle.clip(paddle.norm(x), min=1.0))"
        ),
        tensorflow="tf.clip_by_norm(x, 1.0)",
        torch=ways(
            "nn.utils.clip_grad_norm_(x, 1.0)",
            recipe="x / torch.linalg.vector_norm(x).clamp(min=1.0)",
        ),
        dtype="float32",
    ),
    row(
        11,
        X,
        tensorflow1="tf.clip_by_value(x, -1.0, 0.5)",
        fluid="fluid.layers.clip(x, -1.0, 0.5)",
        paddle="paddle.clip(x, -1.0, 0.5)",
        tensorflow="tf.clip_by_value(x, -1.0, 0.5)",
        torch="torch.clamp(x, -1.0, 0.5)",
    ),
    row(
        57,
        {"a": real(2, 3, 4), "b": real(2, 4, 5, seed=1)},
        tensorflow1="tf.matmul(a, b)",
        fluid="fluid.layers.matmul(a, b)",
        paddle="paddle.matmul(a, b)",
        tensorflow="tf.matmul(a, b)",
        torch="torch.matmul(a, b)",
    ),
    row(
        71,
        {"x": real(4, 6)},
        tensorflow1="tf.nn.l2_normalize(x, 1)",
        fluid="fluid.layers.l2_normalize(x, 1)",
        paddle=ways("F.normalize(x)"),
        tensorflow="tf.nn.l2_normalize(x, 1)",
        torch="F.normalize(x)",
    ),
    row(
        98,
        X,
        tensorflow1="tf.reduce_logsumexp(x)",
        fluid=ways(
            "fluid.layers.logsumexp(x)",
            recipe="fluid.layers.log(fluid.layers.reduce_sum(fluid.layers.exp(x)))",
        ),
        paddle="paddle.logsumexp(x)",
        tensorflow="tf.reduce_logsumexp(x)",
        torch=ways("torch.logsumexp(x)", {"dim=(0, 1)": "torch.logsumexp(x, dim=(0, 1))"}),
    ),
    reduction(99, "max", "amax"),
    reduction(100, "mean", "mean"),
    reduction(101, "min", "amin"),
    reduction(102, "sum", "sum"),
    row(
        60,
        {"x": real(2, 4, 6)},
        runs=2,
        tensorflow1="_, y = tf.metrics.mean(x)",
        fluid=ways(
            "fluid.layers.mean(x)",
        ),
        paddle=ways("[paddle.mean(each) for each in x]"),
        tensorflow=ways(
            "mean = keras.metrics.Mean()\ny = tf.stack([tf.identity(mean(each)) for each in x])"
        ),
        torch=ways(
            "torch.stack([each.mean() for each in x])",
            recipe="torch.stack([x[0].mean(), x.mean()])",
        ),
        dtype="float32",
    ),
    row(
        59,
        {
            "labels": whole(2, 8, 1, below=3),
            "predicted": whole(2, 8, 1, below=3, seed=1),
            "scores": real(2, 8, 3, seed=2),
        },
        runs=2,
        gradients=False,
        tensorflow1="_, y = tf.metrics.accuracy(labels[:, 0], tf.argmax(scores, 1))",
        fluid=ways("fluid.layers.accuracy(scores, labels)"),
        paddle=ways(
            "y = paddle.stack([paddle.metric.accuracy(s, l) for s, l in zip(scores, labels)])"
        ),
        tensorflow=ways(
            "accuracy = keras.metrics.SparseCategoricalAccuracy()\n"
            "y = tf.stack([tf.identity(accuracy(l, s)) for l, s in zip(labels, scores)])"
        ),
        torch="torch.stack([(s.argmax(1) == l[:, 0]).float().mean() for s, l in zip(scores, labels)])",
        dtype="float32",
    ),
)
