"""The worker's side of Keras on TensorFlow."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf

from frontends.tensorflow.layout import LAYERS
from frontends.workers.layouts import channels_first, channels_first_shape, channels_last
from frontends.workers.recording import (
    Recordings,
    check_keys,
    hollow,
    layers_of,
    matched,
    own_array,
    resolved,
    slots_of,
    watch_blocks,
)

_LAYERS = resolved(LAYERS, keras.layers)


def versions():
    """Return the versions of what runs here."""
    return {
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }


def matmul(size, device):
    """Return a function that multiplies two float32 matrices and waits."""
    left, right = tf.random.uniform((2, size, size), dtype=tf.float32)

    def step():
        tf.linalg.matmul(left, right)
        tf.test.experimental.sync_devices()

    return step


def device_memory():
    """Return the peak of the GPU's memory in bytes, None without a GPU."""
    if not tf.config.list_physical_devices("GPU"):
        return None
    return tf.config.experimental.get_memory_info("GPU:0")["peak"]


def _out(value):
    return channels_first(value.numpy())


class _Passed(keras.layers.Layer):
    """Passes a value on as a tensor of its own: a layer may return its very input, and then the
    gradients of the two could not be told apart."""

    def call(self, x):
        return tf.identity(x)


class Runner:
    """One network in Keras; see frontends.workers.protocol for what it is given.

    Exactly one of `observe` and `step` is: a network is looked at or timed.
    """

    def __init__(self, file, load_module, observe, step):
        self._dtype, self._step = file.dtype, step
        self._absent = set(file.absent)
        keras.backend.clear_session()
        keras.config.set_floatx(file.dtype)
        keras.config.set_dtype_policy(file.dtype)
        self._recordings = Recordings(observe, symbolic=True)
        module = load_module(file.path, {"tap": self._tap})
        if observe is not None:
            watch_blocks(module, file.entry, self._recordings.blocks)
        self._model = getattr(module, file.entry)()
        self._find_shared()
        self._variables = matched(dict(self._find_variables(self._model)), file.matched_names)
        for own, path in layers_of(file.matched_names).items():
            self._recordings.tap(path, self._model.get_layer(own).output)
        self._observed = self._make_observed()

    def parameters(self):
        """Return canonical names and shapes."""
        return {
            name: slot.layout.canonical_shape(tuple(variable.shape))
            for name, (variable, slot) in self._variables.items()
        }

    def assign(self, weights):
        """Set every parameter from an ArrayReader of canonical arrays."""
        check_keys(self._variables, set(weights.names()) - self._absent)
        for name, (variable, slot) in self._variables.items():
            variable.assign(own_array(weights, name, slot.layout, variable.shape, self._dtype))

    def evaluate(self, inputs):
        """Yield the output in eval mode, then the outputs of blocks and steps."""
        output, *values = self._observe(self._in(inputs, "input"), training=False)
        yield "output", _out(output)
        yield from zip(self._observed_names, map(_out, values))
        for name, (_, *shape) in self._shapes.items():
            yield name, hollow([len(output), *channels_first_shape(shape)])

    def train(self, inputs):
        """Yield output, blocks, steps, gradients and statistics of a step with batch statistics."""
        x, cotangent = self._in(inputs, "input"), self._in(inputs, "cotangent")
        trained = {n: v for n, (v, _) in self._variables.items() if v.trainable}
        with tf.GradientTape() as tape:
            tape.watch(x)
            output, *values = self._observe(x, training=True)
            target = tf.reduce_sum(output * cotangent)
        steps = self._recordings.steps_of(dict(zip(self._observed_names, values)))
        sources = [[x], [variable.value for variable in trained.values()], list(steps.values())]
        found = tape.gradient(target, sources, unconnected_gradients="zero")
        (of_input,), gradients, cotangents = found
        yield "output", _out(output)
        yield from zip(self._observed_names, map(_out, values))
        yield from zip(steps, map(_out, cotangents))
        yield "gradient/input", _out(of_input)
        for name, gradient in zip(trained, gradients):
            _, slot = self._variables[name]
            yield "gradient/" + name, slot.layout.to_canonical(gradient.numpy())
        for name, (variable, slot) in self._variables.items():
            if not variable.trainable:
                yield "statistics/" + name, slot.layout.to_canonical(variable.numpy())

    def stepper(self, inputs):
        """Return a function that takes one step, waits for it, and gives (output, loss)."""
        x = self._in(inputs, "input")
        if self._step.mode == "inference":
            predict = self._styled(self._predict)
            return lambda: self._waited(predict(x))
        labels = tf.constant(inputs.get("labels").astype(np.int64))
        train = self._styled(self._train_step())
        return lambda: self._waited(train(x, labels))

    def _predict(self, x):
        return self._model(x, training=False), None

    def _train_step(self):
        recipe = self._step.recipe
        optimizer = keras.optimizers.SGD(recipe.learning_rate, recipe.momentum)
        loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        variables = self._model.trainable_variables
        optimizer.build(variables)

        def step(x, labels):
            with tf.GradientTape() as tape:
                output = self._model(x, training=True)
                loss = loss_of(labels, output)
            gradients = tape.gradient(loss, [variable.value for variable in variables])
            optimizer.apply_gradients(zip(gradients, variables))
            return output, loss

        return step

    def _styled(self, function):
        if self._step.style == "eager":
            return function
        return tf.function(function, jit_compile=self._step.style == "compiled")

    @staticmethod
    def _waited(result):
        tf.test.experimental.sync_devices()
        return result

    @staticmethod
    def read(result):
        """Return the output of a step as an array."""
        return _out(result[0])

    def _find_variables(self, model):
        """Yield (<layer>.<kind>, (variable, slot)) in the order of creation."""
        for layer in model.layers:
            if isinstance(layer, keras.Model):
                yield from self._find_variables(layer)
                continue
            for own, slot in slots_of(layer, _LAYERS).items():
                variable = getattr(layer, own, None)
                if variable is not None:
                    yield f"{layer.name}.{slot.kind}", (variable, slot)

    def _find_shared(self):
        """Record every call of a block that is shared, a model within the model."""
        blocks = self._recordings.blocks
        for layer in self._model.layers:
            if isinstance(layer, keras.Model):
                known = [k for k in blocks.results if k.split("#")[0] == layer.name]
                for key in known:
                    del blocks.results[key]
                for node in layer._inbound_nodes if known else ():  # a chain is no block
                    blocks.put(layer.name, list(node.output_tensors))

    def _make_observed(self):
        """Return a model of the output and of what is kept of all that is on the way to it."""
        reached = {id(operation) for operation in self._model.operations}
        found = {
            name: value
            for name, value in self._recordings.items()
            if id(value._keras_history.operation) in reached
        }
        kept = {name: value for name, value in found.items() if self._recordings.fetches(name)}
        self._observed_names = list(kept)
        self._shapes = {name: value.shape for name, value in found.items() if name not in kept}
        return keras.Model(self._model.inputs, [self._model.outputs[0], *kept.values()])

    def _observe(self, x, training):
        values = self._observed(x, training=training)
        return values if isinstance(values, (list, tuple)) else [values]

    def _tap(self, path, value):
        own = _Passed()(value) if self._recordings.keeps_cotangents else value
        return self._recordings.tap(path, own)

    def _in(self, inputs, name):
        return tf.constant(channels_last(inputs.get(name).astype(self._dtype)))
