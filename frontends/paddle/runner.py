"""The worker's side of Paddle."""

import tempfile
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import paddle
from paddle import nn

from frontends.paddle.brought import (
    random_state,
    remarks,
    strays,
    trains,
    watch_autocast,
    watch_dropout,
    watch_pools,
)
from frontends.paddle.layout import LAYERS
from frontends.paddle.trainer import Trainer
from frontends.workers.parameters import (
    check_keys,
    class_of,
    distinct,
    holding,
    layers_called,
    layers_of,
    matched,
    renamed,
    resolved,
    slots_of,
)
from frontends.workers.recording import Recordings, hollow, the_tensor
from frontends.workers.timing import loading

_LAYERS = resolved(LAYERS, nn)


def versions():
    """Return the versions of what runs here."""
    return {"paddle": paddle.__version__, "numpy": np.__version__}


def matmul(size, device):
    """Return a function that multiplies two float32 matrices and waits."""
    left, right = paddle.rand((2, size, size), "float32")

    def step():
        paddle.matmul(left, right)
        _synchronize()

    return step


def settings():
    """Return what Paddle says of threads and precision."""
    flags = paddle.get_flags(["FLAGS_use_mkldnn"])
    return {"oneDNN by default": str(flags["FLAGS_use_mkldnn"]), **_threads()}


def _threads():
    found = paddle.get_flags(["FLAGS_paddle_num_threads"])
    return {"threads": str(found["FLAGS_paddle_num_threads"])}


def device_memory():
    """Return the peak of the GPU's memory in bytes, None without a GPU."""
    return paddle.device.cuda.max_memory_allocated() if _sees_gpu() else None


def device_name():
    """Return what the GPU is called, None without a GPU."""
    return paddle.device.cuda.get_device_name(0) if _sees_gpu() else None


def _sees_gpu():
    return paddle.device.is_compiled_with_cuda() and paddle.device.cuda.device_count() > 0


def _synchronize():
    if paddle.device.get_device().startswith("gpu"):
        paddle.device.synchronize()


def _gradient(tensor):
    return (
        np.zeros(tensor.shape, tensor.numpy().dtype) if tensor.grad is None else tensor.grad.numpy()
    )


class Runner:
    """One network in Paddle; see frontends.workers.protocol for what it is given.

    Exactly one of `observe` and `step` is: a network is looked at or timed.
    """

    def __init__(self, file, load_module, observe, step):
        self._dtype, self._step = file.dtype, step
        self._brought, self._evaluations = file.brought, 0
        self._absent = set(file.absent)
        self.recordings = Recordings(observe, file=file)
        if file.brought:
            watch_dropout(self.recordings)
            watch_autocast(self.recordings.seen)
            watch_pools(self.recordings.seen)
            paddle.seed(0)  # what has no counterpart is the same in every job
        paddle.set_device(file.device)
        paddle.set_default_dtype(file.dtype)
        paddle.utils.unique_name.switch()  # names are free again, as in a process of its own
        self.module = module = load_module(file.path, {"tap": self._tap})
        if file.seed is not None:
            paddle.seed(file.seed)
        entry = getattr(module, file.entry)
        self._model = entry if isinstance(entry, nn.Layer) else entry()
        if file.brought:
            self._model.to(dtype=file.dtype)  # nn.BatchNorm's own default is float32
        layers = list(self._model.named_sublayers(include_self=True))
        self._paths = {id(layer): path for path, layer in layers}
        found = distinct(self._find_tensors(layers))
        found = renamed(found, file.official_names)
        self._held = matched(found, file.matched_names)
        if file.brought:
            self.recordings.seen.remark(remarks(self._model.parameters()))
        if self.recordings.keeps_steps:
            self._watch_layers(dict(layers), layers_of(file.matched_names))
        if observe is not None and not file.brought:
            self._watch_blocks(layers, module.__name__, file.block_names)

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
            each.own.set_value(each.set_from(weights, name, self._dtype))

    def evaluate(self, inputs):
        """Yield the output in eval mode, then the outputs of blocks and steps."""
        self._model.eval()
        self.recordings.start("evaluate")
        with paddle.set_grad_enabled(self._evaluations % 2 == 1), self._watched():
            output = self._model(self._in(inputs, "input"))
        self._evaluations += 1
        yield "output", the_tensor(output, paddle.Tensor).numpy()
        yield from self._recorded()

    def train(self, inputs):
        """Yield output, blocks, steps, gradients and statistics of a step with batch statistics."""
        self._model.train()
        self.recordings.start("train")
        x, cotangent = self._in(inputs, "input"), self._in(inputs, "cotangent")
        x.stop_gradient = False
        for each in self._model.parameters():
            each.clear_gradient()
        with self._watched():
            output = self._model(x.clone())  # a layer may write into it
        output = the_tensor(output, paddle.Tensor)
        yield "output", output.numpy()
        yield from self._recorded()
        if output.shape != cotangent.shape:
            return
        if not output.stop_gradient:
            (output * cotangent).sum().backward()
        for each in strays(self._model.parameters()) if self._brought else ():
            self.recordings.seen.strays(each.shape)
        for name, gradient in self.recordings.cotangents():
            step = self.recordings.steps.results[name.partition("/")[2]]
            yield name, hollow(step.shape) if gradient is None else gradient.numpy()
        yield "gradient/input", _gradient(x)
        for name, each in self._held.items():
            if not each.slot.trainable:
                yield "statistics/" + name, each.canonical(each.own.numpy())
            elif each.trains:
                yield "gradient/" + name, each.canonical(_gradient(each.own))

    def trainer(self, optimizer="sgd", summed=False, compiled=False):
        """Return the training of the network by the file's own functions; see `trainer`.

        optimizer: that of the recipe. summed: the loss is a sum over the batch. compiled: steps run
        as the file's `main` has them, where it compiles them.
        """
        return Trainer(self.module, self._model, self._held, self._taken, optimizer)

    def stepper(self, inputs):
        """Return a function that takes one step and gives (output, loss); see `wait`."""
        x, network = self._in(inputs, "input"), self._model
        if self._step.style == "graph":
            network = paddle.jit.to_static(network, full_graph=True)
        if self._step.precision not in ("float32", "float64"):
            network = self._autocast(network)
        if self._step.mode == "inference":
            self._model.eval()
            frozen = self._step.style == "frozen"
            return self._frozen(x) if frozen else self._inference(network, x)
        self._model.train()
        labels = self._labels(inputs)
        if self._step.mode == "loading":
            found = loading(self.module.batches, x.numpy(), labels.numpy())
            return self._training(network, lambda: map(paddle.to_tensor, next(found)))
        return self._training(network, lambda: (x, labels))

    def wait(self):
        """Wait for the steps that were begun."""
        _synchronize()

    def _autocast(self, network):
        def called(x):
            with paddle.amp.auto_cast(dtype=self._step.precision):
                return network(x).astype("float32")

        called.train = self._model.train  # all that `train_step` calls beside it
        return called

    @staticmethod
    def _inference(network, x):
        def step():
            with paddle.no_grad():
                return network(x), None

        return step

    def _frozen(self, x):
        """Return a step of Paddle Inference; its oneDNN passes are left off, as by default."""
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "network")
            spec = paddle.static.InputSpec(x.shape, self._dtype, "input")
            paddle.jit.save(self._model, path, [spec])
            config = paddle.inference.Config(path + ".json", path + ".pdiparams")
            config.disable_glog_info()
            predictor = paddle.inference.create_predictor(config)
        (given,), (found,) = predictor.get_input_names(), predictor.get_output_names()
        predictor.get_input_handle(given).copy_from_cpu(x.numpy())
        output = predictor.get_output_handle(found)

        def step():
            predictor.run()
            return output, None

        return step

    def _training(self, network, batch):
        optimizer, rate = self.module.create_optimizer(self._model), self.module.learning_rate(0, 1)

        def step():
            loss, output = self.module.train_step(network, optimizer, *batch(), rate)
            return output, loss

        return step

    @staticmethod
    def read(result):
        """Return the output of a step as an array."""
        output = result[0]
        return output.numpy() if isinstance(output, paddle.Tensor) else output.copy_to_cpu()

    def _watched(self):
        """Return a context in which a reader's file is told to draw random numbers."""
        return self.recordings.seen.draws(random_state) if self._brought else nullcontext()

    @staticmethod
    def _find_tensors(layers):
        """Yield (<path>.<kind>, tensor) of every parameter and buffer, in the order of creation."""
        for path, layer in layers:
            slots, kind = slots_of(layer, _LAYERS), class_of(layer, "paddle")
            for own, tensor in {**layer._parameters, **layer._buffers}.items():
                if tensor is not None:
                    yield holding(path, own, tensor, trains(tensor), slots, kind)

    def _watch_layers(self, layers, names):
        """Record what a reader's layers are given and give; copies, as it may be written over."""
        for own, path in names.items():
            if not slots_of(layers[own], _LAYERS):
                continue

            def before(layer, inputs, path=path):
                self.recordings.given.put(path, inputs[0].detach().clone())

            def after(layer, inputs, output, path=path):
                self.recordings.steps.put(path, output.detach().clone())

            layers[own].register_forward_pre_hook(before)
            layers[own].register_forward_post_hook(after)

    def _watch_blocks(self, layers, module_name, names):
        """Record what the file's own layers give, but for those that extend one of Paddle's; and
        what layers give that end a block which is no layer."""
        ends = layers_called(names)
        for path, layer in layers:
            own = type(layer).__module__ == module_name and not slots_of(layer, _LAYERS)
            if (path and own) or path in ends:
                layer.register_forward_post_hook(self.recordings.blocks.hook(path))

    def _tap(self, layer, name, value):
        path = self._paths[id(layer)]
        path = f"{path}.{name}" if path else name
        return self.recordings.tap_tensor(path, value, not value.stop_gradient)

    def _recorded(self):
        for name, value in self.recordings.items():
            yield name, value if isinstance(value, np.ndarray) else value.numpy()

    def _taken(self, inputs):
        return self._in(inputs, "input"), self._labels(inputs)

    @staticmethod
    def _labels(inputs):
        return paddle.to_tensor(inputs.get("labels").astype(np.int64))

    def _in(self, inputs, name):
        return paddle.to_tensor(inputs.get(name).astype(self._dtype))
