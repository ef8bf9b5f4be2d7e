import tensorflow as tf


def drops(inputs, training, first=0.2, second=0.5):
    x = tf.layers.dense(inputs, 32, activation=tf.nn.relu)
    x = tf.layers.dropout(x, first, training=training)
    x = tf.layers.dense(x, 32, activation=tf.nn.relu)
    return tf.layers.dense(tf.layers.dropout(x, second, training=training), 5)
