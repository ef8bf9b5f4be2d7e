import keras
from keras import layers


def drops(first=0.2, second=0.5):
    i = keras.Input((16,))
    x = layers.Dropout(first)(layers.Dense(32, activation="relu")(i))
    x = layers.Dropout(second)(layers.Dense(32, activation="relu")(x))
    return keras.Model(i, layers.Dense(5)(x))


def pools(size=None, padding="valid"):
    i = keras.Input((size, size, 3))
    x = layers.Conv2D(8, 3, padding="same")(i)
    for each in ("valid", "valid", padding):
        x = layers.MaxPooling2D(2, padding=each)(x)
    return keras.Model(i, layers.GlobalAveragePooling2D()(x))


class TwoWidths(layers.Layer):
    """Takes maps of two widths alone."""

    def call(self, x):
        if x.shape[2] not in (32, 35):
            raise ValueError(f"a width of {x.shape[2]}")
        return x


class Picky(keras.Model):
    def __init__(self):
        super().__init__()
        self.check, self.conv = TwoWidths(), layers.Conv2D(8, 3, padding="same")
        self.pools = [layers.MaxPooling2D(2) for _ in range(3)]
        self.mean = layers.GlobalAveragePooling2D()

    def call(self, x):
        x = self.conv(self.check(x))
        for pool in self.pools:
            x = pool(x)
        return self.mean(x)


def picky():
    return Picky()
