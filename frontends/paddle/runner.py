"""The worker's side of Paddle."""

import tempfile
from contextlib import ExitStack, contextmanager
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
from frontends.paddle.layout import LAYERS, MORE
from frontends.paddle.traced import Tracing, watch_calls
from frontends.paddle.trainer import Trainer
from frontends.workers.layouts import channels_first
from frontends.workers.outcomes import MismatchError
from frontends.workers.parameters import (
    check_all_made,
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
from frontends.workers.places import places_of
from frontends.workers.recording import Recordings, hollow, the_tensor
from frontends.workers.timing import loading
from frontends.workers.tracing import (
    Trace,
    called,
    check_one_input,
    cotangents,
    numbered,
    outputs_of,
)

_LAYERS, _MORE = resolved(LAYERS, nn), resolved({**LAYERS, **MORE}, nn)


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


def _copied(tensor):
    return tensor.detach().clone().numpy()


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
        self._absent, self._file = set(file.absent), file
        self._layers = _MORE if file.compared else _LAYERS
        self.recordings = Recordings(observe, file=file)
        if file.brought:
            watch_dropout(self.recordings, file.dropping)
            watch_autocast(self.recordings.seen)
            paddle.seed(file.seed or 0)  # what has no counterpart is the same in every job
        if file.compared:
            watch_calls(self.recordings.seen)
        elif file.brought:
            watch_pools(self.recordings.seen)
        paddle.set_device(file.device)
        paddle.set_default_dtype(file.dtype)
        paddle.utils.unique_name.switch()  # names are free again, as in a process of its own
        self.module = module = load_module(file.path, {"tap": self._tap})
        if file.compared and paddle.get_default_dtype() == "float32":
            paddle.set_default_dtype(file.dtype)
        if file.seed is not None:
            paddle.seed(file.seed)
        entry = getattr(module, file.entry)
        made = isinstance(entry, nn.Layer)
        self._model = entry if made else called(entry, file.arguments)
        if file.compared and not isinstance(self._model, nn.Layer):
            raise MismatchError(f"{file.entry} gives a {type(self._model).__name__}, no nn.Layer")
        if file.brought:
            self._model.to(dtype=file.dtype)  # nn.BatchNorm's own default is float32
        layers = list(self._model.named_sublayers(include_self=True))
        self._paths = {id(layer): path for path, layer in layers}
        found = distinct(self._find_tensors(layers))
        found = renamed(found, file.official_names)
        self._held = matched(found, file.matched_names)
        self.trace = Trace(_copied, observe is not None and observe.keep_calls)
        self._tracing = Tracing(self.trace, {id(e.own): n for n, e in found.items()}, self._paths)
        if file.brought:
            self.recordings.seen.remark(remarks(self._model.parameters()))
        if self.recordings.keeps_steps and not file.compared:
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
        x = self._in(inputs, "input")
        with paddle.set_grad_enabled(self._evaluations % 2 == 1), self._watched("evaluate", x):
            output = self._model(x)
        self._evaluations += 1
        for name, each in numbered(self._outputs(output, "evaluate")):
            yield name, self._moved(each, "first").numpy()
        yield from self._recorded()

    def train(self, inputs):
        """Yield output, blocks, steps, gradients and statistics of a step with batch statistics."""
        self._model.train()
        self.recordings.start("train")
        x = self._in(inputs, "input")
        x.stop_gradient = False
        for each in self._model.parameters():
            each.clear_gradient()
        own = x.clone()  # a layer may write into it
        with self._watched("train", own):
            output = self._model(own)
        outputs = self._outputs(output, "train")
        outputs = {key: self._moved(each, "first") for key, each in outputs.items()}
        for name, each in numbered(outputs):
            yield name, each.numpy()
        yield from self._recorded()
        begun = cotangents(inputs, outputs)
        if begun is None:
            return
        begun = {key: paddle.to_tensor(each.astype(self._dtype)) for key, each in begun.items()}
        target = sum((each * begun[key]).sum() for key, each in outputs.items())
        if not target.stop_gradient:
            target.backward()
        for each in strays(self._model.parameters()) if self._brought else ():
            self.recordings.seen.strays(each.shape)
        for name, gradient in self.recordings.cotangents():
            step = self.recordings.steps.results[name.partition("/")[2]]
            yield name, hollow(step.shape) if gradient is None else gradient.numpy()
        yield "gradient/input", self._first(_gradient(x))
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
            frozen = self._step.style in ("frozen", "onednn")
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
        """Return a step of Paddle Inference, without its oneDNN passes or with them."""
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "network")
            spec = paddle.static.InputSpec(x.shape, self._dtype, "input")
            paddle.jit.save(self._model, path, [spec])
            config = paddle.inference.Config(path + ".json", path + ".pdiparams")
            config.disable_glog_info()
            if self._step.style == "frozen":
                config.disable_mkldnn()
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

    @contextmanager
    def _watched(self, mode, x):
        """Tell whether a reader's file draws random numbers, and what a compared one calls."""
        with ExitStack() as stack:
            if self._brought:
                stack.enter_context(self.recordings.seen.draws(random_state))
            if self._file.compared:
                stack.enter_context(self.trace.recording(mode, len(x), x))
                stack.enter_context(self._tracing)
            yield

    def look(self, mode, inputs):
        """Return the outputs of a call in a mode, by key or place."""
        self._model.train() if mode == "train" else self._model.eval()
        x = self._in(inputs, "input")
        check_one_input(self._model.forward)
        known = self._model.parameters()
        with paddle.no_grad(), self._watched(mode, x):
            output = self._model(x)
        check_all_made(known, self._model.parameters())
        outputs = self._outputs(output, mode)
        return {key: self._moved(each, "first").numpy() for key, each in outputs.items()}

    def places(self):
        """Return {parameter: line that made its layer}."""
        return places_of(self._model.sublayers(include_self=True), self._held)

    def declared(self):
        """Return the shape of its input that a model declares: none does."""
        return ()

    def _outputs(self, output, mode):
        if not self._file.compared:
            return {"": the_tensor(output, paddle.Tensor)}
        return outputs_of(output, paddle.Tensor, self._file.outputs.get(mode, ()))

    def _find_tensors(self, layers):
        """Yield (<path>.<kind>, tensor) of every parameter and buffer, in the order of creation."""
        for path, layer in layers:
            slots, kind = slots_of(layer, self._layers), class_of(layer, "paddle")
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
        yield from self.trace.items()

    def _taken(self, inputs):
        return self._in(inputs, "input"), self._labels(inputs)

    @staticmethod
    def _labels(inputs):
        return paddle.to_tensor(inputs.get("labels").astype(np.int64))

    def _in(self, inputs, name):
        return self._moved(paddle.to_tensor(inputs.get(name).astype(self._dtype)), "last")

    def _moved(self, value, channels):
        """Return a map with its channels first or last, of a file that takes them last."""
        if self._file.channels != "last" or len(value.shape) != 4:
            return value
        return value.transpose((0, 2, 3, 1) if channels == "last" else (0, 3, 1, 2))

    def _first(self, array):
        return channels_first(array) if self._file.channels == "last" else array
