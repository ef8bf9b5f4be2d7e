"""keras.applications' networks."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import tensorflow as tf

NAMES = {"resnet50": "ResNet50", "resnet101": "ResNet101", "resnet152": "ResNet152"}


class Network:
    def __init__(self, name, dtype, size):
        keras.config.set_floatx(dtype)
        keras.config.set_dtype_policy(dtype)
        keras.utils.set_random_seed(1)
        made = getattr(keras.applications, NAMES[name])
        self._network = made(weights=None, classifier_activation=None, input_shape=(size, size, 3))
        self._variables = {
            f"{layer.name}/{number}": variable
            for layer in self._network.layers
            for number, variable in enumerate(layer.weights)
        }

    def load(self, weights):
        assert set(weights) == set(self._variables)
        for name, array in weights.items():
            assert self._variables[name].shape == array.shape, name
            self._variables[name].assign(array)

    def gradients(self, x, cotangent):
        """Return the output with batch statistics, and {parameter: gradient}."""
        trained = {name: v for name, v in self._variables.items() if v.trainable}
        with tf.GradientTape() as tape:
            output = self._network(_last(x), training=True)
            target = tf.reduce_sum(output * cotangent)
        found = tape.gradient(target, [v.value for v in trained.values()])
        return output.numpy(), {name: g.numpy() for name, g in zip(trained, found)}

    def outputs(self, x):
        return self._network(_last(x), training=False).numpy()

    def save(self, folder):
        self._network.save_weights(f"{folder}/weights.weights.h5")
        self._network.save(f"{folder}/weights.keras")
        self._network.save(f"{folder}/weights.h5")


def _last(x):
    return tf.constant(x.transpose(0, 2, 3, 1))
