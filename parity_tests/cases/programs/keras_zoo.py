"""Load files that keras.applications saved into a written ResNet, by Keras' own loader.

`keras_zoo CLASS`: prints, per file, the largest difference of the outputs in float64,
relative to the largest output; and whether its layers with weights bear the same names.
"""

import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np

keras.config.set_floatx("float64")
keras.config.set_dtype_policy("float64")

import written  # noqa: E402 - makes layers under the policy above

keras.utils.set_random_seed(1)
sizes = {"input_shape": (64, 64, 3), "weights": None, "classifier_activation": None}
theirs = getattr(keras.applications, sys.argv[1])(**sizes)
for layer in theirs.layers:
    if isinstance(layer, keras.layers.BatchNormalization):  # which start from constants
        start = np.random.default_rng(2)
        layer.set_weights([start.uniform(0.5, 1.5, each.shape) for each in layer.get_weights()])
x = np.random.default_rng(3).normal(size=(2, 64, 64, 3))
expected = theirs.predict_on_batch(x)
found = {}
for file in ("weights.weights.h5", "model.h5", "model.keras"):
    save = theirs.save if file.startswith("model") else theirs.save_weights
    save(file)
    ours = getattr(written, sys.argv[1].lower())()
    ours.load_weights(file)
    found[file] = float(abs(ours.predict_on_batch(x) - expected).max() / abs(expected).max())


def names(model):
    return [layer.name for layer in model.layers if layer.weights]


print({"names": names(ours) == names(theirs), "files": found})
