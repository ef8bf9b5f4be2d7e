"""Runs snippets of a reader's code in TensorFlow 1.15. Python 3.7."""

import numpy as np
import tensorflow as tf

from frontends.workers.snippets import (
    cotangent,
    in_a_line,
    is_real,
    listed,
    numbered,
    slices,
    stacked,
)


def execute(text, given, how):
    """Return the arrays that a snippet leaves, by name, and why there are no gradients."""
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(0)
        if how.optimizer:
            return _steps(text, given, session), ""
        runs = slices(given, how)
        inputs = {n: tf.placeholder(a.dtype, a.shape, n) for n, a in runs[0].items()}
        space = {"tf": tf, "np": np, **inputs}
        exec(text, space)
        results = [tf.convert_to_tensor(each) for each in listed(space["y"])]
        _begin(session)
        weights = dict(zip(how.weights, tf.trainable_variables()))
        for name, variable in weights.items():
            variable.load(given[name], session)
        feeds = [{inputs[name]: array for name, array in run.items()} for run in runs]
        updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
        values = [session.run([results, updates], feed)[0] for feed in feeds]
        found = numbered("y", stacked(values))
        found.update(numbered("state", session.run(_kept())))
        try:
            if how.gradients and how.runs == 1:
                wanted = {n: i for n, i in inputs.items() if is_real(given[n])}
                wanted.update(weights)
                found.update(_gradients(session, results, values[0], wanted, feeds[0], how))
        except Exception as error:
            return found, in_a_line(error)
        return found, ""


def _begin(session):
    session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])


def _kept():
    """Return the variables that no step trains: running statistics."""
    trained = set(tf.trainable_variables())
    return [each for each in tf.global_variables() if each not in trained]


def _gradients(session, results, values, wanted, feed, how):
    pairs = [(r, v) for r, v in zip(results, values) if is_real(v)]
    starts = [cotangent(v.shape, v.dtype, how.images) for _, v in pairs]
    if not pairs:
        return {}
    gradients = tf.gradients([r for r, _ in pairs], list(wanted.values()), starts)
    kept = {n: tf.convert_to_tensor(g) for n, g in zip(wanted, gradients) if g is not None}
    return {"gradient/" + n: a for n, a in session.run(kept, feed).items()} if kept else {}


def _steps(text, given, session):
    w = tf.Variable(given["w"], name="w")
    g = tf.placeholder(given["g"].dtype, given["w"].shape)
    space = {"tf": tf, "np": np, "w": w}
    exec(text, space)
    step = space["optimizer"].minimize(tf.reduce_sum(w * g))
    _begin(session)
    found = []
    for gradient in given["g"]:
        session.run(step, {g: gradient})
        found.append(session.run(w))
    return {"y/0": np.stack(found)}
