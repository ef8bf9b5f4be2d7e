"""Runs snippets of a reader's code in TensorFlow 2, with Keras."""

import keras
import numpy as np
import tensorflow as tf

from frontends.workers.snippets import (
    cotangent,
    in_a_line,
    is_real,
    listed,
    numbered,
    parts,
)


def execute(text, given, how):
    """Return the arrays that a snippet leaves, by name, and why there are no gradients."""
    keras.utils.set_random_seed(0)
    _set_default(how.dtype)
    try:
        return (_steps(text, given), "") if how.optimizer else _execute(text, given, how)
    finally:
        _set_default("float32")


def _set_default(dtype):
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)


def _execute(text, given, how):
    inputs = {n: tf.constant(a) for n, a in given.items() if n not in how.weights}
    space = {"tf": tf, "keras": keras, "np": np, **inputs}
    make, call = parts(text)
    exec(make, space)
    layers = [each for each in space.values() if isinstance(each, keras.layers.Layer)]
    for each in layers:
        if not each.built:
            each.build(inputs["x"].shape)
    trained = [v for layer in layers for v in layer.trainable_variables]
    weights = dict(zip(how.weights, (v.value for v in trained)))
    for name, variable in weights.items():
        variable.assign(tf.reshape(given[name], variable.shape))
    wanted = {n: i for n, i in inputs.items() if is_real(given[n])}
    wanted.update(weights)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(list(wanted.values()))
        exec(call, space)
    results = listed(space["y"])
    found = numbered("y", [_out(each) for each in results])
    kept = [v for layer in layers for v in layer.non_trainable_variables]
    kept = [v for v in kept if "seed" not in v.path]
    found.update(numbered("state", [np.asarray(each) for each in kept]))
    try:
        if how.gradients and how.runs == 1:
            found.update(_gradients(tape, results, wanted, how))
    except Exception as error:
        return found, in_a_line(error)
    return found, ""


def _out(result):
    return result.numpy() if hasattr(result, "numpy") else np.asarray(result)


def _gradients(tape, results, wanted, how):
    real = [r for r in results if isinstance(r, tf.Tensor) and is_real(_out(r))]
    if not real or not wanted:
        return {}
    starts = [tf.constant(cotangent(_out(r).shape, _out(r).dtype, how.images)) for r in real]
    found = tape.gradient(real, list(wanted.values()), starts)
    kept = {n: tf.convert_to_tensor(g) for n, g in zip(wanted, found) if g is not None}
    return {"gradient/" + name: _out(each) for name, each in kept.items()}


def _steps(text, given):
    w = keras.Variable(given["w"], dtype=str(given["w"].dtype))
    space = {"tf": tf, "keras": keras, "np": np, "w": w}
    exec(text, space)
    found = []
    for gradient in given["g"]:
        space["optimizer"].apply([tf.constant(gradient)], [w])
        found.append(_out(w).copy())
    return {"y/0": np.stack(found)}
