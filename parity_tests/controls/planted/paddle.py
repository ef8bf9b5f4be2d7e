"""Planted in files of Paddle, where an edit is not enough."""

import paddle


def coarse(x):
    big = 8193 * x
    return big - (big - x) if x.dtype == paddle.float32 else x


def unbiased(layer, x):
    before, n = layer._variance.clone(), x.numel().item() / x.shape[1]
    y = layer(x)
    if layer.training:
        moved = layer._variance - layer._momentum * before
        layer._variance.set_value(layer._variance + moved / (n - 1))
    return y
