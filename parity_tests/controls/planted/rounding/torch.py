"""Planted in files of PyTorch: see the package."""

import functools

import torch
from torch import nn
from torch.nn import functional as F


def _bits(mask, half, x):
    return ((x.contiguous().view(torch.int32) + half) & mask).view(torch.float32)


FORMATS = {
    "tf32": functools.partial(_bits, -(1 << 13), 1 << 12),
    "tf32_cut": functools.partial(_bits, -(1 << 13), 0),
    "bfloat16": lambda x: x.bfloat16().float(),
    "float16": lambda x: x.half().float(),
}


class _Joined(torch.autograd.Function):
    @staticmethod
    def forward(context, value, of_data, of_kernel, for_data, for_kernel):
        context.rounded = for_data, for_kernel
        return value.view_as(value)

    @staticmethod
    def backward(context, cotangent):
        for_data, for_kernel = context.rounded
        return None, for_data(cotangent), for_kernel(cotangent), None, None


def _product(product, x, kernel, form, where):
    forward, data, own = (
        form if where in ("all", each) else lambda x: x for each in ("forward", "data", "kernel")
    )
    if x.dtype != torch.float32:
        return product(x, kernel)
    with torch.no_grad():
        value = product(forward(x), forward(kernel))
    of_data = product(x, data(kernel.detach()))
    return _Joined.apply(value, of_data, product(own(x.detach()), kernel), data, own)


def _conv(layer, form, where, x, kernel, bias):
    how = layer.stride, layer.padding, layer.dilation, layer.groups
    y = _product(lambda x, w: F.conv2d(x, w, None, *how), x, kernel, form, where)
    return y if bias is None else y + bias[:, None, None]


def _dense(layer, form, where, x):
    y = _product(F.linear, x, layer.weight, form, where)
    return y if layer.bias is None else y + layer.bias


def _stored(form, layer, inputs, y):
    return y.to(form).to(y.dtype) if y.dtype == torch.float32 else y


def _plant(layer, name, where):
    form = FORMATS[name]
    if where == "stored":
        if not list(layer.children()):
            layer.register_forward_hook(functools.partial(_stored, getattr(torch, name)))
    elif isinstance(layer, nn.Conv2d):
        layer._conv_forward = functools.partial(_conv, layer, form, where)
    elif isinstance(layer, nn.Linear):
        layer.forward = functools.partial(_dense, layer, form, where)


def rounded(entry, name, where, only):
    class Rounded(entry):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, **named)
            for path, layer in self.named_modules():
                if only in ("", path):
                    _plant(layer, name, where)

    return Rounded
