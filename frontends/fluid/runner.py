"""The worker's side of Paddle Fluid 1.8. Python 3.7."""

import os
import platform

# Fluid takes one thread unless told; the other frameworks take every core.
os.environ.setdefault("OMP_NUM_THREADS", str(len(os.sched_getaffinity(0))))

import numpy as np
import paddle
import paddle.fluid as fluid

from frontends.fluid.layout import LAYERS
from frontends.workers.layouts import by_name
from frontends.workers.recording import (
    Recordings,
    check_keys,
    hollow,
    matched,
    own_array,
    watch_blocks,
)


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


def _want_cpu(device):
    if device == "gpu":
        raise ValueError("this panel runs on the CPU alone")


def _layout(variable):
    """Return the layout of a parameter or of its gradient; the rank says it."""
    return by_name(LAYERS, "", len(variable.shape)).layout


class Runner:
    """One network as a Program, with a Scope of its own; see frontends.workers.protocol for what it
    is given.

    Exactly one of `observe` and `step` is: a network is looked at or timed.
    """

    def __init__(self, file, load_module, observe, step):
        _want_cpu(file.device)
        self._dtype, self._step = file.dtype, step
        self._absent, self._official = set(file.absent), file.official_names
        self._scope, self._executor = fluid.Scope(), fluid.Executor(fluid.CPUPlace())
        self._recordings = Recordings(observe, symbolic=True)
        self._main, startup = fluid.Program(), fluid.Program()
        module = load_module(file.path, {"tap": self._recordings.tap})
        if observe is not None:
            watch_blocks(module, file.entry, self._recordings.blocks)
        self._output = self._build(getattr(module, file.entry), file.input_shape, startup)
        self._test = self._main.clone(for_test=True)
        self._run(startup)
        parameters = self._main.global_block().all_parameters()
        found = {self._official.get(p.name, p.name): p for p in parameters}
        self._parameters = matched(found, file.matched_names)
        if file.matched_names:
            self._observe_layers(file.matched_names)

    def parameters(self):
        """Return canonical names and shapes."""
        return {
            name: _layout(p).canonical_shape(tuple(p.shape)) for name, p in self._parameters.items()
        }

    def assign(self, weights):
        """Set every parameter from an ArrayReader of canonical arrays."""
        check_keys(self._parameters, set(weights.names()) - self._absent)
        for name, parameter in self._parameters.items():
            array = own_array(weights, name, _layout(parameter), parameter.shape, self._dtype)
            self._tensor(parameter).set(array, fluid.CPUPlace())

    def evaluate(self, inputs):
        """Yield the output in eval mode, then the outputs of blocks and steps."""
        feed = self._feed(inputs, "input")
        yield from self._fetch(self._test, feed, self._observed())
        for name, value in self._named():
            if name.startswith("block/") and not self._recordings.fetches(name):
                yield name, hollow([len(feed["input"]), *value.shape[1:]])

    def train(self, inputs):
        """Yield output, blocks, steps, gradients and statistics of a step with batch statistics."""
        with fluid.program_guard(self._main, fluid.Program()):
            cotangent = fluid.data("cotangent", self._output.shape, self._dtype)
            target = fluid.layers.reduce_sum(self._output * cotangent)
            trained = {n: p for n, p in self._parameters.items() if p.trainable}
            sources = {"gradient/" + name: each for name, each in trained.items()}
            values = {"gradient/input": self._input}
            values.update(self._recordings.steps_of(dict(self._named())))
            every = {**values, **sources}
            gradients = zip(every, fluid.gradients([target], list(every.values())))
        reached = {name: each for name, each in gradients if each is not None}
        feed = self._feed(inputs, "input", "cotangent")
        for name, array in self._fetch(self._main, feed, {**self._observed(), **reached}):
            yield name, _layout(array).to_canonical(array) if name in sources else array
        for name in [name for name in every if name not in reached]:
            shape = [len(feed["input"]), *every[name].shape[1:]]
            if name in sources:
                shape = self.parameters()[name.partition("/")[2]]
            yield name, np.zeros(shape, self._dtype)
        for name, parameter in self._parameters.items():
            if not parameter.trainable:
                yield "statistics/" + name, np.array(self._tensor(parameter))

    def stepper(self, inputs):
        """Return a function that takes one step, waits for it, and gives (output, loss)."""
        feed = self._feed(inputs, "input")
        if self._step.mode == "inference":
            return lambda: [*self._run(self._test, feed, [self._output], cached=True), None]
        feed["labels"] = inputs.get("labels").astype(np.int64).reshape(-1, 1)
        startup, recipe = fluid.Program(), self._step.recipe
        with fluid.program_guard(self._main, startup):
            labels = fluid.data("labels", [None, 1], "int64")
            losses = fluid.layers.softmax_with_cross_entropy(self._output, labels)
            loss = fluid.layers.mean(losses)
            fluid.optimizer.Momentum(recipe.learning_rate, recipe.momentum).minimize(loss)
        self._run(startup)
        return lambda: self._run(self._main, feed, [self._output, loss], cached=True)

    @staticmethod
    def read(result):
        """Return the output of a step as an array."""
        return result[0]

    def _build(self, entry, input_shape, startup):
        # Names that the program gives itself are counted from 0, as in a process of its own.
        with fluid.unique_name.guard(), fluid.program_guard(self._main, startup):
            self._input = fluid.data("input", [None, *input_shape], self._dtype)
            self._input.stop_gradient = self._step is not None
            return entry(self._input)

    def _observe_layers(self, names):
        """Record what each layer of a reader's program gives: the last op that takes a parameter
        of it."""
        block, last = self._main.global_block(), {}
        for op in block.ops:
            taken = [names[name] for name in op.input_arg_names if name in names]
            keys = [key for key in ("Y", "Output", "Out") if key in op.output_names]
            given = [name for key in keys for name in op.output(key)]
            if taken and given:
                last[taken[0].rpartition(".")[0]] = block.var(given[0])
        for path, value in last.items():
            self._recordings.tap(path, value)

    def _named(self):
        """Yield what is recorded, under canonical names."""
        for name, value in self._recordings.items():
            kind, _, path = name.partition("/")
            yield f"{kind}/{self._official.get(path, path)}", value

    def _observed(self):
        kept = {name: value for name, value in self._named() if self._recordings.fetches(name)}
        return {"output": self._output, **kept}

    def _fetch(self, program, feed, variables):
        """Yield the variables' names with their values, each variable fetched once."""
        unique = sorted({variable.name for variable in variables.values()})
        values = dict(zip(unique, self._run(program, feed, unique)))
        for name, variable in variables.items():
            yield name, values[variable.name]

    def _run(self, program, feed=None, fetched=None, cached=False):
        return self._executor.run(
            program, feed, fetched, scope=self._scope, use_program_cache=cached
        )

    def _tensor(self, parameter):
        return self._scope.find_var(parameter.name).get_tensor()

    def _feed(self, inputs, *names):
        return {name: inputs.get(name).astype(self._dtype) for name in names}
