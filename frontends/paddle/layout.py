"""Which parameters Paddle's layers hold, and how. Layers are classes of paddle.nn. Python 3.7."""

from frontends.workers.layouts import (
    BETA,
    BIAS,
    GAMMA,
    IO,
    IOHW,
    MEAN,
    OIHW,
    OIK,
    SLOPE,
    TABLE,
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

# Layers that no specification has, in files that are compared with each other.
_NORMALIZED = {"weight": GAMMA, "bias": BETA}
_AVERAGED = {**_NORMALIZED, "_mean": MEAN, "_variance": VARIANCE}
MORE: Table = {
    "BatchNorm1D": _AVERAGED,
    "BatchNorm3D": _AVERAGED,
    "SyncBatchNorm": _AVERAGED,
    "InstanceNorm2D": {"scale": GAMMA, "bias": BETA},
    "LayerNorm": _NORMALIZED,
    "GroupNorm": _NORMALIZED,
    "Conv1D": {"weight": kernel(OIK), "bias": BIAS},
    "Conv2DTranspose": {"weight": kernel(IOHW), "bias": BIAS},
    "PReLU": {"_weight": SLOPE},
    "Embedding": {"weight": TABLE},
}
