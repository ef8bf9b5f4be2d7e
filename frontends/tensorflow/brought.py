"""What a reader's Keras file is watched for, in a process that runs nothing else."""

import tensorflow as tf
from keras.src import backend
from keras.src.backend.common import global_state
from tensorflow.python.eager import context

from frontends.tensorflow.traced import here
from frontends.workers import generators
from frontends.workers.recording import DROPOUT, python_random

_random = backend.random
_generator = tf.random.Generator.__init__
_dropout, _tf_dropout = _random.dropout, tf.nn.dropout


def watch_dropout(recordings, dropping):
    """Have every dropout run at rate 0, and told when it would drop.

    dropping: see protocol.NetworkFile.
    """

    def dropout(inputs, rate, noise_shape=None, seed=None):
        kind = "dropout" if noise_shape is None else f"dropout with noise of shape {noise_shape}"
        result = tf.identity(inputs)
        if tf.is_tensor(rate):
            rate = tf.get_static_value(rate)
        if rate is None or rate:
            recordings.seen.drops(kind, rate, inputs.shape, here())
            if recordings.keeps_steps:
                recordings.given.put(DROPOUT, inputs)
                recordings.steps.put(DROPOUT, result)
        if dropping and rate:
            return inputs + tf.cast(rate, inputs.dtype) * tf.sin(inputs)
        return result

    def tf_dropout(x, rate, noise_shape=None, seed=None, name=None):
        return dropout(x, rate, noise_shape, seed)

    def making(self, *given, **named):
        _generator(self, *given, **named)
        generators.made(lambda: self.state.numpy().tolist())

    _random.dropout, tf.nn.dropout = dropout, tf_dropout
    tf.random.Generator.__init__ = making


def random_state(model):
    """Return a function that gives the states of all generators that a model draws from."""

    def state():
        seeds = [seed for layer in model._flatten_layers() for seed in layer._seed_generators]
        seeds += filter(None, [global_state.get_global_attribute("global_seed_generator")])
        own = getattr(context.context(), "_rng", None)
        drawn = [each.state.numpy().tolist() for each in seeds]
        return drawn, own.getstate() if own else None, python_random()

    return state


def remarks(model):
    """Yield what training does by itself with a model that was called, in words."""
    if model.losses:
        yield f"training adds {len(model.losses)} losses of mine: not compared"
    bound = [each for each in model.trainable_variables if each.constraint is not None]
    if bound:
        yield f"training constrains {len(bound)} parameters of mine: not compared"


def overridden(model):
    """Return the names of the layers that are called with a `training` of their own."""
    found = [
        layer.name
        for layer in model._flatten_layers()
        for node in layer._inbound_nodes
        if node.arguments.kwargs.get("training") is not None
    ]
    return ", ".join(dict.fromkeys(found))
