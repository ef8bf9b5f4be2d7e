"""Running averages move by the momentum that a layer is given, in float64 too. Python 3.7.

TensorFlow makes a float32 of 1 - momentum before it asks for the type of the average. Importing
this module mends that, in the layers of tf.layers and of contrib.
"""

import tensorflow as tf
from tensorflow.python.framework import tensor_util
from tensorflow.python.keras.layers.normalization import BatchNormalizationBase
from tensorflow.python.training import moving_averages

_of_layers = BatchNormalizationBase._assign_moving_average
_of_contrib = moving_averages.assign_moving_average


def assign_in_layers(self, variable, value, momentum, inputs_size):
    """Move an average of a layer of tf.layers; a fused one gives a float32 of its momentum."""
    if not isinstance(momentum, tf.Tensor) or tensor_util.constant_value(momentum) is not None:
        momentum = tf.constant(self.momentum, variable.dtype.base_dtype)
    return _of_layers(self, variable, value, momentum, inputs_size)


def assign(variable, value, decay, *more, **named):
    """Move an average."""
    if not isinstance(decay, tf.Tensor):
        decay = tf.constant(decay, variable.dtype.base_dtype)
    return _of_contrib(variable, value, decay, *more, **named)


BatchNormalizationBase._assign_moving_average = assign_in_layers
moving_averages.assign_moving_average = assign
