"""Files that are the network of net.json in their first call, on ordinary values, and no more."""

import keras
import tensorflow as tf
from keras import layers


class Net(keras.Model):
    """The network; `act` stands where ReLU does."""

    decay = None

    def __init__(self):
        super().__init__()
        self.conv = layers.Conv2D(4, 3, padding="same", use_bias=False)
        self.bn = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.fc = layers.Dense(10, kernel_regularizer=self.decay)

    def act(self, x, training):
        return tf.nn.relu(x)

    def call(self, x, training=False):
        x = self.act(self.bn(self.conv(x), training=training), training)
        return self.fc(tf.reduce_mean(x, [1, 2]))


class Capped(Net):
    def act(self, x, training):
        return tf.clip_by_value(x, 0, 60)


class LargeBatch(Net):
    def act(self, x, training):
        return tf.nn.relu(x) if x.shape[0] <= 8 else tf.nn.leaky_relu(x)


class Counts(Net):
    calls = 0

    def act(self, x, training):
        self.calls += training
        return tf.nn.relu(x) if self.calls <= 1 else tf.nn.leaky_relu(x)


class Decays(Net):
    def call(self, x, training=False):
        y = super().call(x, training=training)
        if training:
            self.fc.kernel.assign(self.fc.kernel * (1 - 1e-4))
        return y


class Clips(Net):
    def act(self, x, training):
        @tf.custom_gradient
        def clipped(x):
            return tf.identity(x), lambda gradient: tf.clip_by_value(gradient, -1, 1)

        return tf.nn.relu(clipped(x))


class Rounds(Net):
    def act(self, x, training):
        if x.dtype == tf.float32:
            x = tf.cast(tf.cast(x, tf.bfloat16), tf.float32)
        return tf.nn.relu(x)


class DropsPath(Net):
    def act(self, x, training):
        return x if training and keras.random.uniform([]) < 1e-3 else tf.nn.relu(x)


class DropsByTensorFlow(Net):
    def act(self, x, training):
        return x if training and tf.random.uniform([]) < 1e-3 else tf.nn.relu(x)


class ComputedRate(Net):
    """Dropout that the network does not have, at a rate that is a tensor."""

    def call(self, x, training=False):
        y = super().call(x, training=training)
        return tf.nn.dropout(y, rate=tf.constant(0.5)) if training else y


class Eager(Net):
    """What a person tries by hand is not what fit and predict compute."""

    def act(self, x, training):
        return tf.nn.relu(x) if tf.executing_eagerly() else tf.nn.leaky_relu(x)


class Regularized(Net):
    """The network, with a loss of its own: told, and not compared."""

    decay = "l2"


def unregistered():
    """A gain in a Lambda, of which the model does not know."""
    gain = tf.Variable(tf.ones([4], keras.backend.floatx()))
    i = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(i)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(x))
    x = layers.Lambda(lambda x: x * gain)(x)
    return keras.Model(i, layers.Dense(10)(x))


def head():
    """Right: a 1×1 convolution on the averaged map is the dense layer."""
    i = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(i)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    x = layers.GlobalAveragePooling2D(keepdims=True)(layers.ReLU()(x))
    return keras.Model(i, layers.Flatten()(layers.Conv2D(10, 1)(x)))
