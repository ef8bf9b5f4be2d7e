"""The worker's side of PyTorch."""

from contextlib import ExitStack, contextmanager

import numpy as np
import torch
from torch import nn

from frontends.torch import timed
from frontends.torch.brought import leaves_of, random_state, watch_autocast, watch_dropout
from frontends.torch.layout import LAYERS, MORE
from frontends.torch.traced import Tracing, round_share, watch_calls, widen
from frontends.torch.trainer import Trainer
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
from frontends.workers.tracing import (
    Trace,
    called,
    check_one_input,
    cotangents,
    numbered,
    outputs_of,
    round_reals,
)

torch.use_deterministic_algorithms(False)
_LAYERS, _MORE = resolved(LAYERS, nn), resolved({**LAYERS, **MORE}, nn)


def versions():
    """Return the versions of what runs here."""
    return {"torch": torch.__version__, "numpy": np.__version__}


def matmul(size, device, dtype="float32"):
    """Return a function that multiplies two matrices on a device and waits."""
    place = _place(device)
    left, right = torch.rand(2, size, size, dtype=getattr(torch, dtype), device=place)

    def step():
        torch.matmul(left, right)
        _synchronize(place)

    return step


def copy_of(size):
    """Return a function that copies bytes from the GPU's memory to its memory and waits."""
    given = torch.ones(size // 4, device="cuda")
    into = torch.empty_like(given)

    def step():
        into.copy_(given)
        torch.cuda.synchronize()

    return step


def settings():
    """Return what PyTorch says of threads, precision and algorithms."""
    found = {
        "threads": str(torch.get_num_threads()),
        "inter-op threads": str(torch.get_num_interop_threads()),
        "oneDNN": str(torch.backends.mkldnn.is_available()),
    }
    if torch.cuda.is_available():
        found["cudnn.benchmark"] = str(torch.backends.cudnn.benchmark)
        found["TF32 in convolutions"] = str(torch.backends.cudnn.allow_tf32)
        found["TF32 in products"] = str(torch.backends.cuda.matmul.allow_tf32)
        found["cuDNN"] = str(torch.backends.cudnn.version())
        found["CUDA"] = str(torch.version.cuda)
    return found


def device_memory():
    """Return the peak of the GPU's memory in bytes, None without a GPU."""
    return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None


def device_name():
    """Return what the GPU is called, None without a GPU."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else None


def _place(device):
    return torch.device("cuda" if device == "gpu" else "cpu")


def _synchronize(place):
    if place.type == "cuda":
        torch.cuda.synchronize()


def _copied(tensor):
    return tensor.detach().cpu().clone().numpy()


def _out(tensor):
    return tensor if isinstance(tensor, np.ndarray) else tensor.detach().cpu().numpy()


class Runner:
    """One network in PyTorch; see frontends.workers.protocol for what it is given.

    Exactly one of `observe` and `step` is: a network is looked at or timed.
    """

    def __init__(self, file, load_module, observe, step):
        self._dtype, self._place, self._step = file.dtype, _place(file.device), step
        self._brought, self._evaluations = file.brought, 0
        self._absent, self._file = set(file.absent), file
        self._layers = _MORE if file.compared else _LAYERS
        self.recordings = Recordings(observe, file=file)
        if file.brought:
            watch_dropout(self.recordings, file.dropping)
            watch_autocast(self.recordings.seen)
            torch.manual_seed(file.seed or 0)  # what has no counterpart is the same in every job
        if file.compared:
            watch_calls(self.recordings.seen)
        torch.set_default_dtype(getattr(torch, file.dtype))
        self.module = module = load_module(file.path, {"tap": self._tap})
        torch.set_grad_enabled(True)  # whatever a script did
        if file.compared and torch.get_default_dtype() == torch.float32:
            torch.set_default_dtype(getattr(torch, file.dtype))
        if file.seed is not None:
            torch.manual_seed(file.seed)
        entry = getattr(module, file.entry)
        model = entry if isinstance(entry, nn.Module) else called(entry, file.arguments)
        if file.compared and not isinstance(model, nn.Module):
            raise MismatchError(f"{file.entry} gives a {type(model).__name__}, no nn.Module")
        self._model = model.to(self._place)
        if file.compared and file.dtype == "float64":
            widen(model)
        for each in model.modules() if file.compared else ():
            round_reals(each)
            round_share(each)
        if any(nn.parameter.is_lazy(each) for each in self._model.parameters()):
            if not file.input_shape:
                raise MismatchError("its lazy layers want the shape of the input: --input-shape")
            self._model.eval()(torch.zeros(1, *file.input_shape, device=self._place))
        self._paths = {id(each): path for path, each in self._model.named_modules()}
        found = distinct(self._find_tensors())
        found = renamed(found, file.official_names)
        self._held = matched(found, file.matched_names)
        self.trace = Trace(_copied, observe is not None and observe.keep_calls)
        self._tracing = Tracing(self.trace, {id(e.own): n for n, e in found.items()}, self._paths)
        if self.recordings.keeps_steps and not file.compared:
            self._watch_layers(layers_of(file.matched_names))
        if observe is not None and not file.brought:
            self._watch_blocks(module.__name__, file.block_names)

    def held(self):
        """Return every tensor that the network holds, by canonical name."""
        return self._held

    def initial(self, inputs):
        """Yield what every parameter starts from."""
        return self.values()

    def values(self):
        """Yield the value of every parameter and statistic, by canonical name."""
        for name, each in self._held.items():
            yield name, each.canonical(_out(each.own))

    def assign(self, weights):
        """Set every parameter from an ArrayReader of canonical arrays."""
        check_keys(self._held, set(weights.names()) - self._absent)
        with torch.no_grad():
            for name, each in self._held.items():
                each.own.copy_(torch.from_numpy(each.set_from(weights, name, self._dtype)))

    def evaluate(self, inputs):
        """Yield the output in eval mode, then the outputs of blocks and steps."""
        self._model.eval()
        self.recordings.start("evaluate")
        x = self._in(inputs, "input")
        with torch.set_grad_enabled(self._evaluations % 2 == 1), self._watched("evaluate", x):
            output = self._model(x)
        self._evaluations += 1
        for name, each in numbered(self._outputs(output, "evaluate")):
            yield name, self._map_out(each)
        yield from self._recorded()

    def train(self, inputs):
        """Yield output, blocks, steps, gradients and statistics of a step with batch statistics."""
        self._model.train()
        self.recordings.start("train")
        x = self._in(inputs, "input").requires_grad_(True)
        for each in self._model.parameters():
            each.grad = None
        own = x.clone()  # a layer may write into it
        with self._watched("train", own):
            output = self._model(own)
        outputs = self._outputs(output, "train")
        outputs = {key: self._moved(each, "first") for key, each in outputs.items()}
        for name, each in numbered(outputs):
            yield name, _out(each)
        yield from self._recorded()
        if self._brought:
            self._tell_strays(outputs.values(), x)
        begun = cotangents(inputs, outputs)
        if begun is None:
            return
        begun = {
            k: torch.from_numpy(c.astype(self._dtype)).to(self._place) for k, c in begun.items()
        }
        target = sum((each * begun[key]).sum() for key, each in outputs.items())
        if target.requires_grad:
            target.backward()
        for name, gradient in self.recordings.cotangents():
            step = self.recordings.steps.results[name.partition("/")[2]]
            yield name, hollow(step.shape) if gradient is None else _out(gradient)
        yield "gradient/input", self._map_out(torch.zeros_like(x) if x.grad is None else x.grad)
        for name, each in self._held.items():
            tensor = each.own
            if not each.slot.trainable:
                yield "statistics/" + name, each.canonical(_out(tensor))
            elif each.trains:
                gradient = torch.zeros_like(tensor) if tensor.grad is None else tensor.grad
                yield "gradient/" + name, each.canonical(_out(gradient))

    def trainer(self, optimizer="sgd", summed=False, compiled=False):
        """Return the training of the network by the file's own functions; see `trainer`.

        optimizer: that of the recipe. summed: the loss is a sum over the batch. compiled: steps run
        as the file's `main` has them, where it compiles them.
        """
        return Trainer(self.module, self._model, self._held, self._taken, optimizer)

    def stepper(self, inputs):
        """Return a function that takes one step and gives (output, loss); see `wait`."""
        self._model.train(self._step.mode != "inference")
        x, labels = self._in(inputs, "input"), None
        if self._step.mode != "inference":
            labels = self._labels(inputs)
        return timed.stepper(self.module, self._model, self._step, x, labels)

    def wait(self):
        """Wait for the steps that were begun."""
        _synchronize(self._place)

    @staticmethod
    def read(result):
        """Return the output of a step as an array."""
        output = result[0].detach()
        return _out(output if output.dtype == torch.float64 else output.float())

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
        self._model.train(mode == "train")
        x = self._in(inputs, "input")
        check_one_input(self._model.forward)
        known = list(self._model.parameters())
        with torch.no_grad(), self._watched(mode, x):
            output = self._model(x)
        check_all_made(known, self._model.parameters())
        return {key: self._map_out(each) for key, each in self._outputs(output, mode).items()}

    def places(self):
        """Return {parameter: line that made its layer}."""
        return places_of(self._model.modules(), self._held)

    def declared(self):
        """Return the shape of its input that a model declares: none does."""
        return ()

    def _outputs(self, output, mode):
        if not self._file.compared:
            return {"": the_tensor(output, torch.Tensor)}
        return outputs_of(output, torch.Tensor, self._file.outputs.get(mode, ()))

    def _tell_strays(self, outputs, x):
        """Tell tensors that take gradients and that the model does not hold."""
        held = {id(each) for each in self._model.parameters()} | {id(x)}
        for leaf in {id(leaf): leaf for each in outputs for leaf in leaves_of(each)}.values():
            if id(leaf) not in held:
                self.recordings.seen.strays(leaf.shape)

    def _find_tensors(self):
        """Yield (<path>.<kind>, tensor) of every parameter and buffer, in the order of creation."""
        for path, layer in self._model.named_modules():
            slots, kind = slots_of(layer, self._layers), class_of(layer, "torch")
            if self._file.compared and isinstance(layer, torch.jit.ScriptModule):
                kind = layer.original_name
                slots = {**LAYERS, **MORE}.get(kind, {})
            for own, tensor in {**layer._parameters, **layer._buffers}.items():
                if tensor is not None and own != "num_batches_tracked":
                    yield holding(path, own, tensor, tensor.requires_grad, slots, kind)

    def _watch_layers(self, names):
        """Record what a reader's layers are given and give; copies, as it may be written over."""
        for own, path in names.items():
            layer = self._model.get_submodule(own)
            if not slots_of(layer, _LAYERS):
                continue

            def before(layer, inputs, named, path=path):
                x = inputs[0] if inputs else next(iter(named.values()))
                self.recordings.given.put(path, x.detach().clone())

            def after(layer, inputs, output, path=path):
                self.recordings.steps.put(path, output.detach().clone())

            layer.register_forward_pre_hook(before, with_kwargs=True)
            layer.register_forward_hook(after)

    def _watch_blocks(self, module_name, names):
        """Record what the file's own modules give, but for layers that it extends; and what layers
        give that end a block which is no module."""
        ends = layers_called(names)
        for path, each in self._model.named_modules():
            own = type(each).__module__ == module_name and nn.Module in type(each).__bases__
            if (path and own) or path in ends:
                each.register_forward_hook(self.recordings.blocks.hook(path))

    def _tap(self, module, name, value):
        path = self._paths[id(module)]
        path = f"{path}.{name}" if path else name
        return self.recordings.tap_tensor(path, value, value.requires_grad)

    def _recorded(self):
        for name, value in self.recordings.items():
            yield name, _out(value)
        yield from self.trace.items()

    def _taken(self, inputs):
        return self._in(inputs, "input"), self._labels(inputs)

    def _labels(self, inputs):
        return torch.from_numpy(inputs.get("labels").astype(np.int64)).to(self._place)

    def _in(self, inputs, name):
        given = torch.from_numpy(inputs.get(name).astype(self._dtype)).to(self._place)
        return self._moved(given, "last")

    def _moved(self, value, channels):
        """Return a map with its channels first or last, of a file that takes them last."""
        if self._file.channels != "last" or value.dim() != 4:
            return value
        return value.permute((0, 2, 3, 1) if channels == "last" else (0, 3, 1, 2)).contiguous()

    def _map_out(self, value):
        return _out(self._moved(value, "first"))
