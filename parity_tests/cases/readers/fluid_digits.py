"""As a Fluid user of 2018 would have written it: unnamed parameters, activations by `act`."""

import paddle.fluid as fluid


def convolution_net(img):
    conv1 = fluid.layers.conv2d(img, num_filters=16, filter_size=5, padding=2, bias_attr=False)
    bn1 = fluid.layers.batch_norm(conv1, act="relu")
    pool1 = fluid.layers.pool2d(bn1, pool_size=2, pool_stride=2)
    conv2 = fluid.layers.conv2d(pool1, num_filters=24, filter_size=3, padding=1, act="relu")
    pool2 = fluid.layers.pool2d(conv2, pool_type="avg", global_pooling=True)
    return fluid.layers.fc(pool2, size=10)


def activated_twice(img):
    conv1 = fluid.layers.conv2d(
        img, num_filters=16, filter_size=5, padding=2, bias_attr=False, act="relu"
    )
    bn1 = fluid.layers.batch_norm(conv1, act="relu")
    pool1 = fluid.layers.pool2d(bn1, pool_size=2, pool_stride=2)
    conv2 = fluid.layers.conv2d(pool1, num_filters=24, filter_size=3, padding=1, act="relu")
    pool2 = fluid.layers.pool2d(conv2, pool_type="avg", global_pooling=True)
    return fluid.layers.fc(pool2, size=10)
