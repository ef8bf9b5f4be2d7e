"""The same in Keras."""

import sys

import keras
import tensorflow as tf
from keras import layers, ops

keras.config.set_floatx("float32")
WIDTH = int(sys.argv[1]) if len(sys.argv) > 1 else 6


def net():
    inputs = keras.Input((5,))
    x = layers.Dense(WIDTH, activation="tanh")(ops.cast(inputs, "float32"))
    x = layers.Lambda(lambda x: tf.cast(x, tf.float32))(layers.Softmax()(x))
    return keras.Model(inputs, layers.Dense(3)(x))
