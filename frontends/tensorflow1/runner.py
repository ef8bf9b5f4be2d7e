"""The worker's side of TensorFlow 1.15. Python 3.7."""

import inspect
import platform
import re

import numpy as np
import tensorflow as tf

from frontends.tensorflow1.layout import LAYERS
from frontends.workers.layouts import (
    by_name,
    channels_first,
    channels_first_shape,
    channels_last,
)
from frontends.workers.recording import (
    Recordings,
    check_keys,
    hollow,
    layers_of,
    matched,
    own_array,
    watch_blocks,
)

# What a convolution, a dense layer or a batch normalization ends in.
_RESULTS = "Conv2D DepthwiseConv2dNative BiasAdd MatMul ConcatV2 Add AddV2 FusedBatchNormV3".split()
tf.logging.set_verbosity(tf.logging.ERROR)


def versions():
    """Return the versions of what runs here."""
    return {
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def matmul(size, device):
    """Return a function that multiplies two float32 matrices and waits."""
    _want_cpu(device)
    with tf.Graph().as_default():
        left, right = (tf.Variable(tf.random_uniform([size, size])) for _ in range(2))
        product = tf.matmul(left, right)
        session = tf.Session()
        session.run(tf.global_variables_initializer())
    return lambda: session.run(product.op)


def device_memory():
    """Return None, as there is no device: this panel runs on the CPU alone."""


def _want_cpu(device):
    if device == "gpu":
        raise ValueError("this panel runs on the CPU alone")


_open = []  # the runner whose graph is in memory


def _let_go():
    """Close the last runner. Every op remembers the globals of the file that made it, where the
    garbage collector cannot see it: what these refer to would never be freed."""
    while _open:
        _open.pop().close()


class _Variable:
    """A variable with its canonical name and its slot."""

    def __init__(self, variable):
        self.variable, self.shape = variable, tuple(variable.shape.as_list())
        path, _, own = variable.op.name.rpartition("/")
        self.slot = by_name(LAYERS, own, len(self.shape))
        self.layout, self.name = self.slot.layout, f"{path}.{self.slot.kind}"


class Runner:
    """One network in a graph; evaluation and training are two calls of its function. See
    frontends.workers.protocol for what it is given.

    Exactly one of `observe` and `step` is: a network is looked at or timed.
    """

    def __init__(self, file, load_module, observe, step):
        _want_cpu(file.device)
        _let_go()
        self._file, self._step, self._absent = file, step, set(file.absent)
        self._recordings = Recordings(observe, symbolic=True)
        self._shapes = {}
        self._module = load_module(file.path, {"tap": self._tap})
        self._entry = getattr(self._module, file.entry)
        if observe is not None:
            watch_blocks(self._module, file.entry, self._recordings.blocks)
        self._start(step is not None and step.mode == "training")
        _open.append(self)

    def _start(self, training):
        """Make a graph with one call of the network's function, and a session."""
        self._graph = tf.Graph()
        with self._graph.as_default():
            channels, *height_width = self._file.input_shape
            self._input = tf.placeholder(self._file.dtype, [None, *height_width, channels])
            self._observed = {training: self._build(training, reuse=None)}
            found = map(_Variable, tf.global_variables())
        self._variables = matched({each.name: each for each in found}, self._file.matched_names)
        self._session = tf.Session(graph=self._graph)

    def close(self):
        """Free the graph and the variables."""
        self._session.close()
        vars(self._module).clear()

    def parameters(self):
        """Return canonical names and shapes."""
        return {
            name: each.layout.canonical_shape(each.shape) for name, each in self._variables.items()
        }

    def assign(self, weights):
        """Set every parameter from an ArrayReader of canonical arrays, all in one run."""
        check_keys(self._variables, set(weights.names()) - self._absent)
        arrays = {
            name: own_array(weights, name, each.layout, each.shape, self._file.dtype)
            for name, each in self._variables.items()
        }
        self._assign(arrays)

    def _assign(self, arrays):
        """Set every parameter, all in one run; arrays are in its own layout."""
        feed = {
            each.variable.initializer.inputs[1]: arrays[name]
            for name, each in self._variables.items()
        }
        self._session.run([each.variable.initializer for each in self._variables.values()], feed)

    def evaluate(self, inputs):
        """Yield the output in eval mode, then the outputs of blocks and steps."""
        feed = {self._input: self._in(inputs, "input")}
        results = self._session.run(self._called(False), feed)
        for name, array in results.items():
            yield name, channels_first(array)
        for name, (_, *shape) in self._shapes.items():
            yield name, hollow([len(results["output"]), *channels_first_shape(shape)])

    def train(self, inputs):
        """Yield output, blocks, steps, gradients and statistics of a step with batch statistics."""
        observed = self._called(True)
        trained = {n: each for n, each in self._variables.items() if each.slot.trainable}
        values = {"gradient/input": self._input, **self._recordings.steps_of(observed)}
        with self._graph.as_default():
            target = tf.reduce_sum(observed["output"] * self._in(inputs, "cotangent"))
            sources = [each.variable for each in trained.values()] + list(values.values())
            gradients = tf.gradients(target, sources, unconnected_gradients="zero")
            updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
        feed = {self._input: self._in(inputs, "input")}
        results, found, _ = self._session.run([observed, gradients, updates], feed)
        of_trained, of_values = found[: len(trained)], found[len(trained) :]
        for name, array in [*results.items(), *zip(values, of_values)]:
            yield name, channels_first(array)
        for (name, each), gradient in zip(trained.items(), of_trained):
            yield "gradient/" + name, each.layout.to_canonical(gradient)
        statistics = {n: v.variable for n, v in self._variables.items() if n not in trained}
        for name, array in self._session.run(statistics).items():
            yield "statistics/" + name, array

    def stepper(self, inputs):
        """Return a function that takes one step, waits for it, and gives (output, loss)."""
        training = self._step.mode == "training"
        output, feed = self._called(training)["output"], {self._input: self._in(inputs, "input")}
        if not training:
            return lambda: (self._session.run(output, feed), None)
        recipe = self._step.recipe
        with self._graph.as_default():
            labels = tf.constant(inputs.get("labels").astype(np.int64))
            loss = tf.losses.sparse_softmax_cross_entropy(labels, output)
            optimizer = tf.train.MomentumOptimizer(recipe.learning_rate, recipe.momentum)
            before = set(tf.global_variables())
            with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
                train = optimizer.minimize(loss)
            slots = [each for each in tf.global_variables() if each not in before]
            self._session.run(tf.variables_initializer(slots))
        return lambda: self._session.run([output, loss, train], feed)

    @staticmethod
    def read(result):
        """Return the output of a step as an array."""
        return channels_first(result[0])

    def _called(self, training):
        """Return what there is to observe of a call, by name; the call is made once."""
        if training not in self._observed and self._file.matched_names:
            # A reader's unnamed layers would not find their variables a second time.
            own = self._session.run({n: each.variable for n, each in self._variables.items()})
            self._session.close()
            self._start(training)
            self._assign(own)
        elif training not in self._observed:
            with self._graph.as_default():
                self._observed[training] = self._build(training, reuse=True)
        return self._observed[training]

    def _build(self, training, reuse):
        """Call the network's function; return what there is to observe, by name."""
        self._recordings.clear()
        before = {op.name for op in self._graph.get_operations()}
        switch = {"training": training}
        if "training" not in inspect.signature(self._entry).parameters:
            switch = {}
        with tf.variable_scope(tf.get_variable_scope(), reuse=reuse):
            observed = {"output": self._entry(self._input, **switch)}
        for own, path in layers_of(self._file.matched_names).items():
            self._recordings.tap(path, self._last_of(own, before))
        owners = {each.op.name.rpartition("/")[0] for each in tf.global_variables()}
        layers = {f"block/{owner}" for owner in owners}  # that the file has a function for
        for name, value in self._recordings.items():
            if name.split("#")[0] in layers:
                continue
            if self._recordings.fetches(name):
                observed[name] = value
            else:
                self._shapes[name] = value.shape.as_list()
        return observed

    def _last_of(self, scope, before):
        """Return what a layer's scope gives: the last value computed in it by this call."""
        within = re.compile(r"(^|/)%s/" % re.escape(scope))
        inside = [
            op
            for op in self._graph.get_operations()
            if op.name not in before and op.type in _RESULTS and within.search(op.name)
        ]
        return inside[-1].outputs[0]

    def _tap(self, path, value):
        # A layer may return its very input: then the gradients of the two could not be told apart.
        own = tf.identity(value) if self._recordings.keeps_cotangents else value
        return self._recordings.tap(path, own)

    def _in(self, inputs, name):
        return channels_last(inputs.get(name).astype(self._file.dtype))
