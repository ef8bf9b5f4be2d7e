"""The official names of Fluid's model zoo, as a written file bears them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from common.network import Network
from common.networks.fluid_names import PADDLE_MODELS, official_blocks, official_names
from frontends.writing.naming import Naming, is_official, underscored

LETTERED = 6  # blocks of the fourth stage that official files tell by letters; more are numbered

# Official ResNets: PaddlePaddle/models, release 1.3, resnet.py, conv_bn_layer and bottleneck_block.
_OPENINGS = {"conv_bn": 'bn = "bn_conv1" if name == "conv1" else "bn" + name[3:]'}
_TEXTS = {
    ("conv_bn", "conv.kernel"): 'name + "_weights"',
    ("conv_bn", "bn.gamma"): 'bn + "_scale"',
    ("conv_bn", "bn.beta"): 'bn + "_offset"',
    ("conv_bn", "bn.mean"): 'bn + "_mean"',
    ("conv_bn", "bn.variance"): 'bn + "_variance"',
    ("bottleneck", "conv1"): 'name + "_branch2a"',
    ("bottleneck", "conv2"): 'name + "_branch2b"',
    ("bottleneck", "conv3"): 'name + "_branch2c"',
    ("bottleneck", "downsample"): 'name + "_branch1"',
    ("resnet", "stem"): '"conv1"',
    ("resnet", "fc.kernel"): '"fc_0.w_0"',
    ("resnet", "fc.bias"): '"fc_0.b_0"',
}
# What all files of that zoo call their parameters.
_SUFFIXES = {"kernel": "weights", "bias": "offset", "gamma": "scale", "beta": "offset"}


@dataclass(frozen=True)
class _ResNet(Naming):
    """Stages are res2 to res5; their blocks bear letters, or numbers in a deep fourth stage."""

    @property
    def stacks(self) -> bool:
        return False  # stages are lettered each in its way

    def numbered(self, kind: str, layer: str, index: Any, count: Any = None) -> str | None:
        if kind != "resnet" or not layer.startswith("layer"):
            return None
        stage = f"res{int(layer[5:]) + 1}"
        if isinstance(index, int):
            return f'"{stage}{chr(ord("a") + index)}"'
        numbered, lettered = f'"{stage}b%d" % {index}', f'"{stage}" + chr(ord("a") + {index})'
        if layer != "layer3" or count is None:
            return lettered
        if isinstance(count, int):
            return numbered if count > LETTERED else lettered
        return f"{numbered} if {count} > {LETTERED} else {lettered}"


def naming_of(network: Network) -> Naming:
    """Return how a network's file names its parts. Raises TriptychError for an unknown naming."""
    if not is_official(network, PADDLE_MODELS):
        return underscored(network, _SUFFIXES)
    official = {**official_blocks(network), **official_names(network)}
    names = {own: name for name, own in official.items()}
    return _ResNet("_", openings=_OPENINGS, texts=_TEXTS, names=names)
