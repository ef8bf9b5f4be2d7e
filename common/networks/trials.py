"""Networks that experiments alone have: small ones for MNIST, and the sources' with one thing
changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from common.network import Network
from common.networks.batchflow import NETWORKS as BATCHFLOW
from common.networks.blocks import (
    CONV_BN,
    POOLED_SHORTCUT,
    SQUEEZE_EXCITE,
    conv_bn,
    pooled_shortcut,
    squeeze_excite,
)
from common.networks.fluid_names import PADDLE_MODELS
from common.networks.laws import TENSORFLOW
from common.networks.pitfalls import pitfalls
from common.networks.resnet import HEAD, STEM, bottleneck, resnet
from common.networks.resnext import FORMS
from common.networks.rir import NETWORKS as RIR
from common.networks.se_resnext import (
    CONV_RELU_BN,
    HEAD_NO_BIAS,
    network,
    residual_block,
    se_resnext_mnist,
)
from common.networks.se_resnext import HEAD as PAIR_HEAD
from common.ops import (
    SAME,
    BatchNorm,
    Conv2d,
    GlobalAvgPool2d,
    Identity,
    Op,
    Padding,
    Softmax,
)
from common.transform import map_ops

MNIST = (1, 28, 28)
TUTORIAL = "Fluid's tutorial on transfer learning, its ResNet-50 cut to four blocks for MNIST"
ARTICLE_PAIR = "the article's pair for CIFAR-10, cut to three blocks for MNIST"
RESNEXT = "ResNeXt's paper (arXiv:1611.05431), three blocks for MNIST"
HALF = 5  # classes: digits 0 to 4, and 5 to 9


def transfer_resnet(head: bool = True) -> Network:
    """Return a ResNet of four bottlenecks with the official variable names of Fluid's ResNet-50;
    without `head` it ends where the tutorial puts a new classifier."""
    ending = {**HEAD, "softmax": Softmax()} if head else {"avgpool": GlobalAvgPool2d()}
    root = resnet(bottleneck(), (1, 1, 1, 1), STEM, ending, HALF, width=16, project_first=True)
    name = "transfer_resnet" if head else "transfer_features"
    made = Network(
        name, root, (3, 28, 28), TUTORIAL,
        "ResNet of four bottlenecks with Fluid's names", flat=("conv_bn",), naming=PADDLE_MODELS,
    )  # fmt: skip
    return _for_mnist(made)


def headless(given: Network, last: str) -> Network:
    """Return a network that ends with a layer of its outermost block, a sequence."""
    layers = list(given.root.layers.items())
    kept = layers[: 1 + [name for name, _ in layers].index(last)]
    root = given.root.but(layers=dict(kept), wiring=None)
    return replace(given, name=f"{given.name}_headless", root=root, naming="", members=())


def folded(given: Network) -> Network:
    """Return a network whose batch normalizations are folded into its convolutions: what it is in
    inference, with nothing left whose statistics could drift."""

    def without(op: Op) -> Op:
        if isinstance(op, BatchNorm):
            return Identity()
        return replace(op, bias=True) if isinstance(op, Conv2d) else op

    return replace(map_ops(given, without), name=f"{given.name}_folded", naming="", flat=())


def folded_weights(given: Network, weights: Mapping[str, Any]) -> dict[str, Any]:
    """Return the weights of `folded(given)`: a convolution that a batch normalization follows has
    the kernel · s and the bias β − mean · s, with s = γ / √(variance + ε)."""
    found = {n: a for n, a in weights.items() if ".bn." not in n}
    for step in given.elaboration.steps:
        if isinstance(step.op, BatchNorm):
            gamma, beta, mean, variance = (
                weights[f"{step.layer}.{kind}"] for kind in ("gamma", "beta", "mean", "variance")
            )
            scale = gamma / np.sqrt(variance + float(step.op.epsilon))
            conv = step.layer.removesuffix("bn") + "conv"
            found[f"{conv}.kernel"] = weights[f"{conv}.kernel"] * scale[:, None, None, None]
            found[f"{conv}.bias"] = beta - mean * scale
    return found


# What the TensorFlow file of the article's pair has and the Fluid file has not: name -> in words.
DIFFERENCES = {
    "activation": "conv → BN → ReLU, not conv → ReLU → BN → ReLU",
    "padding": "“same” padding, shifted by a pixel at stride 2, not symmetric",
    "epsilon": "batch normalization's epsilon 1e-3, not 1e-5",
    "bias": "no bias in the SE and the last dense layers",
    "debias": "moving means rid of their start at zero",
    "loss": "cross-entropy of logits, not of a softmax's probabilities",
    "initialization": "Glorot-uniform convolutions, not He-normal ones",
}


def published(differences: frozenset[str] = frozenset()) -> Network:
    """Return the article's Fluid network for MNIST, with these ways of the TensorFlow file."""
    same, bias = "padding" in differences, "bias" not in differences
    padding: Padding = SAME if same else "kernel_size // 2"
    epsilon = 1e-3 if "epsilon" in differences else 1e-5
    bn = BatchNorm(epsilon=epsilon, zero_debias="debias" in differences)
    unit = conv_bn(bn=bn, padding=padding)
    if "activation" not in differences:
        conv = Conv2d("out_channels", "kernel_size", stride="stride", padding=padding, bias=False)
        unit = CONV_RELU_BN.but(layers={**CONV_RELU_BN.layers, "conv": conv, "bn": bn})
    block = residual_block(
        "concatenated", depth=8, conv_bn=unit, se=squeeze_excite(bias=bias),
        shortcut=pooled_shortcut(SAME) if same else POOLED_SHORTCUT,
    )  # fmt: skip
    softmax = {} if "loss" in differences else {"softmax": Softmax()}
    return network(
        "published_mnist", "the article's pair for MNIST", block, unit,
        {**(PAIR_HEAD if bias else HEAD_NO_BIAS), **softmax}, ARTICLE_PAIR, MNIST, 1, 32,
        TENSORFLOW if "initialization" in differences else None,
    )  # fmt: skip


GATES = {"before": "SE before the addition", "after": "SE behind the addition", "none": "no SE"}


def gated(where: str, num_blocks: int = 4) -> Network:
    """Return an SE-ResNeXt for MNIST with its gates at one of GATES."""
    se = None if where == "none" else SQUEEZE_EXCITE
    block = residual_block(depth=4, se=se, gate_sum=where == "after")
    return network(
        f"gate_{where}", GATES[where], block, CONV_BN, source=ARTICLE_PAIR, input_shape=MNIST,
        num_blocks=num_blocks, width=16,
    )  # fmt: skip


def form(name: str, cardinality: int = 8, depth: int = 8) -> Network:
    """Return a small ResNeXt for MNIST whose paths are in a form: summed, concatenated, grouped."""
    block = residual_block(name, cardinality, depth, se=None, activated=False)
    return network(
        f"resnext_{name}_{cardinality}x{depth}d", f"ResNeXt, paths {name}, {cardinality}×{depth}d",
        block, CONV_BN, source=RESNEXT, input_shape=MNIST, num_blocks=1, width=64,
    )  # fmt: skip


def _for_mnist(made: Network, **arguments: Any) -> Network:
    given = {"in_channels": 1} | arguments
    return replace(made, arguments=tuple(given.items()), input_shape=MNIST)


def _narrow(name: str, width: int) -> Network:
    """Return a network of RiR's source for MNIST, narrower."""
    made = _for_mnist(RIR[name](), width=width)
    title = f"{made.title.split(' for ')[0]} of width {width}"
    return replace(made, name=f"{name}_mnist", title=title)


# name -> what makes it; batchflow's are as the notebook has them
TRIALS: dict[str, Callable[[], Network]] = {
    "resnet": BATCHFLOW["batchflow_resnet"],
    "se_resnet": BATCHFLOW["batchflow_se_resnet"],
    "se_resnext_mnist": se_resnext_mnist,
    "published_mnist": published,
    **{f"gate_{where}": partial(gated, where) for where in GATES},
    "pitfalls": pitfalls,
    "transfer_resnet": transfer_resnet,
    **{f"resnext_{name}": partial(form, name) for name in FORMS},
    "rir18_mnist": partial(_narrow, "rir18", 8),
    "resnet18_rir_mnist": partial(_narrow, "resnet18_rir", 16),
}
