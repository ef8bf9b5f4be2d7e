"""Planted in files of TensorFlow 1.15, where an edit is not enough. Python 3.7."""

import tensorflow as tf


def coarse(x):
    big = 8193 * x
    return big - (big - x) if x.dtype == tf.float32 else x


def swapped_conv2d(x, *sizes, **options):
    x = tf.layers.conv2d(tf.transpose(x, [0, 2, 1, 3]), *sizes, **options)
    return tf.transpose(x, [0, 2, 1, 3])


def transposed_dense(x, units, name):
    with tf.variable_scope(name):
        kernel = tf.get_variable("kernel", [units, units], x.dtype)
        bias = tf.get_variable("bias", [units], x.dtype, tf.zeros_initializer())
    return tf.matmul(x, kernel, transpose_b=True) + bias


def unbiased_dense(x, units, name):
    with tf.variable_scope(name):
        tf.get_variable("bias", [units], x.dtype, tf.zeros_initializer())
    return tf.layers.dense(x, units, use_bias=False, name=name)


def unbiased_variance(x, momentum, training, **options):
    y = tf.layers.batch_normalization(x, momentum=momentum, training=training, **options)
    if not training:
        return y
    (variance,) = [v for v in tf.global_variables() if v.op.name.endswith("moving_variance")]
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        moved = (1 - momentum) * tf.nn.moments(x, [0, 1, 2])[1]
        more = tf.assign_add(variance, moved / tf.cast(tf.size(x[..., 0]) - 1, x.dtype))
    tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, more)
    return y
