"""Which variables Fluid's layers hold, and how. Layers are functions of fluid.layers, each
parameter is named by the argument that names its variable. Python 3.7."""

from frontends.workers.layouts import (
    BETA,
    BIAS,
    GAMMA,
    IO,
    MEAN,
    OIHW,
    VARIANCE,
    Table,
    kernel,
)

LAYERS: Table = {
    "conv2d": {"param_attr": kernel(OIHW), "bias_attr": BIAS},
    "fc": {"param_attr": kernel(IO), "bias_attr": BIAS},
    "batch_norm": {
        "param_attr": GAMMA,
        "bias_attr": BETA,
        "moving_mean_name": MEAN,
        "moving_variance_name": VARIANCE,
    },
}
