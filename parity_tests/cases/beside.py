"""Small files from people's daily work beside what is written of their network, or one another."""

from __future__ import annotations

from parity_tests.cases.pairs import Pair


def _of(file: str, *said: str, network: str = "", only: bool = True) -> Pair:
    """Return a row of a file beside the network of its folder, or of another one."""
    folder = network or file.partition("/")[0]
    return Pair((file, f"{folder}/net.json"), said, only)


def _alike(file: str, other: str, *said: str, only: bool = True) -> Pair:
    """Return a row of two files, of one folder where the second has none."""
    other = other if "/" in other else f"{file.partition('/')[0]}/{other}"
    return Pair((file, other), said, only)


RAISED = "a mistake in my own forward (RuntimeError, line"
DROPPED = "of 4 values of net.py:Net has no counterpart in fluid_net.py"
CASES = {
    "raises": _of("race/torch_raises.py:Net", RAISED),
    "momentum": _of("bn_momentum/torch_net.py:Net", "keeps 1 of the old value", only=False),
    "MobileNet, Keras": _of("mobilenetv2/keras_net.py:MobileNet"),
    "MobileNet, PyTorch": Pair(
        ("mobilenetv2/torch_net.py:MobileNetV2", "mobilenetv2/net_torch.json"),
        ("dropout 0.2",),
    ),
    "EfficientNet": Pair(
        ("efficientnet/torch_port.py:EfficientNet", "efficientnet/net_conv_se.py:build")
    ),
    "U-Net": _of("unet/keras_net.py:unet"),
    "Paddle's ceil": _of("paddle_maxpool_ceil/paddle_net.py:Pool", "(3, 4, 4) of", only=False),
    "no gamma": _alike(  # without one Paddle has no gradient of beta
        "no_gamma/keras_net.py:inception", "paddle_net.py:Inception", "beta", only=False
    ),
    "dropout, PyTorch": _of("dropout/torch_net.py:Net"),
    "dropout, Keras": _alike("dropout/torch_net.py:Net", "keras_net.py:net"),
    "dropout, Paddle": _alike("dropout/keras_net.py:net", "paddle_net.py:Net"),
    "dropout, TensorFlow 1": _alike("dropout/torch_net.py:Net", "tf1_net.py:net"),
    "upscaled, Fluid": _alike("dropout/torch_net.py:Net", "fluid_dropout/fluid_net.py:upscaled"),
    "downgraded, Fluid": _alike(
        "dropout/torch_net.py:Net", "fluid_dropout/fluid_net.py:net", "first apart", only=False
    ),
    "no dropout, Fluid": _alike(
        "dropout/torch_net.py:Net", "fluid_dropout/fluid_net.py:plain", "dropout 0.5 of 4 values"
    ),
    "always on": _of(
        "dropout_styles/torch_net.py:AlwaysOn", "drops in evaluation", only=False
    ),
    "another rate": _of("dropout_styles/torch_net.py:Another", "0.5 of 4", "0.2 of 4"),
    "of channels": _of("dropout_styles/torch_net.py:Channels", "dropout2d 0.5", "0.5 of 4"),
    "before a ReLU": _of("dropout_between/torch_net.py:before_relu"),
    "at the end": _of("dropout_between/torch_net.py:at_the_end", "stands where none", only=False),
    "in place": _of("inplace/torch_net.py:Net", "softmax", only=False),
    "order of creation": _of("order_of_creation/torch_net.py:Net"),
    "a gain, PyTorch": _of("extra_parameter_passes/torch_net.py:Net", "gain (3,)", only=False),
    "a gain, Keras": _of("extra_parameter_passes/keras_net.py:net", "gain (3,)", only=False),
    "a gain, Paddle": _of("extra_parameter_passes/paddle_net.py:Net", "gain (3,)", only=False),
    "frozen, Keras": _of("frozen_passes/keras_net.py:net", "kernel trains in", "bias trains in"),
    "frozen, Paddle": _of("frozen_passes/paddle_net.py:Net", "fc.kernel trains in"),
    "fused": _of("tf1_fused_bn/tf1_net.py:net"),
    "is_training": _of("tf1_fused_bn/tf1_net.py:named_is_training"),
    "a name of its own": _of("paddle_named_parameter/paddle_net.py:Net"),
    "softmax after fc2": _of("wrong_place/torch_net.py:net", "3 (Softmax)", only=False),
    "softmax in fc2": _of("wrong_place/keras_net.py:net", "activation of dense", only=False),
    "both softmaxes": _alike("wrong_place/torch_net.py:net", "keras_net.py:net"),
    "a tuple": _of("output_forms/torch_net.py:Net", "2 outputs", only=False),
    "a dict": _of("output_forms/torch_net.py:InDict"),
    "an unknown layer": _of("unknown_layer_dropped/torch_net.py:net", "1.gamma (5,)", only=False),
    "a module gives a dict": _of("module_returns_dict/torch_net.py:Net"),
    "a file beside": _of("imports/beside.py:net"),
    "a file beside, relatively": Pair(
        ("imports/relative.py:net@torch", "imports/beside.py:net")
    ),
    "another rank": _of("output_shape/torch_net.py:net", "(3, 1) of", only=False),
    "another width": _of("output_shape/paddle_net.py:net", "(5,) of", only=False),
    "a PReLU": _of("runner_replays/prelu.py:Mini", "a.relu.", only=False),
    "a ReLU6": _of("runner_replays/relu6.py:Mini", "first apart", only=False),
    "a patched ReLU": _of("runner_replays/patch_relu.py:Mini", "first apart", only=False),
    "a patched BN": _of("runner_replays/patch_bn.py:Mini", "first apart", only=False),
    "always in training": _of("runner_replays/tf_training_true.py:mini", "mode", only=False),
    "not trainable": _of("runner_replays/tf_not_trainable.py:mini", "a.conv.kernel", only=False),
}  # fmt: skip
