"""mini in TensorFlow (Keras).

Input (N, 8, 8, 3), output (N, 3), 851 trainable parameters.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"  # whatever keras.json says

import keras
from keras import layers

keras.config.set_image_data_format("channels_last")


def unit(x, c, name):
    x = layers.Conv2D(c, 3, padding="same", use_bias=False, name=f"{name}.conv")(x)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}.bn")(x, training=True)
    return layers.ReLU(name=f"{name}.relu")(x)


def mini():
    inputs = x = keras.Input((8, 8, 3))
    x = unit(x, 8, name="a")  # (N, 8, 8, 8)
    x = unit(x, 8, name="b")  # (N, 8, 8, 8)
    x = layers.GlobalAveragePooling2D(name="p")(x)  # (N, 8)
    x = layers.Dense(3, name="fc")(x)  # (N, 3)
    return keras.Model(inputs, x, name="mini")
