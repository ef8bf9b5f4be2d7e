"""The worker's side of Keras on PyTorch: the written Keras network, to compare with PyTorch's."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch

from frontends.tensorflow.layout import LAYERS
from frontends.workers.layouts import channels_first, channels_last
from frontends.workers.parameters import Held, check_keys, resolved, slots_of

_LAYERS = resolved(LAYERS, keras.layers)
RATE, MOMENTUM = 1e-3, 0.9  # of the recipe that is timed


def versions():
    """Return the versions of what runs here."""
    return {"keras": keras.__version__, "torch": torch.__version__, "numpy": np.__version__}


def settings():
    """Return what PyTorch says of threads."""
    return {
        "threads": str(torch.get_num_threads()),
        "inter-op threads": str(torch.get_num_interop_threads()),
    }


def matmul(size, device):
    """Return a function that multiplies two float32 matrices and waits."""
    left, right = torch.rand(2, size, size)
    return lambda: torch.matmul(left, right)


def device_memory():
    """Return None, as it runs on the CPU alone."""


def device_name():
    """Return None, likewise."""


class Runner:
    """One network in Keras on PyTorch, for timing; its training is Keras' guide's own loop."""

    def __init__(self, file, load_module, observe, step):
        if file.device == "gpu":
            raise ValueError("Keras on PyTorch is timed on the CPU")
        keras.config.set_image_data_format("channels_last")
        keras.config.set_floatx(file.dtype)
        self._dtype, self._step, self._absent = file.dtype, step, set(file.absent)
        module = load_module(file.path, {})
        if hasattr(module, "GroupedConv2D"):  # which asks for TensorFlow's device; PyTorch groups
            module.GroupedConv2D = keras.layers.Conv2D
        self._model = getattr(module, file.entry)()
        self._held = {}
        for layer in self._model._flatten_layers(include_self=False):
            for own, slot in slots_of(layer, _LAYERS).items():
                variable = getattr(layer, own, None)
                if variable is not None:
                    path = file.official_names.get(layer.name, layer.name)
                    self._held["%s.%s" % (path, slot.kind)] = Held(variable, slot, True)

    def assign(self, weights):
        """Set every parameter from an ArrayReader of canonical arrays."""
        check_keys(self._held, set(weights.names()) - self._absent)
        for name, each in self._held.items():
            each.own.assign(each.set_from(weights, name, self._dtype))

    def stepper(self, inputs):
        """Return a function that takes one step and gives (output, loss)."""
        images = channels_last(inputs.get("input").astype(self._dtype))
        x = torch.from_numpy(np.ascontiguousarray(images))
        network = torch.compile(self._model) if self._step.style == "compiled" else self._model
        if self._step.mode == "inference":
            return lambda: self._predict(network, x)
        labels = torch.from_numpy(inputs.get("labels").astype(np.int64))
        return self._training(network, x, labels)

    def wait(self):
        """Do nothing: steps end with their results."""

    @staticmethod
    def _predict(network, x):
        with torch.no_grad():
            return network(x, training=False), None

    def _training(self, network, x, labels):
        last = self._model.layers[-1]
        logits = getattr(last, "activation", None) is not keras.activations.softmax
        loss_of = keras.losses.SparseCategoricalCrossentropy(
            from_logits=logits and not isinstance(last, keras.layers.Softmax)
        )
        optimizer = keras.optimizers.SGD(RATE, momentum=MOMENTUM)
        variables = self._model.trainable_variables
        optimizer.build(variables)

        def step():
            output = network(x, training=True)
            loss = loss_of(labels, output)
            self._model.zero_grad()
            loss.backward()
            gradients = [each.value.grad for each in variables]
            with torch.no_grad():
                optimizer.apply(gradients, variables)
            return output, loss

        return step

    @staticmethod
    def read(result):
        """Return the output of a step as an array."""
        return channels_first(result[0].detach().numpy())
