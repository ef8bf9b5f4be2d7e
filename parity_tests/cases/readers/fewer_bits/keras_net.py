"""The same in Keras, in all bits."""

import keras
from keras import layers


def net():
    i = keras.Input((12, 12, 3))
    x = layers.Conv2D(8, 3, padding="same", use_bias=False)(i)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x))
    return keras.Model(i, layers.Dense(4)(layers.GlobalAveragePooling2D()(x)))
