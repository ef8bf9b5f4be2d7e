"""Which variables TensorFlow 1's layers hold, and how. Layers are functions of tf.layers, and
depthwise_conv2d that of written files; a variable is <scope>/<own name>. Python 3.7."""

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
    "conv2d": {"kernel": kernel(HWIO), "bias": BIAS},
    "depthwise_conv2d": {"depthwise_kernel": kernel(HWCM), "bias": BIAS},
    "dense": {"kernel": kernel(IO), "bias": BIAS},
    "batch_normalization": {
        "gamma": GAMMA,
        "beta": BETA,
        "moving_mean": MEAN,
        "moving_variance": VARIANCE,
    },
}
