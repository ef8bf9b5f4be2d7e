"""The worker's side of Paddle Fluid 1.8. Python 3.7."""

import functools
import os
import platform
import re

# Fluid takes one thread unless told; the other frameworks take every core.
os.environ.setdefault("OMP_NUM_THREADS", str(len(os.sched_getaffinity(0))))

import numpy as np
import paddle
import paddle.fluid as fluid

from frontends.fluid.brought import watch
from frontends.fluid.layout import LAYERS
from frontends.fluid.traced import (
    calls_of,
    cast_in,
    first_samples,
    labels_of,
    place_of,
    watch_pools,
)
from frontends.fluid.trainer import Trainer
from frontends.fluid.truncated import allow_float64
from frontends.workers.layouts import Slot, by_name
from frontends.workers.outcomes import MismatchError
from frontends.workers.parameters import Held, check_keys, distinct, matched
from frontends.workers.recording import Recordings, hollow, the_tensor, watch_blocks
from frontends.workers.timing import loading
from frontends.workers.tracing import Trace, called, cotangents, numbered, outputs_of


def versions():
    """Return the versions of what runs here."""
    return {
        "paddle": paddle.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def matmul(size, device):
    """Return a function that multiplies two float32 matrices and waits."""
    _want_cpu(device)
    executor, scope = fluid.Executor(fluid.CPUPlace()), fluid.Scope()
    main, startup = fluid.Program(), fluid.Program()
    with fluid.program_guard(main, startup):
        left, right = (
            fluid.layers.create_parameter([size, size], "float32", name=name) for name in "ab"
        )
        fluid.layers.matmul(left, right)
    executor.run(startup, scope=scope)

    def step():
        executor.run(main, scope=scope, use_program_cache=True)

    return step


def device_memory():
    """Return None, as there is no device: this panel runs on the CPU alone."""


def device_name():
    """Return None, likewise."""


def _want_cpu(device):
    if device == "gpu":
        raise ValueError("this panel runs on the CPU alone")


# What an op takes under a name is of a kind.
_KINDS = {
    ("conv2d", "Filter"): "kernel",
    ("depthwise_conv2d", "Filter"): "kernel",
    ("mul", "Y"): "kernel",
    ("elementwise_add", "Y"): "bias",
    ("batch_norm", "Scale"): "gamma",
    ("batch_norm", "Bias"): "beta",
    ("batch_norm", "Mean"): "mean",
    ("batch_norm", "Variance"): "variance",
}


# What programs end the names of parameters with.
_SUFFIX = re.compile(
    r"[._](w_\d+|b_\d+|weights?|scale|offset|bias|mean|variance|kernel|gamma|beta)$"
)


def _held(variable, kind):
    """Return a persistable variable; its rank says its layout."""
    trains = getattr(variable, "trainable", False) and not variable.stop_gradient
    trains = trains and variable.optimize_attr["learning_rate"] != 0
    layout = by_name(LAYERS, "", len(variable.shape)).layout
    return Held(variable, Slot(kind, layout), trains)


class Runner:
    """One network as a Program, with a Scope of its own; see frontends.workers.protocol for what it
    is given.

    Exactly one of `observe` and `step` is: a network is looked at or timed.
    """

    def __init__(self, file, load_module, observe, step):
        _want_cpu(file.device)
        allow_float64()
        self._dtype, self._step, self._gradients = file.dtype, step, None
        self._absent, self._official = set(file.absent), file.official_names
        self._file = file
        self._scope, self._executor = fluid.Scope(), fluid.Executor(fluid.CPUPlace())
        self.recordings, self._brought = Recordings(observe, symbolic=True), file.brought
        self._main, startup = fluid.Program(), fluid.Program()
        if file.brought:  # what has no counterpart is the same in every job
            self._main.random_seed = startup.random_seed = 1
        if file.seed is not None:
            self._main.random_seed = startup.random_seed = file.seed + 1  # 0: another each time
        if file.compared:
            watch_pools(self.recordings.seen)
            cast_in(file.dtype)
        self.module = module = load_module(file.path, {"tap": self.recordings.tap})
        if observe is not None and not file.brought:
            watch_blocks(module, file.entry, self.recordings.blocks, self._path)
        self._outputs = self._build(getattr(module, file.entry), file.input_shape, startup)
        self._output, self._count = (
            next(iter(self._outputs.values())),
            len(self._main.global_block().ops),
        )
        self._test = self._main.clone(for_test=True)
        self._run(startup)
        found = distinct(self._find_variables())
        layers = {each.own.name: layer for layer, each in self._canonical(found, file)}
        self._held = matched(found, file.matched_names)
        self._names = {each.own.name: name for name, each in found.items()}
        self._keeps_calls = observe is not None and observe.keep_calls
        self._called = {}  # mode -> what calls give, by number
        self.trace = Trace(None, self._keeps_calls)
        if file.brought:
            watch(self._main, self._test, self.recordings, place_of, file.dropping)
            self._observe_layers({} if file.compared else layers)

    def held(self):
        """Return every tensor that the network holds, by canonical name."""
        return self._held

    def initial(self, inputs):
        """Yield what every parameter starts from."""
        return self.values()

    def values(self):
        """Yield the value of every parameter and statistic, by canonical name."""
        for name, each in self._held.items():
            yield name, each.canonical(np.array(self._tensor(each.own)))

    def assign(self, weights):
        """Set every parameter from an ArrayReader of canonical arrays."""
        check_keys(self._held, set(weights.names()) - self._absent)
        for name, each in self._held.items():
            array = each.set_from(weights, name, self._dtype)
            self._tensor(each.own).set(array, fluid.CPUPlace())

    def evaluate(self, inputs):
        """Yield the output in eval mode, then the outputs of blocks and steps."""
        feed = self._feed(inputs, "input")
        yield from self._fetch(self._test, feed, self._observed("evaluate"))
        for name, value in self.recordings.items():
            if name.startswith("block/") and not self.recordings.fetches(name):
                yield name, hollow([len(feed["input"]), *value.shape[1:]])

    def train(self, inputs):
        """Yield output, blocks, steps, gradients and statistics of a step with batch statistics."""
        if cotangents(inputs, self._shapes(len(inputs.get("input")))) is None:
            yield from self._fetch(self._main, self._feed(inputs, "input"), self._observed("train"))
            return
        if self._gradients is None:
            self._gradients = self._differentiated()
        reached = {name: g for name, (_, g) in self._gradients.items() if g is not None}
        begun = [name.replace("output", "cotangent") for name, _ in numbered(self._outputs)]
        feed = self._feed(inputs, "input", *begun)
        for name, array in self._fetch(self._main, feed, {**self._observed("train"), **reached}):
            own = self._parameter(name)
            yield name, own.canonical(array) if own else array
        for name in [name for name in self._gradients if name not in reached]:
            own, value = self._parameter(name), self._gradients[name][0]
            shape = own.told().shape if own else [len(feed["input"]), *value.shape[1:]]
            yield name, np.zeros(shape, self._dtype)
        for name, each in self._held.items():
            if not each.slot.trainable:
                yield "statistics/" + name, each.canonical(np.array(self._tensor(each.own)))

    def _differentiated(self):
        """Return {name of a gradient: (value, its gradient or None)}; done once."""
        # A reader's own unnamed ops have names that count from 0: these have a space of their own.
        with fluid.program_guard(self._main, fluid.Program()), fluid.unique_name.guard("ladder_"):
            targets = []
            for name, each in numbered(self._outputs):
                begun = fluid.data(name.replace("output", "cotangent"), each.shape, self._dtype)
                targets.append(fluid.layers.reduce_sum(each * begun))
            values = {"gradient/input": self._input}
            values.update(self.recordings.steps_of(dict(self.recordings.items())))
            for name, each in self._held.items():
                if each.slot.trainable and each.trains:
                    values["gradient/" + name] = each.own
            gradients = fluid.gradients(targets, list(values.values()))
        return {name: (value, each) for (name, value), each in zip(values.items(), gradients)}

    def _parameter(self, name):
        """Return the parameter of which gradient/<name> is, None for anything else."""
        kind, _, own = name.partition("/")
        return self._held.get(own) if kind == "gradient" else None

    def trainer(self, optimizer="sgd", summed=False, compiled=False):
        """Return the training of the network by the file's own functions; see `trainer`.

        optimizer: that of the recipe. summed: the loss is a sum over the batch. compiled: steps run
        as the file's `main` has them, where it compiles them.
        """
        how = self._taken, self._run, self._found, optimizer, summed, self._dtype
        return Trainer(self.module, self._main, self._output, self._held, *how)

    def stepper(self, inputs):
        """Return a function that takes one step, waits for it, and gives (output, loss)."""
        feed = self._feed(inputs, "input")
        if self._step.mode == "inference":
            return lambda: [*self._run(self._test, feed, [self._output], cached=True), None]
        feed["labels"] = inputs.get("labels").astype(np.int64).reshape(-1, 1)
        startup = fluid.Program()
        with fluid.program_guard(self._main, startup), fluid.unique_name.guard("training_"):
            labels = fluid.data("labels", [None, 1], "int64")
            rate = fluid.layers.fill_constant([1], self._dtype, self.module.learning_rate(0, 1))
            loss = self.module.train_step(self._output, labels, rate)
        self._run(startup)
        fetched = [self._output, loss]
        if self._step.mode == "loading":
            found = loading(self.module.batches, feed["input"], feed["labels"])
            fed = (dict(zip(("input", "labels"), each)) for each in found)
            return lambda: self._run(self._main, next(fed), fetched, cached=True)
        return lambda: self._run(self._main, feed, fetched, cached=True)

    def wait(self):
        """Do nothing: a step ends when its results are there."""

    @staticmethod
    def read(result):
        """Return the output of a step as an array."""
        return result[0]

    def _build(self, entry, input_shape, startup):
        # Names that the program gives itself are counted from 0, as in a process of its own.
        with fluid.unique_name.guard(), fluid.program_guard(self._main, startup):
            self._input = fluid.data("input", [None, *input_shape], self._dtype)
            self._input.stop_gradient = self._step is not None
            if not self._file.compared:
                return {"": the_tensor(entry(self._input), fluid.framework.Variable)}
            if isinstance(entry, type):
                raise MismatchError(
                    "%s is a class: an entry is a function of the images" % self._file.entry
                )
            output = called(functools.partial(entry, self._input), self._file.arguments)
        wanted = self._file.outputs.get("evaluate", ())
        found = outputs_of(output, fluid.framework.Variable)
        whole = {key: each for key, each in found.items() if each.shape[0] == -1}
        return {key: whole[key] for key in wanted if key in whole} or whole

    def _shapes(self, batch):
        """Return the outputs, hollow."""
        return {key: hollow([batch, *each.shape[1:]]) for key, each in self._outputs.items()}

    def look(self, mode, inputs):
        """Return the outputs of a call in a mode, by key or place."""
        program = self._main if mode == "train" else self._test
        self.trace.calls[mode], _ = calls_of(program, self._count, self._names)
        for each in self.trace.calls[mode]:
            self.trace.took(each.takes)
        return dict(self._fetch(program, self._feed(inputs, "input"), dict(self._outputs)))

    def places(self):
        """Return {parameter: line that made its layer}."""
        found = {}
        for each in calls_of(self._main, self._count, self._names)[0]:
            for name in each.takes:
                found.setdefault(name, ": ".join(filter(None, (each.place, each.text))))
        return {name: found.get(name, "") for name in self._held}

    def declared(self):
        """Return the shape of its input that a model declares: none does."""
        return ()

    def _find_variables(self):
        """Yield (name, variable) of every persistable variable, in the order of creation."""
        block = self._main.global_block()
        kinds = {
            name: kind
            for op in block.ops
            for (taker, slot), kind in _KINDS.items()
            if op.type == taker and slot in op.input_names
            for name in op.input(slot)
        }
        for variable in block.vars.values():
            if variable.persistable:
                name, kind = self._path(variable.name), kinds.get(variable.name, "")
                if self._file.compared and kind:
                    name = "%s.%s" % (_SUFFIX.sub("", variable.name), kind)
                yield name, _held(variable, kind)

    @staticmethod
    def _canonical(found, file):
        """Yield (canonical layer, variable) of what was matched."""
        for name, each in found.items():
            if name in (file.matched_names or {}):
                yield file.matched_names[name].rpartition(".")[0], each

    def _observe_layers(self, layers):
        """Record what each layer of a reader's program is given and gives: the data of the first op
        that takes a parameter of it, and the result of the last.

        layers: name of a variable -> canonical layer.
        """
        block, calls, open_calls = self._main.global_block(), [], {}
        for op in block.ops:
            taken = [name for name in op.input_arg_names if name in layers]
            keys = [key for key in ("Y", "Output", "Out") if key in op.output_names]
            given = [name for key in keys for name in op.output(key)]
            data = [name for name in op.input_arg_names if not block.var(name).persistable]
            if not (taken and given and data):
                continue
            layer = layers[taken[0]]
            call = open_calls.get((layer, data[0]))
            if call is None:
                call = [layer, data[0], None]
                calls.append(call)
            call[2] = given[0]
            open_calls = {(layer, given[0]): call}
        for layer, data, result in calls:
            self.recordings.steps.put(layer, block.var(result))
            self.recordings.given.put(layer, block.var(data))

    def _path(self, name):
        """Return the canonical path of what bears a name."""
        return self._official.get(name, name)

    def _observed(self, mode):
        kept = {
            name: value for name, value in self.recordings.items() if self.recordings.fetches(name)
        }
        if self._keeps_calls:
            program = self._main if mode == "train" else self._test
            if mode not in self._called:
                self.trace.calls[mode], given = calls_of(program, self._count, self._names)
                self._called[mode] = first_samples(program, given)
            kept.update(("call/%d" % number, each) for number, each in self._called[mode].items())
        return {**dict(numbered(self._outputs)), **kept}

    def _fetch(self, program, feed, variables):
        """Yield the variables' names with their values, each variable fetched once."""
        unique = sorted({variable.name for variable in variables.values()})
        values = dict(zip(unique, self._run(program, feed, unique)))
        for name, variable in variables.items():
            yield name, values[variable.name]

    def _run(self, program, feed=None, fetched=None, cached=False):
        if self._file.compared and feed:
            feed = {**labels_of(program, feed, len(feed["input"])), **feed}
        return self._executor.run(
            program, feed, fetched, scope=self._scope, use_program_cache=cached
        )

    def _tensor(self, parameter):
        return self._found(parameter.name)

    def _found(self, name):
        return self._scope.find_var(name).get_tensor()

    def _taken(self, inputs):
        labels = inputs.get("labels").astype(np.int64)
        return {**self._feed(inputs, "input"), "labels": labels.reshape(-1, 1)}

    def _feed(self, inputs, *names):
        return {name: inputs.get(name).astype(self._dtype) for name in names}
