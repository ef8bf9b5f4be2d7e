"""The worker's side of Keras on TensorFlow."""

import os
import sys
from contextlib import ExitStack, nullcontext

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import (
    convert_variables_to_constants_v2,
)

from frontends.tensorflow.brought import overridden, random_state, remarks, watch_dropout
from frontends.tensorflow.layout import LAYERS, MORE
from frontends.tensorflow.traced import Tracing, watch_layers
from frontends.tensorflow.trainer import Trainer
from frontends.workers.layouts import channels_first, channels_first_shape, channels_last
from frontends.workers.outcomes import MismatchError
from frontends.workers.parameters import (
    check_keys,
    class_of,
    distinct,
    holding,
    layers_of,
    matched,
    resolved,
    slots_of,
)
from frontends.workers.places import made_at
from frontends.workers.recording import Recordings, hollow, the_tensor, watch_blocks
from frontends.workers.timing import loading
from frontends.workers.tracing import Trace, called, cotangents, numbered, outputs_of, round_reals

# Keras walks a functional model by recursion, a frame per layer; a tap is one more layer.
sys.setrecursionlimit(10_000)

_LAYERS = resolved(LAYERS, keras.layers)
_MORE = resolved({**LAYERS, **MORE}, keras.layers)
LIKELY = (3, 32, 32)  # the input of a model that declares none
ANY = 32  # rows and columns where a model takes any number
CLOSE = 1e-10, 1e-12  # relative, absolute


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


def settings():
    """Return what TensorFlow says of threads and precision; 0 threads: as many as cores."""
    return {
        "threads": str(tf.config.threading.get_intra_op_parallelism_threads()),
        "inter-op threads": str(tf.config.threading.get_inter_op_parallelism_threads()),
        "oneDNN": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "by default"),
        "TF32": str(tf.config.experimental.tensor_float_32_execution_enabled()),
    }


def device_memory():
    """Return the peak of the GPU's memory in bytes, None without a GPU."""
    if not tf.config.list_physical_devices("GPU"):
        return None
    return tf.config.experimental.get_memory_info("GPU:0")["peak"]


def device_name():
    """Return what the GPU is called, None without a GPU."""
    for gpu in tf.config.list_physical_devices("GPU"):
        return tf.config.experimental.get_device_details(gpu).get("device_name")
    return None


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
        self._dtype, self._step, self._file = file.dtype, step, file
        self._layers_known = _MORE if file.compared else _LAYERS
        self._absent, self._official = set(file.absent), file.official_names
        keras.backend.clear_session()
        keras.config.set_image_data_format("channels_last")  # whatever keras.json says
        keras.config.set_floatx(file.dtype)
        mixed = step is not None and step.precision in ("bfloat16", "float16")
        keras.config.set_dtype_policy(f"mixed_{step.precision}" if mixed else file.dtype)
        self.recordings, self._brought = Recordings(observe, symbolic=True), file.brought
        if file.brought:
            watch_dropout(self.recordings, file.dropping)
            # what has no counterpart is the same in every job
            keras.utils.set_random_seed(file.seed or 0)
        if file.compared:
            watch_layers(self.recordings.seen)
        self.trace = Trace(lambda value: value.numpy(), observe is not None and observe.keep_calls)
        self._tracing = Tracing(self.trace)
        with self._tracing.building() if file.compared else nullcontext():
            self._load(file, load_module, observe)
        found = distinct(self._find_variables(self._model))
        self._known = {id(self._variable(each.own)) for each in found.values()}
        self._held = matched(found, file.matched_names)
        for layer in layers_of({name: name for name in found}):
            self.recordings.blocks.results.pop(layer, None)  # a function of the file made it
        self._shapes, self._observed, self._observed_names = {}, None, []
        if file.compared:
            self._name_layers(found)
        elif not file.brought:
            self._find_shared()
            self._make_observed()
        elif self.recordings.keeps_steps:
            self._watch_layers(layers_of(file.matched_names))

    def _load(self, file, load_module, observe):
        """Load a file and make its model."""
        self.module = module = load_module(file.path, {"tap": self._tap})
        if observe is not None and not file.brought:
            watch_blocks(module, file.entry, self.recordings.blocks, self._path)
        if file.compared and keras.config.floatx() == "float32":
            keras.config.set_floatx(file.dtype)
        if file.seed is not None:
            keras.utils.set_random_seed(file.seed)
        entry = getattr(module, file.entry)
        made = isinstance(entry, keras.Model)
        self._model = entry if made else called(entry, file.arguments)
        if not isinstance(self._model, keras.Model):
            raise MismatchError(
                f"{file.entry} gives a {type(self._model).__name__}, no keras.Model"
            )
        if file.brought and not all(each.built for each in self._model._flatten_layers()):
            shape = file.input_shape or LIKELY
            self._model(tf.zeros([1, *self._order(shape)], file.dtype), training=False)

        for each in self._model._flatten_layers() if file.compared else ():
            round_reals(each)

    def _order(self, shape):
        """Return a shape without its batch in the order that the model takes."""
        if self._file.channels == "first" or len(shape) != 3:
            return tuple(shape)
        return (*shape[1:], shape[0])

    def _name_layers(self, found):
        """Have the calls of layers tell the parameters that they take."""
        names = {id(each.own): name for name, each in found.items()}
        for layer in self._model._flatten_layers():
            own = [*layer._trainable_variables, *layer._non_trainable_variables]
            own += [each for each in vars(layer).values() if isinstance(each, tf.Variable)]
            self._tracing.names[id(layer)] = [names[id(v)] for v in own if id(v) in names]
        self._tracing.took_as_built()

    def look(self, mode, inputs):
        """Return the outputs of a call in a mode, by key or place, channels first."""
        declared = getattr(self._model, "inputs", None) or [None]
        if len(declared) > 1:
            raise MismatchError(f"the network takes {len(declared)} inputs: expected one")
        x = self._in(inputs, "input")
        with self._traced(mode, x):
            output = self._model(x, training=mode == "train")
        outputs = outputs_of(output, tf.Tensor, self._file.outputs.get(mode, ()))
        return {key: self._map_out(each) for key, each in outputs.items()}

    def places(self):
        """Return {parameter: line that made its layer}."""
        layers = {id(each): each for each in self._model._flatten_layers()}
        found = {}
        for number, names in self._tracing.names.items():
            place = ": ".join(filter(None, made_at(layers[number])))
            found.update((name, place) for name in names)
        return {name: found.get(name, "") for name in self._held}

    def declared(self):
        """Return the shape of its input that a model declares, channels first; () if none."""
        try:
            shape = self._model.input_shape
        except (AttributeError, ValueError):
            return ()
        if not isinstance(shape, tuple) or len(shape) < 2 or shape[-1] is None:
            return ()
        sizes = [size or ANY for size in shape[1:]]
        if self._file.channels == "first":
            return tuple(sizes)
        return channels_first_shape(sizes)

    def _traced(self, mode, x):
        """Return a context in which what a compared file calls is told."""
        stack = ExitStack()
        if self._file.compared:
            stack.enter_context(self.trace.recording(mode, len(x), x))
            stack.enter_context(self._tracing)
        return stack

    def _map_out(self, value):
        return value.numpy() if self._file.channels == "first" else _out(value)

    def held(self):
        """Return every tensor that the network holds, by canonical name."""
        return self._held

    def initial(self, inputs):
        """Yield what every parameter starts from."""
        return self.values()

    def values(self):
        """Yield the value of every parameter and statistic, by canonical name."""
        for name, each in self._held.items():
            yield name, each.canonical(each.own.numpy())

    def assign(self, weights):
        """Set every parameter from an ArrayReader of canonical arrays."""
        check_keys(self._held, set(weights.names()) - self._absent)
        for name, each in self._held.items():
            each.own.assign(each.set_from(weights, name, self._dtype))

    def evaluate(self, inputs):
        """Yield the output in eval mode, then the outputs of blocks and steps."""
        x = self._in(inputs, "input")
        outputs, values = self._called(x, "evaluate", training=False)
        for name, each in numbered(outputs):
            yield name, self._map_out(each)
        yield from ((name, _out(value)) for name, value in values.items())
        yield from self.trace.items()
        output = next(iter(outputs.values()))
        if self._brought and self._dtype == "float64":  # float32 rounds in other ways
            self._want_one_network(x, output)
        for name, (_, *shape) in self._shapes.items():
            yield name, hollow([len(output), *channels_first_shape(shape)])

    def train(self, inputs):
        """Yield output, blocks, steps, gradients and statistics of a step with batch statistics."""
        x = self._in(inputs, "input")
        trained = {n: e for n, e in self._held.items() if e.slot.trainable and e.trains}
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs, values = self._called(x, "train", training=True)
            begun = cotangents(inputs, {k: self._map_out(each) for k, each in outputs.items()})
            target = self._target(outputs, begun) if begun else None
        for name, each in numbered(outputs):
            yield name, self._map_out(each)
        yield from ((name, _out(value)) for name, value in values.items())
        yield from self.trace.items()
        if self._brought:
            self._tell_strays(tape)
        if begun is None:
            return
        steps = self.recordings.steps_of(values)
        variables = [self._variable(each.own) for each in trained.values()]
        sources = [[x], variables, list(steps.values())]
        found = tape.gradient(target, sources, unconnected_gradients="zero")
        (of_input,), gradients, of_steps = found
        yield from zip(steps, map(_out, of_steps))
        yield "gradient/input", self._map_out(of_input)
        for (name, each), gradient in zip(trained.items(), gradients):
            dense = tf.convert_to_tensor(gradient)
            yield "gradient/" + name, each.canonical(dense.numpy())
        for name, each in self._held.items():
            if not each.slot.trainable:
                yield "statistics/" + name, each.canonical(each.own.numpy())

    def _target(self, outputs, begun):
        """Return the sum of the products of outputs with what gradients begin from."""
        order = np.asarray if self._file.channels == "first" else channels_last
        return tf.add_n(
            [
                tf.reduce_sum(each * order(begun[key]).astype(self._dtype))
                for key, each in outputs.items()
            ]
        )

    def trainer(self, optimizer="sgd", summed=False, compiled=False):
        """Return the training of the network by the file's own functions; see `trainer`.

        optimizer: that of the recipe. summed: the loss is a sum over the batch. compiled: steps run
        as the file's `main` has them, where it compiles them.
        """
        how = self._taken, optimizer, self._dtype, compiled
        return Trainer(self.module, self._model, self._held, *how)

    def stepper(self, inputs):
        """Return a function that takes one step and gives (output, loss); see `wait`."""
        x = self._in(inputs, "input")
        if self._step.mode == "inference":
            predict = self._frozen(x) if self._step.style == "frozen" else None
            predict = predict or self._styled(self._predict)
            return lambda: predict(x)
        labels = self._labels(inputs)
        train = self._styled(self._train_step())
        if self._step.mode == "loading":
            found = loading(self.module.batches, inputs.get("input"), inputs.get("labels"))
            return lambda: train(*self._tensors(*next(found)))
        return lambda: train(x, labels)

    def wait(self):
        """Wait for the steps that were begun."""
        tf.test.experimental.sync_devices()

    def _tensors(self, images, labels):
        images = tf.constant(channels_last(images.astype(self._dtype)))
        return images, tf.constant(labels.astype(np.int64))

    def _predict(self, x):
        return self._model(x, training=False), None

    def _frozen(self, x):
        """Return a function of a graph whose weights are constants: batch normalization folds."""
        traced = tf.function(lambda x: self._model(x, training=False)).get_concrete_function(x)
        frozen = convert_variables_to_constants_v2(traced)
        return lambda x: (frozen(x)[0], None)

    def _train_step(self):
        optimizer, rate = self.module.create_optimizer(self._model), self.module.learning_rate(0, 1)

        def step(x, labels):
            loss, output = self.module.train_step(self._model, optimizer, x, labels, rate)
            return output, loss

        return step

    def _styled(self, function):
        if self._step.style == "eager":
            return function
        if self._step.style == "frozen":
            raise ValueError("weights that train cannot be frozen")
        return tf.function(function, jit_compile=self._step.style == "compiled")

    @staticmethod
    def read(result):
        """Return the output of a step as an array."""
        output = result[0]
        return _out(output if output.dtype == tf.float64 else tf.cast(output, tf.float32))

    @staticmethod
    def _variable(own):
        return own if isinstance(own, tf.Variable) else own.value

    def _tell_strays(self, tape):
        """Tell variables that take gradients and that the model does not hold, and its losses."""
        for each in tape.watched_variables():
            if id(each) not in self._known:
                self.recordings.seen.strays(each.shape)
        self.recordings.seen.remark(remarks(self._model))

    def _find_variables(self, model):
        """Yield (<layer>.<kind>, variable) of every variable but generators' seeds, in the order of
        creation."""
        yield from self._variables_of(model, model.trainable)
        for layer, trains in self._layers(model, model.trainable):
            yield from self._variables_of(layer, trains)

    def _layers(self, outer, trains):
        """Yield (layer, whether it trains) of all that is within a layer or a model."""
        for layer in outer._flatten_layers(include_self=False, recursive=False):
            yield layer, trains and layer.trainable
            yield from self._layers(layer, trains and layer.trainable)

    def _variables_of(self, layer, trains):
        slots = slots_of(layer, self._layers_known)
        kind = class_of(layer, "keras", "tensorflow")
        path = "" if isinstance(layer, keras.Model) else self._path(layer.name)
        names = {id(value): own for own, value in vars(layer).items()}
        names.update((id(getattr(layer, own, None)), own) for own in slots)
        raw = [each for each in vars(layer).values() if isinstance(each, tf.Variable)]
        for variable in [*layer._trainable_variables, *layer._non_trainable_variables, *raw]:
            own = names.get(id(variable), variable.name)
            yield holding(path, own, variable, trains and variable.trainable, slots, kind)

    def _watch_layers(self, names):
        """Record what a reader's layers are given and give, whenever they are called."""
        for layer, _ in self._layers(self._model, True):
            if layer.name in names and slots_of(layer, _LAYERS):
                layer.call = self._watched(layer.call, names[layer.name])

    def _watched(self, call, path):
        def watched(*arguments, **named):
            result = call(*arguments, **named)
            if tf.is_tensor(result):
                self.recordings.given.put(path, [*arguments, *named.values()][0])
                self.recordings.steps.put(path, result)
            return result

        return watched

    def _path(self, name):
        """Return the canonical path of what bears a name."""
        return self._official.get(name, name)

    def _find_shared(self):
        """Record every call of a block that is shared, a model within the model."""
        blocks = self.recordings.blocks
        for layer in self._model.layers:
            if isinstance(layer, keras.Model):
                path = self._path(layer.name)
                known = blocks.forget(path)
                for node in layer._inbound_nodes if known else ():  # a chain is no block
                    blocks.put(path, list(node.output_tensors))

    def _make_observed(self):
        """Make a model of the output and of what is kept of all that is on the way to it."""
        reached = {id(operation) for operation in self._model.operations}
        found = {
            name: value
            for name, value in self.recordings.items()
            if id(value._keras_history.operation) in reached
        }
        kept = {name: value for name, value in found.items() if self.recordings.fetches(name)}
        self._observed_names = list(kept)
        self._shapes = {name: value.shape for name, value in found.items() if name not in kept}
        if kept:
            outputs = [self._model.outputs[0], *kept.values()]
            self._observed = keras.Model(self._model.inputs, outputs)

    def _called(self, x, mode, training):
        """Return the outputs of a call of the model, and what is observed in it, by name.

        The model itself is called, as its user would; where steps of a written file are kept, a
        model of the same layers that gives them, too.
        """
        if self._brought:
            self.recordings.start(mode)
        if self._observed is not None:
            output, *values = self._observed(x, training=training)
            return {"": output}, dict(zip(self._observed_names, values))
        if not self._brought:
            return {"": the_tensor(self._model(x, training=training), tf.Tensor)}, {}
        with self.recordings.seen.draws(random_state(self._model)), self._traced(mode, x):
            output = self._model(x, training=training)
        kept = dict(self.recordings.items())
        if self._file.compared:
            return outputs_of(output, tf.Tensor, self._file.outputs.get(mode, ())), kept
        return {"": the_tensor(output, tf.Tensor)}, kept

    def _want_one_network(self, x, output):
        """Raise a MismatchError unless the model gives the same where it is not told a mode."""
        plain = self._first(self._model(x)).numpy()
        if plain.shape == output.shape and not np.allclose(plain, output, *CLOSE):
            named = overridden(self._model) or "some layer"
            raise MismatchError(
                f"model(x) is not model(x, training=False): called in a mode of its own: {named}"
            )
        predicted = self._predicted(x)
        if predicted is not None and not np.allclose(predicted, output, *CLOSE):
            raise MismatchError(
                "in a tf.function, as in fit and predict, mine gives another output"
            )

    def _first(self, output):
        if not self._file.compared:
            return output
        wanted = self._file.outputs.get("evaluate", ())
        return next(iter(outputs_of(output, tf.Tensor, wanted).values()))

    def _predicted(self, x):
        """Return the output as `predict` computes it, within a function; None if it cannot."""
        seen = self.recordings.seen
        mode, seen.mode = seen.mode, ""
        try:
            model = tf.function(lambda x: self._model(x, training=False))
            return self._first(model(x)).numpy()
        except Exception as error:
            seen.remark([f"mine does not run in a tf.function: {type(error).__name__}"])
            return None
        finally:
            seen.mode = mode

    def _tap(self, path, value):
        own = _Passed()(value) if self.recordings.keeps_cotangents else value
        return self.recordings.tap(path, own)

    def _taken(self, inputs):
        return self._in(inputs, "input"), self._labels(inputs)

    @staticmethod
    def _labels(inputs):
        return tf.constant(inputs.get("labels").astype(np.int64))

    def _in(self, inputs, name):
        given = inputs.get(name).astype(self._dtype)
        return tf.constant(given if self._file.channels == "first" else channels_last(given))
