"""Planted in files of Fluid 1.8, where an edit is not enough. Python 3.7."""

from paddle import fluid


def coarse(x):
    big = 8193.0 * x
    return big - (big - x) if x.dtype == fluid.core.VarDesc.VarType.FP32 else x


def coarse_conv2d(x, **options):
    return fluid.layers.conv2d(coarse(x), **options)


def swapped_conv2d(x, **options):
    x = fluid.layers.transpose(x, [0, 1, 3, 2])
    return fluid.layers.transpose(fluid.layers.conv2d(x, **options), [0, 1, 3, 2])


def reordered_conv2d(x, **options):
    parts = fluid.layers.split(fluid.layers.conv2d(x, **options), 2, dim=1)
    return fluid.layers.concat(parts[::-1], axis=1)


def transposed_fc(x, size, param_attr, bias_attr):
    kernel = fluid.layers.create_parameter([size, size], x.dtype, attr=param_attr)
    bias = fluid.layers.create_parameter([size], x.dtype, attr=bias_attr, is_bias=True)
    return fluid.layers.elementwise_add(fluid.layers.matmul(x, kernel, transpose_y=True), bias)


def unbiased_fc(x, size, param_attr, bias_attr):
    fluid.layers.create_parameter([size], x.dtype, attr=bias_attr, is_bias=True)
    return fluid.layers.fc(x, size, param_attr=param_attr, bias_attr=False)
