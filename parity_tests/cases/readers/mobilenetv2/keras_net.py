"""In the manner of keras.applications.mobilenet_v2: pads by hand, ReLU(6.), softmax in the last layer."""

import keras
from keras import layers


def correct_pad(x, kernel):
    h, w = x.shape[1:3]
    ah, aw = 1 - h % 2, 1 - w % 2
    c = kernel // 2
    return (c - ah, c), (c - aw, c)


def _block(x, expansion, stride, filters, block_id):
    prefix = f"block_{block_id}_"
    inputs, channels = x, x.shape[-1]
    x = layers.Conv2D(
        expansion * channels, 1, padding="same", use_bias=False, name=prefix + "expand"
    )(x)
    x = layers.BatchNormalization(epsilon=1e-3, momentum=0.999, name=prefix + "expand_BN")(x)
    x = layers.ReLU(6.0, name=prefix + "expand_relu")(x)
    if stride == 2:
        x = layers.ZeroPadding2D(correct_pad(x, 3), name=prefix + "pad")(x)
    x = layers.DepthwiseConv2D(
        3,
        strides=stride,
        use_bias=False,
        padding="same" if stride == 1 else "valid",
        name=prefix + "depthwise",
    )(x)
    x = layers.BatchNormalization(epsilon=1e-3, momentum=0.999, name=prefix + "depthwise_BN")(x)
    x = layers.ReLU(6.0, name=prefix + "depthwise_relu")(x)
    x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=prefix + "project")(x)
    x = layers.BatchNormalization(epsilon=1e-3, momentum=0.999, name=prefix + "project_BN")(x)
    if channels == filters and stride == 1:
        return layers.Add(name=prefix + "add")([inputs, x])
    return x


def MobileNet(input_shape=(32, 32, 3), classes=10):
    img_input = layers.Input(shape=input_shape)
    x = layers.Conv2D(8, 3, strides=(2, 2), padding="same", use_bias=False, name="Conv1")(img_input)
    x = layers.BatchNormalization(epsilon=1e-3, momentum=0.999, name="bn_Conv1")(x)
    x = layers.ReLU(6.0, name="Conv1_relu")(x)
    x = _block(x, 6, 2, 12, 1)
    x = _block(x, 6, 1, 12, 2)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(classes, activation="softmax", name="predictions")(x)
    return keras.Model(img_input, x, name="mobilenet")
