"""Files that are the network of net.json on ordinary values, and no more. Python 3.7."""

import paddle.fluid as fluid

layers = fluid.layers


def _net(images, act, **attributes):
    x = layers.conv2d(images, num_filters=4, filter_size=3, padding=1, bias_attr=False)
    x = act(layers.batch_norm(x))
    return layers.fc(layers.reduce_mean(x, dim=[2, 3]), size=10, **attributes)


def net(images):
    return _net(images, layers.relu)


def capped(images):
    return _net(images, lambda x: layers.clip(x, 0.0, 60.0))


def rounds(images):
    def act(x):
        if x.dtype == fluid.core.VarDesc.VarType.FP32:
            x = layers.cast(layers.cast(x, "float16"), "float32")
        return layers.relu(x)

    return _net(images, act)


def draws(images):
    """Noise of which no float64 shows anything."""

    def act(x):
        noise = layers.uniform_random([1], dtype="float64", min=0.0, max=1e-30)
        return layers.relu(x) + layers.cast(noise, x.dtype)

    return _net(images, act)


def regularized(images):
    """The network, with weight decay in a parameter's attributes: told, and not compared."""
    decay = fluid.regularizer.L2Decay(1e-4)
    return _net(images, layers.relu, param_attr=fluid.ParamAttr(regularizer=decay))


def grows(images):
    """A gain that grows from call to call."""
    gain = layers.create_global_var([1], 1.0, "float32", persistable=True, name="gain")
    layers.increment(gain, 1e-3)
    return _net(images, layers.relu) * layers.cast(gain, images.dtype)


def clips(images):
    """A gradient is clipped on its way, in training alone."""

    def act(x):
        x.error_clip = fluid.clip.ErrorClipByValue(max=1e-3)
        return layers.relu(x)

    return _net(images, act)


def head(images):
    """Right: a 1×1 convolution on the averaged map is the dense layer."""
    x = layers.conv2d(images, num_filters=4, filter_size=3, padding=1, bias_attr=False)
    x = layers.reduce_mean(layers.batch_norm(x, act="relu"), dim=[2, 3], keep_dim=True)
    return layers.flatten(layers.conv2d(x, num_filters=10, filter_size=1))
