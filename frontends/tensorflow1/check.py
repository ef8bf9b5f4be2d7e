"""TensorFlow 1.15 works: a convolution runs; prints the versions as JSON. Python 3.7."""

import json
import platform

import numpy
import tensorflow as tf

y = tf.layers.conv2d(tf.ones([1, 8, 8, 3], tf.float64), 4, 3)
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    result = session.run(y)
assert result.shape == (1, 6, 6, 4), result.shape
versions = {
    "tensorflow": tf.__version__,
    "numpy": numpy.__version__,
    "python": platform.python_version(),
}
print(json.dumps(versions))
