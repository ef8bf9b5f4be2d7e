"""ResNeXt: its building block in three equal forms, the CIFAR networks, and weights between forms.

The forms of arXiv:1611.05431, figure 3: (a) "summed", each path ends in a 1×1 convolution of its
own and the paths are added up; (b) "concatenated", the paths are concatenated before one 1×1
convolution; (c) "grouped", the paths are the groups of one convolution.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import numpy as np

from common.errors import choose
from common.expressions import Size
from common.network import Network
from common.networks.blocks import CONV_BN
from common.networks.laws import TORCHVISION
from common.networks.resnet import HEAD, RESNEXT, bottleneck, resnet
from common.ops import Add, BatchNorm, Conv2d, ReLU
from common.spec import Block, Layer, Parallel
from common.transform import initialized
from common.weights import Array, Weights

FORMS = ("summed", "concatenated", "grouped")


def split_transform_merge(
    form: str,
    conv_bn: Block = CONV_BN,
    stride_on: str = "3x3",
    activated: bool = False,
    strided: bool = True,
    channels: str = "out_channels",
) -> tuple[dict[str, Layer], str]:
    """Return the layers of the aggregated transformation in a form, and their wiring: out from x.

    They refer to `channels`, cardinality, depth and, if `strided`, stride. `activated` keeps the
    ReLU of the last conv_bn; form (a), whose last convolutions are in the paths, has none.
    """
    choose("form", form, FORMS)
    first, second = _strides(stride_on, strided)
    path = split_path(conv_bn, stride_on, form == "summed", strided)
    stride = {"stride": "stride"} if strided else {}
    transition = conv_bn(channels, 1, **({} if activated else {"relu": False}))
    layers: dict[str, Layer]
    if form == "summed":
        each = path("depth", out_channels=channels, **stride)
        merged = Parallel(each, "cardinality", "sum")
        layers = {"split": merged, "bn": BatchNorm()}
    elif form == "concatenated":
        merged = Parallel(path("depth", **stride), "cardinality", "concat")
        layers = {"split": merged, "transition": transition}
    else:
        width = "cardinality * depth"
        split = conv_bn(width, 1, stride=first)
        transform = conv_bn(width, 3, stride=second, groups="cardinality")
        layers = {"split": split, "transform": transform, "transition": transition}
    wiring = [f"out = {name}({'x' if name == 'split' else 'out'})\n" for name in layers]
    return layers, "".join(wiring)


def _strides(stride_on: str, strided: bool) -> tuple[Size, Size]:
    """Return the strides of the 1×1 and of the 3×3 convolution."""
    stride: Size = "stride" if strided else 1
    return (stride, 1) if stride_on == "1x1" else (1, stride)


def split_path(
    conv_bn: Block = CONV_BN, stride_on: str = "3x3", summed: bool = False, strided: bool = True
) -> Block:
    """Return one path; it ends in a 1×1 convolution without batch normalization if `summed`."""
    first, second = _strides(stride_on, strided)
    expand = {"expand": Conv2d("out_channels", 1, bias=False)} if summed else {}
    return Block(
        "split_path",
        "depth" + (", out_channels" if summed else "") + (", stride" if strided else ""),
        about="One of the paths of the aggregated transformation.",
        layers={
            "reduce": conv_bn("depth", 1, stride=first),
            "transform": conv_bn("depth", 3, stride=second),
            **expand,
        },
    )


def resnext_block(form: str) -> Network:
    """Return the building block of the paper's figure 3 by itself: 256-d in and out, 32 paths."""
    layers, wiring = split_transform_merge(form, strided=False, channels="channels")
    block = Block(
        "resnext_block",
        "channels=256, cardinality=32, depth=4",
        about="Split, transform and merge; add the shortcut.",
        inputs={"x": "channels"},
        layers={**layers, "add": Add(), "relu": ReLU()},
        wiring=wiring + "x = add(out, x)\nx = relu(x)",
    )
    name, title = f"resnext_block_{form}", f"ResNeXt's building block (paths {form})"
    network = Network(name, block, (256, 8, 8), f"{RESNEXT}, figure 3", title)
    return initialized(network, TORCHVISION)


# part of a path -> layer of the grouped form, axis along which the paths lie there
_PARTS = {"reduce": ("split", 0), "transform": ("transform", 0), "expand": ("transition.conv", 1)}
_IN_PATH = re.compile(r"(.*?)split\.(\d+)\.(reduce|transform|expand)\.(.+)")
_GROUPED = re.compile(r"(.*?)(split|transform|transition\.conv)\.(.+)")


def convert_weights(weights: Weights, form: str, cardinality: int) -> Weights:
    """Return the weights of any form for the same network in `form`.

    Names and layouts are canonical, layers named as by `split_transform_merge`; whatever stands
    outside the paths stays as it is.
    """
    choose("form", form, FORMS)
    grouped = _grouped(weights)
    return grouped if form == "grouped" else _divided(grouped, form == "summed", cardinality)


def _grouped(weights: Weights) -> Weights:
    paths: dict[tuple[str, int], dict[int, Array]] = {}
    found: Weights = {}
    summed = {m[1] for m in map(_IN_PATH.fullmatch, weights) if m and m[3] == "expand"}
    for name, value in weights.items():
        prefix, _, rest = name.rpartition("bn.")
        if match := _IN_PATH.fullmatch(name):
            layer, axis = _PARTS[match[3]]
            key = (f"{match[1]}{layer}.{match[4]}", axis)
            paths.setdefault(key, {})[int(match[2])] = value
        elif prefix in summed and name.startswith(f"{prefix}bn."):
            found[f"{prefix}transition.bn.{rest}"] = value
        else:
            found[name] = value
    for (name, axis), parts in paths.items():
        found[name] = np.concatenate([parts[index] for index in sorted(parts)], axis)
    return found


def _divided(grouped: Weights, summed: bool, cardinality: int) -> Weights:
    parts = {layer: (part, axis) for part, (layer, axis) in _PARTS.items()}
    found: Weights = {}
    for name, value in grouped.items():
        match = _GROUPED.fullmatch(name)
        if match and (summed or match[2] != "transition.conv"):
            part, axis = parts[match[2]]
            for index, piece in enumerate(np.split(value, cardinality, axis)):
                found[f"{match[1]}split.{index}.{part}.{match[3]}"] = piece
        else:
            found[name.replace("transition.bn.", "bn.") if summed else name] = value
    return found


def resnext29(cardinality: int, width: int) -> Network:
    """Return ResNeXt-29 for CIFAR: three stages of three bottlenecks, outputs 256, 512, 1024."""
    block = bottleneck(groups=cardinality, width_per_group=width)
    stem = {"stem": CONV_BN("width", 3)}
    root = resnet(block, (3, 3, 3), stem, HEAD, num_classes=10, project_first=True, kind="resnext")
    name, title = f"resnext29_{cardinality}x{width}d", f"ResNeXt-29 ({cardinality}×{width}d)"
    network = Network(name, root, (3, 32, 32), RESNEXT, f"{title} for CIFAR-10", flat=("conv_bn",))
    return initialized(network, TORCHVISION)


NETWORKS: dict[str, Callable[[], Network]] = {
    **{f"resnext_block_{form}": partial(resnext_block, form) for form in FORMS},
    **{f"resnext29_{c}x{w}d": partial(resnext29, c, w) for c, w in ((8, 64), (16, 64), (32, 4))},
}
