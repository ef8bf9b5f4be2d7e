"""The worker's side of PyTorch."""

import numpy as np
import torch
from torch import nn

from frontends.torch.layout import LAYERS
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

torch.use_deterministic_algorithms(False)
_LAYERS = resolved(LAYERS, nn)


def versions():
    """Return the versions of what runs here."""
    return {"torch": torch.__version__, "numpy": np.__version__}


def matmul(size, device):
    """Return a function that multiplies two float32 matrices on a device and waits."""
    place = _place(device)
    left, right = torch.rand(2, size, size, dtype=torch.float32, device=place)

    def step():
        torch.matmul(left, right)
        _synchronize(place)

    return step


def device_memory():
    """Return the peak of the GPU's memory in bytes, None without a GPU."""
    return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None


def _place(device):
    return torch.device("cuda" if device == "gpu" else "cpu")


def _synchronize(place):
    if place.type == "cuda":
        torch.cuda.synchronize()


def _out(tensor):
    return tensor if isinstance(tensor, np.ndarray) else tensor.detach().cpu().numpy()


class Runner:
    """One network in PyTorch; see frontends.workers.protocol for what it is given.

    Exactly one of `observe` and `step` is: a network is looked at or timed.
    """

    def __init__(self, file, load_module, observe, step):
        self._dtype, self._place, self._step = file.dtype, _place(file.device), step
        self._absent = set(file.absent)
        self._recordings = Recordings(observe)
        torch.set_default_dtype(getattr(torch, file.dtype))
        module = load_module(file.path, {"tap": self._tap})
        self._model = getattr(module, file.entry)().to(self._place)
        self._paths = {id(each): path for path, each in self._model.named_modules()}
        self._tensors = matched(dict(self._find_tensors()), file.matched_names)
        for path, layer in layers_of(file.matched_names).items():
            hook = self._recordings.steps.hook(layer)
            self._model.get_submodule(path).register_forward_hook(hook)
        if observe is not None:
            self._watch_blocks(module.__name__)

    def parameters(self):
        """Return canonical names and shapes."""
        return {
            name: slot.layout.canonical_shape(tuple(tensor.shape))
            for name, (tensor, slot) in self._tensors.items()
        }

    def assign(self, weights):
        """Set every parameter from an ArrayReader of canonical arrays."""
        check_keys(self._tensors, set(weights.names()) - self._absent)
        with torch.no_grad():
            for name, (tensor, slot) in self._tensors.items():
                array = own_array(weights, name, slot.layout, tensor.shape, self._dtype)
                tensor.copy_(torch.from_numpy(array))

    def evaluate(self, inputs):
        """Yield the output in eval mode, then the outputs of blocks and steps."""
        self._model.eval()
        self._recordings.clear()
        with torch.no_grad():
            yield "output", _out(self._model(self._in(inputs, "input")))
        yield from self._recorded()

    def train(self, inputs):
        """Yield output, blocks, steps, gradients and statistics of a step with batch statistics."""
        self._model.train()
        self._recordings.clear()
        x = self._in(inputs, "input").requires_grad_(True)
        output = self._model(x)
        (output * self._in(inputs, "cotangent")).sum().backward()
        yield "output", _out(output)
        yield from self._recorded()
        for name, gradient in self._recordings.cotangents():
            step = self._recordings.steps.results[name.partition("/")[2]]
            yield name, hollow(step.shape) if gradient is None else _out(gradient)
        yield "gradient/input", _out(x.grad)
        for name, (tensor, slot) in self._tensors.items():
            if isinstance(tensor, nn.Parameter):
                gradient = torch.zeros_like(tensor) if tensor.grad is None else tensor.grad
                yield "gradient/" + name, slot.layout.to_canonical(_out(gradient))
            else:
                yield "statistics/" + name, slot.layout.to_canonical(_out(tensor))

    def stepper(self, inputs):
        """Return a function that takes one step, waits for it, and gives (output, loss)."""
        x = self._in(inputs, "input")
        network = self._model
        if self._step.style != "eager":
            network.to(memory_format=torch.channels_last)
            if x.dim() == 4:
                x = x.to(memory_format=torch.channels_last)
        if self._step.style == "compiled":
            network = torch.compile(network)
        if self._step.mode == "inference":
            self._model.eval()
            return self._inference(network, x)
        self._model.train()
        labels = torch.from_numpy(inputs.get("labels").astype(np.int64)).to(self._place)
        return self._training(network, x, labels)

    def _inference(self, network, x):
        def step():
            with torch.inference_mode():
                output = network(x)
            _synchronize(self._place)
            return output, None

        return step

    def _training(self, network, x, labels):
        recipe, parameters = self._step.recipe, self._model.parameters()
        optimizer = torch.optim.SGD(parameters, recipe.learning_rate, recipe.momentum)

        def step():
            optimizer.zero_grad()
            output = network(x)
            loss = nn.functional.cross_entropy(output, labels)
            loss.backward()
            optimizer.step()
            _synchronize(self._place)
            return output, loss

        return step

    @staticmethod
    def read(result):
        """Return the output of a step as an array."""
        return _out(result[0])

    def _find_tensors(self):
        """Yield (<path>.<kind>, (tensor, slot)) in the order of creation."""
        for path, layer in self._model.named_modules():
            for own, slot in slots_of(layer, _LAYERS).items():
                tensor = getattr(layer, own)
                if tensor is not None:
                    yield f"{path}.{slot.kind}", (tensor, slot)

    def _watch_blocks(self, module_name):
        """Record what the file's own modules give, but for layers that it extends."""
        for path, each in self._model.named_modules():
            written = type(each).__module__ == module_name
            if path and written and not slots_of(each, _LAYERS):
                each.register_forward_hook(self._recordings.blocks.hook(path))

    def _tap(self, module, name, value):
        path = self._paths[id(module)]
        path = f"{path}.{name}" if path else name
        return self._recordings.tap_tensor(path, value, value.requires_grad)

    def _recorded(self):
        for name, value in self._recordings.items():
            yield name, _out(value)

    def _in(self, inputs, name):
        return torch.from_numpy(inputs.get(name).astype(self._dtype)).to(self._place)
