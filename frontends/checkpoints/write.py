"""Write a file of a framework's own: `python -m frontends.checkpoints.write FORMAT ARRAYS OUT
[SOURCE ENTRY]`.

In a process of its own, since it imports the framework. ARRAYS are under the file's own names, in
its own layouts. Keras' files hold a model: SOURCE is the written file, ENTRY the function in it.
"""

from __future__ import annotations

import importlib.util
import sys
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common.signals import end_with_parent
from frontends.checkpoints.stored import Array, Arrays
from frontends.workers.arrays import ArrayReader


def torch(arrays: Arrays, out: str) -> None:
    """Save a state dict."""
    import torch

    torch.save(OrderedDict((n, torch.from_numpy(a)) for n, a in arrays.items()), out)


def paddle(arrays: Arrays, out: str) -> None:
    """Save a state dict."""
    import paddle

    paddle.save({name: paddle.to_tensor(array) for name, array in arrays.items()}, out)


def keras(arrays: Arrays, out: str, source: str, entry: str) -> None:
    """Save a model, or its weights where the name says so."""
    model = _model(arrays, source, entry)
    (model.save_weights if out.endswith(".weights.h5") else model.save)(out)


def tensorflow2(arrays: Arrays, out: str, source: str, entry: str) -> None:
    """Save the variables of a model as objects."""
    import tensorflow as tf

    tf.train.Checkpoint(model=_model(arrays, source, entry)).write(out)


def _model(arrays: Arrays, source: str, entry: str) -> Any:
    """Return the model of a written file with these weights. Raises ValueError for others."""
    import keras

    sys.setrecursionlimit(10_000)  # Keras walks a functional model by recursion
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx(str(next(iter(arrays.values())).dtype))
    spec = importlib.util.spec_from_file_location("written", source)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["written"] = module
    spec.loader.exec_module(module)
    model = getattr(module, entry)()
    held = dict(_variables(model))
    if set(held) != set(arrays):
        raise ValueError(f"the written file holds {len(held)} variables, not {len(arrays)}")
    for name, variable in held.items():
        variable.assign(_fitting(arrays[name], variable))
    return model


def _fitting(array: Array, variable: Any) -> Array:
    if array.shape != tuple(variable.shape):
        raise ValueError(f"{variable.path} has shape {tuple(variable.shape)}, not {array.shape}")
    return array


def _variables(outer: Any) -> Iterator[tuple[str, Any]]:
    """Yield (<layer>/<number>, variable) of all that is within a model."""
    for layer in outer._flatten_layers(include_self=False, recursive=False):
        for number, variable in enumerate(layer._trainable_variables):
            yield f"{layer.name}/{number}", variable
        start = len(layer._trainable_variables)
        for number, variable in enumerate(layer._non_trainable_variables, start):
            yield f"{layer.name}/{number}", variable
        yield from _variables(layer)


WRITERS = {"torch": torch, "paddle": paddle, "keras": keras, "tensorflow2": tensorflow2}


def main() -> int:
    """Write one file."""
    form, given, out, *source = sys.argv[1:]
    with ArrayReader(Path(given)) as reader:
        arrays = dict(reader.items())
    WRITERS[form](arrays, out, *source)
    return 0


if __name__ == "__main__":
    end_with_parent()
    sys.exit(main())
