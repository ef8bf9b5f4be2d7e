"""Planted in files of PyTorch, where an edit is not enough."""

import torch


def coarse(x):
    big = 8193 * x
    return big - (big - x) if x.dtype == torch.float32 else x


def biased(layer, x):
    before, n = layer.running_var.clone(), x.numel() / x.shape[1]
    y = layer(x)
    if layer.training:
        moved = layer.running_var - (1 - layer.momentum) * before
        layer.running_var.data -= moved / n
    return y
