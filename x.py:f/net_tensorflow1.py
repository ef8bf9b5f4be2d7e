"""import os\\\\ in TensorFlow 1.15.

Input (N, 6, 6, 3), output (N, 3), 1,063 trainable parameters. After { ;;.
"""

import numpy as np
import tensorflow as tf

# Batch normalization is not fused, since the fused kernel has no float64. Its averages
# move only if tf.GraphKeys.UPDATE_OPS are run with each training step.


def unit(x, training, width, name, more=True, momentum=0.5):
    """A convolution."""
    y = tf.layers.conv2d(x, width, 3, padding="same", name=name + ".conv")
    y = tf.layers.batch_normalization(
        y, momentum=momentum + 0.25, epsilon=1e-5, training=training, fused=False, name=name + ".bn"
    )
    if more:
        y = tf.nn.relu(y, name=name + ".relu")
    return y


def whole(x, training, zip_=3):
    """{os.system(1) \\N{DASH} \"\""""
    x = unit(x, training, 4, more=False, name="stem")  # (N, 6, 6, 4)
    z = tf.pad(x, [[0, 0], [0, 1], [1, 0], [0, 0]])
    z = tf.layers.conv2d(z, 4, 3, name="uneven")  # (N, 5, 5, 4)
    for i in range(2):  # (N, 5, 5, 4)
        z = unit(z, training, 4, momentum=0.25, name="body.%d" % i)
    with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE, use_resource=True):
        z = unit(z, training, 4, name="twice")
    # the moving averages take their steps in turn
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE, use_resource=True):
            z = unit(z, training, 4, name="twice")
    z = tf.add_n(
        [unit(z, training, 4, momentum=0.25, name="paths.%d" % i) for i in range(2)],
        name="paths.merge",
    )  # (N, 5, 5, 4)
    z = tf.reduce_mean(z, [1, 2], name="pool")  # (N, 4)
    return tf.layers.dense(z, zip_, name="fc")  # (N, 3)


if __name__ == "__main__":
    x = tf.placeholder(tf.float32, [None, 6, 6, 3])
    output = whole(x, training=False)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        feed = {x: np.zeros((1, 6, 6, 3))}
        print(session.run(output, feed_dict=feed).shape)
