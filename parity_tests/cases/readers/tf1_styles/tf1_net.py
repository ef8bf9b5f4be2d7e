"""One network as people wrote it in TensorFlow 1, and what is another network."""

import tensorflow as tf
from tensorflow.contrib import slim


def layers(images, is_training):
    x = tf.layers.conv2d(images, 4, 3, padding="same", use_bias=False, name="conv1")
    x = tf.layers.batch_normalization(
        x, momentum=0.9, epsilon=1e-5, training=is_training, name="bn1", fused=False
    )
    x = tf.reduce_mean(tf.nn.relu(x), [1, 2])
    return tf.layers.dense(x, 10, name="logits")


def fused(images, train=True):
    x = tf.layers.conv2d(images, 4, 3, padding="same", use_bias=False)
    x = tf.layers.batch_normalization(x, momentum=0.9, epsilon=1e-5, training=train)
    return tf.layers.dense(tf.reduce_mean(tf.nn.relu(x), axis=(1, 2)), 10)


def slim_scope(inputs, num_classes=10, is_training=True, fused=None):
    normal = {"is_training": is_training, "decay": 0.9, "epsilon": 1e-5, "scale": True}
    normal["fused"] = fused
    end_points = {}
    with tf.variable_scope("Net", "Net", [inputs]):
        with slim.arg_scope([slim.conv2d], normalizer_fn=slim.batch_norm, normalizer_params=normal):
            x = end_points["conv"] = slim.conv2d(inputs, 4, [3, 3], scope="conv")
            x = tf.reduce_mean(x, [1, 2], name="pool")
            x = slim.fully_connected(x, num_classes, activation_fn=None, scope="logits")
            return x, end_points


def placeholder(images):
    training = tf.placeholder_with_default(False, [], name="training")
    x = tf.layers.conv2d(images, 4, 3, padding="same", use_bias=False)
    x = tf.layers.batch_normalization(x, momentum=0.9, epsilon=1e-5, training=training)
    return tf.layers.dense(tf.reduce_mean(tf.nn.relu(x), [1, 2]), 10)


def variables(images, phase_train):
    """Variables of its own, as the first tutorials have it."""
    kernel = tf.Variable(tf.truncated_normal([3, 3, 3, 4], stddev=0.1))
    x = tf.nn.conv2d(images, kernel, strides=[1, 1, 1, 1], padding="SAME")
    x = tf.layers.batch_normalization(
        x, momentum=0.9, epsilon=1e-5, training=phase_train, fused=False
    )
    x = tf.reduce_mean(tf.nn.relu(x), [1, 2])
    weights = tf.get_variable("weights", [4, 10])
    biases = tf.get_variable("biases", initializer=tf.constant(0.1, shape=[10]))
    return tf.matmul(x, weights) + biases


def scattered(images, training):
    """Variables that were made in one place, and are added in another; unlike a layer, a bias."""
    made = {
        "conv": tf.Variable(tf.truncated_normal([3, 3, 3, 4], stddev=0.1, dtype=images.dtype)),
        "fc_b": tf.Variable(tf.zeros([10], dtype=images.dtype)),
        "fc": tf.Variable(tf.truncated_normal([10, 4], stddev=0.1, dtype=images.dtype)),
    }
    x = tf.nn.conv2d(images, made["conv"], strides=[1, 1, 1, 1], padding="SAME")
    x = tf.layers.batch_normalization(x, momentum=0.9, epsilon=1e-5, training=training, fused=False)
    x = tf.matmul(tf.reduce_mean(tf.nn.relu(x), [1, 2]), made["fc"], transpose_b=True)
    return made["fc_b"] + x


def reused(images, training):
    with tf.variable_scope("net", reuse=tf.AUTO_REUSE):
        kernel = tf.get_variable("w", [3, 3, 3, 4], images.dtype)
        x = tf.nn.conv2d(images, kernel, [1, 1, 1, 1], "SAME")
        x = tf.layers.batch_normalization(
            x, momentum=0.9, epsilon=1e-5, training=training, name="bn", fused=False
        )
        x = tf.reduce_mean(tf.nn.relu(x), [1, 2])
        return tf.nn.bias_add(
            tf.matmul(x, tf.get_variable("fc_w", [4, 10], images.dtype)),
            tf.get_variable("fc_b", [10], images.dtype, tf.zeros_initializer()),
        )


def defaults(images, training):
    """The epsilon and the momentum that TensorFlow has where none is said."""
    x = tf.layers.conv2d(images, 4, 3, padding="same", use_bias=False)
    x = tf.nn.relu(tf.layers.batch_normalization(x, training=training))
    return tf.layers.dense(tf.reduce_mean(x, [1, 2]), 10)


def valid(images, training):
    x = tf.layers.conv2d(images, 4, 3, use_bias=False)
    x = tf.layers.batch_normalization(x, momentum=0.9, epsilon=1e-5, training=training)
    return tf.layers.dense(tf.reduce_mean(tf.nn.relu(x), [1, 2]), 10)


def model_fn(features, labels, mode):
    """An estimator's."""
    logits = layers(features["x"], mode == tf.estimator.ModeKeys.TRAIN)
    return tf.estimator.EstimatorSpec(mode, predictions={"logits": logits})


class Net:
    """A class with a graph of its own."""

    def __init__(self):
        self.x = tf.placeholder(tf.float32, [None, 8, 8, 3])
        self.logits = layers(self.x, False)


def small(images, epsilon=None, training=True):
    said = {} if epsilon is None else {"epsilon": epsilon}
    x = tf.layers.conv2d(images, 4, 3, padding="same", use_bias=False) / 16
    x = tf.nn.relu(tf.layers.batch_normalization(x, training=training, **said))
    return tf.layers.dense(tf.reduce_mean(x, [1, 2]), 10)
