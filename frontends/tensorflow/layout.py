"""Which parameters Keras's layers hold, and how. Layers are classes of keras.layers. Python 3.7."""

from frontends.workers.layouts import (
    BETA,
    BIAS,
    GAMMA,
    HWCM,
    HWIO,
    IO,
    MEAN,
    VARIANCE,
    Table,
    kernel,
)

LAYERS: Table = {
    "DepthwiseConv2D": {"kernel": kernel(HWCM), "bias": BIAS},
    "Conv2D": {"kernel": kernel(HWIO), "bias": BIAS},
    "Dense": {"kernel": kernel(IO), "bias": BIAS},
    "BatchNormalization": {
        "gamma": GAMMA,
        "beta": BETA,
        "moving_mean": MEAN,
        "moving_variance": VARIANCE,
    },
}
