"""Other libraries' own networks in processes of their own: made, given weights, run, saved."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np

from frontends.checkpoints.convert import FRAMEWORKS
from frontends.checkpoints.libraries import Arrays
from frontends.workers.arrays import ArrayReader, write_arrays
from frontends.workers.environments import ROOT, interpreter
from frontends.workers.process import environment

# Each program makes NAME at a size, and either takes our weights, writes outputs and gradients
# into OUT, or saves what it was made with into FILES, and the output of these weights into OUT.
PROGRAMS = {
    "paddle.vision": """
import paddle
from paddle.vision import models

paddle.set_default_dtype(DTYPE)
paddle.seed(1)
network = getattr(models, NAME)()

def load(weights):
    given = {name: paddle.to_tensor(array) for name, array in weights.items()}
    missing, extra = network.set_state_dict(given)
    assert not missing and not extra, (missing, extra)

def run(x, training):
    network.train() if training else network.eval()
    return network(paddle.to_tensor(x, stop_gradient=False))

def gradients(x, cotangent):
    output = run(x, True)
    (output * paddle.to_tensor(cotangent)).sum().backward()
    trained = {n: p for n, p in network.named_parameters() if not p.stop_gradient}
    return output.numpy(), {name: tensor.grad.numpy() for name, tensor in trained.items()}

def outputs(x):
    with paddle.no_grad():
        return run(x, False).numpy()

def save(folder):
    paddle.save(network.state_dict(), folder + "/weights.pdparams")
""",
    "torchvision": """
import sys, types
import torch

# torchvision's compiled ops need the very build of torch that they were made for; its networks,
# which are all that is wanted here, do not.
sys.modules["torchvision._meta_registrations"] = types.ModuleType("not needed")
from torchvision import models

torch.set_default_dtype(getattr(torch, DTYPE))
torch.manual_seed(1)
network = getattr(models, NAME)()

def load(weights):
    given = {name: torch.from_numpy(array) for name, array in weights.items()}
    missing, extra = network.load_state_dict(given, strict=False)
    assert all(name.endswith("num_batches_tracked") for name in missing), missing
    assert not extra, extra

def gradients(x, cotangent):
    network.train()
    output = network(torch.from_numpy(x))
    (output * torch.from_numpy(cotangent)).sum().backward()
    found = {name: tensor.grad.numpy() for name, tensor in network.named_parameters()}
    return output.detach().numpy(), found

def outputs(x):
    network.eval()
    with torch.no_grad():
        return network(torch.from_numpy(x)).numpy()

def save(folder):
    torch.save(network.state_dict(), folder + "/weights.pth")
""",
    "keras": """
import os
os.environ["KERAS_BACKEND"] = "tensorflow"
import keras
import tensorflow as tf

keras.config.set_floatx(DTYPE)
keras.config.set_dtype_policy(DTYPE)
keras.utils.set_random_seed(1)
NAMES = {"resnet50": "ResNet50", "resnet101": "ResNet101", "resnet152": "ResNet152"}
made = getattr(keras.applications, NAMES[NAME])
network = made(weights=None, classifier_activation=None, input_shape=(SIZE, SIZE, 3))
variables = {
    "%s/%d" % (layer.name, number): variable
    for layer in network.layers
    for number, variable in enumerate(layer.weights)
}

def load(weights):
    assert set(weights) == set(variables)
    for name, array in weights.items():
        assert variables[name].shape == array.shape, name
        variables[name].assign(array)

def last(x):
    return tf.constant(x.transpose(0, 2, 3, 1))

def gradients(x, cotangent):
    trained = {name: v for name, v in variables.items() if v.trainable}
    with tf.GradientTape() as tape:
        output = network(last(x), training=True)
        target = tf.reduce_sum(output * cotangent)
    found = tape.gradient(target, [v.value for v in trained.values()])
    return output.numpy(), {name: g.numpy() for name, g in zip(trained, found)}

def outputs(x):
    return network(last(x), training=False).numpy()

def save(folder):
    network.save_weights(folder + "/weights.weights.h5")
    network.save(folder + "/weights.keras")
    network.save(folder + "/weights.h5")
""",
}
RUN = """
from frontends.workers.arrays import ArrayReader, write_arrays

with ArrayReader(GIVEN) as given:
    arrays = dict(given.items())
x, cotangent = arrays.pop("input"), arrays.pop("cotangent", None)
if SAVED:
    save(SAVED)
    found = {"output": outputs(x)}
else:
    load(arrays)
    found = {"evaluate/output": outputs(x)}
    found["train/output"], slopes = gradients(x, cotangent)
    found.update(("train/gradient/" + name, array) for name, array in slopes.items())
write_arrays(OUT, found)
"""


def run(library: str, name: str, given: Arrays, folder: Path, save: bool = False) -> Arrays:
    """Return what a library's network gives for `given`: weights, "input" and "cotangent".

    With `save` it keeps the weights that it was made with, and leaves files of them in `folder`.
    """
    given_path, out = folder / "given.npz", folder / "library.npz"
    write_arrays(given_path, given)
    dtype = str(np.asarray(given["input"]).dtype)
    constants = {
        "NAME": name, "DTYPE": dtype, "SIZE": given["input"].shape[-1],
        "GIVEN": str(given_path), "OUT": str(out), "SAVED": str(folder) if save else "",
    }  # fmt: skip
    program = folder / "library.py"
    stated = "".join(f"{key} = {value!r}\n" for key, value in constants.items())
    program.write_text(stated + PROGRAMS[library] + RUN, encoding="utf-8")
    done = subprocess.run(
        [interpreter(FRAMEWORKS[library]), program],
        env={**os.environ, **environment()}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    with ArrayReader(out) as found:
        return dict(found.items())
