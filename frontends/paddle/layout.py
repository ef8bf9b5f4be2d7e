"""Which parameters Paddle's layers hold, and how. Layers are classes of paddle.nn. Python 3.7."""

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
    "Conv2D": {"weight": kernel(OIHW), "bias": BIAS},
    "Linear": {"weight": kernel(IO), "bias": BIAS},
    "BatchNorm2D": {"weight": GAMMA, "bias": BETA, "_mean": MEAN, "_variance": VARIANCE},
    "BatchNorm": {"weight": GAMMA, "bias": BETA, "_mean": MEAN, "_variance": VARIANCE},
}
