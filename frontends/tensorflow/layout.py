"""Which parameters Keras's layers hold, and how. Layers are classes of keras.layers. Python 3.7."""

from frontends.workers.layouts import (
    BETA,
    BIAS,
    GAMMA,
    HWCM,
    HWIO,
    HWOI,
    IO,
    KIO,
    MEAN,
    SLOPE,
    TABLE,
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

# Layers that no specification has, in files that are compared with each other.
_NORMALIZED = {"gamma": GAMMA, "beta": BETA}
MORE: Table = {
    "LayerNormalization": _NORMALIZED,
    "GroupNormalization": _NORMALIZED,
    "Conv1D": {"kernel": kernel(KIO), "bias": BIAS},
    "Conv2DTranspose": {"kernel": kernel(HWOI), "bias": BIAS},
    "PReLU": {"alpha": SLOPE},
    "Embedding": {"embeddings": TABLE},
}
