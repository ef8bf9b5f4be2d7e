"""What a reader's Keras file is watched for, in a process that runs nothing else."""

import tensorflow as tf
from keras.src import backend

from frontends.workers.recording import DROPOUT

_random = backend.random
_dropout, _tf_dropout = _random.dropout, tf.nn.dropout


def watch_dropout(recordings):
    """Have every dropout run at rate 0, and told when it would drop."""

    def dropout(inputs, rate, noise_shape=None, seed=None):
        kind = "dropout" if noise_shape is None else f"dropout with noise of shape {noise_shape}"
        result = tf.identity(inputs)
        if not tf.is_tensor(rate) and rate:
            recordings.seen.drops(kind, rate, inputs.shape)
            if recordings.keeps_steps:
                recordings.given.put(DROPOUT, inputs)
                recordings.steps.put(DROPOUT, result)
        return result

    def tf_dropout(x, rate, noise_shape=None, seed=None, name=None):
        return dropout(x, rate, noise_shape, seed)

    _random.dropout, tf.nn.dropout = dropout, tf_dropout


def overridden(model):
    """Return the names of the layers that are called with a `training` of their own."""
    found = [
        layer.name
        for layer in model._flatten_layers()
        for node in layer._inbound_nodes
        if node.arguments.kwargs.get("training") is not None
    ]
    return ", ".join(dict.fromkeys(found))
