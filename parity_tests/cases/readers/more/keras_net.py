"""The same in Keras; each wrong one in one place."""

import keras
from keras import layers, ops


def _sequential(shape, *rest):
    return keras.Sequential([keras.Input(shape), *rest])


def autoencoder(last="sigmoid"):
    return _sequential(
        (8, 8, 3),
        layers.Conv2D(6, 4, 2, padding="same", activation="relu"),
        layers.Conv2DTranspose(3, 4, 2, padding="same", activation=last),
    )


def layer_norm(epsilon=1e-6, approximate=False):
    return _sequential(
        (12,),
        layers.Dense(16),
        layers.LayerNormalization(epsilon=epsilon),
        layers.Activation(lambda x: keras.activations.gelu(x, approximate=approximate)),
        layers.Dense(5),
    )


def almost_gelu():
    """The square root of 2 to four places."""
    return _sequential(
        (12,),
        layers.Dense(16),
        layers.LayerNormalization(epsilon=1e-6),
        layers.Activation(lambda x: 0.5 * x * (1 + ops.erf(x / 1.4142))),
        layers.Dense(5),
    )


def leaky():
    return _sequential((8, 8, 3), layers.Conv2D(4, 3), layers.LeakyReLU(0.01))


def prelu(shared_axes=(1, 2)):
    return _sequential(
        (8, 8, 3),
        layers.Conv2D(4, 3),
        layers.PReLU(shared_axes=shared_axes),
        layers.GlobalAveragePooling2D(),
    )


def inception(swapped=False):
    i = keras.Input((8, 8, 3))
    one = layers.Conv2D(4, 1)(i)
    three = layers.Conv2D(6, 3, padding="same")(i)
    five = layers.Conv2D(5, 5, padding="same")(layers.Conv2D(2, 1)(i))
    x = layers.Concatenate()([three, one, five] if swapped else [one, three, five])
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(x))
    return keras.Model(i, layers.Dense(7)(x))


class Gate(keras.Model):
    def __init__(self, padding="valid", gate="sigmoid"):
        super().__init__()
        self.pad = layers.ZeroPadding2D(1) if padding == "valid" else layers.Identity()
        self.conv = layers.Conv2D(8, 3, 2, padding=padding, activation="silu")
        self.down, self.up = layers.Dense(2, activation="relu"), layers.Dense(8, activation=gate)

    def call(self, x):
        x = self.conv(self.pad(x))
        gate = self.up(self.down(ops.mean(x, (1, 2))))
        return ops.max(x * gate[:, None, None, :], (1, 2))


def separable(limit=6.0):
    i = keras.Input((8, 8, 3))
    x = layers.Conv2D(6, 3, padding="same")(i)
    for _ in range(2):
        y = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
        y = layers.Conv2D(6, 1, use_bias=False)(y)
        x = layers.Add()([x, layers.ReLU(limit)(y)])
    return keras.Model(i, layers.Dense(3)(layers.GlobalAveragePooling2D()(x)))


def shared(times=3):
    i = keras.Input((8, 8, 3))
    x, conv = i, layers.Conv2D(3, 3, padding="same", activation="tanh")
    for _ in range(times):
        x = conv(x)
    return keras.Model(i, layers.Conv2D(2, 1)(x))


def upsampled(interpolation="nearest"):
    return _sequential(
        (8, 8, 3),
        layers.Conv2D(4, 3, padding="same"),
        layers.LeakyReLU(0.2),
        layers.MaxPooling2D(),
        layers.UpSampling2D(interpolation=interpolation),
    )


def heads():
    i = keras.Input((6,))
    x = layers.Dense(8, activation="softplus")(i)
    return keras.Model(i, {"classes": layers.Dense(3)(x), "boxes": layers.Dense(2)(x)})


def flat():
    return _sequential(
        (8, 8, 3),
        layers.Conv2D(4, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(5),
    )


def branches():
    """Calls the shortcut first."""
    inputs = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3)(inputs)
    short = layers.Conv2D(4, 1)(x)
    x = layers.Conv2D(4, 1)(layers.Conv2D(4, 1, activation="relu")(x))
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(layers.add([short, x])))
    return keras.Model(inputs, layers.Dense(5)(x))


def activated():
    return _sequential(
        (8, 8, 3),
        layers.Conv2D(4, 3, activation="selu"),
        layers.Conv2D(2, 1, activation="hard_sigmoid"),
    )
