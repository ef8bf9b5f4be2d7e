"""A written network saved and loaded by Keras itself: `saves_tensorflow.py save|load ENTRY`."""

import sys

import keras
import numpy as np
import tensorflow as tf
import written

keras.config.set_floatx("float64")
keras.utils.set_random_seed(0)
x = np.load("input.npy").transpose(0, 2, 3, 1)
model = getattr(written, sys.argv[2])()
if sys.argv[1] == "save":
    for value in model.variables:
        value.assign_add(np.random.random(value.shape) / 8)
    model.save_weights("theirs.weights.h5")
    model.save("theirs.keras")
    model.save("theirs.h5")
    tf.train.Checkpoint(model=model).save("theirs2")
    models = [model]
else:
    model.load_weights("ours.weights.h5")
    other = getattr(written, sys.argv[2])()
    tf.train.Checkpoint(model=other).read("ours2").assert_existing_objects_matched()
    # Keras makes no model again of its own legacy files that hold an operation, as x[:, None] is.
    legacy = getattr(written, sys.argv[2])()
    legacy.load_weights("ours.h5")
    models = [model, other, legacy, keras.saving.load_model("ours.keras")]
outputs = [each(x, training=False).numpy() for each in models]
assert all(np.array_equal(each, outputs[0]) for each in outputs)
np.save(sys.argv[1], outputs[0])
