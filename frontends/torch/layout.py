"""Which parameters PyTorch's layers hold, and how. Layers are classes of torch.nn. Python 3.7."""

from frontends.workers.layouts import (
    BETA,
    BIAS,
    GAMMA,
    IOHW,
    MEAN,
    OI,
    OIHW,
    OIK,
    SLOPE,
    TABLE,
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

# Layers that no specification has, in files that are compared with each other.
_NORMALIZED = {"weight": GAMMA, "bias": BETA}
_AVERAGED = {**_NORMALIZED, "running_mean": MEAN, "running_var": VARIANCE}
MORE: Table = {
    "BatchNorm1d": _AVERAGED,
    "BatchNorm3d": _AVERAGED,
    "InstanceNorm2d": _AVERAGED,
    "LayerNorm": _NORMALIZED,
    "GroupNorm": _NORMALIZED,
    "Conv1d": {"weight": kernel(OIK), "bias": BIAS},
    "ConvTranspose2d": {"weight": kernel(IOHW), "bias": BIAS},
    "PReLU": {"weight": SLOPE},
    "Embedding": {"weight": TABLE},
}
