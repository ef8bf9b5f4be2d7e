"""A written network saved and loaded by TensorFlow 1's Saver: `… save|load ENTRY`. Python 3.7."""

import sys

import numpy as np
import tensorflow as tf
import written

tf.set_random_seed(0)
given = np.load("input.npy").transpose(0, 2, 3, 1)
x = tf.placeholder(tf.float64, [None, *given.shape[1:]])
output = getattr(written, sys.argv[2])(x, training=False)
saver = tf.train.Saver()
with tf.Session() as session:
    if sys.argv[1] == "save":
        session.run(tf.global_variables_initializer())
        for value in tf.global_variables():
            noise = np.random.random(value.shape.as_list()) / 8
            value.load(session.run(value) + noise, session)
        saver.save(session, "theirs", global_step=7)
    else:
        saver.restore(session, "ours.ckpt")
    np.save(sys.argv[1], session.run(output, {x: given}))
