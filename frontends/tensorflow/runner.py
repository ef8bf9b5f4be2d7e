"""The worker's side of Keras on TensorFlow."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf

from frontends.workers.recording import (
    Recorder,
    check_keys,
    check_shape,
    hollow,
    layers_of,
    parameters_of,
    renamed,
)

_PARAMETERS = {
    keras.layers.DepthwiseConv2D: {"kernel": "kernel", "bias": "bias"},
    keras.layers.Conv2D: {"kernel": "kernel", "bias": "bias"},
    keras.layers.Dense: {"kernel": "kernel", "bias": "bias"},
    keras.layers.BatchNormalization: {
        "gamma": "gamma",
        "beta": "beta",
        "moving_mean": "mean",
        "moving_variance": "variance",
    },
}


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


class _Layout:
    """How one kind of layer's kernel goes to the canonical layout (OIHW, (out, in)) and back."""

    def __init__(self, layer):
        self._layer = layer

    def to_canonical(self, array):
        if isinstance(self._layer, keras.layers.DepthwiseConv2D) and array.ndim == 4:  # HWCM
            height, width, channels, multiplier = array.shape
            moved = np.transpose(array, (2, 3, 0, 1))
            return moved.reshape(channels * multiplier, 1, height, width)
        if array.ndim == 4:  # HWIO
            return np.transpose(array, (3, 2, 0, 1))
        return array.T if array.ndim == 2 else array

    def from_canonical(self, array, shape):
        if isinstance(self._layer, keras.layers.DepthwiseConv2D) and array.ndim == 4:
            height, width, channels, multiplier = shape
            parted = array.reshape(channels, multiplier, height, width)
            return np.transpose(parted, (2, 3, 0, 1))
        if array.ndim == 4:
            return np.transpose(array, (2, 3, 1, 0))
        return array.T if array.ndim == 2 else array


class Runner:
    """One written network in Keras."""

    def __init__(self, job, load_module):
        self._dtype, self._style = job["dtype"], job.get("style", "eager")
        keras.backend.clear_session()
        keras.config.set_floatx(self._dtype)
        keras.config.set_dtype_policy(self._dtype)
        self._tapped, self._blocks = Recorder(), Recorder()
        module = load_module(job["source"], {"tap": self._tap})
        if not job.get("mode"):
            self._watch(module, job["entry"])
        self._model = getattr(module, job["entry"])()
        self._find_shared()
        names = job.get("names")
        self._variables = renamed(dict(self._find_variables(self._model)), names)
        for own, path in layers_of(names).items():
            self._tapped.put(path, self._model.get_layer(own).output)
        self._absent = set(job.get("absent", ()))
        self._observed = self._make_observed(job)

    def parameters(self):
        """Return canonical names and shapes."""
        return {
            name: layout.to_canonical(np.empty(tuple(variable.shape), np.int8)).shape
            for name, (variable, layout) in self._variables.items()
        }

    def assign(self, weights):
        """Set every parameter from an ArrayReader of canonical arrays."""
        check_keys(self._variables, set(weights.names()) - self._absent)
        for name, (variable, layout) in self._variables.items():
            array = layout.from_canonical(weights.get(name), tuple(variable.shape))
            check_shape(name, variable.shape, array.shape)
            variable.assign(array.astype(self._dtype))

    def evaluate(self, inputs):
        """Yield the output in eval mode, then the outputs of blocks and steps."""
        output, *values = self._observe(self._in(inputs.get("input")), training=False)
        yield "output", self._out(output)
        yield from zip(self._observed_names, map(self._out, values))
        yield from self._hollow(len(output))

    def train(self, inputs):
        """Yield output, blocks, steps, gradients and statistics of a step with batch statistics."""
        x = self._in(inputs.get("input"))
        cotangent = self._in(inputs.get("cotangent"))
        trainable = {n: v for n, (v, _) in self._variables.items() if v.trainable}
        with tf.GradientTape() as tape:
            tape.watch(x)
            output, *values = self._observe(x, training=True)
            target = tf.reduce_sum(output * cotangent)
        sources = [x, *(variable.value for variable in trainable.values())]
        gradients = tape.gradient(target, sources, unconnected_gradients="zero")
        yield "output", self._out(output)
        yield from zip(self._observed_names, map(self._out, values))
        yield "gradient/input", self._out(gradients[0])
        for name, gradient in zip(trainable, gradients[1:]):
            yield "gradient/" + name, self._variables[name][1].to_canonical(gradient.numpy())
        for name, (variable, layout) in self._variables.items():
            if not variable.trainable:
                yield "statistics/" + name, layout.to_canonical(variable.numpy())

    def stepper(self, mode, inputs):
        """Return a function that takes one step, waits for it, and gives (output, loss)."""
        x = self._in(inputs.get("input"))
        if mode == "inference":
            predict = self._styled(self._predict)
            return lambda: self._waited(predict(x))
        labels = tf.constant(inputs.get("labels").astype(np.int64))
        train = self._styled(self._train_step(keras.optimizers.SGD(1e-3, momentum=0.9)))
        return lambda: self._waited(train(x, labels))

    def _predict(self, x):
        return self._model(x, training=False), None

    def _train_step(self, optimizer):
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
        if self._style == "eager":
            return function
        return tf.function(function, jit_compile=self._style == "compiled")

    @staticmethod
    def _waited(result):
        tf.test.experimental.sync_devices()
        return result

    def read(self, result):
        """Return the output of a step as an array."""
        return self._out(result[0])

    def _find_variables(self, model):
        for layer in model.layers:
            if isinstance(layer, keras.Model):
                yield from self._find_variables(layer)
                continue
            for own, canonical in parameters_of(layer, _PARAMETERS).items():
                variable = getattr(layer, own, None)
                if variable is not None:
                    yield "%s.%s" % (layer.name, canonical), (variable, _Layout(layer))

    def _watch(self, module, entry):
        """Wrap the file's block functions, so that what they return is recorded by name."""
        for attribute, function in list(vars(module).items()):
            own = getattr(function, "__module__", None) == module.__name__
            if own and callable(function) and not isinstance(function, type) and attribute != entry:
                setattr(module, attribute, self._watching(function))

    def _watching(self, function):
        def wrapped(*arguments, **named):
            value = function(*arguments, **named)
            if "name" in named:
                self._blocks.put(named["name"], value)
            return value

        return wrapped

    def _find_shared(self):
        """Record every call of a block that is shared, a model within the model."""
        for layer in self._model.layers:
            if isinstance(layer, keras.Model):
                known = [k for k in self._blocks.results if k.split("#")[0] == layer.name]
                for key in known:
                    del self._blocks.results[key]
                for node in layer._inbound_nodes if known else ():  # a chain is no block
                    self._blocks.put(layer.name, list(node.output_tensors))

    def _make_observed(self, job):
        """Return a model of the output and of what is kept of all that is on the way to it."""
        reached = {id(operation) for operation in self._model.operations}
        found = {}
        for kind, recorder in (("block", self._blocks), ("step", self._tapped)):
            for path, value in recorder.results.items():
                if id(value._keras_history.operation) in reached:
                    found[kind + "/" + path] = value
        kept = {n: v for n, v in found.items() if job.get("keep_%ss" % n.partition("/")[0])}
        self._observed_names = list(kept)
        self._shapes = {n: v.shape for n, v in found.items() if n not in kept}
        return keras.Model(self._model.inputs, [self._model.outputs[0], *kept.values()])

    def _hollow(self, batch):
        """Yield what is not kept, as arrays of the right shape without values."""
        for name, (_, *shape) in self._shapes.items():
            ordered = [shape[2], shape[0], shape[1]] if len(shape) == 3 else shape
            yield name, hollow([batch, *ordered])

    def _observe(self, x, training):
        values = self._observed(x, training=training)
        return values if isinstance(values, (list, tuple)) else [values]

    def _tap(self, path, value):
        self._tapped.put(path, value)
        return value

    def _in(self, array):
        moved = np.transpose(array, (0, 2, 3, 1)) if array.ndim == 4 else array
        return tf.constant(moved.astype(self._dtype))

    @staticmethod
    def _out(value):
        array = value.numpy()
        return np.transpose(array, (0, 3, 1, 2)) if array.ndim == 4 else array
