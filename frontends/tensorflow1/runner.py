"""The worker's side of TensorFlow 1.15. Python 3.7."""

import functools
import inspect
import platform

import numpy as np
import tensorflow as tf

from frontends.tensorflow1.brought import calls_of as layer_calls_of
from frontends.tensorflow1.brought import draws, watch_dropout
from frontends.tensorflow1.fused import allow_float64
from frontends.tensorflow1.holding import Holding, variables
from frontends.tensorflow1.traced import calls_of, compute_in, round_reals, switches_of
from frontends.tensorflow1.trainer import Trainer
from frontends.workers.layouts import channels_first, channels_first_shape, channels_last
from frontends.workers.outcomes import MismatchError
from frontends.workers.parameters import check_keys, matched
from frontends.workers.recording import Recordings, hollow, the_tensor, watch_blocks
from frontends.workers.timing import loading
from frontends.workers.tracing import (
    Trace,
    called,
    cotangents,
    kept_samples,
    numbered,
    outputs_of,
)

# How functions call the argument that says whether they train.
SWITCHES = ("training", "is_training", "train", "is_train", "phase_train", "training_phase")
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


def device_name():
    """Return None, likewise."""


def _want_cpu(device):
    if device == "gpu":
        raise ValueError("this panel runs on the CPU alone")


_open = []  # the runner whose graph is in memory


def _let_go():
    """Close the last runner. Every op remembers the globals of the file that made it, where the
    garbage collector cannot see it: what these refer to would never be freed."""
    while _open:
        _open.pop().close()


def _path(name):
    """Return the canonical path of what bears a name, or a scope, in a written file."""
    return name.replace("/", ".")


def _here(name):
    """Return the canonical path of what bears a name within the scope that is open."""
    return _path("/".join(filter(None, (tf.get_variable_scope().name, name))))


class Runner:
    """One network in a graph; evaluation and training are two calls of its function. See
    frontends.workers.protocol for what it is given.

    Exactly one of `observe` and `step` is: a network is looked at or timed.
    """

    def __init__(self, file, load_module, observe, step):
        _want_cpu(file.device)
        _let_go()
        self._file, self._step, self._absent = file, step, set(file.absent)
        self.recordings = Recordings(observe, symbolic=True)
        self.recordings.seen.fused_norms = 0
        allow_float64(self.recordings.seen, file.brought)
        if file.brought:
            watch_dropout(self.recordings, file.dropping)
        if file.compared:
            round_reals()
            compute_in(file.dtype)
        self._shapes, self._outputs, self._calls = {}, {}, {}
        self._keeps_calls = observe is not None and observe.keep_calls
        self.trace = Trace(None, self._keeps_calls)
        self.module = load_module(file.path, {"tap": self._tap})
        self._entry = getattr(self.module, file.entry)
        if observe is not None and not file.brought:
            watch_blocks(self.module, file.entry, self.recordings.blocks, _here)
        self._told, self._holding = {}, Holding()
        self._made = {}  # mode -> the graph of a reader's file, and what belongs to it
        if file.brought and file.matched_names is None:  # what only a training graph has is told
            self._start(training=True)
            self._told = self._held
        self._start(step is not None and step.mode != "inference")
        _open.append(self)

    def _start(self, training):
        """Make a graph with one call of the network's function, and a session."""
        self._graph, self._gradients = tf.Graph(), None
        with self._graph.as_default():
            if self._file.brought:  # what has no counterpart is the same in every job
                tf.set_random_seed(0)
            if self._file.seed is not None:
                tf.set_random_seed(self._file.seed)
            channels, *height_width = self._file.input_shape
            self._input = tf.placeholder(self._file.dtype, [None, *height_width, channels])
            self._observed = {training: self._build(training, reuse=None)}
            trained = {each.op.name for each in tf.trainable_variables()}
            self._start_calls(training)
            found = self._holding.of_graph(trained)
            if not self._file.brought:
                found = {_path(name): each for name, each in found.items()}
            start = [tf.global_variables_initializer(), tf.local_variables_initializer()]
        self._held = matched(found, self._file.matched_names)
        self._session = tf.Session(graph=self._graph)
        if self._file.brought:
            self._session.run(start)
        self._keep(training)

    def _keep(self, training):
        """Remember the graph of a mode: to make a large one takes long."""
        own = "_graph _session _input _observed _held _gradients".split()
        self._made[training] = {name: getattr(self, name) for name in own}

    def _start_calls(self, training):
        """Note the calls of a graph of a file that is compared."""
        looks = self._file.matched_names is None
        if self._file.compared and (looks or self._keeps_calls):
            found = self._holding.of_graph()
            held = {each.own.op.name: name for name, each in found.items()}
            mode = "train" if training else "evaluate"
            self.trace.calls[mode], given = calls_of(self._graph, self._input, held)
            for each in self.trace.calls[mode]:
                self.trace.took(each.takes)
            if self._keeps_calls:
                for number, each in given.items():  # a graph keeps what is fetched until its end
                    samples = kept_samples(each.shape.as_list())
                    self._observed[training]["call/%d" % number] = each[:samples]

    def look(self, mode, inputs):
        """Return the outputs of a call in a mode, by key or place, channels first."""
        self._called(mode == "train")
        training = mode == "train"
        values = self._session.run(self._outputs[training], self._fed(inputs, training))
        return {key: channels_first(each) for key, each in values.items()}

    def places(self):
        """Return {parameter: line that made its layer}."""
        found = {}
        for calls in self.trace.calls.values():
            for each in calls:
                for name in each.takes:
                    found.setdefault(name, ": ".join(filter(None, (each.place, each.text))))
        return {name: found.get(name, "") for name in self._held}

    def declared(self):
        """Return the shape of its input that a model declares: none does."""
        return ()

    def _fed(self, inputs, training):
        feed = {self._input: self._in(inputs, "input")}
        if self._file.compared:
            feed.update((each, training) for each in switches_of(self._graph))
        return feed

    def close(self):
        """Free the graphs and the variables."""
        for each in self._made.values():
            each["_session"].close()
        vars(self.module).clear()

    def held(self):
        """Return every tensor that the network holds, by canonical name."""
        own = {each.own.op.name for each in self._held.values()}
        told = {n: each for n, each in self._told.items() if each.own.op.name not in own}
        return {**self._held, **told}

    def initial(self, inputs):
        """Yield what every parameter starts from."""
        with self._graph.as_default():
            self._session.run(tf.global_variables_initializer())
        return self.values()

    def values(self):
        """Yield the value of every parameter and statistic, by canonical name."""
        values = self._session.run({name: each.own for name, each in self._held.items()})
        for name, each in self._held.items():
            yield name, each.canonical(values[name])

    def assign(self, weights):
        """Set every parameter from an ArrayReader of canonical arrays, all in one run."""
        check_keys(self._held, set(weights.names()) - self._absent)
        self._assign(
            {n: each.set_from(weights, n, self._file.dtype) for n, each in self._held.items()}
        )

    def _assign(self, arrays):
        """Set every parameter, all in one run; arrays are in its own layout."""
        feed = {
            each.own.initializer.inputs[1]: arrays[name]
            for name, each in self._held.items()
            if name in arrays
        }
        set_there = [each.own.initializer for n, each in self._held.items() if n in arrays]
        self._session.run(set_there, feed)
        self._start_averages()

    def _start_averages(self):
        """Have the means that are rid of their start begin anew."""
        with self._graph.as_default():
            own = [each.initializer for each in set(tf.global_variables()) - set(variables())]
        if own:
            self._session.run(own)

    def evaluate(self, inputs):
        """Yield the output in eval mode, then the outputs of blocks and steps."""
        observed = self._called(False)  # in a session of its own, it may be
        results = self._session.run(observed, self._fed(inputs, False))
        for name, array in results.items():
            yield name, channels_first(array)
        for name, (_, *shape) in self._shapes.items():
            yield name, hollow([len(results["output"]), *channels_first_shape(shape)])

    def train(self, inputs):
        """Yield output, blocks, steps, gradients and statistics of a step with batch statistics."""
        observed = self._called(True)
        feed = self._fed(inputs, True)
        begun = self._begun(inputs)
        if begun is None:
            for name, array in self._session.run(observed, feed).items():
                yield name, channels_first(array)
            return
        trained = {n: e for n, e in self._held.items() if e.slot.trainable and e.trains}
        values = {"gradient/input": self._input, **self.recordings.steps_of(observed)}
        if self._gradients is None:
            sources = [each.own for each in trained.values()] + list(values.values())
            self._gradients = self._differentiated(sources)
        starts, fetched = self._gradients
        feed.update((starts[key], array) for key, array in begun.items())
        results, found, _ = self._session.run([observed, *fetched], feed)
        of_trained, of_values = found[: len(trained)], found[len(trained) :]
        for name, array in [*results.items(), *zip(values, of_values)]:
            yield name, channels_first(array)
        for (name, each), gradient in zip(trained.items(), of_trained):
            yield "gradient/" + name, each.canonical(gradient)
        statistics = {n: e.own for n, e in self._held.items() if not e.slot.trainable}
        for name, array in self._session.run(statistics).items():
            yield "statistics/" + name, array

    def _differentiated(self, sources):
        """Return what gradients begin from, by output, and [gradients, updates of statistics]; done
        once in a graph."""
        with self._graph.as_default():
            outputs = self._outputs[True]
            starts = {key: tf.placeholder(each.dtype, each.shape) for key, each in outputs.items()}
            target = tf.add_n([tf.reduce_sum(outputs[key] * starts[key]) for key in outputs])
            gradients = tf.gradients(target, sources, unconnected_gradients="zero")
            return starts, [gradients, tf.get_collection(tf.GraphKeys.UPDATE_OPS)]

    def _begun(self, inputs):
        """Return what gradients begin from, None if some output has another shape."""
        batch = len(inputs.get("input"))
        shapes = {
            key: hollow([batch, *channels_first_shape(each.shape.as_list()[1:])])
            for key, each in self._outputs[True].items()
        }
        found = cotangents(inputs, shapes)
        if found is None:
            return None
        return {k: channels_last(each.astype(self._file.dtype)) for k, each in found.items()}

    def trainer(self, optimizer="sgd", summed=False, compiled=False):
        """Return the training of the network by the file's own functions; see `trainer`.

        optimizer: that of the recipe. summed: the loss is a sum over the batch. compiled: steps run
        as the file's `main` has them, where it compiles them.
        """
        outputs = [self._called(training)["output"] for training in (False, True)]
        how = self._held, optimizer, summed, self._file.dtype
        return Trainer(self.module, self._session, outputs, self._taken, *how)

    def stepper(self, inputs):
        """Return a function that takes one step, waits for it, and gives (output, loss)."""
        training = self._step.mode != "inference"
        output, feed = self._called(training)["output"], {self._input: self._in(inputs, "input")}
        if not training:
            return lambda: (self._session.run(output, feed), None)
        with self._graph.as_default():
            labels = tf.placeholder(tf.int64, [None])
            rate = tf.constant(self.module.learning_rate(0, 1), self._file.dtype)
            before = set(tf.global_variables())
            loss, train = self.module.train_step(output, labels, rate)
            more = [each for each in tf.global_variables() if each not in before]
            self._session.run(tf.variables_initializer(more))
        given = inputs.get("labels").astype(np.int64)
        fetched = [output, loss, train]
        if self._step.mode == "loading":
            found = loading(self.module.batches, inputs.get("input"), given)
            return lambda: self._session.run(fetched, self._loaded(labels, *next(found)))
        feed[labels] = given
        return lambda: self._session.run(fetched, feed)

    def _loaded(self, labels, images, classes):
        return {self._input: channels_last(images.astype(self._file.dtype)), labels: classes}

    def wait(self):
        """Do nothing: a step ends when its results are there."""

    @staticmethod
    def read(result):
        """Return the output of a step as an array."""
        return channels_first(result[0])

    def _called(self, training):
        """Return what there is to observe of a call, by name; the call is made once."""
        rebuilt = self._file.matched_names or self._file.compared
        if training not in self._observed and rebuilt:
            # A reader's unnamed layers would not find their variables a second time.
            own = self._session.run({n: each.own for n, each in self._held.items()})
            self._keep(not training)  # with its gradients
            if training in self._made:
                vars(self).update(self._made[training])
            else:
                self._start(training)
            self._assign(own)
        elif training not in self._observed:
            with self._graph.as_default():
                before = set(variables())
                self._observed[training] = self._build(training, reuse=tf.AUTO_REUSE)
                more = sorted(each.op.name for each in set(variables()) - before)
            if more:
                raise MismatchError(f"called again, it makes variables of its own: {more}")
            self._start_averages()
        return self._observed[training]

    def _build(self, training, reuse):
        """Call the network's function; return what there is to observe, by name."""
        self.recordings.start("train" if training else "evaluate")
        named = [n for n in SWITCHES if n in inspect.signature(self._entry).parameters]
        switch = {named[0]: training} if named else {}
        with tf.variable_scope(tf.get_variable_scope(), reuse=reuse):
            entry = functools.partial(self._entry, self._input, **switch)
            output = called(entry, self._file.arguments)
        if self._file.compared:
            wanted = self._file.outputs.get("train" if training else "evaluate", ())
            outputs = outputs_of(output, tf.Tensor, wanted)
        else:
            outputs = {"": the_tensor(output, tf.Tensor)}
        self._outputs[training] = outputs
        observed = dict(numbered(outputs))
        if self._file.matched_names and not self._file.compared:
            self._observe_layers(self._file.matched_names)
        owners = {_path(each.op.name.rpartition("/")[0]) for each in tf.global_variables()}
        if self._file.brought:
            self._tell()
        layers = {f"block/{owner}" for owner in owners}  # that the file has a function for
        for name, value in self.recordings.items():
            if name.split("#")[0] in layers:
                continue
            if self.recordings.fetches(name):
                observed[name] = value
            else:
                self._shapes[name] = value.shape.as_list()
        return observed

    def _tell(self):
        """Note what a reader's graph draws at random, and what training adds to its loss."""
        seen = self.recordings.seen
        for op in draws(self._graph):
            seen.note("mine draws random numbers (%s)" % op.type)
        losses = tf.losses.get_regularization_losses() + tf.losses.get_losses()
        if losses:
            seen.remark(["training adds %d losses of mine: not compared" % len(losses)])

    def _observe_layers(self, names):
        """Record what each layer of a reader's graph is given and gives."""
        layers = {}
        for own, each in self._holding.of_graph().items():
            if own in names:
                layers.setdefault(names[own].rpartition(".")[0], []).append(each.own)
        for path, held in layers.items():
            for given, result in layer_calls_of(held):
                self.recordings.given.put(path, given)
                self.recordings.steps.put(path, result)

    def _tap(self, path, value):
        # A layer may return its very input: then the gradients of the two could not be told apart.
        own = tf.identity(value) if self.recordings.keeps_cotangents else value
        return self.recordings.tap(_here(path), own)

    def _taken(self, inputs):
        return {self._input: self._in(inputs, "input")}

    def _in(self, inputs, name):
        return channels_last(inputs.get(name).astype(self._file.dtype))
