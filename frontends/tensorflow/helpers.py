"""What a Keras file starts with: a layer where convolutions have groups, and functions."""

from __future__ import annotations

from typing import Any

from common.ops import pair
from frontends.tensorflow.initial import stated_laws
from frontends.writing.channels_last import LACKING, grouped, is_lacking, pads_same
from frontends.writing.draft import Draft
from frontends.writing.expressions import invoke
from frontends.writing.fixed_padding import NAME, function

GROUPED = '''
@keras.saving.register_keras_serializable()
class GroupedConv2D(layers.Conv2D):
    """A Conv2D that also trains on CPU, where TensorFlow lacks its gradient."""

    def convolution_op(self, inputs: KerasTensor, kernel: KerasTensor) -> KerasTensor:
        """Convolve, group by group on CPU."""
        convolve = super().convolution_op
        if self.groups == 1 or "GPU" in self.kernel.value.device:
            return convolve(inputs, kernel)
'''
DEPTHWISE = """\
        if kernel.shape[2] == 1 and self.dilation_rate == (1, 1):
            # One group a channel.
            shape = (*self.kernel_size, inputs.shape[-1], -1)
            strides, padding = (1, *self.strides, 1), self.padding.upper()
            kernel = tf.reshape(kernel, shape)
            return tf.nn.depthwise_conv2d(inputs, kernel, strides, padding)
"""
BY_GROUPS = """\
        pairs = zip(tf.split(inputs, self.groups, -1), tf.split(kernel, self.groups, -1))
        return tf.concat([convolve(x, k) for x, k in pairs], -1)
"""
BY_HAND = """\
    if strides > 1 and kernel_size > 1:  # where "same" would pad unevenly
        x = layers.ZeroPadding2D(kernel_size // 2, name=f"{name}_pad")(x)"""
SIGNATURE = f"""\
def {NAME}(
    x: KerasTensor, filters: int, kernel_size: int, strides: int = 1, *, name: str
) -> KerasTensor:"""
PAD_SAME = '''
def pad_same(
    x: KerasTensor,
    kernel_size: tuple[int, int],
    strides: tuple[int, int],
    dilation_rate: tuple[int, int],
    name: str,
) -> KerasTensor:
    """Pad as "same" does, an odd cell after, for what does not take that word."""
    around = []
    for size, k, s, d in zip(x.shape[1:3], kernel_size, strides, dilation_rate):
        total = max((-(-size // s) - 1) * s + d * (k - 1) + 1 - size, 0)
        around.append((total // 2, total - total // 2))
    return layers.ZeroPadding2D(around, name=name)(x)
'''


def helpers(draft: Draft) -> list[str]:
    """Return what a network needs beside the layers of Keras."""
    found = (
        _grouped(draft)
        + function(draft, SIGNATURE, BY_HAND, stated_laws, _convolution)
        + ([PAD_SAME] if pads_same(draft) else [])
    )
    return found + ([LACKING] if is_lacking(draft) else [])


def _convolution(**named: Any) -> Any:
    return invoke(invoke("layers.Conv2D", "filters", "kernel_size", **named), "x")


def _grouped(draft: Draft) -> list[str]:
    """Return the layer that a network with grouped convolutions needs."""
    found = grouped(draft)
    if not found:
        return []
    depthwise = any(
        op.groups == shape[0] > 1 and op.dilation == 1 and len(set(pair(op.stride))) == 1
        for op, shape in found
    )
    return [GROUPED + (DEPTHWISE if depthwise else "") + BY_GROUPS]
