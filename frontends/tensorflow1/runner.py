"""The worker's side of TensorFlow 1.15. Python 3.7."""

import inspect
import platform
import re

import numpy as np
import tensorflow as tf

from frontends.workers.recording import (
    Recorder,
    check_keys,
    check_shape,
    hollow,
    layers_of,
    renamed,
    watch_blocks,
)

_RENAMED = {"moving_mean": "mean", "moving_variance": "variance", "depthwise_kernel": "kernel"}
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
    """A variable with its canonical name and layout: OIHW, (out, in)."""

    def __init__(self, variable):
        self.variable = variable
        path, _, own = variable.op.name.rpartition("/")
        self.name = f"{path}.{_RENAMED.get(own, own)}"
        self.shape = tuple(variable.shape.as_list())
        self.trainable = own not in ("moving_mean", "moving_variance")
        self._depthwise = own == "depthwise_kernel"

    def to_canonical(self, array):
        if self._depthwise:  # (kh, kw, C, M)
            height, width, channels, multiplier = array.shape
            moved = np.transpose(array, (2, 3, 0, 1))
            return moved.reshape(channels * multiplier, 1, height, width)
        if array.ndim == 4:  # HWIO
            return np.transpose(array, (3, 2, 0, 1))
        return array.T if array.ndim == 2 else array

    def from_canonical(self, array):
        if self._depthwise:
            height, width, channels, multiplier = self.shape
            parted = array.reshape(channels, multiplier, height, width)
            return np.transpose(parted, (2, 3, 0, 1))
        if array.ndim == 4:
            return np.transpose(array, (2, 3, 1, 0))
        return array.T if array.ndim == 2 else array


class Runner:
    """One written network in a graph; evaluation and training are two calls of its function."""

    def __init__(self, job, load_module):
        _want_cpu(job.get("device", "cpu"))
        _let_go()
        self._dtype, self._absent = job["dtype"], set(job.get("absent", ()))
        self._names = job.get("names")
        self._steps, self._blocks = Recorder(), Recorder()
        self._job, self._shapes = job, {}
        self._module = load_module(job["source"], {"tap": self._tap})
        self._entry = getattr(self._module, job["entry"])
        if not job.get("mode"):
            watch_blocks(self._module, job["entry"], self._blocks)
        self._start(job.get("mode") == "training")
        _open.append(self)

    def _start(self, training):
        """Make a graph with one call of the network's function, and a session."""
        self._graph = tf.Graph()
        with self._graph.as_default():
            channels, *height_width = self._job["input_shape"]
            self._input = tf.placeholder(self._dtype, [None, *height_width, channels])
            self._observed = {training: self._build(training, reuse=None)}
            found = map(_Variable, tf.global_variables())
        self._variables = renamed({each.name: each for each in found}, self._names)
        self._session = tf.Session(graph=self._graph)

    def close(self):
        """Free the graph and the variables."""
        self._session.close()
        vars(self._module).clear()

    def parameters(self):
        """Return canonical names and shapes."""
        return {
            name: each.to_canonical(np.empty(each.shape, np.int8)).shape
            for name, each in self._variables.items()
        }

    def assign(self, weights):
        """Set every parameter from an ArrayReader of canonical arrays, all in one run."""
        check_keys(self._variables, set(weights.names()) - self._absent)
        self._assign({name: weights.get(name) for name in self._variables})

    def _assign(self, arrays):
        feed = {}
        for name, each in self._variables.items():
            array = each.from_canonical(arrays[name])
            check_shape(name, each.shape, array.shape)
            feed[each.variable.initializer.inputs[1]] = array.astype(self._dtype)
        self._session.run([each.variable.initializer for each in self._variables.values()], feed)

    def evaluate(self, inputs):
        """Yield the output in eval mode, then the outputs of blocks and steps."""
        results = self._session.run(self._called(False), {self._input: self._in(inputs)})
        for name, array in results.items():
            yield name, self._out(array)
        for name, (_, *shape) in self._shapes.items():
            ordered = shape[2:] + shape[:2] if len(shape) == 3 else shape
            yield name, hollow([len(results["output"]), *ordered])

    def train(self, inputs):
        """Yield output, blocks, steps, gradients and statistics of a step with batch statistics."""
        observed = self._called(True)
        trained = [each for each in self._variables.values() if each.trainable]
        with self._graph.as_default():
            target = tf.reduce_sum(observed["output"] * self._in(inputs, "cotangent"))
            sources = [self._input] + [each.variable for each in trained]
            gradients = tf.gradients(target, sources, unconnected_gradients="zero")
            updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
        feed = {self._input: self._in(inputs)}
        results, (of_input, *found), _ = self._session.run([observed, gradients, updates], feed)
        for name, array in results.items():
            yield name, self._out(array)
        yield "gradient/input", self._out(of_input)
        for each, gradient in zip(trained, found):
            yield "gradient/" + each.name, each.to_canonical(gradient)
        statistics = {n: v.variable for n, v in self._variables.items() if not v.trainable}
        for name, array in self._session.run(statistics).items():
            yield "statistics/" + name, array

    def stepper(self, mode, inputs):
        """Return a function that takes one step, waits for it, and gives (output, loss)."""
        output, feed = self._called(mode == "training")["output"], {self._input: self._in(inputs)}
        if mode == "inference":
            return lambda: (self._session.run(output, feed), None)
        with self._graph.as_default():
            labels = tf.constant(inputs.get("labels").astype(np.int64))
            loss = tf.losses.sparse_softmax_cross_entropy(labels, output)
            before = set(tf.global_variables())
            with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
                train = tf.train.MomentumOptimizer(1e-3, 0.9).minimize(loss)
            slots = [each for each in tf.global_variables() if each not in before]
            self._session.run(tf.variables_initializer(slots))
        return lambda: self._session.run([output, loss, train], feed)

    def read(self, result):
        """Return the output of a step as an array."""
        return self._out(result[0])

    def _called(self, training):
        """Return what there is to observe of a call, by name; the call is made once."""
        if training not in self._observed and self._names:
            # A reader's unnamed layers would not find their variables a second time.
            values = {n: each.variable for n, each in self._variables.items()}
            values = self._session.run(values)
            own = {n: self._variables[n].to_canonical(value) for n, value in values.items()}
            self._session.close()
            self._start(training)
            self._assign(own)
        elif training not in self._observed:
            with self._graph.as_default():
                self._observed[training] = self._build(training, reuse=True)
        return self._observed[training]

    def _build(self, training, reuse):
        self._steps.clear()
        self._blocks.clear()
        before = {op.name for op in self._graph.get_operations()}
        switch = {"training": training}
        if "training" not in inspect.signature(self._entry).parameters:
            switch = {}
        with tf.variable_scope(tf.get_variable_scope(), reuse=reuse):
            observed = {"output": self._entry(self._input, **switch)}
        for own, path in layers_of(self._names).items():
            self._steps.put(path, self._last_of(own, before))
        owners = {each.op.name.rpartition("/")[0] for each in tf.global_variables()}
        for path, value in self._blocks.results.items():
            if path.split("#")[0] not in owners:  # a layer that the file has a function for
                self._keep(observed, "block", path, value)
        for path, value in self._steps.results.items():
            self._keep(observed, "step", path, value)
        return observed

    def _keep(self, observed, kind, path, value):
        """Observe a value if its kind is asked for; of any other only the shape is told."""
        if self._job.get("keep_%ss" % kind):
            observed[kind + "/" + path] = value
        else:
            self._shapes[kind + "/" + path] = value.shape.as_list()

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
        self._steps.put(path, value)
        return value

    def _in(self, inputs, name="input"):
        array = inputs.get(name).astype(self._dtype)
        return np.transpose(array, (0, 2, 3, 1)) if array.ndim == 4 else array

    @staticmethod
    def _out(array):
        return np.transpose(array, (0, 3, 1, 2)) if array.ndim == 4 else array
