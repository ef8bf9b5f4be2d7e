"""The network of net.json in the ways that Keras users write."""

import keras
from keras import Model, Sequential, layers

KW = dict(momentum=0.9, epsilon=1e-5)


def functional():
    i = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(i)
    x = layers.BatchNormalization(**KW)(x)
    x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D()(x)
    return Model(i, layers.Dense(10)(x))


def sequential_input():
    return Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3, padding="same", use_bias=False),
            layers.BatchNormalization(**KW),
            layers.ReLU(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10),
        ]
    )


def sequential_input_shape():
    return Sequential(
        [
            layers.Conv2D(4, 3, padding="same", use_bias=False, input_shape=(8, 8, 3)),
            layers.BatchNormalization(**KW),
            layers.ReLU(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10),
        ]
    )


def sequential_unbuilt():
    return Sequential(
        [
            layers.Conv2D(4, 3, padding="same", use_bias=False),
            layers.BatchNormalization(**KW),
            layers.ReLU(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10),
        ]
    )


class Subclass(Model):
    def __init__(self):
        super().__init__()
        self.conv = layers.Conv2D(4, 3, padding="same", use_bias=False)
        self.bn = layers.BatchNormalization(**KW)
        self.pool = layers.GlobalAveragePooling2D()
        self.fc = layers.Dense(10)

    def call(self, x, training=False):
        x = keras.activations.relu(self.bn(self.conv(x), training=training))
        return self.fc(self.pool(x))


def subclass_built():
    model = Subclass()
    model.build((None, 8, 8, 3))
    return model


def nested():
    """A backbone, a Model of its own, in a Model with a head."""
    i = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(i)
    x = layers.BatchNormalization(**KW)(x)
    backbone = Model(i, layers.ReLU()(x), name="backbone")
    j = keras.Input((8, 8, 3))
    x = layers.GlobalAveragePooling2D()(backbone(j))
    return Model(j, layers.Dense(10)(x))


def sequential_backbone():
    backbone = Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3, padding="same", use_bias=False),
            layers.BatchNormalization(**KW),
            layers.ReLU(),
        ]
    )
    return Sequential(
        [keras.Input((8, 8, 3)), backbone, layers.GlobalAveragePooling2D(), layers.Dense(10)]
    )


class ConvBN(layers.Layer):
    def __init__(self, filters, **kw):
        super().__init__(**kw)
        self.conv = layers.Conv2D(filters, 3, padding="same", use_bias=False)
        self.bn = layers.BatchNormalization(**KW)

    def call(self, x, training=None):
        return keras.ops.relu(self.bn(self.conv(x), training=training))


def custom_layer():
    i = keras.Input((8, 8, 3))
    x = ConvBN(4)(i)
    x = layers.GlobalAveragePooling2D()(x)
    return Model(i, layers.Dense(10)(x))


def rescaled():
    """With the preprocessing inside, as keras.applications' EfficientNet has it."""
    i = keras.Input((8, 8, 3))
    x = layers.Rescaling(1 / 255.0)(i)
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(**KW)(x)
    x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D()(x)
    return Model(i, layers.Dense(10)(x))


def ops_functions():
    i = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(i)
    x = layers.BatchNormalization(**KW)(x)
    x = keras.ops.relu(x)
    x = keras.ops.mean(x, axis=[1, 2])
    return Model(i, layers.Dense(10)(x))


def activation_string():
    i = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(i)
    x = layers.BatchNormalization(**KW)(x)
    x = layers.Activation("relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return Model(i, layers.Dense(10, activation="softmax")(x))


def two_outputs():
    i = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(i)
    x = layers.BatchNormalization(**KW)(x)
    x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D()(x)
    return Model(i, [layers.Dense(10)(x), x])


def dict_outputs():
    i = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(i)
    x = layers.BatchNormalization(**KW)(x)
    x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D()(x)
    return Model(i, {"logits": layers.Dense(10)(x)})


def any_size():
    i = keras.Input((None, None, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(i)
    x = layers.BatchNormalization(**KW)(x)
    x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D()(x)
    return Model(i, layers.Dense(10)(x))


def channels_first():
    i = keras.Input((3, 8, 8))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False, data_format="channels_first")(i)
    x = layers.BatchNormalization(axis=1, **KW)(x)
    x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D(data_format="channels_first")(x)
    return Model(i, layers.Dense(10)(x))


def defaults():
    """Keras' own defaults: epsilon 1e-3, momentum 0.99."""
    i = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(i)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D()(x)
    return Model(i, layers.Dense(10)(x))


def momentum_as_torch():
    i = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(i)
    x = layers.BatchNormalization(momentum=0.1, epsilon=1e-5)(x)
    x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D()(x)
    return Model(i, layers.Dense(10)(x))


def compiled():
    model = functional()
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def inputs_given(input_shape=(8, 8, 3), weights=None, classes=10):
    i = layers.Input(shape=input_shape)
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(i)
    x = layers.BatchNormalization(**KW)(x)
    x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D()(x)
    return Model(i, layers.Dense(classes)(x))


def extra_weight():
    """A trainable scale that the specification does not have."""

    class Gain(layers.Layer):
        def build(self, shape):
            self.gain = self.add_weight(shape=(shape[-1],), initializer="ones", name="gain")

        def call(self, x):
            return x * self.gain

    i = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(i)
    x = layers.BatchNormalization(**KW)(x)
    x = layers.ReLU()(x)
    x = Gain()(layers.GlobalAveragePooling2D()(x))
    return Model(i, layers.Dense(10)(x))


def normalized():
    """A LayerNormalization too many, right after the pool."""
    i = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(i)
    x = layers.BatchNormalization(**KW)(x)
    x = layers.ReLU()(x)
    x = layers.LayerNormalization()(layers.GlobalAveragePooling2D()(x))
    return Model(i, layers.Dense(10)(x))
