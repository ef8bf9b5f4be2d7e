"""A float64 kernel of the fused batch normalization, which TensorFlow 1 has in float32 alone.

Python 3.7. It does what that kernel does: an epsilon of 1.001e-5 at least, as cuDNN wants it, and
the variance of the estimate, with n / (n - 1), for the running one.
"""

import inspect

import tensorflow as tf
from tensorflow.contrib.framework import add_arg_scope
from tensorflow.contrib.layers.python.layers import layers
from tensorflow.python.ops import nn

from frontends.tensorflow1.averages import assign
from frontends.workers.recording import FUSED

UNFUSED = "fused batch normalization of mine: run unfused, as the kernel has no float64"
RAISED = "fused batch normalization of mine: its epsilon is raised to 1.001e-5"
KINDS_TAKEN = {}  # name of what such a normalization takes in float64 -> its kind
LEAST_EPSILON = 1.0009999641624745e-05  # 1.001e-5 in float32
OF_ITS_OWN = ("biased", "local_step")  # what a mean that is rid of its start is computed from
_fused, _contrib, _assign = (
    nn.fused_batch_norm,
    tf.contrib.layers.batch_norm,
    assign,
)
_UPDATES = tf.GraphKeys.UPDATE_OPS


def allow_float64(seen, brought):
    """Have fused batch normalization take float64, and told when it is called in training."""
    KINDS_TAKEN.clear()

    def fused(
        x, scale, offset, mean=None, variance=None, epsilon=0.001, data_format="NHWC",
        is_training=True, name=None,
    ):  # fmt: skip
        if is_training:
            seen.fuses()
        if x.dtype != tf.float64:
            return _fused(x, scale, offset, mean, variance, epsilon, data_format, is_training, name)
        axes = [0, 1, 2] if data_format == "NHWC" else [0, 2, 3]
        spread = [1, 1, 1, -1] if data_format == "NHWC" else [1, -1, 1, 1]
        if is_training:
            mean, variance = tf.nn.moments(x, axes)
        else:
            mean, variance = _taken(mean, "mean"), _taken(variance, "variance")
        scale, offset = _taken(scale, "gamma"), _taken(offset, "beta")
        if brought:
            seen.remark(_remarks(epsilon))
        scale, offset, centre, width = (
            tf.reshape(each, spread) for each in (scale, offset, mean, variance)
        )
        with tf.name_scope(name, "fused_batch_norm"), tf.name_scope(FUSED):
            epsilon = _raised(epsilon)
            y = (x - centre) * tf.rsqrt(width + epsilon) * scale + offset
            count = tf.cast(tf.size(x) / tf.size(mean), x.dtype)
            estimate = variance * count / tf.maximum(count - 1, 1)
        return y, mean, estimate if is_training else variance

    def contrib(*arguments, **named):
        signature = inspect.signature(_contrib)  # whose defaults may be brought to float32
        options = signature.bind(*arguments, **named).arguments
        inputs = options["inputs"]
        layered = (  # the layer of tf.layers runs it, by the kernel above
            inputs.shape.ndims != 2
            and not options.get("zero_debias_moving_mean")
            and options.get("updates_collections", _UPDATES) is _UPDATES
        )
        if inputs.dtype != tf.float64 or options.get("fused") is False or layered:
            return _contrib(**options)
        if options.get("is_training", True) is not False:
            seen.fuses()  # its variables would be of float32
        epsilon = options.get("epsilon", signature.parameters["epsilon"].default)
        if brought:
            seen.remark(_remarks(epsilon))
        count = tf.cast(tf.size(inputs) / inputs.shape[-1].value, inputs.dtype)

        def assign(variable, value, decay, **named):
            if variable.op.name.endswith("moving_variance"):
                value *= count / (count - 1)
            return _assign(variable, value, decay, **named)

        layers.moving_averages.assign_moving_average = assign
        try:
            with tf.name_scope(FUSED):
                return _contrib(**{**options, "fused": False, "epsilon": _raised(epsilon)})
        finally:
            layers.moving_averages.assign_moving_average = _assign

    tf.nn.fused_batch_norm = nn.fused_batch_norm = fused
    contrib._key_op = _contrib._key_op  # scopes of arguments know it by that
    tf.contrib.layers.batch_norm = add_arg_scope(contrib)


def _raised(epsilon):
    """Return the epsilon that the kernel takes in place of one."""
    return max(epsilon, LEAST_EPSILON)


def _remarks(epsilon):
    return [UNFUSED, RAISED] if epsilon < LEAST_EPSILON else [UNFUSED]


def _taken(value, kind):
    """Return a value as a float64 tensor of its own, by which its kind is known."""
    value = tf.identity(tf.cast(value, tf.float64))
    KINDS_TAKEN[value.name] = kind
    return value
