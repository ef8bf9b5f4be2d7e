"""The worker's side of PyTorch."""

import numpy as np
import torch
from torch import nn

from frontends.workers.arrays import ArrayReader
from frontends.workers.recording import (
    Recorder,
    check_keys,
    check_shape,
    layers_of,
    parameters_of,
    renamed,
)

torch.use_deterministic_algorithms(False)
_PARAMETERS = {
    nn.Conv2d: {"weight": "kernel", "bias": "bias"},
    nn.Linear: {"weight": "kernel", "bias": "bias"},
    nn.BatchNorm2d: {
        "weight": "gamma",
        "bias": "beta",
        "running_mean": "mean",
        "running_var": "variance",
    },
}


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


class _Rounded(torch.autograd.Function):
    """Rounds a float64 result, and the gradient that comes back, to float32."""

    @staticmethod
    def forward(context, value):
        return value.float().double()

    @staticmethod
    def backward(context, gradient):
        return gradient.float().double()


class _Scaled(torch.autograd.Function):
    """Passes a result on and scales the gradient that comes back."""

    @staticmethod
    def forward(context, value, scale):
        context.save_for_backward(scale)
        return value.clone()

    @staticmethod
    def backward(context, gradient):
        (scale,) = context.saved_tensors
        return gradient * scale, None


class Runner:
    """One written network in PyTorch."""

    def __init__(self, job, load_module):
        self._dtype = getattr(torch, job["dtype"])
        self._place = _place(job.get("device", "cpu"))
        self._style = job.get("style", "eager")
        self._rounded = job.get("rounded", False)
        self._scales = self._read_scales(job.get("scales"))
        self._steps = Recorder(job.get("keep_steps"))
        self._blocks = Recorder(job.get("keep_blocks"))
        self._absent = set(job.get("absent", ()))
        torch.set_default_dtype(self._dtype)
        module = load_module(job["source"], {"tap": self._tap})
        self._model = getattr(module, job["entry"])().to(self._place)
        self._paths = {id(m): path for path, m in self._model.named_modules()}
        self._tensors = renamed(dict(self._find_tensors()), job.get("names"))
        for path, layer in layers_of(job.get("names")).items():
            self._model.get_submodule(path).register_forward_hook(self._step_hook(layer))
        for path, each in self._model.named_modules():
            written = type(each).__module__ == module.__name__
            if path and written and not parameters_of(each, _PARAMETERS) and not job.get("mode"):
                each.register_forward_hook(self._block_hook(path))
        self._network = self._model
        if self._style == "channels_last":
            self._model.to(memory_format=torch.channels_last)
        if self._style == "compiled":
            self._model.to(memory_format=torch.channels_last)
            self._network = torch.compile(self._model)

    def parameters(self):
        """Return canonical names and shapes."""
        return {name: tuple(tensor.shape) for name, tensor in self._tensors.items()}

    def assign(self, weights):
        """Set every parameter from an ArrayReader of canonical arrays."""
        check_keys(self._tensors, set(weights.names()) - self._absent)
        with torch.no_grad():
            for name in self._tensors:
                array = weights.get(name)
                check_shape(name, self._tensors[name].shape, array.shape)
                self._tensors[name].copy_(torch.from_numpy(array))

    def evaluate(self, inputs):
        """Yield the output in eval mode, then the outputs of blocks and steps."""
        self._model.eval()
        self._clear()
        with torch.no_grad():
            yield "output", self._out(self._model(self._in(inputs.get("input"))))
        yield from self._recorded()

    def train(self, inputs):
        """Yield output, blocks, steps, gradients and statistics of a step with batch statistics."""
        self._model.train()
        self._clear()
        x = self._in(inputs.get("input")).requires_grad_(True)
        output = self._model(x)
        (output * self._in(inputs.get("cotangent"))).sum().backward()
        yield "output", self._out(output)
        yield from self._recorded()
        yield "gradient/input", self._out(x.grad)
        for name, tensor in self._tensors.items():
            if isinstance(tensor, nn.Parameter):
                gradient = torch.zeros_like(tensor) if tensor.grad is None else tensor.grad
                yield "gradient/" + name, self._out(gradient)
            else:
                yield "statistics/" + name, self._out(tensor)

    def stepper(self, mode, inputs):
        """Return a function that takes one step, waits for it, and gives (output, loss)."""
        x = self._in(inputs.get("input"))
        if self._style != "eager" and x.dim() == 4:
            x = x.to(memory_format=torch.channels_last)
        if mode == "inference":
            self._model.eval()
            return self._inference(x)
        self._model.train()
        labels = torch.from_numpy(inputs.get("labels").astype(np.int64)).to(self._place)
        return self._training(x, labels)

    def _inference(self, x):
        def step():
            with torch.inference_mode():
                output = self._network(x)
            _synchronize(self._place)
            return output, None

        return step

    def _training(self, x, labels):
        optimizer = torch.optim.SGD(self._model.parameters(), lr=1e-3, momentum=0.9)

        def step():
            optimizer.zero_grad()
            output = self._network(x)
            loss = nn.functional.cross_entropy(output, labels)
            loss.backward()
            optimizer.step()
            _synchronize(self._place)
            return output, loss

        return step

    @staticmethod
    def _read_scales(path):
        if path is None:
            return {}
        with ArrayReader(path) as scales:
            return {name: torch.from_numpy(array) for name, array in scales.items()}

    def read(self, result):
        """Return the output of a step as an array."""
        return self._out(result[0])

    def _find_tensors(self):
        for path, module in self._model.named_modules():
            for own, canonical in parameters_of(module, _PARAMETERS).items():
                tensor = getattr(module, own)
                if tensor is not None:
                    yield "%s.%s" % (path, canonical), tensor

    def _block_hook(self, path):
        def hook(module, inputs, output):
            self._blocks.put(path, output)

        return hook

    def _step_hook(self, path):
        def hook(module, inputs, output):
            self._steps.put(path, output.detach())

        return hook

    def _tap(self, module, name, value):
        if self._rounded:
            value = _Rounded.apply(value)
        path = self._paths[id(module)]
        path = "%s.%s" % (path, name) if path else name
        if path in self._scales:
            value = _Scaled.apply(value, self._scales[path])
        self._steps.put(path, value.detach())
        return value

    def _clear(self):
        self._steps.clear()
        self._blocks.clear()

    def _recorded(self):
        for kind, recorder in (("block/", self._blocks), ("step/", self._steps)):
            for path, value in recorder.results.items():
                yield kind + path, self._out(value)

    def _in(self, array):
        return torch.from_numpy(array).to(self._place, self._dtype)

    @staticmethod
    def _out(tensor):
        return tensor if isinstance(tensor, np.ndarray) else tensor.detach().cpu().numpy()
