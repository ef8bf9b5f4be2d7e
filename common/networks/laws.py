"""How the networks of each source start; what is not stated is each op's own default.

Those defaults are Paddle's and Fluid's (He-normal convolutions by the fan in, Glorot-uniform dense
layers, no biases), which the article's Fluid script and RiR leave as they are.
"""

from __future__ import annotations

from common.initializers import (
    BY_FAN_IN,
    GLOROT_UNIFORM,
    HE_NORMAL,
    HE_NORMAL_FAN_OUT,
    VarianceScaling,
)
from common.ops import Conv2d, Dense
from common.transform import Laws

# torchvision's models/resnet.py; the dense layer is left as torch.nn makes it.
TORCHVISION: Laws = {
    Conv2d: {"kernel_initializer": HE_NORMAL_FAN_OUT},
    Dense: {"kernel_initializer": BY_FAN_IN, "bias_initializer": BY_FAN_IN},
}
# He-normal convolutions as He et al. and Hu et al. say (arXiv:1502.01852, arXiv:1709.01507); of
# dense layers they say nothing.
HE_NORMAL_CONVOLUTIONS: Laws = {Conv2d: {"kernel_initializer": HE_NORMAL_FAN_OUT}}
# The defaults of tf.layers and keras.layers.
TENSORFLOW: Laws = {Conv2d: {"kernel_initializer": GLOROT_UNIFORM}}
# PaddlePaddle/models, release 1.3, resnet.py: the classifier is uniform within 1 / sqrt(2048).
FLUID_MODELS: Laws = {Dense: {"kernel_initializer": BY_FAN_IN}}
# tensorpack's examples/ResNet/resnet_model.py; dense layers are as its FullyConnected makes them.
TENSORPACK: Laws = {
    Conv2d: {"kernel_initializer": VarianceScaling(2.0, "fan_out", "truncated_normal")},
    Dense: {"kernel_initializer": HE_NORMAL},
}
