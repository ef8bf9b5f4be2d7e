"""As a TensorFlow user of 2018 would have written it: default names, "same" padding."""

import tensorflow as tf


def network(images, training, epsilon=1e-5):
    net = tf.layers.conv2d(images, 16, 5, padding="same", use_bias=False)
    net = tf.layers.batch_normalization(
        net, momentum=0.9, epsilon=epsilon, training=training, fused=False
    )
    net = tf.nn.relu(net)
    net = tf.layers.max_pooling2d(net, 2, 2)
    net = tf.layers.conv2d(net, 24, 3, padding="same", activation=tf.nn.relu)
    net = tf.reduce_mean(net, [1, 2])
    return tf.layers.dense(net, 10)


def default_epsilon(images, training):
    return network(images, training, epsilon=1e-3)
