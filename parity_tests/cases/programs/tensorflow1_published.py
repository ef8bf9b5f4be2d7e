"""Runs the published SE_ResNeXt class beside our written file: CLASS WRITTEN ENTRY SIZE BLOCKS.

Python 3.7. Both get the same weights, matched by the order of creation, and the same batches. What
the published file imports and does not come with it is stood in for here, as its names say.
Prints a JSON object: what was compared -> the largest difference, relative to the largest value.
"""

import importlib.util
import json
import sys
import types

import numpy as np
import tensorflow as tf

STEPS = (
    3  # of training: the second tells a moving mean that is rid of its start from one that is not
)
KINDS = ("kernel", "beta", "gamma", "moving_mean", "moving_variance")


def stand_in(name, **contents):
    """Have `import name` give a module of these contents."""
    module = types.ModuleType(name)
    vars(module).update(contents)
    sys.modules[name] = module


def load(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def variables(scope):
    """Return kind -> the variables of a network of that kind, in the order of creation."""
    every = tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope + "/")
    named = [(v.op.name.rpartition("/")[2], v) for v in every]
    return {kind: [v for own, v in named if own == kind] for kind in KINDS}


def apart(one, two):
    """Return the largest difference of two lists of arrays, relative to the largest value."""
    assert [a.shape for a in one] == [b.shape for b in two]
    return max(float(np.abs(a - b).max() / max(np.abs(a).max(), 1e-30)) for a, b in zip(one, two))


def main(published, written, entry, size, blocks):
    stand_in("tflearn")
    stand_in("tflearn.layers")
    stand_in("tflearn.layers.conv", global_avg_pool=lambda x: tf.reduce_mean(x, [1, 2]))
    stand_in("cifar10_tf", train_data=None, test_data=None)
    stand_in("data_utils", IMG_SHAPE=[3, size, size], LBL_COUNT=10)
    theirs, ours = load(published, "published"), load(written, "written")
    conf, x = theirs.Config(), tf.placeholder(tf.float32, [None, size, size, 3])
    flag, cotangent = tf.placeholder(tf.bool), tf.placeholder(tf.float32, [None, 10])
    with tf.variable_scope("theirs"):
        model = theirs.SE_ResNeXt(
            x,
            blocks,
            conf.depth,
            conf.out_dims,
            conf.cardinality,
            conf.reduction_ratio,
            flag,
        ).model
    with tf.variable_scope("ours"):
        trained = getattr(ours, entry)(x, training=True, num_blocks=blocks)
        updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS, "ours/")
    with tf.variable_scope("ours", reuse=True):
        tested = getattr(ours, entry)(x, training=False, num_blocks=blocks)
    left, right = variables("theirs"), variables("ours")
    counts = {kind: (len(left[kind]), len(right[kind])) for kind in KINDS}
    assert all(a == b > 0 for a, b in counts.values()), counts
    weights = [
        (a, b) for kind in ("kernel", "beta", "gamma") for a, b in zip(left[kind], right[kind])
    ]
    found, random = {}, np.random.RandomState(0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        values = session.run([a for a, _ in weights])  # all at once: each run looks at the graph
        for i, (a, _) in enumerate(weights):
            if "kernel" not in a.op.name:
                values[i] = random.uniform(0.5, 1.5, values[i].shape)
        feed = {
            v.initializer.inputs[1]: value for pair, value in zip(weights, values) for v in pair
        }
        session.run([v.initializer for pair in weights for v in pair], feed)
        gradients = [
            tf.gradients(y * cotangent, [p[i] for p in weights])
            for i, y in ((0, model), (1, trained))
        ]
        for step in range(1, STEPS + 1):
            feed = {x: random.standard_normal((4, size, size, 3)), flag: True,
                    cotangent: random.standard_normal((4, 10))}  # fmt: skip
            first, of_first = session.run([model, gradients[0]], feed)
            second, of_second, _ = session.run([trained, gradients[1], updates], feed)
            found["output in training %d" % step] = apart([first], [second])
            found["gradients %d" % step] = apart(of_first, of_second)
            for kind in ("moving_mean", "moving_variance"):
                values = session.run([left[kind], right[kind]])
                found["%s after step %d" % (kind, step)] = apart(*values)
            feed[flag] = False
            found["output in evaluation %d" % step] = apart(
                *([v] for v in session.run([model, tested], feed))
            )
    print(json.dumps(found))


main(*sys.argv[1:4], *map(int, sys.argv[4:]))
