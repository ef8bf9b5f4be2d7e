"""Networks of PyTorch beside ports of them in other frameworks, right and wrong."""

from __future__ import annotations

from parity_tests.cases.pairs import Pair
from parity_tests.cases.styles import BASE

MORE = {
    "Keras, three ways": Pair(
        ("keras_sequential/keras_net.py:sequential", "keras_sequential/keras_net.py:own_layer")
    ),
    "TensorFlow 1": Pair(("graph_styles/tf1_net.py:contrib", BASE), shape=(3, 8, 8), only=False),
    "MobileNet": Pair(
        ("mobilenetv2/keras_net.py:MobileNet", "mobilenetv2/torch_net.py:MobileNetV2"),
        ("softmax", "dropout 0.2", "first apart"),
        only=False,
    ),
    "U-Net": Pair(
        ("unet/keras_net.py:unet", "unet/keras_net.py:swapped"), ("Concatenate",), only=False
    ),
    "EfficientNet": Pair(
        (
            "efficientnet/torch_port.py:EfficientNet",
            "efficientnet/torch_port.py:EfficientNet(mixed=True)",
        ),
        ("static_padding (ZeroPad2d) of",),
        only=False,
        shape=(3, 32, 32),
    ),
    "all bits": Pair(("fewer_bits/torch_net.py:Net", "fewer_bits/keras_net.py:net")),
    "10 bits": Pair(
        ("fewer_bits/torch_net.py:Net(10)", "fewer_bits/keras_net.py:net"),
        ("outputs in float32, torch_net.py:Net ↔ keras_net.py:net: mismatched: evaluate: ",),
    ),
    "7 bits in training": Pair(
        ("fewer_bits/torch_net.py:Net(7, always=False)", "fewer_bits/keras_net.py:net"),
        ("↔ keras_net.py:net: mismatched: train: ",),
    ),
    "a tuple of outputs": Pair(("output_forms/torch_net.py:Net", "output_forms/torch_net.py:Net")),
    "imports": Pair(("imports/beside.py:net", "imports/beside.py:net")),
}


MAP, VECTOR = (3, 8, 8), (12,)


def _ported(name: str, port: str, *said: str, shape: tuple[int, ...] = MAP) -> Pair:
    """Return a row of a PyTorch file of more/, beside a port of it in another framework."""
    return Pair((f"more/torch_net.py:{name}", f"more/{port}"), said, False, shape)


PORTED = {
    "autoencoder, Keras": _ported("autoencoder", "keras_net.py:autoencoder"),
    "autoencoder, Paddle": _ported("autoencoder", "paddle_net.py:autoencoder"),
    "another last": _ported(
        "autoencoder", "keras_net.py:autoencoder('tanh')", "first apart: 3 (Sigmoid)"
    ),
    "layer norm, Keras": _ported("layer_norm", "keras_net.py:layer_norm", shape=VECTOR),
    "layer norm, Paddle": _ported("layer_norm", "paddle_net.py:layer_norm", shape=VECTOR),
    "its epsilon, Keras": _ported(
        "layer_norm", "keras_net.py:layer_norm(1e-3)", "first apart: 1 (LayerNorm)", shape=VECTOR
    ),
    "its epsilon, Paddle": _ported(
        "layer_norm", "paddle_net.py:layer_norm(1e-3)", "first apart: 1 (LayerNorm)", shape=VECTOR
    ),
    "tanh for erf": _ported(
        "layer_norm",
        "keras_net.py:layer_norm(approximate=True)",
        "first apart: 2 (GELU)",
        shape=VECTOR,
    ),
    "almost a GELU": _ported(
        "layer_norm", "keras_net.py:almost_gelu", "first apart: 2 (GELU)", shape=VECTOR
    ),
    "a slope by default": _ported("Leaky", "keras_net.py:leaky"),
    "group norm": _ported("group_norm", "paddle_net.py:group_norm"),
    "a wrong gradient of Paddle's": _ported(
        "group_norm(False)", "paddle_net.py:group_norm(affine=False)", "gradients, "
    ),
    "other groups": _ported("group_norm", "paddle_net.py:group_norm(2)", "first apart: 1 (GroupN"),
    "PReLU, Keras": _ported("prelu", "keras_net.py:prelu"),
    "a slope for each value": _ported("prelu", "keras_net.py:prelu(None)", "has no counterpart"),
    "PReLU, Paddle": _ported("prelu", "paddle_net.py:prelu"),
    "of one dimension": _ported("conv1d", "paddle_net.py:conv1d", shape=(4, 16)),
    "Inception, Keras": _ported("Inception", "keras_net.py:inception"),
    "Inception, Paddle": _ported("Inception", "paddle_net.py:Inception"),
    "swapped": _ported("Inception", "keras_net.py:inception(True)", "first apart: cat of"),
    "another activation": _ported(
        "Inception", "paddle_net.py:Inception('relu6')", "first apart: relu of"
    ),
    "branches in another order, Paddle": _ported("Branches", "paddle_net.py:Branches"),
    "branches in another order, Keras": _ported("Branches", "keras_net.py:branches"),
    "a gate": _ported("Gate", "keras_net.py:Gate"),
    "SAME at stride 2": _ported("Gate", "keras_net.py:Gate('same')", "first apart: conv (Conv2d)"),
    "another gate": _ported(
        "Gate", "keras_net.py:Gate(gate='hard_sigmoid')", "first apart: sigmoid of"
    ),
    "separable, Keras": _ported("Separable", "keras_net.py:separable"),
    "separable, Paddle": _ported("Separable", "paddle_net.py:Separable"),
    "no limit": _ported("Separable", "keras_net.py:separable(None)", "relu6"),
    "called three times": _ported("Shared", "keras_net.py:shared"),
    "called twice": _ported("Shared", "keras_net.py:shared(2)", "first apart: conv (Conv2d)"),
    "upsampled, Keras": _ported("Upsampled", "keras_net.py:upsampled"),
    "upsampled, Paddle": _ported("Upsampled", "paddle_net.py:Upsampled"),
    "bilinear": _ported("Upsampled", "keras_net.py:upsampled('bilinear')", "interpolate of"),
    "bilinear, Keras": _ported("Upsampled('bilinear')", "keras_net.py:upsampled('bilinear')"),
    "activations, Keras": _ported("activated", "keras_net.py:activated"),
    "activations, Paddle": _ported("activated", "paddle_net.py:activated"),
    "almost a sixth": _ported("activated", "paddle_net.py:activated(0.16666)", "Hardsigmoid"),
    "another slope": _ported("Upsampled", "paddle_net.py:Upsampled(0.1)", "leaky_relu of"),
    "a dict, Keras": _ported("Heads", "keras_net.py:heads", shape=(6,)),
    "a dict, Paddle": _ported("Heads", "paddle_net.py:Heads", shape=(6,)),
    "a dict, wrong": _ported("Heads", "paddle_net.py:Heads(True)", "first apart", shape=(6,)),
    "flat, Paddle": _ported("flat", "paddle_net.py:flat"),
    "flat, NHWC": _ported("flat", "keras_net.py:flat", "the same values in another order"),
    "dropout": _ported("dropped", "torch_net.py:dropped", shape=(6,)),
    "dropout elsewhere": _ported(
        "dropped",
        "torch_net.py:dropped_elsewhere",
        "of 6 values of torch_net.py:dropped_elsewhere (torch_net.py:",
        shape=(6,),
    ),
}


def _keeps(name: str, port: str, *said: str) -> Pair:
    """Return a row of a PyTorch file that keeps more than weights, beside a port to Paddle."""
    return Pair((f"more/torch_keeps.py:{name}", f"more/paddle_keeps.py:{port}"), said, shape=MAP)


AGAIN = "evaluating the first batch after that: output"
STARTS = "does not train and starts at other values"
KEPT = {
    "what it keeps": _keeps("Net", "Net"),
    "other constants": _keeps("Net", "Net(mean=(0.5, 0.5, 0.5))", f"mean {STARTS}"),
    "another fixed filter": _keeps("Net", "Net(blur=8)", f"blur.kernel {STARTS}"),
    "another rate of its own": _keeps("Net", "Net(rate=0.01)", AGAIN),
    "evaluates otherwise later": _keeps("Later", "Net", AGAIN),
    "noise of its own": Pair(
        ("more/torch_keeps.py:Noisy", "more/paddle_keeps.py:Net"),
        ("torch_keeps.py:Noisy draws random numbers in training",),
        False,
        MAP,
    ),
}


def _script(name: str, port: str, *said: str) -> Pair:
    """Return a row of a PyTorch script that is a network, beside a port."""
    return Pair((f"more/torch_script.py:{name}", f"more/{port}"), said, False, (5,))


SCRIPTS = {
    "Paddle": _script("net", "paddle_script.py:Net"),
    "Keras": _script("net", "keras_script.py:net"),
    "rounded": _script("Half", "paddle_script.py:Net", "forward, eval"),
}
