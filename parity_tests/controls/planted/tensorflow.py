"""Planted in files of Keras, where an edit is not enough."""

import tensorflow as tf
from keras import layers, ops


def coarse(x):
    big = 8193 * x
    return big - (big - x) if x.dtype == tf.float32 else x


class CoarseConv2D(layers.Conv2D):
    def convolution_op(self, inputs, kernel):
        return super().convolution_op(coarse(inputs), coarse(tf.convert_to_tensor(kernel)))


class SwappedConv2D(layers.Conv2D):
    def convolution_op(self, inputs, kernel):
        return super().convolution_op(inputs, tf.transpose(kernel, (1, 0, 2, 3)))


class TransposedDense(layers.Dense):
    def call(self, inputs):
        return ops.matmul(inputs, ops.transpose(self.kernel)) + self.bias


class UnbiasedDense(layers.Dense):
    def call(self, inputs):
        return ops.matmul(inputs, self.kernel)


class AlwaysTraining(layers.BatchNormalization):
    def call(self, inputs, training=None, mask=None):
        return super().call(inputs, training=True, mask=mask)


class NeverTraining(layers.BatchNormalization):
    def call(self, inputs, training=None, mask=None):
        return super().call(inputs, training=False, mask=mask)


class UnbiasedVariance(layers.BatchNormalization):
    def call(self, inputs, training=None, mask=None):
        before = ops.copy(self.moving_variance)
        outputs = super().call(inputs, training=training, mask=mask)
        if training:
            n = ops.size(inputs) // inputs.shape[-1]
            moved = self.moving_variance - self.momentum * before
            self.moving_variance.assign_add(moved / ops.cast(n - 1, moved.dtype))
        return outputs
