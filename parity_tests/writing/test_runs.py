"""The written files run: by themselves, whatever a user's settings, and with taps to the bit."""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from common.network import Network
from common.recipes.recipe import Optimizer, Recipe
from frontends.fluid import ops as fluid_ops
from frontends.frameworks import HISTORICAL, MODERN
from frontends.ladder.runs import Job, Runs, batch_for
from frontends.ladder.subjects import written
from frontends.tensorflow import ops as tensorflow_ops
from frontends.tensorflow1 import ops as tensorflow1_ops
from frontends.workers.arrays import ArrayReader
from frontends.workers.environments import interpreter
from frontends.workers.pool import Workers
from frontends.workers.scratch import scratch
from frontends.writing.emit import emit
from parity_tests.alone import alone
from parity_tests.cases import small
from parity_tests.cases.op_networks import NETWORKS
from parity_tests.cases.reductions import reduced
from parity_tests.rows import rows, sooner

SMALL = {
    each.__name__: each
    for each in (small.se_resnext, small.concatenated, small.pitfalls, small.grouped)
}


def _same(left: ArrayReader, right: ArrayReader) -> list[str]:
    """Return the names of arrays of `left` that `right` does not hold bit for bit."""
    known = set(right.names())
    return [n for n, a in left.items() if n not in known or a.tobytes() != right.get(n).tobytes()]


@rows(
    "panel, make, dtype",
    {
        f"{panel}-{make.__name__}-{dtype}": (panel, make, dtype)
        for panel, make, dtype in product(MODERN, SMALL.values(), ("float64", "float32"))
        if dtype == "float64" or make is small.se_resnext
    },
)
def test_the_tapped_twin_computes_the_same_bits(
    panel: str, make: Callable[[], Network], dtype: str, workers: Workers
) -> None:
    network = make()
    with scratch() as folder:
        runs = Runs(network, [], workers, folder, batch_for(network))
        plain = Job(panel, dtype=dtype, keep_blocks=True)
        tapped = replace(plain, taps=True, keep_steps=True)
        with runs.run(plain).read() as own, runs.run(tapped).read() as other:
            assert _same(own, other) == []
            steps = {n for n in other.names() if "/step/" in n}
            assert steps and not steps & set(own.names())
            assert {"evaluate/output", "train/gradient/input"} <= set(own.names())


def test_a_tap_that_changes_something_is_seen(workers: Workers) -> None:
    network = small.se_resnext()
    fault = {
        "torch": lambda text: text.replace(" = tap(", " = (1 + 2**-50) * tap(") + "# planted\n"
    }
    with scratch() as folder:
        runs = Runs(network, written(list(fault), fault), workers, folder, batch_for(network))
        with (
            runs.run(Job("torch")).read() as own,
            runs.run(Job("torch", taps=True)).read() as other,
        ):
            assert "evaluate/output" in _same(own, other)


SETTINGS = """
import sys
import keras

keras.config.set_image_data_format("channels_first")
import network

print(keras.backend.backend(), keras.config.image_data_format())
"""


@rows("panel", sooner({panel: panel for panel in MODERN}, ("paddle",)))
def test_runs_with_nothing_of_this_repository(panel: str, tmp_path: Path) -> None:
    assert (
        _run(panel, "network.py", tmp_path)
        == {
            "tensorflow": "(1, 10)",
            "paddle": "paddle.Size([1, 10])",
            "torch": "torch.Size([1, 10])",
        }[panel]
    )


def test_a_file_leaves_the_settings_of_keras_alone(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text(SETTINGS)
    assert _run("tensorflow", "settings.py", tmp_path) == "tensorflow channels_first"


def _run(panel: str, program: str, folder: Path) -> str:
    """Return what a program prints beside a written file, network.py."""
    text = emit(small.se_resnext(), panel).text
    (folder / "network.py").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [interpreter(panel), program],
        cwd=folder, env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "KERAS_HOME": str(folder)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


SAVED = """
import json, sys, zipfile
import keras
from network import {entry}

model = {entry}()
model.save("model.keras")
with zipfile.ZipFile("model.keras") as archive:
    json.loads(archive.read("config.json"), parse_constant=sys.exit)
"""
LOADED = """
import sys
import keras

print(len(keras.saving.load_model("model.keras").layers) > 3)
"""


@rows(
    "network",
    {
        "resnet": pytest.param(reduced("resnet18"), marks=pytest.mark.complete),
        "pitfalls-of-pools": NETWORKS["max_pools"],
    },
)
def test_a_saved_keras_model_loads_without_its_file(network: Network, tmp_path: Path) -> None:
    """Its configuration is JSON, and no class of the file's own is in it."""
    source = emit(network, "tensorflow")
    (tmp_path / "network.py").write_text(source.text, encoding="utf-8")
    (tmp_path / "save.py").write_text(SAVED.format(entry=source.entry))
    (tmp_path / "load.py").write_text(LOADED)
    alone("tensorflow", tmp_path, "save.py")
    (tmp_path / "network.py").unlink()
    assert alone("tensorflow", tmp_path, "load.py").split()[-1] == "True"


BOTH_WAYS = '''
import importlib.util, sys
import numpy as np
spec = importlib.util.spec_from_file_location("written", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
import keras
import tensorflow as tf

keras.config.set_floatx("float64")
model = module.grouped()
split, splits = tf.split, []
tf.split = lambda *arguments: splits.append(1) or split(*arguments)


def run(layer, x, device, compiled):
    """Return the output and the gradients of a layer, as traced where its kernel is there."""
    type(layer.kernel.value).device = property(lambda variable: device)

    @tf.function(jit_compile=compiled)
    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
            target = tf.reduce_sum(y * y)
        return [y, *tape.gradient(target, [x, layer.kernel.value])]

    splits.clear()
    return [each.numpy() for each in step(x)], len(splits)


for layer in [each for each in model.layers if isinstance(each, module.GroupedConv2D)]:
    x = tf.constant(np.random.default_rng(0).standard_normal((2, *layer.input.shape[1:])))
    native, unsplit = run(layer, x, "/device:GPU:0", compiled=True)
    by_hand, parted = run(layer, x, "/device:CPU:0", compiled=False)
    depthwise = layer.groups == x.shape[-1] and layer.dilation_rate == (1, 1)
    assert unsplit == 0 and bool(parted) != depthwise, (layer.name, unsplit, parted)
    apart = [abs(a - b).max() / abs(b).max() for a, b in zip(native, by_hand)]
    assert max(apart) < 1e-13, (layer.name, apart)
    print(layer.name)
'''


@pytest.mark.complete
def test_keras_splits_groups_as_the_framework_would(tmp_path: Path) -> None:
    """Where TensorFlow can, it convolves groups itself; elsewhere the file's split is equal."""
    network = small.grouped()
    path, script = tmp_path / "written.py", tmp_path / "both_ways.py"
    path.write_text(emit(network, "tensorflow").text, encoding="utf-8")
    script.write_text(BOTH_WAYS, encoding="utf-8")
    done = subprocess.run(
        [interpreter("tensorflow"), script, path],
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["pairs", "strided", "dilated"]


CONFIGURED = """
import keras
import {modules}

for module in ({modules},):
    made = module.create_optimizer(keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]))
    loaded = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(made))
    assert type(loaded) is type(made) and loaded.get_config() == made.get_config()
    print(type(made).__name__, len(made.get_config().keys() - keras.optimizers.SGD().get_config()))
"""
OWN = {
    "adam": (Optimizer("adam"), "Adam 3"),
    "adamw": (Optimizer("adamw", decay=0.1), "AdamW 4"),
    "rmsprop": (Optimizer("rmsprop", epsilon=0.1, epsilon_at="outside"), "RMSProp 2"),
    "adagrad": (Optimizer("adagrad", epsilon=0.1, start=0.1), "Adagrad 2"),
}


@pytest.mark.complete
def test_what_a_keras_optimizer_is_made_with_is_saved(tmp_path: Path) -> None:
    """By formulas of the file's own; what a class of Keras has beside is left out."""
    for name, (optimizer, _) in OWN.items():
        text = emit(small.se_resnext(), "tensorflow", recipe=Recipe(optimizer, 0.1)).text
        (tmp_path / f"with_{name}.py").write_text(text, encoding="utf-8")
    modules = ", ".join(f"with_{name}" for name in OWN)
    (tmp_path / "configured.py").write_text(CONFIGURED.format(modules=modules))
    said = alone("tensorflow", tmp_path, "configured.py").splitlines()
    assert said[-len(OWN) :] == [said for _, said in OWN.values()]


NORMS = {
    "tensorflow": ("keras.layers", "BatchNormalization", tensorflow_ops.NORM),
    "fluid": ("paddle.fluid.layers", "batch_norm", fluid_ops.NORM),
    "tensorflow1": ("tensorflow.layers", "batch_normalization", tensorflow1_ops.NORM),
}


COMPLETE = {key: [pytest.mark.complete] if key in HISTORICAL else [] for key in NORMS}


@rows(
    "panel, module, name, expected",
    {key: pytest.param(key, *value, marks=COMPLETE[key]) for key, value in NORMS.items()},
)
def test_reals_that_are_not_written_are_the_frameworks_own(
    panel: str, module: str, name: str, expected: dict[str, float], tmp_path: Path
) -> None:
    printed = alone(panel, tmp_path, "norm_defaults.py", module, name)
    assert ast.literal_eval(printed.splitlines()[-1]) == expected
