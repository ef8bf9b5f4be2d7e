"""Shapes, indices, selection."""

from __future__ import annotations

from reports.handbook.rows import real, row, ways, whole

X = {"x": real(4, 6)}
THREE = {"x": real(2, 3, 4)}
PAIR = {"a": real(3, 4), "b": real(3, 4, seed=1)}
ROWS = (
    row(
        3,
        X,
        tensorflow1="tf.argmax(x)",
        fluid="fluid.layers.argmax(x)",
        paddle=ways("paddle.argmax(x)", {"axis=0": "paddle.argmax(x, axis=0)"}),
        tensorflow="tf.argmax(x)",
        torch=ways("torch.argmax(x)", {"dim=0": "torch.argmax(x, dim=0)"}),
    ),
    row(
        4,
        X,
        tensorflow1="tf.argmin(x)",
        fluid="fluid.layers.argmin(x)",
        paddle=ways("paddle.argmin(x)", {"axis=0": "paddle.argmin(x, axis=0)"}),
        tensorflow="tf.argmin(x)",
        torch=ways("torch.argmin(x)", {"dim=0": "torch.argmin(x, dim=0)"}),
    ),
    row(
        12,
        PAIR,
        tensorflow1="tf.concat([a, b], 1)",
        fluid="fluid.layers.concat([a, b], 1)",
        paddle="paddle.concat([a, b], 1)",
        tensorflow="tf.concat([a, b], 1)",
        torch="torch.cat([a, b], 1)",
    ),
    row(
        16,
        {"x": real(2, 3, 4, 5)},
        images=True,
        tensorflow1="tf.contrib.layers.flatten(x)",
        fluid=ways(
            "fluid.layers.flatten(x)",
            recipe="fluid.layers.flatten(fluid.layers.transpose(x, [0, 2, 3, 1]))",
        ),
        paddle=ways("paddle.flatten(x)", recipe="paddle.flatten(x.transpose([0, 2, 3, 1]), 1)"),
        tensorflow="keras.layers.Flatten()(x)",
        torch=ways("torch.flatten(x)", recipe="torch.flatten(x.permute(0, 2, 3, 1), 1)"),
    ),
    row(
        18,
        {"x": whole(5, below=4)},
        tensorflow1="tf.contrib.layers.one_hot_encoding(x, 4)",
        fluid=ways(
            "fluid.layers.one_hot(x, 4)",
            recipe="fluid.layers.one_hot(fluid.layers.unsqueeze(x, [1]), 4)",
        ),
        paddle="F.one_hot(x, 4)",
        tensorflow="tf.one_hot(x, 4)",
        torch=ways("F.one_hot(x, 4)", recipe="F.one_hot(x, 4).float()"),
    ),
    row(
        31,
        X,
        tensorflow1="tf.expand_dims(x, 1)",
        fluid=ways("fluid.layers.unsqueeze(x, 1)", recipe="fluid.layers.unsqueeze(x, [1])"),
        paddle="paddle.unsqueeze(x, 1)",
        tensorflow="tf.expand_dims(x, 1)",
        torch="torch.unsqueeze(x, 1)",
    ),
    row(
        34,
        {"x": real(5, 3), "i": whole(2, 2, below=5)},
        tensorflow1="tf.gather(x, i)",
        fluid=ways(
            "fluid.layers.gather(x, i)",
            recipe="flat = fluid.layers.gather(x, fluid.layers.reshape(i, [-1]))\n"
            "y = fluid.layers.reshape(flat, [2, 2, 3])",
        ),
        paddle=ways("paddle.gather(x, i)", recipe="x[i]"),
        tensorflow="tf.gather(x, i)",
        torch=ways("torch.gather(x, 0, i)", recipe="x[i]"),
    ),
    row(
        47,
        {"x": real(2, 3, 4, 5)},
        images=True,
        tensorflow1="tf.layers.flatten(x)",
        fluid=ways(
            "fluid.layers.flatten(x)",
            recipe="fluid.layers.flatten(fluid.layers.transpose(x, [0, 2, 3, 1]))",
        ),
        paddle=ways("nn.Flatten()(x)", recipe="nn.Flatten()(x.transpose([0, 2, 3, 1]))"),
        tensorflow="keras.layers.Flatten()(x)",
        torch=ways("nn.Flatten()(x)", recipe="nn.Flatten()(x.permute(0, 2, 3, 1))"),
    ),
    row(
        86,
        {"x": whole(5, below=4)},
        tensorflow1="tf.one_hot(x, 4)",
        fluid=ways(
            "fluid.layers.one_hot(x, 4)",
            recipe="fluid.one_hot(x, 4)",
        ),
        paddle="F.one_hot(x, 4)",
        tensorflow="tf.one_hot(x, 4)",
        torch=ways("F.one_hot(x, 4)", recipe="F.one_hot(x, 4).float()"),
    ),
    row(
        89,
        {"x": real(2, 3)},
        tensorflow1="tf.pad(x, [[1, 2], [0, 1]])",
        fluid=ways(
            "fluid.layers.pad(x, [[1, 2], [0, 1]])", recipe="fluid.layers.pad(x, [1, 2, 0, 1])"
        ),
        paddle=ways("F.pad(x, [[1, 2], [0, 1]])", recipe="F.pad(x, [1, 2, 0, 1])"),
        tensorflow="tf.pad(x, [[1, 2], [0, 1]])",
        torch=ways("F.pad(x, [[1, 2], [0, 1]])", recipe="F.pad(x, [0, 1, 1, 2])"),
    ),
    row(
        103,
        X,
        tensorflow1="tf.reshape(x, [3, -1])",
        fluid="fluid.layers.reshape(x, [3, -1])",
        paddle="paddle.reshape(x, [3, -1])",
        tensorflow="tf.reshape(x, [3, -1])",
        torch="torch.reshape(x, [3, -1])",
    ),
    row(
        104,
        X,
        tensorflow1="tf.reverse(x, [1])",
        fluid="fluid.layers.reverse(x, [1])",
        paddle=ways("paddle.reverse(x, [1])", recipe="paddle.flip(x, [1])"),
        tensorflow="tf.reverse(x, [1])",
        torch=ways("torch.reverse(x, [1])", recipe="torch.flip(x, [1])"),
    ),
    row(
        105,
        THREE,
        tensorflow1="tf.reverse_sequence(x, [2, 3], seq_axis=1)",
        fluid=ways(
            "fluid.layers.sequence_reverse(x)",
            recipe="head = fluid.layers.reverse(fluid.layers.slice(x, [0, 1], [0, 0], [1, 2]), [1])\n"
            "rest = fluid.layers.slice(x, [0, 1], [0, 2], [1, 3])\n"
            "other = fluid.layers.reverse(fluid.layers.slice(x, [0], [1], [2]), [1])\n"
            "y = fluid.layers.concat([fluid.layers.concat([head, rest], 1), other], 0)",
        ),
        tensorflow="tf.reverse_sequence(x, [2, 3], seq_axis=1)",
        paddle=ways(
            "paddle.reverse_sequence(x, [2, 3])",
            recipe="y = paddle.stack([paddle.concat([row[:n].flip([0]), row[n:]]) "
            "for row, n in zip(x, [2, 3])])",
        ),
        torch=ways(
            "torch.reverse_sequence(x, [2, 3])",
            recipe="torch.stack([torch.cat([row[:n].flip(0), row[n:]]) "
            "for row, n in zip(x, [2, 3])])",
        ),
    ),
    row(
        106,
        X,
        tensorflow1="tf.reverse_v2(x, [1])",
        fluid="fluid.layers.reverse(x, [1])",
        paddle=ways("paddle.reverse(x, [1])", recipe="paddle.flip(x, [1])"),
        tensorflow=ways("tf.reverse_v2(x, [1])", recipe="tf.reverse(x, [1])"),
        torch="torch.flip(x, [1])",
    ),
    row(
        110,
        {"x": real(5, 3), "u": real(2, 3, seed=1)},
        gradients=False,
        tensorflow1="v = tf.Variable(np.zeros((5, 3)))\nwith tf.control_dependencies([v.assign(x)]):\n"
        "    y = tf.scatter_update(v, [3, 1], u)",
        fluid=ways(
            "fluid.layers.scatter(x, [3, 1], u)",
            recipe='i = fluid.layers.assign(np.array([3, 1], "int32"))\n'
            "y = fluid.layers.scatter(x, i, u)",
        ),
        paddle="paddle.scatter(x, paddle.to_tensor([3, 1]), u)",
        tensorflow=ways(
            "tf.scatter_update(x, [3, 1], u)",
            recipe="tf.tensor_scatter_nd_update(x, [[3], [1]], u)",
        ),
        torch=ways(
            "torch.scatter(x, 0, torch.tensor([3, 1]), u)",
            recipe="torch.index_copy(x, 0, torch.tensor([3, 1]), u)",
        ),
    ),
    row(
        111,
        {"n": whole(4, below=5)},
        tensorflow1="tf.sequence_mask(n, 5)",
        fluid=ways(
            "fluid.layers.sequence_mask(n, 5)",
            {'dtype="bool"': 'fluid.layers.sequence_mask(n, 5, dtype="bool")'},
            recipe='fluid.layers.cast(fluid.layers.sequence_mask(n, 5), "bool")',
        ),
        paddle=ways(
            "F.sequence_mask(n, 5)", {'dtype="bool"': 'F.sequence_mask(n, 5, dtype="bool")'}
        ),
        tensorflow="tf.sequence_mask(n, 5)",
        torch=ways("torch.sequence_mask(n, 5)", recipe="torch.arange(5)[None, :] < n[:, None]"),
    ),
    row(
        112,
        X,
        tensorflow1="tf.shape(x)",
        fluid="fluid.layers.shape(x)",
        paddle="paddle.shape(x)",
        tensorflow="tf.shape(x)",
        torch=ways("torch.shape(x)", recipe="torch.tensor(x.shape, dtype=torch.int32)"),
    ),
    row(
        115,
        X,
        tensorflow1="tf.slice(x, [1, 2], [2, 3])",
        fluid=ways(
            "fluid.layers.slice(x, [1, 2], [2, 3])",
            recipe="fluid.layers.slice(x, axes=[0, 1], starts=[1, 2], ends=[3, 5])",
        ),
        paddle=ways(
            "paddle.slice(x, [1, 2], [2, 3])", recipe="paddle.slice(x, [0, 1], [1, 2], [3, 5])"
        ),
        tensorflow="tf.slice(x, [1, 2], [2, 3])",
        torch=ways("torch.slice(x, [1, 2], [2, 3])", recipe="x[1:3, 2:5]"),
    ),
    row(
        116,
        X,
        tensorflow1="tf.split(x, 2)",
        fluid=ways("fluid.layers.split(x, 2)", {"dim=0": "fluid.layers.split(x, 2, dim=0)"}),
        paddle="paddle.split(x, 2)",
        tensorflow="tf.split(x, 2)",
        torch=ways("torch.split(x, 2)", recipe="torch.chunk(x, 2)"),
    ),
    row(
        120,
        {"x": real(3, 1, 4, 1)},
        tensorflow1="tf.squeeze(x)",
        fluid=ways("fluid.layers.squeeze(x)", {"axes=[]": "fluid.layers.squeeze(x, axes=[])"}),
        paddle="paddle.squeeze(x)",
        tensorflow="tf.squeeze(x)",
        torch="torch.squeeze(x)",
    ),
    row(
        121,
        PAIR,
        tensorflow1="tf.stack([a, b])",
        fluid="fluid.layers.stack([a, b])",
        paddle="paddle.stack([a, b])",
        tensorflow="tf.stack([a, b])",
        torch="torch.stack([a, b])",
    ),
    row(
        125,
        {"x": real(2, 3)},
        tensorflow1="tf.tile(x, [2, 3])",
        fluid="fluid.layers.expand(x, [2, 3])",
        paddle="paddle.tile(x, [2, 3])",
        tensorflow="tf.tile(x, [2, 3])",
        torch="torch.tile(x, [2, 3])",
    ),
    row(
        126,
        X,
        tensorflow1=("tf.math.top_k(x, 2)"),
        fluid=ways(
            "fluid.layers.topk(x, 2)",
            recipe="values, indices = fluid.layers.topk(x, 2)\n"
            'y = [values, fluid.layers.cast(indices, "int32")]',
        ),
        paddle=ways(
            "paddle.topk(x, 2)",
            recipe='values, indices = paddle.topk(x, 2)\ny = [values, indices.astype("int32")]',
        ),
        tensorflow="tf.math.top_k(x, 2)",
        torch=ways(
            "torch.topk(x, 2)",
            recipe="values, indices = torch.topk(x, 2)\ny = [values, indices.int()]",
        ),
    ),
    row(
        134,
        THREE,
        tensorflow1="tf.transpose(x)",
        fluid=ways(
            "fluid.layers.transpose(x)", {"perm=[2, 1, 0]": "fluid.layers.transpose(x, [2, 1, 0])"}
        ),
        paddle=ways("paddle.transpose(x)", {"perm=[2, 1, 0]": "paddle.transpose(x, [2, 1, 0])"}),
        tensorflow="tf.transpose(x)",
        torch=ways("torch.transpose(x)", recipe="torch.permute(x, [2, 1, 0])"),
    ),
    row(
        138,
        {"x": real(3, 4)},
        tensorflow1="tf.unstack(x)",
        fluid="fluid.layers.unstack(x)",
        paddle="paddle.unstack(x)",
        tensorflow="tf.unstack(x)",
        torch="torch.unbind(x)",
    ),
)
