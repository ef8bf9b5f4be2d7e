"""The worker's side of Paddle Fluid 1.8. Python 3.7."""

import os
import platform

# Fluid takes one thread unless told; the other frameworks take every core.
os.environ.setdefault("OMP_NUM_THREADS", str(len(os.sched_getaffinity(0))))

import numpy as np
import paddle
import paddle.fluid as fluid

from frontends.workers.recording import (
    Recorder,
    check_keys,
    check_shape,
    hollow,
    renamed,
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


def _want_cpu(device):
    if device == "gpu":
        raise ValueError("this panel runs on the CPU alone")


class Runner:
    """One written network as a Program, with a Scope of its own."""

    def __init__(self, job, load_module):
        _want_cpu(job.get("device", "cpu"))
        self._dtype, self._absent = job["dtype"], set(job.get("absent", ()))
        self._timed = bool(job.get("mode"))
        self._scope, self._executor = fluid.Scope(), fluid.Executor(fluid.CPUPlace())
        self._steps, self._blocks = Recorder(), Recorder()
        self._job = job
        self._main, startup = fluid.Program(), fluid.Program()
        self._output = self._build(job, load_module, startup)
        self._test = self._main.clone(for_test=True)
        self._run(startup)
        self._official = job.get("official", {})  # own name -> canonical
        parameters = self._main.global_block().all_parameters()
        found = {self._official.get(p.name, p.name): p for p in parameters}
        names = job.get("names")
        self._parameters = renamed(found, names)
        if names:
            self._observe_layers(names)

    def parameters(self):
        """Return canonical names and shapes."""
        return {
            name: tuple(p.shape[::-1] if len(p.shape) == 2 else p.shape)
            for name, p in self._parameters.items()
        }

    def assign(self, weights):
        """Set every parameter from an ArrayReader of canonical arrays."""
        check_keys(self._parameters, set(weights.names()) - self._absent)
        for name, parameter in self._parameters.items():
            array = self._canonical(weights.get(name).astype(self._dtype))
            check_shape(name, parameter.shape, array.shape)
            tensor = self._scope.find_var(parameter.name).get_tensor()
            tensor.set(np.ascontiguousarray(array), fluid.CPUPlace())

    def evaluate(self, inputs):
        """Yield the output in eval mode, then the outputs of blocks and steps."""
        feed = self._feed(inputs, "input")
        yield from self._fetch(self._test, feed, self._observed())
        for path, value in self._blocks.results.items():
            if not self._job.get("keep_blocks"):
                shape = [len(feed["input"]), *value.shape[1:]]
                yield "block/" + self._official.get(path, path), hollow(shape)

    def train(self, inputs):
        """Yield output, blocks, steps, gradients and statistics of a step with batch statistics."""
        with fluid.program_guard(self._main, fluid.Program()):
            cotangent = fluid.data("cotangent", self._output.shape, self._dtype)
            target = fluid.layers.reduce_sum(self._output * cotangent)
            trained = {n: p for n, p in self._parameters.items() if p.trainable}
            gradients = fluid.gradients([target], [self._input, *trained.values()])
        names = ["gradient/input"] + ["gradient/" + name for name in trained]
        reached = {n: g for n, g in zip(names, gradients) if g is not None}
        feed = self._feed(inputs, "input", "cotangent")
        results = self._fetch(self._main, feed, dict(self._observed(), **reached))
        for name, array in results:
            is_gradient = name.startswith("gradient/") and name != "gradient/input"
            yield name, self._canonical(array) if is_gradient else array
        for name in trained:
            if "gradient/" + name not in reached:
                yield "gradient/" + name, np.zeros(self.parameters()[name], self._dtype)
        for name, parameter in self._parameters.items():
            if not parameter.trainable:
                tensor = self._scope.find_var(parameter.name).get_tensor()
                yield "statistics/" + name, np.array(tensor)

    def stepper(self, mode, inputs):
        """Return a function that takes one step, waits for it, and gives (output, loss)."""
        if mode == "inference":
            feed = self._feed(inputs, "input")
            return lambda: [*self._run(self._test, feed, [self._output], cached=True), None]
        feed = self._feed(inputs, "input")
        feed["labels"] = inputs.get("labels").astype(np.int64).reshape(-1, 1)
        startup = fluid.Program()
        with fluid.program_guard(self._main, startup):
            labels = fluid.data("labels", [None, 1], "int64")
            losses = fluid.layers.softmax_with_cross_entropy(self._output, labels)
            loss = fluid.layers.mean(losses)
            fluid.optimizer.Momentum(1e-3, 0.9).minimize(loss)
        self._run(startup)
        return lambda: self._run(self._main, feed, [self._output, loss], cached=True)

    @staticmethod
    def read(result):
        """Return the output of a step as an array."""
        return result[0]

    def _build(self, job, load_module, startup):
        module = load_module(job["source"], {"tap": self._tap})
        if not self._timed:
            watch_blocks(module, job["entry"], self._blocks)
        # Names that the program gives itself are counted from 0, as in a process of its own.
        with fluid.unique_name.guard(), fluid.program_guard(self._main, startup):
            self._input = fluid.data("input", [None] + job["input_shape"], self._dtype)
            self._input.stop_gradient = self._timed
            return getattr(module, job["entry"])(self._input)

    def _tap(self, path, value):
        self._steps.put(path, value)
        return value

    def _observe_layers(self, names):
        """Record what each layer of a reader's program gives: the last op that takes a parameter
        of it."""
        last = {}
        for op in self._main.global_block().ops:
            taken = [names[name] for name in op.input_arg_names if name in names]
            given = [
                n
                for key in ("Y", "Output", "Out")
                if key in op.output_names
                for n in op.output(key)
            ]
            if taken and given:
                last[taken[0].rpartition(".")[0]] = self._main.global_block().var(given[0])
        for path, value in last.items():
            self._steps.put(path, value)

    def _observed(self):
        observed = {"output": self._output}
        for kind, recorder in (("block/", self._blocks), ("step/", self._steps)):
            for path, value in recorder.results.items():
                if not self._job.get("keep_%ss" % kind[:-1]):
                    continue
                observed[kind + self._official.get(path, path)] = value
        return observed

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

    def _feed(self, inputs, *names):
        return {name: inputs.get(name).astype(self._dtype) for name in names}

    @staticmethod
    def _canonical(array):
        """Turn a dense kernel, (in, out) here and (out, in) there; nothing else differs."""
        return array.T if array.ndim == 2 else array
