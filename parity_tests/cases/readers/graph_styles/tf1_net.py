"""The network of net.json in styles of TensorFlow 1."""

import tensorflow as tf
from tensorflow.contrib import slim


def contrib(images, training):
    """Beta stands before gamma, and the convolution's scope holds the normalization's."""
    normal = {"is_training": training, "decay": 0.9, "epsilon": 1e-5, "scale": True, "fused": False}
    x = slim.conv2d(images, 4, 3, normalizer_fn=slim.batch_norm, normalizer_params=normal)
    return slim.fully_connected(tf.reduce_mean(x, [1, 2]), 10, activation_fn=None)


def _normal(x, training):
    return tf.layers.batch_normalization(
        x,
        momentum=0.9,
        epsilon=1e-5,
        training=training,
        name="bn",
        reuse=tf.AUTO_REUSE,
        fused=False,
    )


def _convolved(x):
    return tf.layers.conv2d(
        x, 4, 3, padding="same", use_bias=False, name="conv", reuse=tf.AUTO_REUSE
    )


def cond(images, training):
    """Nobody outside a branch can fetch what is computed in it."""
    x = tf.cond(tf.constant(training), lambda: _convolved(images), lambda: _convolved(images + 0.0))
    x = tf.nn.relu(_normal(x, training))
    return tf.layers.dense(tf.reduce_mean(x, [1, 2]), 10)


def counts(images, training):
    """Has a variable that only its training graph makes."""
    if training:
        tf.get_variable("steps", [], tf.int64, tf.zeros_initializer(), trainable=False)
    x = tf.layers.conv2d(images, 4, 3, padding="same", use_bias=False)
    x = tf.nn.relu(_normal(x, training))
    return tf.layers.dense(tf.reduce_mean(x, [1, 2]), 10)


def without_gamma(images, training):
    normal = {"is_training": training, "decay": 0.9, "epsilon": 1e-5, "fused": False}
    x = slim.conv2d(images, 4, 3, normalizer_fn=slim.batch_norm, normalizer_params=normal)
    return slim.fully_connected(tf.reduce_mean(x, [1, 2]), 10, activation_fn=None)


def activated_in_a_scope(images, training):
    """Leaky, within the scope of the convolution that holds its normalization."""
    normal = {"is_training": training, "decay": 0.9, "epsilon": 1e-5, "scale": True, "fused": False}
    x = slim.conv2d(
        images,
        4,
        3,
        activation_fn=tf.nn.leaky_relu,
        normalizer_fn=slim.batch_norm,
        normalizer_params=normal,
    )
    return slim.fully_connected(tf.reduce_mean(x, [1, 2]), 10, activation_fn=None)


def contrib_fused(images, training):
    """Fused, as contrib has it where nobody says otherwise, with arguments of a scope."""
    batch_norm = tf.contrib.layers.batch_norm
    with slim.arg_scope([batch_norm], decay=0.9, epsilon=1e-5, scale=True):
        x = tf.layers.conv2d(images, 4, 3, padding="same", use_bias=False)
        x = tf.nn.relu(batch_norm(x, is_training=training))
        return tf.layers.dense(tf.reduce_mean(x, [1, 2]), 10)
