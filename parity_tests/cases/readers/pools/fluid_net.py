"""A global average as a mean and as a pool: Fluid rounds the gradient of the pool alone."""

import paddle.fluid as fluid


def mean(images):
    x = fluid.layers.conv2d(images, num_filters=4, filter_size=3, padding=1, act="relu")
    return fluid.layers.fc(fluid.layers.reduce_mean(x, dim=[2, 3]), size=10)


def pool(images):
    x = fluid.layers.conv2d(images, num_filters=4, filter_size=3, padding=1, act="relu")
    x = fluid.layers.pool2d(x, pool_type="avg", global_pooling=True)
    return fluid.layers.fc(x, size=10)
