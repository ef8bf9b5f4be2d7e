"""The worker's side of Paddle."""

import numpy as np
import paddle
from paddle import nn

from frontends.paddle.layout import LAYERS
from frontends.workers.recording import (
    Recordings,
    check_keys,
    hollow,
    layers_of,
    matched,
    own_array,
    resolved,
    slots_of,
)

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


def device_memory():
    """Return the peak of the GPU's memory in bytes, None without a GPU."""
    if not paddle.device.is_compiled_with_cuda() or not paddle.device.cuda.device_count():
        return None
    return paddle.device.cuda.max_memory_allocated()


def _synchronize():
    if paddle.device.get_device().startswith("gpu"):
        paddle.device.synchronize()


class Runner:
    """One network in Paddle; see frontends.workers.protocol for what it is given.

    Exactly one of `observe` and `step` is: a network is looked at or timed.
    """

    def __init__(self, file, load_module, observe, step):
        self._dtype, self._step = file.dtype, step
        self._absent = set(file.absent)
        self._recordings = Recordings(observe)
        paddle.set_device(file.device)
        paddle.set_default_dtype(file.dtype)
        module = load_module(file.path, {"tap": self._tap})
        self._model = getattr(module, file.entry)()
        layers = list(self._model.named_sublayers(include_self=True))
        self._paths = {id(layer): path for path, layer in layers}
        self._tensors = matched(dict(self._find_tensors(layers)), file.matched_names)
        by_path = dict(layers)
        for path, layer in layers_of(file.matched_names).items():
            by_path[path].register_forward_post_hook(self._recordings.steps.hook(layer))
        if observe is not None:
            self._watch_blocks(layers, module.__name__)

    def parameters(self):
        """Return canonical names and shapes."""
        return {
            name: slot.layout.canonical_shape(tuple(tensor.shape))
            for name, (tensor, slot) in self._tensors.items()
        }

    def assign(self, weights):
        """Set every parameter from an ArrayReader of canonical arrays."""
        check_keys(self._tensors, set(weights.names()) - self._absent)
        for name, (tensor, slot) in self._tensors.items():
            tensor.set_value(own_array(weights, name, slot.layout, tensor.shape, self._dtype))

    def evaluate(self, inputs):
        """Yield the output in eval mode, then the outputs of blocks and steps."""
        self._model.eval()
        self._recordings.clear()
        with paddle.no_grad():
            yield "output", self._model(self._in(inputs, "input")).numpy()
        yield from self._recorded()

    def train(self, inputs):
        """Yield output, blocks, steps, gradients and statistics of a step with batch statistics."""
        self._model.train()
        self._recordings.clear()
        x = self._in(inputs, "input")
        x.stop_gradient = False
        output = self._model(x)
        (output * self._in(inputs, "cotangent")).sum().backward()
        yield "output", output.numpy()
        yield from self._recorded()
        for name, gradient in self._recordings.cotangents():
            step = self._recordings.steps.results[name.partition("/")[2]]
            yield name, hollow(step.shape) if gradient is None else gradient.numpy()
        yield "gradient/input", x.grad.numpy()
        for name, (tensor, slot) in self._tensors.items():
            if tensor.stop_gradient:
                yield "statistics/" + name, slot.layout.to_canonical(tensor.numpy())
                continue
            zeros = np.zeros(tensor.shape, self._dtype)
            gradient = zeros if tensor.grad is None else tensor.grad.numpy()
            yield "gradient/" + name, slot.layout.to_canonical(gradient)

    def stepper(self, inputs):
        """Return a function that takes one step, waits for it, and gives (output, loss)."""
        x, network = self._in(inputs, "input"), self._model
        if self._step.style == "graph":
            network = paddle.jit.to_static(network, full_graph=True)
        if self._step.mode == "inference":
            self._model.eval()
            return self._inference(network, x)
        self._model.train()
        labels = paddle.to_tensor(inputs.get("labels").astype(np.int64))
        return self._training(network, x, labels)

    def _inference(self, network, x):
        def step():
            with paddle.no_grad():
                output = network(x)
            _synchronize()
            return output, None

        return step

    def _training(self, network, x, labels):
        recipe, parameters = self._step.recipe, self._model.parameters()
        optimizer = paddle.optimizer.Momentum(recipe.learning_rate, recipe.momentum, parameters)

        def step():
            output = network(x)
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
        """Yield (<path>.<kind>, (tensor, slot)) in the order of creation."""
        for path, layer in layers:
            for own, slot in slots_of(layer, _LAYERS).items():
                tensor = getattr(layer, own)
                if tensor is not None:
                    yield f"{path}.{slot.kind}", (tensor, slot)

    def _watch_blocks(self, layers, module_name):
        """Record what the file's own layers give, but for those that extend one of Paddle's."""
        for path, layer in layers:
            written = type(layer).__module__ == module_name
            if path and written and not slots_of(layer, _LAYERS):
                layer.register_forward_post_hook(self._recordings.blocks.hook(path))

    def _tap(self, layer, name, value):
        path = self._paths[id(layer)]
        path = f"{path}.{name}" if path else name
        return self._recordings.tap_tensor(path, value, not value.stop_gradient)

    def _recorded(self):
        for name, value in self._recordings.items():
            yield name, value if isinstance(value, np.ndarray) else value.numpy()

    def _in(self, inputs, name):
        return paddle.to_tensor(inputs.get(name).astype(self._dtype))
