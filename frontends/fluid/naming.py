"""The official names of Fluid's model zoo, as a written file bears them."""

from __future__ import annotations

from common.errors import choose
from common.network import Network
from common.networks.fluid_names import PADDLE_MODELS, official_blocks, official_names
from frontends.writing.naming import Naming

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


def naming_of(network: Network) -> Naming:
    """Return how a network's file names its parts. Raises TriptychError for an unknown naming."""
    if not network.naming:
        return Naming()
    choose("naming", network.naming, [PADDLE_MODELS])
    stages = {("resnet", f"layer{i}"): (f"res{i + 1}", i == 3) for i in (1, 2, 3, 4)}
    official = {**official_blocks(network), **official_names(network)}
    return Naming(_OPENINGS, _TEXTS, stages, {own: name for name, own in official.items()})
