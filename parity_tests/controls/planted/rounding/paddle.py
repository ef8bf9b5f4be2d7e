"""Planted in files of Paddle: see the package."""

import functools

import paddle
from paddle import nn
from paddle.nn import functional as F


def _bits(mask, half, x):
    whole = paddle.view(x, "int32") + paddle.to_tensor(half, "int32")
    return paddle.view(paddle.bitwise_and(whole, paddle.full_like(whole, mask)), "float32")


FORMATS = {
    "tf32": functools.partial(_bits, -(1 << 13), 1 << 12),
    "tf32_cut": functools.partial(_bits, -(1 << 13), 0),
    "bfloat16": lambda x: x.astype("bfloat16").astype("float32"),
    "float16": lambda x: x.astype("float16").astype("float32"),
}


class _Joined(paddle.autograd.PyLayer):
    @staticmethod
    def forward(context, value, of_data, of_kernel, for_data, for_kernel):
        context.rounded = for_data, for_kernel
        return value.clone()

    @staticmethod
    def backward(context, cotangent):
        for_data, for_kernel = context.rounded
        return None, for_data(cotangent), for_kernel(cotangent)


def _product(product, x, kernel, form, where):
    forward, data, own = (
        form if where in ("all", each) else lambda x: x for each in ("forward", "data", "kernel")
    )
    if x.dtype != paddle.float32:
        return product(x, kernel)
    with paddle.no_grad():
        value = product(forward(x.detach()), forward(kernel.detach()))
    of_data = product(x, data(kernel.detach()))
    return _Joined.apply(value, of_data, product(own(x.detach()), kernel), data, own)


def _conv(layer, form, where, x):
    how = layer._stride, layer._updated_padding, layer._dilation, layer._groups
    y = _product(lambda x, w: F.conv2d(x, w, None, *how), x, layer.weight, form, where)
    return y if layer.bias is None else y + layer.bias.reshape([1, -1, 1, 1])


def _dense(layer, form, where, x):
    y = _product(F.linear, x, layer.weight, form, where)
    return y if layer.bias is None else y + layer.bias


def _stored(name, layer, inputs, y):
    return y.astype(name).astype("float32") if y.dtype == paddle.float32 else y


def _plant(layer, name, where):
    form = FORMATS[name]
    if where == "stored":
        if not list(layer.children()):
            layer.register_forward_post_hook(functools.partial(_stored, name))
    elif isinstance(layer, nn.Conv2D):
        layer.forward = functools.partial(_conv, layer, form, where)
    elif isinstance(layer, nn.Linear):
        layer.forward = functools.partial(_dense, layer, form, where)


def rounded(entry, name, where, only):
    class Rounded(entry):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, **named)
            for path, layer in self.named_sublayers():
                if only in ("", path):
                    _plant(layer, name, where)

    return Rounded
