"""Train a written network on images for sixteen steps; prints the losses. Python 3.7."""

import numpy as np
import tensorflow as tf
from written import se_resnext

data = np.load("mnist.npz")
images = tf.constant(data["images"].transpose(0, 2, 3, 1))
loss = tf.losses.sparse_softmax_cross_entropy(data["labels"], se_resnext(images, training=True))
with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
    train = tf.train.MomentumOptimizer(0.02, 0.9).minimize(loss)
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for _ in range(16):
        print(session.run([loss, train])[0])
