"""Files that are the network of further_calls_fused on ordinary values, and no more. Python 3.7."""

import tensorflow as tf


def _net(x, training, act=tf.nn.relu, normal=tf.layers.batch_normalization, **dense):
    x = tf.layers.conv2d(x, 4, 3, padding="same", use_bias=False)
    x = act(normal(x, momentum=0.9, epsilon=1e-3, training=training))
    return tf.layers.dense(tf.reduce_mean(x, [1, 2]), 10, **dense)


def net(images, is_training=True):
    """Fused: the kernel is of float32 alone."""
    return _net(images, is_training)


def capped(images, training):
    return _net(images, training, lambda x: tf.clip_by_value(x, 0, 60))


def large_batch(images, training):
    few = tf.shape(images)[0] <= 8
    return _net(
        images,
        training,
        lambda x: tf.cond(few, lambda: tf.nn.relu(x), lambda: tf.nn.leaky_relu(x)),
    )


def rounds(images, training):
    def act(x):
        if x.dtype == tf.float32:
            x = tf.cast(tf.cast(x, tf.bfloat16), tf.float32)
        return tf.nn.relu(x)

    return _net(images, training, act)


def drops_path(images, training):
    def act(x):
        if not training:
            return tf.nn.relu(x)
        seldom = tf.random_uniform([]) < 1e-3
        return tf.cond(seldom, lambda: x, lambda: tf.nn.relu(x))

    return _net(images, training, act)


def computed_rate(images, training):
    """Dropout that the network does not have, at a rate that is a tensor."""
    rate = tf.constant(0.5, images.dtype) * (1 if training else 0)
    return tf.nn.dropout(_net(images, training), rate=rate)


def local_gain(images, training):
    """A gain that is no global variable."""
    local = [tf.GraphKeys.LOCAL_VARIABLES, tf.GraphKeys.TRAINABLE_VARIABLES]
    gain = tf.get_variable("gain", [4], images.dtype, tf.ones_initializer(), collections=local)
    return _net(images, training, lambda x: tf.nn.relu(x) * gain)


def regularized(images, training):
    """The network, with a loss of its own: told, and not compared."""
    decay = tf.contrib.layers.l2_regularizer(1e-4)
    return _net(images, training, kernel_regularizer=decay)


def by_hand(images, training):
    """Right: fused normalization by its op, with variables that bear other names."""

    def normal(x, momentum, epsilon, training):
        with tf.variable_scope("normal"):
            one, zero = tf.ones_initializer(), tf.zeros_initializer()
            scale, shift = (
                tf.get_variable(n, [4], x.dtype, s) for n, s in [("s", one), ("t", zero)]
            )
            mean = tf.get_variable("m", [4], x.dtype, zero, trainable=False)
            spread = tf.get_variable("v", [4], x.dtype, one, trainable=False)
        if not training:
            y, _, _ = tf.nn.fused_batch_norm(
                x, scale, shift, mean, spread, epsilon, is_training=False
            )
            return y
        y, batch_mean, batch_variance = tf.nn.fused_batch_norm(x, scale, shift, epsilon=epsilon)
        for old, new in ((mean, batch_mean), (spread, batch_variance)):
            update = old.assign(momentum * old + (1 - momentum) * new)
            tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, update)
        return y

    return _net(images, training, normal=normal)
