"""The network of net.json with operators and layers that have no name."""

import paddle.fluid as fluid


def net(images):
    x = fluid.layers.conv2d(images, num_filters=4, filter_size=3, padding=1, bias_attr=False)
    x = fluid.layers.batch_norm(x, act="relu")
    x = (x + x) * 0.5
    x = fluid.layers.reduce_mean(x, dim=[2, 3])
    return fluid.layers.fc(x, size=10)


def frozen(images):
    fixed = fluid.ParamAttr(trainable=False)
    x = fluid.layers.conv2d(images, 4, 3, padding=1, bias_attr=False, param_attr=fixed)
    x = fluid.layers.batch_norm(x, act="relu")
    x = fluid.layers.reduce_mean(x, dim=[2, 3])
    return fluid.layers.fc(x, size=10)


def gained(images):
    x = fluid.layers.conv2d(images, num_filters=4, filter_size=3, padding=1, bias_attr=False)
    x = fluid.layers.batch_norm(x, act="relu")
    x = fluid.layers.reduce_mean(x, dim=[2, 3])
    one = fluid.initializer.Constant(1.0)
    gain = fluid.layers.create_parameter([4], x.dtype, name="gain", default_initializer=one)
    return fluid.layers.fc(x * gain, size=10)
