"""Which parameters PyTorch's layers hold, and how. Layers are classes of torch.nn. Python 3.7."""

from frontends.workers.layouts import (
    BETA,
    BIAS,
    GAMMA,
    MEAN,
    OI,
    OIHW,
    VARIANCE,
    Table,
    kernel,
)

LAYERS: Table = {
    "Conv2d": {"weight": kernel(OIHW), "bias": BIAS},
    "Linear": {"weight": kernel(OI), "bias": BIAS},
    "BatchNorm2d": {
        "weight": GAMMA,
        "bias": BETA,
        "running_mean": MEAN,
        "running_var": VARIANCE,
    },
}
