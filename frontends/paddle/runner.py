"""The worker's side of Paddle."""

import numpy as np
import paddle
from paddle import nn

from frontends.workers.recording import (
    Recorder,
    check_keys,
    check_shape,
    layers_of,
    parameters_of,
    renamed,
)

_PARAMETERS = {
    nn.Conv2D: {"weight": "kernel", "bias": "bias"},
    nn.Linear: {"weight": "kernel", "bias": "bias"},
    nn.BatchNorm2D: {"weight": "gamma", "bias": "beta", "_mean": "mean", "_variance": "variance"},
}


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


def device_memory():
    """Return the peak of the GPU's memory in bytes, None without a GPU."""
    if not paddle.device.is_compiled_with_cuda() or not paddle.device.cuda.device_count():
        return None
    return paddle.device.cuda.max_memory_allocated()


def _synchronize():
    if paddle.device.get_device().startswith("gpu"):
        paddle.device.synchronize()


class Runner:
    """One written network in Paddle."""

    def __init__(self, job, load_module):
        self._dtype, self._style = job["dtype"], job.get("style", "eager")
        paddle.set_device("gpu" if job.get("device", "cpu") == "gpu" else "cpu")
        paddle.set_default_dtype(self._dtype)
        self._steps = Recorder(job.get("keep_steps"))
        self._blocks = Recorder(job.get("keep_blocks"))
        self._absent = set(job.get("absent", ()))
        module = load_module(job["source"], {"tap": self._tap})
        self._model = getattr(module, job["entry"])()
        layers = list(self._model.named_sublayers(include_self=True))
        self._paths = {id(layer): path for path, layer in layers}
        self._tensors = renamed(dict(self._find_tensors(layers)), job.get("names"))
        by_path, wanted = dict(layers), layers_of(job.get("names"))
        for path, layer in wanted.items():
            by_path[path].register_forward_post_hook(self._step_hook(layer))
        for path, layer in layers:
            written = type(layer).__module__ == module.__name__
            if path and written and not parameters_of(layer, _PARAMETERS) and not job.get("mode"):
                layer.register_forward_post_hook(self._block_hook(path))
        self._network = self._model
        if self._style == "graph":
            self._network = paddle.jit.to_static(self._model, full_graph=True)

    def parameters(self):
        """Return canonical names and shapes."""
        return {
            name: tuple(reversed(tensor.shape)) if dense else tuple(tensor.shape)
            for name, (tensor, dense) in self._tensors.items()
        }

    def assign(self, weights):
        """Set every parameter from an ArrayReader of canonical arrays."""
        check_keys(self._tensors, set(weights.names()) - self._absent)
        for name, (tensor, dense) in self._tensors.items():
            array = weights.get(name)
            array = array.T if dense else array
            check_shape(name, tensor.shape, array.shape)
            tensor.set_value(np.ascontiguousarray(array.astype(self._dtype)))

    def evaluate(self, inputs):
        """Yield the output in eval mode, then the outputs of blocks and steps."""
        self._model.eval()
        self._clear()
        with paddle.no_grad():
            yield "output", self._model(self._in(inputs.get("input"))).numpy()
        yield from self._recorded()

    def train(self, inputs):
        """Yield output, blocks, steps, gradients and statistics of a step with batch statistics."""
        self._model.train()
        self._clear()
        x = self._in(inputs.get("input"))
        x.stop_gradient = False
        output = self._model(x)
        (output * self._in(inputs.get("cotangent"))).sum().backward()
        yield "output", output.numpy()
        yield from self._recorded()
        yield "gradient/input", x.grad.numpy()
        for name, (tensor, dense) in self._tensors.items():
            if tensor.stop_gradient:
                yield "statistics/" + name, tensor.numpy()
                continue
            zeros = np.zeros(tensor.shape, self._dtype)
            gradient = zeros if tensor.grad is None else tensor.grad.numpy()
            yield "gradient/" + name, gradient.T if dense else gradient

    def stepper(self, mode, inputs):
        """Return a function that takes one step, waits for it, and gives (output, loss)."""
        x = self._in(inputs.get("input"))
        if mode == "inference":
            self._model.eval()
            return self._inference(x)
        self._model.train()
        return self._training(x, paddle.to_tensor(inputs.get("labels").astype(np.int64)))

    def _inference(self, x):
        def step():
            with paddle.no_grad():
                output = self._network(x)
            _synchronize()
            return output, None

        return step

    def _training(self, x, labels):
        optimizer = paddle.optimizer.Momentum(1e-3, 0.9, parameters=self._model.parameters())

        def step():
            output = self._network(x)
            loss = nn.functional.cross_entropy(output, labels)
            loss.backward()
            optimizer.step()
            optimizer.clear_grad()
            _synchronize()
            return output, loss

        return step

    @staticmethod
    def read(result):
        """Return the output of a step as an array."""
        return result[0].numpy()

    @staticmethod
    def _find_tensors(layers):
        for path, layer in layers:
            for own, canonical in parameters_of(layer, _PARAMETERS).items():
                tensor = getattr(layer, own)
                if tensor is not None:
                    dense = isinstance(layer, nn.Linear) and own == "weight"
                    yield "%s.%s" % (path, canonical), (tensor, dense)

    def _block_hook(self, path):
        def hook(layer, inputs, output):
            self._blocks.put(path, output)

        return hook

    def _step_hook(self, path):
        def hook(layer, inputs, output):
            self._steps.put(path, output)

        return hook

    def _tap(self, layer, name, value):
        path = self._paths[id(layer)]
        self._steps.put("%s.%s" % (path, name) if path else name, value)
        return value

    def _clear(self):
        self._steps.clear()
        self._blocks.clear()

    def _recorded(self):
        for kind, recorder in (("block/", self._blocks), ("step/", self._steps)):
            for path, value in recorder.results.items():
                yield kind + path, value if isinstance(value, np.ndarray) else value.numpy()

    def _in(self, array):
        return paddle.to_tensor(array.astype(self._dtype))
